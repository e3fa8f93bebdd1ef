import { expect } from 'chai'
import fc from 'fast-check'

import { readPage } from '../../../src/reindex/listing/list-page.ts'

describe('a page of a listing', () => {
  const page = (contents: string): Buffer =>
    Buffer.from(`<ListBucketResult><IsTruncated>true</IsTruncated>${contents}</ListBucketResult>`)
  const date = fc.date({ min: new Date(0), max: new Date('9999-12-31'), noInvalidDate: true })

  it('tells the same whatever the order of what it says of an object', () => {
    const object = fc.record({
      key: fc.stringMatching(/^[a-zA-Z0-9/%20.-]{1,30}$/).map((text) => text.replaceAll('%', '')),
      modified: date,
      etag: fc.stringMatching(/^[0-9a-f]{32}(-[1-9])?$/),
      size: fc.nat(),
      storageClass: fc.constantFrom('STANDARD', 'GLACIER'),
      order: fc.shuffledSubarray([0, 1, 2, 3, 4, 5, 6], { minLength: 7 }),
    })
    fc.assert(
      fc.property(fc.array(object, { maxLength: 40 }), (objects) => {
        const elements = objects.map(({ key, modified, etag, size, storageClass, order }) => {
          const children = [
            `<Key>${key}</Key>`,
            `<LastModified>${modified.toISOString()}</LastModified>`,
            `<ETag>&quot;${etag}&quot;</ETag>`,
            '<ChecksumAlgorithm>CRC64NVME</ChecksumAlgorithm>',
            `<Size>${String(size)}</Size>`,
            `<StorageClass>${storageClass}</StorageClass>`,
            '<Owner><ID>o</ID></Owner>',
          ]
          return `<Contents>${order.map((at) => children[at]).join('')}</Contents>`
        })
        expect(readPage(page(elements.join('')))).to.deep.equal({
          truncated: true,
          objects: objects.map(({ key, modified, etag, size, storageClass }) => ({
            ...{ key, etag, size, storageClass },
            modified: Math.floor(modified.getTime() / 1000),
          })),
        })
      }),
    )
  })

  it('may have dates in another form, quotes as they are, and say little', () => {
    const dates = ['2025-01-02T03:04:05Z', '2025-01-02T04:04:05.123456+01:00', 'Thu, 02 Jan 2025 03:04:05 GMT']
    const objects = dates.map(
      (told) => `<Contents><ETag>"e"</ETag><Key>k</Key><LastModified>${told}</LastModified></Contents>`,
    )
    const [seconds, storageClass] = [1_735_787_045, 'STANDARD']
    expect(readPage(page(objects.join(''))).objects).to.deep.equal(
      dates.map(() => ({ key: 'k', etag: 'e', size: 0, modified: seconds, storageClass })),
    )
  })
})
