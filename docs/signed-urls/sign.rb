#!/usr/bin/env ruby
# frozen_string_literal: true

# Usage: sign.rb SECRET DOMAIN KEY EXPIRES [sha256|sha1]
#
# Prints the signed URL of a package. See ../signed-urls.md.

require 'openssl'

def decode_secret(text)
  text.tr('-_', '+/').unpack1('m')
end

# Every byte but the slash and the unreserved characters. (CGI.escape would make "+" of a space.)
def encode_path(path)
  path.b.gsub(%r{[^A-Za-z0-9\-._~/]}n) { |byte| format('%%%02X', byte.ord) }
end

def sign_url(secret, domain, key, expires, algorithm = 'sha256')
  path = key.start_with?('/') ? key : "/#{key}"
  signature = OpenSSL::HMAC.hexdigest(algorithm, decode_secret(secret), "#{path}#{expires}")
  "https://#{domain}#{encode_path(path)}?t=#{expires}_#{signature}"
end

if $PROGRAM_NAME == __FILE__
  abort 'Usage: sign.rb SECRET DOMAIN KEY EXPIRES [sha256|sha1]' unless ARGV.length.between?(4, 5)
  puts sign_url(*ARGV)
end
