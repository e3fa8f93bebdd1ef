import { expect } from 'chai'
import fc from 'fast-check'

import { jsonPieces, Lazily } from '../../src/ui/lazily.ts'

describe('what is made lazily', () => {
  const made = (document: unknown): string => [...jsonPieces(document)].join('')

  it('is, in pieces, the JSON that it would be at once', () => {
    fc.assert(
      fc.property(fc.anything({ withDate: false }), fc.array(fc.jsonValue()), (value, list) => {
        const documents = [value, { list, value, none: undefined, empty: [], call: () => 1 }, list, {}]
        for (const document of documents) {
          const whole = JSON.stringify(document, undefined, 2) as string | undefined
          if (whole !== undefined) expect(made(document)).to.equal(whole)
        }
        const pieces = { before: 1, list: new Lazily(() => list.values()), after: { inner: ['\n'] } }
        expect(made(pieces)).to.equal(JSON.stringify({ ...pieces, list }, undefined, 2))
        expect(JSON.stringify(pieces)).to.equal(JSON.stringify({ ...pieces, list }))
      }),
    )
  })

  it('can be gone through again, and no further than it is asked', () => {
    let begun = 0
    const endless = new Lazily(function* () {
      begun++
      for (let number = 0; ; number++) yield number
    }).map((number) => number * 2)
    for (const times of [1, 2]) {
      expect([...take(endless, 3)]).to.deep.equal([0, 2, 4])
      expect(begun).to.equal(times)
    }
    expect([...take(jsonPieces({ endless }), 3)].join('')).to.equal('{\n  "endless": [\n    0,\n    2')
  })
})

function* take<T>(pieces: Iterable<T>, most: number): Generator<T> {
  let taken = 0
  for (const piece of pieces) {
    yield piece
    if (++taken === most) return
  }
}
