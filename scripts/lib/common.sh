# shellcheck shell=bash
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# What every script here needs: where the tree is, how to speak, how to become root. Source it
# first.

# Debian's own tools come first: the meson of the distribution must run with the distribution's
# python.
export PATH=/usr/local/sbin:/usr/sbin:/usr/bin:/sbin:/bin
umask 022

kyso_tree=$(cd -- "$(dirname -- "${BASH_SOURCE[0]}")/../.." && pwd -P)
kyso_builds=$kyso_tree/build

say()
{
    printf '%s: %s\n' "${0##*/}" "$*" >&2
}

die()
{
    say "$@"
    exit 2
}

# become_root WHY SCRIPT [ARG...]: returns at once for root, otherwise starts the script again
# through sudo.
become_root()
{
    local why=$1
    shift
    if [[ $EUID -eq 0 ]]; then
        return 0
    fi
    say "root is needed $why; asking sudo"
    command -v sudo >/dev/null || die "sudo is not installed: run this as root"
    exec sudo --preserve-env=KYSO_BUILT,TERM,LANG,LANGUAGE -- "$@"
}

# stage_of KIND: where `scripts/build KIND` puts what an installation would put on the machine.
stage_of()
{
    printf '%s/%s-stage\n' "$kyso_builds" "$1"
}
