import { expect } from 'chai'

import { RootsSeen } from '../../../src/reindex/listing/roots-seen.ts'
import type { Format } from '../../../src/repositories/format.ts'
import { Proofs } from '../../../src/repositories/layout.ts'
import { yum } from '../../../src/repositories/yum/yum.ts'

describe('roots of repositories', () => {
  const gems: Format = { ...yum, name: 'gem', rootOf: (key) => /^(.*\/)versions$/.exec(key)?.[1] }
  const registry: Format = {
    ...yum,
    name: 'npm',
    rootOf: () => undefined,
    rootOfTold: (key) => key.replace(/[^/]+$/, ''),
  }

  const seen = (notes: readonly (readonly [key: string, format: string, root?: string])[]) => {
    const indexed = new Map<Format, Set<string>>([gems, registry].map((format) => [format, new Set()]))
    const proofs = new Proofs()
    const roots = new RootsSeen(indexed)
    for (const [key, format, root] of notes) {
      const conditions = root === undefined ? {} : { conditions: [{ format: 'gem' as const, root }] }
      proofs.note(key, { format: 'gem' })
      roots.note(key, { format, ...conditions })
    }
    roots.settle(proofs)
    return [indexed.get(gems), indexed.get(registry)].map((found) => [...(found ?? [])])
  }

  it('are those of keys that are an index by themselves, and of others once what is beside them proves it', () => {
    expect(seen([['a/versions', 'gem']])).to.deep.equal([['a/'], []])
    expect(seen([['a/versions', 'gem', 'a/']])).to.deep.equal([[], []])
    expect(
      seen([
        ['a/versions', 'gem', 'a/'],
        ['a/info/rake', 'gem', 'a/'],
      ]),
    ).to.deep.equal([['a/'], []])
  })

  it('are told by keys that are an index by what lies beside them', () => {
    expect(seen([['npm/left-pad', 'npm']])).to.deep.equal([[], ['npm/']])
    expect(seen([['el/9/repodata/repomd.xml', 'yum']])).to.deep.equal([[], []])
  })
})
