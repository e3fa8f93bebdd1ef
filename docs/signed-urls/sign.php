#!/usr/bin/env php
<?php
// Usage: sign.php SECRET DOMAIN KEY EXPIRES [sha256|sha1]
//
// Prints the signed URL of a package. See ../signed-urls.md.
declare(strict_types=1);

function decode_secret(string $text): string
{
    return base64_decode(strtr($text, '-_', '+/'));
}

function sign_url(string $secret, string $domain, string $key, string $expires, string $algorithm = 'sha256'): string
{
    $path = str_starts_with($key, '/') ? $key : "/$key";
    $signature = hash_hmac($algorithm, $path . $expires, decode_secret($secret));
    // rawurlencode() follows RFC 3986; urlencode() would make "+" of a space.
    $encoded = str_replace('%2F', '/', rawurlencode($path));
    return "https://$domain$encoded?t={$expires}_$signature";
}

if ($argc < 5 || $argc > 6) {
    fwrite(STDERR, "Usage: sign.php SECRET DOMAIN KEY EXPIRES [sha256|sha1]\n");
    exit(2);
}
echo sign_url(...array_slice($argv, 1)), "\n";
