#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
#
#   demo-inside.sh UID:GID DIR LETTER...
#
# What scripts/demo shows, run by root inside the private world. The results go to DIR and belong to
# UID:GID.
set -euo pipefail

owner=$1
out=$2
shift 2
desk=$KYSO_TRY/desk
step=0
unexpected=0
signed=()

heading()
{
    step=$((step + 1))
    printf '\n== %d. %s\n      %s\n' "$step" "$1" "$2"
}

# expect STATUS USER CMD...: shows and runs it, and says whether it ended as it has to.
expect()
{
    local wanted=$1 user=$2 status=0
    shift 2
    printf '   %s$ %s\n' "$user" "$*"
    (cd "$desk" && as "$user" "$@") 2>&1 | sed 's/^/      /' || status=${PIPESTATUS[0]}
    if [[ $status -eq $wanted ]]; then
        printf '   -> %d, đúng như phải thế / as it has to be\n' "$status"
    else
        printf '   -> %d, lẽ ra phải là %d / it should have been %d\n' "$status" "$wanted" "$wanted"
        unexpected=$((unexpected + 1))
    fi
}

# with_pin FILE CMD...: the PIN comes through a pipe, descriptor 3.
with_pin()
{
    local file=$1
    shift
    "$@" 3< <(cat "$file"; echo)
}

serial_of()
{
    tail -c 17 "$KYSO_TRY/.world/card-$1/guid" | head -c 16
}

# A PIN of six digits that is not the right one.
make_wrong_pin()
{
    local right
    right=$(<"$KYSO_TRY/pin-signer")
    printf '%06d' $(((10#$right + 1) % 1000000)) >"$KYSO_TRY/pin-wrong"
    chown signer: "$KYSO_TRY/pin-wrong"
    chmod 600 "$KYSO_TRY/pin-wrong"
}

show_tokens()
{
    heading 'Hai thiết bị đã cắm: của người ký và của cơ quan' \
        'Two tokens are plugged in: the signer'\''s and the organisation'\''s'
    expect 0 signer kyso tokens list
}

show_wrong_pin()
{
    make_wrong_pin
    heading 'Nhập sai mật khẩu: bị từ chối và được đếm' 'A wrong PIN is refused and counted'
    with_pin "$KYSO_TRY/pin-wrong" expect 4 signer kyso sign "$1.pdf" -o "$1.wrong.pdf" --pin-fd 3
    expect 0 signer kyso tokens show "$(serial_of signer)"
}

# keep FILE: hands a result to whoever runs the demonstration.
keep()
{
    [[ -e $desk/$1 ]] || return 0
    cp "$desk/$1" "$out/.$1.new"
    chown "$owner" "$out/.$1.new"
    mv "$out/.$1.new" "$out/$1"
    signed+=("$out/$1")
}

sign_and_seal()
{
    local name=$1
    heading "Đóng dấu $name.pdf khi chưa ai ký: bị từ chối" \
        "Sealing $name.pdf before anybody signed it is refused"
    with_pin "$KYSO_TRY/pin-seal" expect 3 clerk \
        kyso seal "$name.pdf" -o "$name.sealed.pdf" --pin-fd 3
    heading 'Người có thẩm quyền ký' 'The person in authority signs'
    with_pin "$KYSO_TRY/pin-signer" expect 0 signer \
        kyso sign "$name.pdf" -o "$name.signed.pdf" --pin-fd 3
    # The person hands the letter to the clerk.
    [[ ! -e $desk/$name.signed.pdf ]] || chmod a+r "$desk/$name.signed.pdf"
    heading 'Văn thư ký số của cơ quan' 'The clerk seals for the organisation'
    with_pin "$KYSO_TRY/pin-seal" expect 0 clerk \
        kyso seal "$name.signed.pdf" -o "$name.sealed.pdf" --pin-fd 3
    [[ ! -e $desk/$name.sealed.pdf ]] || chmod a+r "$desk/$name.sealed.pdf"
    heading 'Kiểm tra: ai ký, thứ tự có đúng không' \
        'Verification: who signed, and whether the order was kept'
    echo '   Ở đây không có ai để hỏi chứng thư số đã bị thu hồi hay chưa, nên kết luận là 21.'
    echo '   Nobody can be asked here whether a certificate was withdrawn: the verdict is 21, undecided.'
    expect 21 signer kyso verify "$name.sealed.pdf"
    keep "$name.signed.pdf"
    keep "$name.sealed.pdf"
}

main()
{
    local letter name
    # Everyone's desk: the signer's result is read by the clerk.
    install -d -m 1777 "$desk"
    show_tokens
    for letter in "$@"; do
        name=$(basename -- "$letter" .pdf)
        install -m 644 "$letter" "$desk/$name.pdf"
        sign_and_seal "$name"
    done
    show_wrong_pin "$name"
    printf '\n'
    [[ ${#signed[@]} -eq 0 ]] || printf 'Kết quả / result: %s\n' "${signed[@]}"
    if [[ $unexpected -gt 0 ]]; then
        printf '%d bước không như phải thế / steps not as they should be\n' "$unexpected"
        return 1
    fi
    [[ ${#signed[@]} -eq $((2 * $#)) ]]
}

main "$@"
