import { expect } from 'chai'

import { networkAdvice, networkReason } from '../../src/aws/network-reason.ts'

const failing = (message: string, code?: string, cause?: unknown): Error =>
  Object.assign(new Error(message, { cause }), code === undefined ? {} : { code })

describe('why a connection failed', () => {
  it('is told in words, without what is about Node or OpenSSL', () => {
    for (const [error, words] of [
      [failing('connect ECONNREFUSED 127.0.0.1:9', 'ECONNREFUSED'), 'connect ECONNREFUSED 127.0.0.1:9'],
      [failing('', 'ETIMEDOUT'), 'ETIMEDOUT'],
      [failing(''), 'the connection failed'],
      [
        failing(
          'unable to verify the first certificate; if the root CA is installed locally, try running Node.js with ' +
            '--use-system-ca',
        ),
        'unable to verify the first certificate',
      ],
      [
        failing(
          'write EPROTO 407DAD1D757F0000:error:0A00010B:SSL routines:tls_validate_record_header:wrong version number:' +
            '../deps/openssl/openssl/ssl/record/methods/tlsany_meth.c:77:\n',
          'EPROTO',
        ),
        'TLS failed: wrong version number',
      ],
    ] as const) {
      expect(networkReason(error)).to.equal(words)
    }
  })

  it('has advice where nobody who is trusted stands behind a certificate', () => {
    const untrusted = failing('x', 'SELF_SIGNED_CERT_IN_CHAIN')
    for (const error of [untrusted, failing('fetch failed', undefined, untrusted)]) {
      expect(networkAdvice(error).join()).to.include('AWS_CA_BUNDLE=FILE')
    }
    for (const error of [failing('x', 'CERT_HAS_EXPIRED'), failing('x', 'ECONNREFUSED'), 'text']) {
      expect(networkAdvice(error)).to.deep.equal([])
    }
  })
})
