#!/bin/sh
# Usage: sign.sh SECRET DOMAIN KEY EXPIRES [sha256|sha1]
#
# Prints the signed URL of a package. Needs openssl and od. See ../signed-urls.md.
set -eu

if [ $# -lt 4 ] || [ $# -gt 5 ]; then
  echo 'Usage: sign.sh SECRET DOMAIN KEY EXPIRES [sha256|sha1]' >&2
  exit 2
fi
secret=$1 domain=$2 path=/${3#/} expires=$4 algorithm=${5:-sha256}

hex_bytes() {
  od -An -v -tx1
}

# openssl wants the standard alphabet, padded.
decode_secret() {
  text=$(printf %s "$1" | tr -d = | tr -- -_ +/)
  while [ $((${#text} % 4)) -ne 0 ]; do text=$text=; done
  printf %s "$text" | openssl base64 -d -A
}

# Every byte but the slash and the unreserved characters.
encode_path() {
  for byte in $(printf %s "$1" | hex_bytes); do
    case $byte in
      2d | 2e | 2f | 3[0-9] | 4[1-9a-f] | 5[0-9a] | 5f | 6[1-9a-f] | 7[0-9a] | 7e)
        printf "\\$(printf %o "0x$byte")" ;;
      *) printf %%%s "$(printf %s "$byte" | tr a-f A-F)" ;;
    esac
  done
}

key_hex=$(decode_secret "$secret" | hex_bytes | tr -d ' \n')
signature=$(printf %s "$path$expires" | openssl dgst "-$algorithm" -mac HMAC -macopt "hexkey:$key_hex" | sed 's/.*= *//')
printf 'https://%s%s?t=%s_%s\n' "$domain" "$(encode_path "$path")" "$expires" "$signature"
