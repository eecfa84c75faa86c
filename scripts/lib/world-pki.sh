# shellcheck shell=bash
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# The certificates of a private world, made on the spot: a root, a person and an organisation's seal
# below it. Sourced by world-init.sh, after world-furnish.sh.
# shellcheck disable=SC2154 # world_* are set there

world_person='Nguyễn Văn An'

# certificate_request NAME ALGORITHM OPTION: a key and a request; the subject comes on standard
# input, one field a line.
certificate_request()
{
    local folder=$world_hidden/pki
    {
        printf '%s\n' '[req]' 'prompt = no' 'utf8 = yes' 'string_mask = utf8only' \
            'distinguished_name = subject' '[subject]'
        cat
    } >"$folder/$1.cnf"
    openssl genpkey -quiet -algorithm "$2" -pkeyopt "$3" -out "$folder/$1.key"
    openssl req -new -config "$folder/$1.cnf" -key "$folder/$1.key" -out "$folder/$1.csr"
}

# certificate_issue NAME DAYS [OPTION...]: the extensions come on standard input.
certificate_issue()
{
    local folder=$world_hidden/pki name=$1 days=$2
    shift 2
    cat >"$folder/$name.ext"
    openssl x509 -req -in "$folder/$name.csr" -days "$days" -sha256 \
        -set_serial "0x1$(openssl rand -hex 15)" \
        -extfile "$folder/$name.ext" -out "$KYSO_TRY/$name.pem" "$@" 2>"$folder/$name.log" || {
        cat "$folder/$name.log" >&2
        return 1
    }
}

end_extensions()
{
    printf '%s\n' 'basicConstraints = critical, CA:FALSE' \
        'keyUsage = critical, digitalSignature, nonRepudiation' \
        'extendedKeyUsage = emailProtection' \
        'subjectKeyIdentifier = hash' 'authorityKeyIdentifier = keyid:always' \
        "subjectAltName = email:$1"
}

world_pki()
{
    local issuer
    mkdir -m 700 "$world_hidden/pki"
    certificate_request root RSA rsa_keygen_bits:2048 <<<"C = VN
O = Kyso
CN = Kyso world root"
    certificate_issue root 3650 -key "$world_hidden/pki/root.key" \
        <<<"basicConstraints = critical, CA:TRUE
keyUsage = critical, keyCertSign, cRLSign
subjectKeyIdentifier = hash"
    issuer=(-CA "$KYSO_TRY/root.pem" -CAkey "$world_hidden/pki/root.key")

    certificate_request signer RSA rsa_keygen_bits:2048 <<<"C = VN
ST = Lạng Sơn
O = $world_organisation
OU = Văn phòng
title = $world_person_title
CN = $world_person"
    end_extensions an.nguyen@example.org | certificate_issue signer 730 "${issuer[@]}"

    certificate_request seal EC ec_paramgen_curve:P-256 <<<"C = VN
ST = Lạng Sơn
O = $world_organisation
CN = $world_organisation"
    end_extensions van-thu@example.org | certificate_issue seal 730 "${issuer[@]}"
}
