#!/usr/bin/env python3
"""Usage: sign.py SECRET DOMAIN KEY EXPIRES [sha256|sha1]

Prints the signed URL of a package. See ../signed-urls.md.
"""
import base64
import hmac
import sys
from urllib.parse import quote


def decode_secret(text):
    text = text.rstrip("=").replace("-", "+").replace("_", "/")
    return base64.b64decode(text + "=" * (-len(text) % 4))


def sign_url(secret, domain, key, expires, algorithm="sha256"):
    path = key if key.startswith("/") else "/" + key
    message = (path + str(expires)).encode("utf-8")
    signature = hmac.new(decode_secret(secret), message, algorithm).hexdigest()
    return f"https://{domain}{quote(path, safe='/-._~')}?t={expires}_{signature}"


if __name__ == "__main__":
    if len(sys.argv) not in (5, 6):
        sys.exit(__doc__)
    print(sign_url(*sys.argv[1:]))
