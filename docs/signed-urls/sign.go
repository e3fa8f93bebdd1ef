// Usage: go run sign.go SECRET DOMAIN KEY EXPIRES [sha256|sha1]
//
// Prints the signed URL of a package. See ../signed-urls.md.
package main

import (
	"crypto/hmac"
	"crypto/sha1"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"fmt"
	"hash"
	"os"
	"strings"
)

func decodeSecret(text string) ([]byte, error) {
	text = strings.NewReplacer("-", "+", "_", "/").Replace(strings.TrimRight(text, "="))
	return base64.RawStdEncoding.DecodeString(text)
}

// encodePath escapes every byte but the slash and the unreserved characters.
// (url.PathEscape leaves "+", ":" and others as they are.)
func encodePath(path string) string {
	var encoded strings.Builder
	for _, c := range []byte(path) {
		if 'a' <= c && c <= 'z' || 'A' <= c && c <= 'Z' || '0' <= c && c <= '9' || strings.IndexByte("-._~/", c) >= 0 {
			encoded.WriteByte(c)
		} else {
			fmt.Fprintf(&encoded, "%%%02X", c)
		}
	}
	return encoded.String()
}

func signURL(secret, domain, key, expires, algorithm string) (string, error) {
	bytes, err := decodeSecret(secret)
	if err != nil {
		return "", fmt.Errorf("the secret is not base64")
	}
	var digest func() hash.Hash
	switch algorithm {
	case "sha256":
		digest = sha256.New
	case "sha1":
		digest = sha1.New
	default:
		return "", fmt.Errorf("unknown algorithm %q", algorithm)
	}
	path := "/" + strings.TrimPrefix(key, "/")
	mac := hmac.New(digest, bytes)
	mac.Write([]byte(path + expires))
	return "https://" + domain + encodePath(path) + "?t=" + expires + "_" + hex.EncodeToString(mac.Sum(nil)), nil
}

func main() {
	arguments := os.Args[1:]
	if len(arguments) == 4 {
		arguments = append(arguments, "sha256")
	}
	if len(arguments) != 5 {
		fmt.Fprintln(os.Stderr, "Usage: sign.go SECRET DOMAIN KEY EXPIRES [sha256|sha1]")
		os.Exit(2)
	}
	signed, err := signURL(arguments[0], arguments[1], arguments[2], arguments[3], arguments[4])
	if err != nil {
		fmt.Fprintln(os.Stderr, "Error:", err)
		os.Exit(1)
	}
	fmt.Println(signed)
}
