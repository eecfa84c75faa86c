#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# Makes a whole test PKI in a folder: pki.sh DIR
#
# For each NAME below there are NAME.key (PKCS #8 PEM, no passphrase), NAME.pem, NAME.der and
# NAME.p12 (password "test", with the chain):
#
#   root              the administrator's root                          (no .p12)
#   issuing           its intermediate                                  (no .p12)
#   person            a person, RSA-2048
#   seal              an organisation, EC P-256
#   expired           a person whose certificate ended a year ago
#   not-yet-valid     a person whose certificate begins in a year
#   wrong-purpose     keyUsage keyEncipherment alone
#   weak              RSA-1024
#   ca-leaf           a person whose certificate says CA:TRUE
#   unknown-issuer    the person's name under a stranger's root of the same names
#   revoked           a person who will be revoked: revoke.sh in the folder makes crl.pem, crl.der
#
# Besides: stranger-root.*, chain.pem (issuing, root), crl.pem and crl.der (nobody revoked yet),
# index.txt (for `openssl ocsp`), roots.d/root.pem.
set -euo pipefail

if [ $# -ne 1 ]; then
    echo "usage: pki.sh DIR" >&2
    exit 2
fi
mkdir -p "$1/roots.d" "$1/issued"
cd "$1"
unset OPENSSL_CONF

cat > openssl.cnf <<'CONF'
[ca]
default_ca = issuing

[issuing]
dir = .
database = index.txt
new_certs_dir = issued
serial = serial
crlnumber = crlnumber
certificate = issuing.pem
private_key = issuing.key
default_md = sha256
default_days = 730
default_crl_days = 30
policy = any
string_mask = utf8only
utf8 = yes
unique_subject = no
copy_extensions = none

[stranger]
dir = .
database = stranger-index.txt
new_certs_dir = issued
serial = serial
certificate = stranger-root.pem
private_key = stranger-root.key
default_md = sha256
default_days = 730
policy = any
string_mask = utf8only
utf8 = yes
unique_subject = no

[any]
countryName = optional
stateOrProvinceName = optional
organizationName = optional
organizationalUnitName = optional
title = optional
commonName = supplied

[req]
distinguished_name = none
string_mask = utf8only
utf8 = yes
prompt = no

[none]

[root]
basicConstraints = critical,CA:TRUE
keyUsage = critical,keyCertSign,cRLSign
subjectKeyIdentifier = hash

[intermediate]
basicConstraints = critical,CA:TRUE,pathlen:0
keyUsage = critical,keyCertSign,cRLSign
subjectKeyIdentifier = hash
authorityKeyIdentifier = keyid

[signer]
basicConstraints = critical,CA:FALSE
keyUsage = critical,digitalSignature,nonRepudiation
extendedKeyUsage = emailProtection
subjectKeyIdentifier = hash
authorityKeyIdentifier = keyid

[encipher]
basicConstraints = critical,CA:FALSE
keyUsage = critical,keyEncipherment
subjectKeyIdentifier = hash
authorityKeyIdentifier = keyid

[caleaf]
basicConstraints = critical,CA:TRUE
keyUsage = critical,digitalSignature,nonRepudiation,keyCertSign
subjectKeyIdentifier = hash
authorityKeyIdentifier = keyid
CONF

: > index.txt
: > stranger-index.txt
echo 1000 > crlnumber
openssl rand -hex 8 | sed 's/^./4/' > serial

COUNTRY=/C=VN
PLACE="$COUNTRY/O=Ủy ban nhân dân tỉnh Thử Nghiệm"

quiet() {
    local log
    if ! log=$("$@" 2>&1); then
        echo "pki.sh: $*" >&2
        echo "$log" >&2
        exit 1
    fi
}

# key NAME KIND
key() {
    case $2 in
    rsa:*)
        quiet openssl genpkey -algorithm RSA -pkeyopt "rsa_keygen_bits:${2#rsa:}" -out "$1.key"
        ;;
    ec:*) quiet openssl genpkey -algorithm EC -pkeyopt "ec_paramgen_curve:${2#ec:}" -out "$1.key" ;;
    esac
}

