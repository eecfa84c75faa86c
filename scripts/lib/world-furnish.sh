# shellcheck shell=bash
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# The furniture of a private world: mounts, the installed product, users, sessions, secrets,
# configuration. Sourced by world-init.sh; every function is called once, in the order of furnish().

export KYSO_TRY=/run/kyso-try
world_hidden=$KYSO_TRY/.world
world_library=$KYSO_WORLD_TREE/scripts/lib
world_organisation='Ủy ban nhân dân tỉnh Lạng Sơn'
world_person_title='Phó Chủ tịch'

# name:uid. The numbers lie where neither Debian's dynamic users nor people are.
world_people=(signer:64611 clerk:64612 stranger:64613 admin:64614 inspector:64615 support:64616)
world_service_user=kyso:64601

# overlay_over FOLDER [LOWER]: makes FOLDER writable without touching it; what is in LOWER lies over
# it.
overlay_over()
{
    local folder=$1 lower=${2:+$2:}$1 work=$world_hidden/overlay$1
    mkdir -p "$work/upper" "$work/work"
    mount -t overlay kyso-try -o "lowerdir=$lower,upperdir=$work/upper,workdir=$work/work" "$folder"
}

# The folders of the bus and of polkit hold what the machine happens to have; the world knows only
# kyso and polkit. only FOLDER NAME...: FOLDER with nothing but these of its files.
only()
{
    local folder=$1 kept name
    shift
    [[ -d $folder ]] || return 0
    kept=$world_hidden/only$folder
    mkdir -p "$kept"
    for name in "$@"; do
        # shellcheck disable=SC2086 # the names are patterns
        find "$folder" -maxdepth 1 -type f -name $name -exec cp {} "$kept/" \;
    done
    mount --bind "$kept" "$folder"
}

world_mounts()
{
    # Directly over a mount of the same file system nothing can be mounted.
    mount -t tmpfs kyso-try /sys/fs/cgroup
    mount -t cgroup2 kyso-try /sys/fs/cgroup
    mount -t tmpfs -o mode=755,nosuid,nodev kyso-try /run
    mkdir -p "$KYSO_TRY/log" /run/dbus /run/pcscd /run/lock /run/user
    mkdir -m 700 "$world_hidden"
    ip link set lo up
    hostname kyso-try
}

# A copy is laid over /usr, because a build may change its stage while the world is there.
world_product()
{
    local image=$world_hidden/image
    mkdir -p "$image/usr" "$image/etc"
    cp -r --preserve=mode,links "$KYSO_WORLD_STAGE/usr" "$KYSO_WORLD_STAGE/etc" "$image/"
    mount -t overlay kyso-try -o "ro,lowerdir=$image/usr:/usr" /usr
    overlay_over /etc "$image/etc"
    overlay_over /var/lib
    only /usr/share/dbus-1/system-services 'org.kyso.*' org.freedesktop.PolicyKit1.service
    only /usr/share/dbus-1/system.d 'org.kyso.*' org.freedesktop.PolicyKit1.conf
    only /usr/share/polkit-1/actions 'org.kyso.*' org.freedesktop.policykit.policy
    only /usr/share/polkit-1/rules.d '*kyso*' 50-default.rules
    only /etc/dbus-1/system.d '*kyso*'
    only /etc/polkit-1/rules.d '*kyso*'
    [[ -s /etc/machine-id ]] || tr -d - </proc/sys/kernel/random/uuid >/etc/machine-id
}

# add_user NAME UID HOME SHELL
add_user()
{
    if getent passwd "$1" >/dev/null || getent passwd "$2" >/dev/null; then
        # The machine may have kyso installed; in the world the name must mean our number.
        sed -i -e "/^$1:/d" -e "/^[^:]*:[^:]*:$2:/d" /etc/passwd
        sed -i -e "/^$1:/d" /etc/group
    fi
    printf '%s:x:%s:%s::%s:%s\n' "$1" "$2" "$2" "$3" "$4" >>/etc/passwd
    printf '%s:x:%s:\n' "$1" "$2" >>/etc/group
}

