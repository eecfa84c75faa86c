# shellcheck shell=bash
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# A world keeps its sessions in a control group of its own, below the one that the caller is in.
# What a killed script left behind is removed at the next start.
#
# The groups are reached through a mount of our own: where the machine keeps its mount, if any, does
# not matter.
# shellcheck disable=SC2154 # kyso_tree comes from common.sh

cgroup_enter=$kyso_tree/scripts/lib/cgroup-enter.sh

cgroup_name()
{
    printf 'kyso-try.%s\n' "$(</proc/sys/kernel/random/uuid)"
}

# cgroup_remove NAME: with all groups inside. The kernel lets go of a group a moment after its last
# process.
cgroup_remove()
{
    unshare --mount --propagation private "$cgroup_enter" --remove "$1"
}

# Removes the groups of scripts that are no more.
cgroup_sweep()
{
    unshare --mount --propagation private "$cgroup_enter" --sweep
}
