import { expect } from 'chai'
import fc from 'fast-check'

import { NameTable, TextArena, TextRows } from '../../src/repositories/compact-table.ts'

const text = fc.string({ unit: 'grapheme', maxLength: 20 })

describe('compact tables', () => {
  it('give back every row as it was', () => {
    fc.assert(
      fc.property(fc.array(fc.tuple(text, text, text), { maxLength: 50 }), (rows) => {
        const table = new TextRows()
        rows.forEach((row, at) => expect(table.add(row)).to.equal(at))
        const clean = rows.map((row) => row.map((one) => one.replaceAll('\0', '\ufffd')))
        expect(rows.map((_row, at) => table.at(at))).to.deep.equal(clean)
      }),
    )
  })

  it('keep rows apart, whatever is in their texts', () => {
    const table = new TextRows()
    expect(table.at(table.add(['a\0b', 'c']))).to.deep.equal(['a\ufffdb', 'c'])
  })

  it('find all numbers of a name in their order, among many', () => {
    const table = new NameTable()
    const expected = new Map<string, number[]>()
    for (let number = 0; number < 20_000; number++) {
      const name = `name ${number % 7000}`
      table.add(name, number)
      expected.set(name, [...(expected.get(name) ?? []), number])
    }
    for (const [name, numbers] of expected) {
      // Others with the same hash may be among them.
      expect(table.find(name).filter((number) => number % 7000 === numbers[0])).to.deep.equal(numbers)
    }
    expect(table.find('another').length).to.be.below(3)
  })

  it('hold texts of any length, and bytes of them', () => {
    const arena = new TextArena()
    const lengths = [0, 1, 400_000, 3_000_000, 5]
    const places = lengths.map((length, at) => {
      const start = arena.add(String(at).repeat(length))
      return [start, arena.end] as const
    })
    for (const length of [1, 700_000, 2_000_000]) {
      const bytes = Buffer.from('é'.repeat(length))
      const [begin, end] = [arena.addBytes(bytes), arena.end]
      expect(arena.bytes(begin, end).equals(bytes)).to.equal(true)
    }
    places.forEach(([from, to], at) => {
      expect(arena.bytes(from, to).equals(Buffer.from(String(at).repeat(lengths[at] ?? 0)))).to.equal(true)
    })
  })
})