world_users()
{
    local person name uid home
    name=${world_service_user%:*} uid=${world_service_user#*:}
    add_user "$name" "$uid" /var/lib/kyso /usr/sbin/nologin
    mkdir -p /var/lib/kyso
    if [[ -n $KYSO_WORLD_STATE ]]; then
        mount --bind "$KYSO_WORLD_STATE" /var/lib/kyso
    fi
    chown -R "$uid:$uid" /var/lib/kyso
    chmod 700 /var/lib/kyso
    for person in "${world_people[@]}"; do
        name=${person%:*} uid=${person#*:} home=$KYSO_TRY/home/${person%:*}
        add_user "$name" "$uid" "$home" /bin/bash
        mkdir -p "$home/tmp"
        chown -R "$uid:$uid" "$home"
        install -d -m 700 -o "$uid" -g "$uid" "/run/user/$uid"
    done
    sed -i '/^kyso-users:/d' /etc/group
    printf 'kyso-users:x:64600:signer,clerk\n' >>/etc/group
    sed -i '/^kyso-auditors:/d' /etc/group
    printf 'kyso-auditors:x:64602:inspector\n' >>/etc/group
    sed -i '/^kyso-support:/d' /etc/group
    printf 'kyso-support:x:64604:support\n' >>/etc/group
    sed -i '/^kyso-admins:/d' /etc/group
    printf 'kyso-admins:x:64603:admin\n' >>/etc/group
    mkdir -p "$KYSO_TRY/home/root/tmp"
}

# What logind would write: each person has an active session s<uid> on the seat.
# polkit finds the session of a process by its control group and asks these files about it.
world_sessions()
{
    local person uid ids='' uids=''
    mkdir -p /run/systemd/sessions /run/systemd/users /run/systemd/seats /run/systemd/machines
    for person in "${world_people[@]}"; do
        uid=${person#*:}
        "$world_library/world/world-session" "${person%:*}" active
        ids+="s$uid " uids+="$uid "
    done
    printf '%s\n' IS_SEAT0=1 CAN_MULTI_SESSION=1 CAN_TTY=1 CAN_GRAPHICAL=0 \
        "ACTIVE=${ids%% *}" "ACTIVE_UID=${uids%% *}" "SESSIONS=$ids" "UIDS=$uids" \
        >/run/systemd/seats/seat0
}

# digits N: random ones, the first not zero.
digits()
{
    local number=''
    while [[ ${#number} -lt $1 ]]; do
        number+=$(od -An -N8 -tu8 /dev/urandom | tr -d ' \n')
        number=${number#"${number%%[1-9]*}"}
    done
    printf '%s' "${number:0:$1}"
}

# secret_file NAME OWNER DIGITS
secret_file()
{
    (umask 077 && digits "$3" >"$KYSO_TRY/$1")
    chown "$2:" "$KYSO_TRY/$1"
}

world_secrets()
{
    secret_file pin-signer signer 6
    secret_file pin-seal clerk 6
    secret_file puk-signer root 8
    secret_file puk-seal root 8
}

# The configuration that the product installs stays; the world adds its own root, roster and
# switches.
world_configuration()
{
    local folder
    for folder in roots.d intermediates.d modules.d roster.d; do
        mkdir -p "/etc/kyso/$folder"
    done
    cp "$KYSO_TRY/root.pem" /etc/kyso/roots.d/world.pem
    world_roster >/etc/kyso/roster.d/world.conf
    printf '%s\n' '[kyso]' 'profile = lang-son-2020' 'seal-without-revocation-check = yes' \
        >/etc/kyso/kyso.conf
    if [[ -z $(find /etc/kyso/modules.d -name '*.conf' -print -quit) ]]; then
        world_module >/etc/kyso/modules.d/opensc.conf
    fi
    if [[ -n $KYSO_WORLD_CONFIG ]]; then
        cp -r --preserve=mode "$KYSO_WORLD_CONFIG/." /etc/kyso/
    fi
    chown -R root:root /etc/kyso
    chmod -R u=rwX,go=rX /etc/kyso
}

# fingerprint CERTIFICATE: SHA-256 of its DER form, in hexadecimal without separators.
fingerprint()
{
    openssl x509 -in "$1" -outform DER | sha256sum | cut -d' ' -f1
}

world_roster()
{
    # Nobody is surprised by a time zone: the day before the certificates were made.
    local day
    day=$(date -u -d yesterday +%F)
    printf '%s\n' "[certificate $(fingerprint "$KYSO_TRY/signer.pem")]" \
        'class = person' 'authority = yes' "organisation = $world_organisation" \
        "title = $world_person_title" "effective = $day" 'users = signer' ''
    printf '%s\n' "[certificate $(fingerprint "$KYSO_TRY/seal.pem")]" \
        'class = seal' 'authority = no' "organisation = $world_organisation" \
        'title =' "effective = $day" 'users = clerk'
}

world_module()
{
    local path
    path=$(find /usr/lib -maxdepth 2 -name opensc-pkcs11.so -print -quit)
    [[ -n $path ]] || {
        echo "scripts/try: opensc-pkcs11.so is not installed" >&2
        return 1
    }
    printf '%s\n' '[module opensc]' "path = $path" 'readers = *' 'priority = 10'
}

# The commands for root, and what they need to know.
world_commands()
{
    mkdir -p "$KYSO_TRY/sbin"
    cp "$world_library"/world/* "$KYSO_TRY/sbin/"
    chmod 755 "$KYSO_TRY/sbin"/*
    cp "$KYSO_WORLD_VPCD" "$world_hidden/libifdvpcd.so"
    mkdir -p "$world_hidden/readers.d"
    printf '%s\n' 'FRIENDLYNAME "Virtual PCD"' 'DEVICENAME /dev/null:35963' \
        "LIBPATH $world_hidden/libifdvpcd.so" 'CHANNELID 35963' >"$world_hidden/readers.d/vpcd"
    if [[ $KYSO_WORLD_CARDS == yes ]]; then
        cp "$KYSO_WORLD_PIV_CARD" "$world_hidden/piv-card"
        world_card signer
        world_card seal
    fi
    PATH=$KYSO_TRY/sbin:$PATH
}

# world_card NAME: its folder, as the card's program wants it. The key is the one that asks for the
# PIN every time.
world_card()
{
    local name=$1 folder=$world_hidden/card-$1
    mkdir -m 700 "$folder"
    cp "$KYSO_TRY/pin-$name" "$folder/pin"
    cp "$KYSO_TRY/puk-$name" "$folder/puk"
    openssl rand -hex 16 >"$folder/guid"
    cp "$world_hidden/pki/$name.key" "$folder/9c.key"
    cp "$KYSO_TRY/$name.pem" "$folder/9c.crt"
}

# What the command inherits: not how the world was made, not the buses of the one who made it.
world_environment_of_command()
{
    local name
    for name in "${!KYSO_WORLD_@}" KYSO_BUILT KYSO_PIV_CARD \
        DBUS_SESSION_BUS_ADDRESS DBUS_SYSTEM_BUS_ADDRESS DBUS_STARTER_ADDRESS \
        OPENSSL_CONF OPENSC_CONF SOFTHSM2_CONF SSL_CERT_FILE SSL_CERT_DIR LD_PRELOAD \
        XDG_SESSION_ID XDG_RUNTIME_DIR SUDO_COMMAND SUDO_USER SUDO_UID SUDO_GID; do
        [[ $name == KYSO_WORLD_AS ]] || unset "$name"
    done
    export -n KYSO_WORLD_AS
    export HOME=$KYSO_TRY/home/root TMPDIR=$KYSO_TRY/home/root/tmp
    export USER=root LOGNAME=root LANG=${LANG:-C.UTF-8}
}
