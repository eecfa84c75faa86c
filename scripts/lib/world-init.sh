#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# The first process of a private world (scripts/try says what that is): furnishes it, runs the
# command, ends it. It runs in namespaces of its own; everything it mounts and writes is gone with
# them.
set -euo pipefail
umask 022
export PATH=/usr/local/sbin:/usr/sbin:/usr/bin:/sbin:/bin
unset OPENSSL_CONF
# The lock of the control group (cgroup-enter.sh) is held by who waits for us.
exec 9<&-

# shellcheck source=scripts/lib/world-furnish.sh
source "$KYSO_WORLD_TREE/scripts/lib/world-furnish.sh"
# shellcheck source=scripts/lib/world-pki.sh
source "$KYSO_WORLD_TREE/scripts/lib/world-pki.sh"

furnish()
{
    world_mounts
    world_product
    world_users
    world_sessions
    world_pki
    world_secrets
    world_configuration
    world_commands
}

start_services()
{
    world-dbus start
    world-pcscd start
    if [[ $KYSO_WORLD_CARDS == yes ]]; then
        # The reader daemon needs up to 400 ms to see a card: both at once.
        world-card signer start &
        world-card seal start
        wait $!
    fi
}

# Everything that is still there is asked to end, so that state that is kept is closed properly and
# a sanitizer can say what it has to say. What does not listen is ended with the world.
stop_everything()
{
    local tries left
    kill -TERM -1 2>/dev/null || return 0
    for ((tries = 0; tries < 100; tries++)); do
        # A process that ends while they are counted is no failure of the world.
        left=$(find /proc -maxdepth 1 -name '[0-9]*' ! -name 1 ! -name "$BASHPID" -printf x \
            2>/dev/null) || true
        [[ ${#left} -gt 1 ]] || break
        sleep 0.02
    done
}

forward()
{
    if [[ -n ${child-} ]]; then
        kill -s "$1" "$child" 2>/dev/null || true
    else
        exit 143
    fi
}

# What a sanitizer said of a process of the world, whoever started it, is told, and counts.
no_reports()
{
    "$world_library/reports.py" "$KYSO_TRY"/log/* >&2
}

# The command stays in the foreground of the terminal although it is a job in the background, which
# is what lets the signals be handed on while it runs.
run_command()
{
    local status=0 signal
    if [[ $# -eq 0 ]]; then
        set -- /bin/bash
        [[ -t 0 ]] && set -- /bin/bash -i
    fi
    if [[ $KYSO_WORLD_AS != root ]]; then
        set -- as "$KYSO_WORLD_AS" "$@"
    fi
    world_environment_of_command
    env --default-signal=INT,QUIT "$@" <&0 &
    child=$!
    while true; do
        status=0
        wait "$child" 2>/dev/null || status=$?
        kill -0 "$child" 2>/dev/null || break
    done
    child=
    return "$status"
}

main()
{
    local status=0 signal
    for signal in HUP INT QUIT TERM USR1 USR2; do
        # shellcheck disable=SC2064
        trap "forward $signal" "$signal"
    done
    furnish
    start_services
    run_command "$@" || status=$?
    trap '' HUP INT QUIT TERM USR1 USR2
    stop_everything
    if ! no_reports && [[ $status -eq 0 ]]; then
        status=1
    fi
    exit "$status"
}

main "$@"
