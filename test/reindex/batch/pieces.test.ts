import { expect } from 'chai'
import fc from 'fast-check'

import { endsWithin, piecesOf } from '../../../src/reindex/batch/pieces.ts'
import type { FoundRepository } from '../../../src/reindex/indexes/index-repository.ts'
import { compareKeys } from '../../../src/reindex/ranges.ts'
import { segmentsOf } from '../../../src/reindex/repository-reports.ts'
import { isWithin } from '../../../src/reindex/shards/cut.ts'
import { formatNamed } from '../../../src/repositories/formats.ts'

const folder = fc
  .array(fc.constantFrom('a', 'b', 'el', 'ü', ' '), { maxLength: 3 })
  .map((parts) => parts.map((part) => `${part}/`).join(''))
const repositories = fc
  .record({ apt: fc.uniqueArray(folder, { maxLength: 6 }), yum: fc.uniqueArray(folder, { maxLength: 6 }) })
  .map((roots) =>
    Object.entries(roots).flatMap(([name, of]) => {
      const segments = Map.groupBy(segmentsOf(of), ({ root }) => root)
      return of.map((root): FoundRepository => ({
        format: formatNamed(name),
        root,
        stretches: segments.get(root) ?? [],
      }))
    }),
  )
const key = fc.tuple(folder, fc.constantFrom('x.deb', '', '0', 'zz')).map(([in_, name]) => in_ + name)

const namesOf = (found: readonly FoundRepository[] = []): string[] =>
  found.map(({ format, root }) => `${format.name} ${root}`).sort()

describe('the order of keys, cut where repositories begin and end', () => {
  it('has each key in one piece, with the repositories that it is in', () => {
    fc.assert(
      fc.property(repositories, key, (found, one) => {
        const holding = [...piecesOf(found)].filter((piece) => isWithin(one, piece))
        expect(holding.length).to.equal(1)
        const wanted = found.filter(({ stretches }) => stretches.some((stretch) => isWithin(one, stretch)))
        expect(namesOf(holding[0]?.repositories)).to.deep.equal(namesOf(wanted))
      }),
    )
  })

  it('is in order and whole, and a repository that has ended does not come again', () => {
    fc.assert(
      fc.property(repositories, (found) => {
        const ended = new Set<FoundRepository>()
        let at: string | undefined = ''
        for (const piece of piecesOf(found)) {
          expect(piece.from).to.equal(at)
          if (piece.to !== undefined) expect(compareKeys(piece.from, piece.to)).to.be.below(0)
          for (const one of piece.repositories) expect(ended.has(one)).to.equal(false)
          for (const one of found) if (endsWithin(one, piece)) ended.add(one)
          at = piece.to
        }
        expect(at).to.equal(undefined)
      }),
    )
  })
})
