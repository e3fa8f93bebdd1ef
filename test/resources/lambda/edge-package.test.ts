import { createHash } from 'node:crypto'
import { deflateRawSync } from 'node:zlib'

import { expect } from 'chai'
import * as fc from 'fast-check'
import { strToU8, unzipSync, zipSync } from 'fflate'

import { packEdge, unpackEdge } from '../../../src/resources/lambda/edge-package.ts'
import type { SealedSecrets } from '../../../src/resources/lambda/edge-secrets.ts'
import { craftedZip } from '../../support/crafted-zip.ts'

const sealed: SealedSecrets = {
  region: 'us-east-1',
  keyArn: 'arn:aws:kms:us-east-1:123456789012:key/1',
  encryptionContext: { 'packagecloud:enterprise': 'packagecloud', purpose: 'cloudfront_auth' },
  ciphertexts: ['Y2lwaGVydGV4dA=='],
}
const code = strToU8('export const handler = async () => ({ status: 403 })\n')
const hash = (bytes: Uint8Array): string => createHash('sha256').update(bytes).digest('hex')

describe('packEdge', () => {
  it('holds what the function reads, and nothing else', () => {
    const files = unzipSync(packEdge({ code, sealed, rules: {} }))
    expect(Object.keys(files)).to.deep.equal(['config.json', 'index.mjs'])
    expect(files['index.mjs']).to.deep.equal(code)
    expect(JSON.parse(Buffer.from(files['config.json'] ?? []).toString())).to.deep.equal({
      region: 'us-east-1',
      keyId: sealed.keyArn,
      encryptionContext: sealed.encryptionContext,
      secrets: sealed.ciphertexts,
    })
  })

  it('makes the same bytes in every time zone of the world', () => {
    const zone = process.env['TZ']
    try {
      const hashes = ['UTC', ...Intl.supportedValuesOf('timeZone')].map((TZ) => {
        process.env['TZ'] = TZ
        return hash(packEdge({ code, sealed, rules: {} }))
      })
      expect(hashes.length).to.be.greaterThan(300)
      expect(new Set(hashes).size).to.equal(1)
    } finally {
      if (zone === undefined) Reflect.deleteProperty(process.env, 'TZ')
      else process.env['TZ'] = zone
    }
  })

  it('makes the bytes that it has always made, or every installation would publish a version for nothing', () => {
    expect(hash(packEdge({ code, sealed, rules: {} }))).to.equal(
      '8424a3e2628b7851fa421216bd48751231d30b89ea8ab8ee68232c2c38c4bffa',
    )
  })

  it('makes other bytes of another code, secret or key', () => {
    const hashes = [
      packEdge({ code, sealed, rules: {} }),
      packEdge({ code: strToU8('other'), sealed, rules: {} }),
      packEdge({ code, sealed: { ...sealed, ciphertexts: ['b3RoZXI='] }, rules: {} }),
      packEdge({ code, sealed: { ...sealed, keyArn: 'another' }, rules: {} }),
      packEdge({ code, sealed, rules: { longestLife: 600 } }),
      packEdge({ code, sealed, rules: { sha1: false } }),
    ].map(hash)
    expect(new Set(hashes).size).to.equal(6)
  })

  it('does not depend on when it is made', async () => {
    const first = packEdge({ code, sealed, rules: {} })
    // Zip counts in steps of two seconds; a clock that leaked in would need that long to show.
    const realNow = Date.now
    try {
      Date.now = () => realNow() + 86_400_000
      expect(packEdge({ code, sealed, rules: {} })).to.deep.equal(first)
    } finally {
      Date.now = realNow
    }
  })
})

describe('unpackEdge', () => {
  it('reads back what packEdge has packed', () => {
    const text = fc.string({ minLength: 1, unit: 'grapheme' })
    const secrets = fc.record({
      region: text,
      keyArn: text,
      encryptionContext: fc.dictionary(text, text),
      ciphertexts: fc.array(text, { minLength: 1, maxLength: 2 }),
    })
    const edgeRules = fc.record({ longestLife: fc.integer({ min: 1 }), sha1: fc.boolean() }, { requiredKeys: [] })
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 300 }), secrets, edgeRules, (bytes, some, rules) => {
        const unpacked = unpackEdge(packEdge({ code: bytes, sealed: some, rules }))
        expect(Buffer.from(unpacked.code).equals(Buffer.from(bytes))).to.equal(true)
        expect({ ...unpacked.rules }).to.deep.equal({ ...rules })
        expect({ ...unpacked.sealed, encryptionContext: { ...unpacked.sealed?.encryptionContext } }).to.deep.equal({
          ...some,
          encryptionContext: { ...some.encryptionContext },
        })
      }),
    )
  })

  it('takes whatever else is deployed for nothing of ours, and throws at nothing', () => {
    expect(unpackEdge(new Uint8Array())).to.deep.equal({ code: new Uint8Array(), sealed: undefined, rules: undefined })
    const zip = packEdge({ code, sealed, rules: {} })
    fc.assert(fc.property(fc.uint8Array({ maxLength: 400 }), (bytes) => void unpackEdge(bytes)))
    fc.assert(fc.property(fc.nat(zip.length - 1), (length) => void unpackEdge(zip.subarray(0, length))))
    fc.assert(
      fc.property(
        fc.nat(zip.length - 1),
        fc.nat(255),
        (at, byte) => void unpackEdge(Uint8Array.from(zip).with(at, byte)),
      ),
    )
  })

  it('counts a config.json that is not as it should be as missing', () => {
    for (const config of [
      '',
      '{',
      'null',
      '[]',
      '{}',
      '{"region":"us-east-1","keyId":"k","encryptionContext":{},"secrets":[]}',
      '{"region":"us-east-1","keyId":"k","encryptionContext":{},"secrets":["eA=="],"longestLife":"7d"}',
    ]) {
      const deployed = unpackEdge(zipSync({ 'config.json': strToU8(config), 'index.mjs': code }))
      expect(deployed, config).to.deep.equal({ code, sealed: undefined, rules: undefined })
    }
  })

  it('unpacks no more than a file of ours can be, and nothing of an archive that lies', () => {
    const packed = deflateRawSync(Buffer.alloc(40_000_000))
    const config = { name: 'config.json', body: '{}' }
    for (const bomb of [
      { name: 'index.mjs', packed, size: 40_000_000 },
      { name: 'index.mjs', packed, size: 20 },
      { name: 'index.mjs', packed, size: 4_000_000_000 },
      { name: 'index.mjs', flags: 1 },
      { name: 'index.mjs', mode: 0o120777, body: '/etc/passwd' },
    ]) {
      const before = process.memoryUsage().arrayBuffers
      expect(unpackEdge(craftedZip([bomb, config]))).to.deep.equal({
        code: new Uint8Array(),
        sealed: undefined,
        rules: undefined,
      })
      expect(process.memoryUsage().arrayBuffers - before).to.be.lessThan(10_000_000)
    }
    const twice = craftedZip([
      { name: 'index.mjs', body: 'ours' },
      { name: './index.mjs', body: 'theirs' },
    ])
    expect(unpackEdge(twice).code).to.have.length(0)
  })

  it('counts code that is not there as empty', () => {
    expect(unpackEdge(zipSync({ 'index.js': code })).code).to.have.length(0)
  })
})
