#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# Run in a mount namespace of its own (see cgroup.sh).
#
#   cgroup-enter.sh NAME CMD [ARG...]   make the group NAME, go into it, become CMD
#   cgroup-enter.sh --remove NAME       remove it with all inside
#   cgroup-enter.sh --sweep             remove those whose maker is gone
set -euo pipefail

# Directly over a mount of the same file system nothing can be mounted.
mount -t tmpfs kyso-try /sys/fs/cgroup
mount -t cgroup2 kyso-try /sys/fs/cgroup
own=/sys/fs/cgroup$(sed -n 's/^0:://p' /proc/self/cgroup)
own=${own%/}

# remove_tree FOLDER: true when it is gone. A group is busy until its last process has been let go of.
remove_tree()
{
    local tries
    for ((tries = 0; tries < 100; tries++)); do
        [[ -e $1 ]] || return 0
        find "$1" -depth -type d -exec rmdir {} + 2>/dev/null && return 0
        sleep 0.02
    done
    return 1
}

sweep()
{
    local folder maker
    for folder in "$own"/kyso-try.*; do
        [[ -e $folder ]] || continue
        maker=${folder##*/kyso-try.}
        if [[ ! -e /proc/${maker%%.*} ]] && grep -qx 'populated 0' "$folder/cgroup.events"; then
            remove_tree "$folder" || true
        fi
    done
}

case $1 in
    --remove)
        remove_tree "$own/$2" || {
            echo "scripts/try: the control group $own/$2 cannot be removed" >&2
            exit 1
        }
        ;;
    --sweep) sweep ;;
    *)
        mkdir "$own/$1"
        echo $$ >"$own/$1/cgroup.procs"
        shift
        exec "$@"
        ;;
esac
