import { expect } from 'chai'

import { contentTypeOf } from '../../../src/repositories/type-by-ending.ts'
import { headersOf } from '../../../src/tasks/put/headers.ts'
import { publicUrl } from '../../../src/tasks/put/put.ts'
import { readPutWords } from '../../../src/tasks/put/target.ts'

describe('what put makes of its words', () => {
  it('keeps the names of files below a bucket or prefix', () => {
    expect(readPutWords(['a/logo.jpg', 's3://b/example/logo.png'])).to.deep.equal({
      bucket: 'b',
      files: [{ file: 'a/logo.jpg', key: 'example/logo.png' }],
      leftOut: [],
    })
    for (const bucket of ['s3://b', 's3://b/', 'S3://b/']) {
      expect(readPutWords(['a/logo.jpg', bucket]).files).to.deep.equal([{ file: 'a/logo.jpg', key: 'logo.jpg' }])
    }
    expect(readPutWords(['x/a', 'b', 's3://b/in/']).files.map(({ key }) => key)).to.deep.equal(['in/a', 'in/b'])
    expect(readPutWords(['-', 's3://b/key']).files).to.deep.equal([{ file: '-', key: 'key' }])
  })

  const refused: readonly (readonly [words: readonly string[], says: string])[] = [
    [[], 'The last word must say where to'],
    [['a', 'b'], 'The last word must say where to'],
    [['a', 'cf://E1'], 'The last word must say where to'],
    [['s3://b/key'], 'Nothing is named to upload'],
    [['a', 'b', 's3://b/key'], 'Several files need a prefix that ends in /'],
    [['-', 's3://b/in/'], 'Standard input has no name'],
    [['x/a', 'y/a', 's3://b'], 'Two files would become s3://b/a.'],
    [['x', `s3://b/${'ä'.repeat(513)}`], "A key can't be longer than 1024 bytes, and this has 1026"],
  ]
  for (const [words, says] of refused) {
    it(`refuses ${words.join(' ').slice(0, 40) || 'nothing'}`, () => expect(() => readPutWords(words)).to.throw(says))
  }
})

describe('headers of what put uploads', () => {
  const none = { mimeType: undefined, added: [] }

  it('come from the name of the file and the class of the key', () => {
    expect(headersOf({ file: 'logo.jpg', key: 'example/logo.png' }, none)).to.deep.equal({ ContentType: 'image/jpeg' })
    expect(headersOf({ file: '-', key: 'x/logo.PNG' }, none)).to.deep.equal({ ContentType: 'image/png' })
    expect(headersOf({ file: 'x.deb', key: 'pool/x_1_all.deb' }, none)).to.deep.equal({
      ContentType: 'application/vnd.debian.binary-package',
      CacheControl: 'public, max-age=31536000, immutable',
    })
    expect(headersOf({ file: 'x.deb', key: 'latest/x.deb' }, none)).to.deep.equal({
      ContentType: 'application/vnd.debian.binary-package',
      CacheControl: 'public, no-cache, max-age=0, must-revalidate, stale-if-error=0',
    })
    expect(headersOf({ file: 'Packages.gz', key: 'dists/stable/Packages.gz' }, none)).to.deep.equal({
      ContentType: 'application/gzip',
      CacheControl: 'no-cache, no-store, max-age=0, must-revalidate, stale-if-error=0',
    })
    // What may be of an index is not cached, though only its surroundings could tell.
    for (const key of ['gems/info/rack', 'gems/versions', 'dists/stable/main/i18n/by-language']) {
      expect(headersOf({ file: 'x', key }, none).CacheControl, key).to.contain('no-store')
    }
    for (const key of ['config.json', 'notes.asc', 'app.db']) {
      expect(headersOf({ file: 'x', key }, none)).not.to.have.property('CacheControl')
    }
    for (const name of ['Release', 'x.constructor', 'x.', '.hidden']) {
      expect(contentTypeOf(name)).to.equal('binary/octet-stream')
    }
  })

  it('are what was wished for, where it was', () => {
    const added = ['Cache-Control: max-age=60', 'x-amz-meta-Colour:blue', 'Expires: Thu, 01 Dec 2033 16:00:00 GMT']
    expect(headersOf({ file: 'x.deb', key: 'x.deb' }, { mimeType: 'text/plain; charset=utf-8', added })).to.deep.equal({
      ContentType: 'text/plain; charset=utf-8',
      CacheControl: 'max-age=60',
      Metadata: { colour: 'blue' },
      Expires: new Date('2033-12-01T16:00:00Z'),
    })
    for (const line of [
      'Cache-Control',
      'X-Other: 1',
      'Cache-Control:',
      'Expires: soon',
      'a b: c',
      'x-amz-meta-a: b\r\nc: d',
      'x-amz-meta-a: ü',
      'Content-Disposition: attachment; filename="ü.deb"',
    ]) {
      expect(() => headersOf({ file: 'x', key: 'x' }, { mimeType: undefined, added: [line] })).to.throw('--add-header')
    }
    for (const mimeType of ['jpeg', 'text/plain; charset=ü']) {
      expect(() => headersOf({ file: 'x', key: 'x' }, { mimeType, added: [] })).to.throw('is not a MIME type')
    }
  })

  it('has a public URL that works for every bucket and key', () => {
    expect(publicUrl('b', 'eu-west-1', 'a+b c/ä', {})).to.equal('https://b.s3.eu-west-1.amazonaws.com/a%2Bb%20c/%C3%A4')
    expect(publicUrl('cdn.example.org', 'us-east-1', 'k', {})).to.equal(
      'https://s3.us-east-1.amazonaws.com/cdn.example.org/k',
    )
    expect(publicUrl('b', 'us-east-1', 'k', { AWS_ENDPOINT_URL: 'http://127.0.0.1:1/' })).to.equal(
      'http://127.0.0.1:1/b/k',
    )
  })
})
