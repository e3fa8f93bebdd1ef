import { DatabaseSync } from 'node:sqlite'

import { expect } from 'chai'
import fc from 'fast-check'

import { ObjectIndex, type StoredObject } from '../../../src/sandbox/s3/index.ts'
import { compareUtf8, listPage, type ListPage, successorOf } from '../../../src/sandbox/s3/list.ts'

const bucket = 'b'
const objectOf = (key: string): StoredObject => ({
  bucket,
  key,
  versionId: 'null',
  size: 1,
  etag: 'e',
  modified: 0,
  storageClass: 'STANDARD',
  body: undefined,
  attributes: { headers: {}, metadata: {}, tags: [], encryption: { algorithm: 'AES256' }, acl: 'private' },
})

/** A bucket of these keys, its pages read to the end. */
function listAll(keys: readonly string[], prefix: string, delimiter: string, limit: number, start = ''): ListPage[] {
  const database = new DatabaseSync(':memory:')
  const index = new ObjectIndex(database)
  for (const key of keys) index.put(objectOf(key))
  const pages: ListPage[] = []
  let from = start
  for (;;) {
    const page = listPage((first, to, count) => index.list(bucket, first, to, count), {
      prefix,
      delimiter,
      limit,
      from,
      skip: undefined,
    })
    pages.push(page)
    if (page.next === undefined) break
    from = page.next
  }
  database.close()
  return pages
}

/** The same from the definition: keys in order, grouped up to the first delimiter behind the prefix. */
function model(keys: readonly string[], prefix: string, delimiter: string): string[] {
  const sorted = [...new Set(keys)].filter((key) => key.startsWith(prefix)).sort(compareUtf8)
  const shown = sorted.map((key) => {
    const cut = delimiter === '' ? -1 : key.indexOf(delimiter, prefix.length)
    return cut === -1 ? key : key.slice(0, cut + delimiter.length)
  })
  return [...new Set(shown)]
}

const shownOf = (page: ListPage): string[] =>
  [...page.objects.map(({ key }) => key), ...page.prefixes].sort(compareUtf8)

describe('listing', () => {
  const piece = fc.constantFrom('a', 'b', '/', '//', 'é', '日', '\u{1F600}', '\uFFFD', '\u{10FFFF}', '0', '.')
  const key = fc.array(piece, { minLength: 1, maxLength: 5 }).map((pieces) => pieces.join(''))

  it('shows every key or its group once, in UTF-8 order, whatever the page size', () => {
    fc.assert(
      fc.property(
        fc.array(key, { maxLength: 40 }),
        fc.oneof(fc.constant(''), key),
        fc.constantFrom('', '/', 'a', '//'),
        fc.integer({ min: 1, max: 7 }),
        (keys, prefix, delimiter, limit) => {
          const pages = listAll(keys, prefix, delimiter, limit)
          expect(pages.flatMap(shownOf)).to.deep.equal(model(keys, prefix, delimiter))
          for (const page of pages.slice(0, -1)) expect(page.objects.length + page.prefixes.length).to.equal(limit)
        },
      ),
      { numRuns: 300 },
    )
  })

  it('knows the string after all that begin with a prefix', () => {
    fc.assert(
      fc.property(key, key, (prefix, rest) => {
        const next = successorOf(prefix)
        if (next === undefined) return
        expect(compareUtf8(prefix + rest, next)).to.be.lessThan(0)
        expect(next.startsWith(prefix)).to.equal(false)
      }),
    )
    expect(successorOf('a\u{10FFFF}')).to.equal('b')
    expect(successorOf('\u{10FFFF}')).to.equal(undefined)
    expect(successorOf('\uD7FF')).to.equal('\uE000')
  })

  it('does not read through a group to list what is behind it', () => {
    const keys = [...Array.from({ length: 5000 }, (_, index) => `pool/${String(index).padStart(5, '0')}`), 'z']
    const database = new DatabaseSync(':memory:')
    const index = new ObjectIndex(database)
    index.transaction(() => keys.forEach((each) => index.put(objectOf(each))))
    let read = 0
    const page = listPage(
      (from, to, count) => {
        const found = index.list(bucket, from, to, count)
        read += found.length
        return found
      },
      { prefix: '', delimiter: '/', limit: 10, from: '', skip: undefined },
    )
    database.close()
    expect(shownOf(page)).to.deep.equal(['pool/', 'z'])
    expect(read).to.be.lessThan(30)
  })
})