# root NAME SUBJECT: a self-signed certificate
root() {
    key "$1" ec:P-256
    quiet openssl req -config openssl.cnf -x509 -new -key "$1.key" -sha256 -days 3650 -utf8 \
        -subj "$2" -extensions root -out "$1.pem"
    openssl x509 -in "$1.pem" -outform DER -out "$1.der"
}

# issue CA NAME KIND SUBJECT EXTENSIONS [ca options...]
issue() {
    local ca=$1 name=$2 kind=$3 subject=$4 extensions=$5
    shift 5
    key "$name" "$kind"
    quiet openssl req -config openssl.cnf -new -key "$name.key" -utf8 -subj "$subject" \
        -out "$name.csr"
    quiet openssl ca -config openssl.cnf -name "$ca" -batch -notext -in "$name.csr" \
        -extensions "$extensions" -out "$name.pem" "$@"
    openssl x509 -in "$name.pem" -outform DER -out "$name.der"
    rm "$name.csr"
}

# bundle NAME CHAIN: the key and its certificates for loading into a token
bundle() {
    quiet openssl pkcs12 -export -inkey "$1.key" -in "$1.pem" -certfile "$2" -name "$1" \
        -passout pass:test -out "$1.p12"
}

day() {
    date -u -d "$1" +%Y%m%d%H%M%SZ
}

root root "$COUNTRY/O=Cơ quan chứng thực thử nghiệm/CN=Gốc chứng thực thử nghiệm"
root stranger-root "$COUNTRY/O=Cơ quan chứng thực thử nghiệm/CN=Chứng thực cấp phát thử nghiệm"
cp root.pem roots.d/root.pem

key issuing ec:P-256
quiet openssl req -config openssl.cnf -new -key issuing.key -utf8 \
    -subj "$COUNTRY/O=Cơ quan chứng thực thử nghiệm/CN=Chứng thực cấp phát thử nghiệm" \
    -out issuing.csr
quiet openssl x509 -req -in issuing.csr -CA root.pem -CAkey root.key -days 3000 -sha256 \
    -extfile openssl.cnf -extensions intermediate -set_serial 0x4001 -out issuing.pem
openssl x509 -in issuing.pem -outform DER -out issuing.der
rm issuing.csr
cat issuing.pem root.pem > chain.pem

issue issuing person rsa:2048 "$PLACE/title=Chủ tịch/CN=Nguyễn Văn Ánh" signer
issue issuing seal ec:P-256 "$PLACE/CN=Ủy ban nhân dân tỉnh Thử Nghiệm" signer
issue issuing expired rsa:2048 "$PLACE/CN=Trần Thị Bưởi" signer \
    -startdate "$(day '3 years ago')" -enddate "$(day '1 year ago')"
issue issuing not-yet-valid rsa:2048 "$PLACE/CN=Lê Hữu Đức" signer \
    -startdate "$(day '1 year')" -enddate "$(day '3 years')"
issue issuing wrong-purpose rsa:2048 "$PLACE/CN=Phạm Thị Mỹ" encipher
issue issuing weak rsa:1024 "$PLACE/CN=Hồ Văn Yếu" signer
issue issuing ca-leaf rsa:2048 "$PLACE/CN=Vũ Đình Cẩn" caleaf
issue issuing revoked rsa:2048 "$PLACE/CN=Đỗ Thị Thu Hồi" signer
issue stranger unknown-issuer rsa:2048 "$PLACE/title=Chủ tịch/CN=Nguyễn Văn Ánh" signer

for name in person seal expired not-yet-valid wrong-purpose weak ca-leaf revoked; do
    bundle "$name" chain.pem
done
bundle unknown-issuer stranger-root.pem

cat > revoke.sh <<'REVOKE'
#!/bin/bash
# Revokes the certificate of "revoked" and writes the new list.
set -euo pipefail
cd "$(dirname "$0")"
openssl ca -config openssl.cnf -name issuing -batch -revoke revoked.pem -crl_reason keyCompromise
openssl ca -config openssl.cnf -name issuing -batch -gencrl -out crl.pem
openssl crl -in crl.pem -outform DER -out crl.der
REVOKE
chmod +x revoke.sh

quiet openssl ca -config openssl.cnf -name issuing -batch -gencrl -out crl.pem
openssl crl -in crl.pem -outform DER -out crl.der
chmod 600 ./*.key ./*.p12
