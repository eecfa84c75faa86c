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

# remove_tree FOLDER: true when it is gone. A group is busy until its last process has been let go
# of.
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

# Whoever uses a group holds a lock on it, from here to the end of what it became. Process numbers
# would not do: the maker may live in a process namespace that we do not see.
sweep()
{
    local folder lock
    for folder in "$own"/kyso-try.*; do
        [[ -d $folder ]] || continue
        exec {lock}<"$folder" || continue
        if flock --exclusive --nonblock "$lock"; then
            remove_tree "$folder" || true
        fi
        exec {lock}<&-
    done
}

# A sweep may come between making the group and locking it: then it is made again.
enter()
{
    local folder=$own/$1
    while true; do
        mkdir -p "$folder"
        if exec 9<"$folder" && flock --shared 9 && [[ -d $folder ]]; then
            break
        fi
    done
    echo $$ >"$folder/cgroup.procs"
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
        enter "$1"
        shift
        exec "$@"
        ;;
esac
