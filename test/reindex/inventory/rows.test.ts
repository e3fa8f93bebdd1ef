import { expect } from 'chai'
import fc from 'fast-check'

import type { InventoryColumns } from '../../../src/reindex/inventory/manifest.ts'
import { BadRowError, InventoryRows } from '../../../src/reindex/inventory/rows.ts'

const all: InventoryColumns = { bucket: 0, key: 1, isLatest: 3, isDeleteMarker: 4 }
const plain: InventoryColumns = { bucket: 0, key: 1, isLatest: undefined, isDeleteMarker: undefined }

function keysIn(text: string, columns = plain, cuts: readonly number[] = []): string[] {
  const keys: string[] = []
  const rows = new InventoryRows(columns, 'b', (key) => keys.push(key))
  const bytes = Buffer.from(text)
  const ends = [...cuts, bytes.length].sort((one, other) => one - other)
  for (const [index, end] of ends.entries()) rows.push(bytes.subarray(ends[index - 1] ?? 0, end))
  rows.end()
  return keys
}

describe('the rows of an inventory', () => {
  it('are read wherever its pieces end, whatever else they tell', () => {
    const key = fc.string({
      unit: fc.constantFrom('a', '/', '%20', '+', '%2C', '%22', '.'),
      minLength: 1,
      maxLength: 9,
    })
    const other = fc.string({ unit: fc.constantFrom('x', ',', '""', '=', ' '), maxLength: 5 })
    const row = fc.record({ key, others: fc.array(other, { maxLength: 3 }), isQuoted: fc.boolean() })
    fc.assert(
      fc.property(
        fc.array(row, { maxLength: 6 }),
        fc.constantFrom('\n', '\r\n'),
        fc.boolean(),
        fc.array(fc.nat(80), { maxLength: 4 }),
        (rows, end, isEnded, cuts) => {
          const lines = rows.map(({ key: one, others, isQuoted }) =>
            [...(isQuoted ? ['"b"', `"${one}"`] : ['b', one]), ...others.map((text) => `"${text}"`)].join(','),
          )
          const text = lines.join(end) + (isEnded ? end : '')
          const within = cuts.filter((cut) => cut < text.length)
          expect(keysIn(text, plain, within)).to.deep.equal(rows.map((one) => one.key))
        },
      ),
    )
  })

  it('of all versions tell of the objects that are there', () => {
    const text = [
      '"b","there","v2","true","false","3"',
      '"b","there","v1","false","false","3"',
      '"b","gone","v3","true","true",""',
      '"b","gone","v2","false","false","3"',
    ].join('\n')
    expect(keysIn(text, all)).to.deep.equal(['there'])
  })

  it('that are none are refused by their number', () => {
    const bad: Record<string, string> = {
      '"b","k","1"\n"c","k","1"': 'row 2 is of another bucket',
      '"b"\n': 'row 1 has too few fields',
      '"b","k\n': 'row 1 is no CSV',
      '"b"x,"k"\n': 'row 1 is no CSV',
      '"b",""\n': 'row 1 has no key',
      '\u001f\u008b\u0008': 'row 1 has too few fields',
    }
    for (const [text, why] of Object.entries(bad)) expect(() => keysIn(text), text).to.throw(BadRowError, why)
    expect(() => keysIn(`"b","${'k'.repeat(1_100_000)}`)).to.throw(BadRowError, 'row 1 does not end')
  })
})
