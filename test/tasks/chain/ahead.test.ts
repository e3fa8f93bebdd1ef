import { expect } from 'chai'

import { create, keep, type Resource } from '../../../src/resources/resource.ts'
import { applyChain, compute, ensure, planChain, together } from '../../../src/tasks/chain/chain.ts'

interface Context {
  way: string
  whole: string
  part: string
}

const quiet = { show: 'nothing' as const, signal: new AbortController().signal, lookAgainAfter: 1 }
const yes = async (): Promise<boolean> => true
const gone = (): Error => Object.assign(new Error('gone'), { name: 'NoSuchEntityException' })

/** A text in `world`, of which it is told when it was looked at, prepared and written. */
function text(log: string[], world: Map<string, string>, more: Partial<Resource<string, string>> = {}) {
  const resource: Resource<string, string> = {
    kind: 'Text',
    name: (name) => name,
    id: (live) => live,
    needs: () => [],
    pattern: () => '*',
    async describe(name) {
      log.push(`look ${name}`)
      return world.get(name)
    },
    decide: (name, live) => (live === undefined ? create(`${name} made`) : keep(live)),
    async apply(name) {
      log.push(`write ${name}`)
      world.set(name, `${name} made`)
      return `${name} made`
    },
    ...more,
  }
  return resource
}

/** What an apply did, after its plan. */
const applied = (log: readonly string[]): readonly string[] => log.slice(log.findIndex((one) => /^write/.test(one)))

describe('a part of what a run has made', () => {
  const chainOf = (log: string[], world: Map<string, string>, failures: Error[] = []) => {
    const whole = ensure<Context, 'whole', string>('Whole', {
      resource: text(log, world),
      want: () => 'whole',
      as: 'whole',
    })
    const write = async (name: string): Promise<string> => {
      log.push(`write ${name}`)
      const failure = failures.shift()
      if (failure !== undefined) throw failure
      world.set(name, 'written')
      return 'written'
    }
    const resource = text(log, world, { apply: write })
    return [whole, ensure<Context, 'part', string>('Part', { resource, want: () => 'part', as: 'part', within: whole })]
  }

  it('is made without a look, for nothing can be there', async () => {
    const log: string[] = []
    const { report } = await applyChain(chainOf(log, new Map()), quiet, yes)
    expect(applied(log)).to.deep.equal(['write whole', 'write part'])
    expect(report.map(({ do: verb }) => verb)).to.deep.equal(['create', 'create'])
  })

  it('is looked at where the whole was there already, and kept', async () => {
    const log: string[] = []
    await applyChain(chainOf(log, new Map([['whole', 'there']])), quiet, yes)
    expect(log.at(-2)).to.equal('look part')
    const again: string[] = []
    await applyChain(
      chainOf(
        again,
        new Map([
          ['whole', 'there'],
          ['part', 'there'],
        ]),
      ),
      quiet,
      yes,
    )
    expect(again.filter((one) => one.startsWith('write'))).to.deep.equal([])
  })

  it('is looked at once its write was refused', async () => {
    const log: string[] = []
    await applyChain(chainOf(log, new Map(), [gone()]), quiet, yes)
    expect(applied(log)).to.deep.equal(['write whole', 'write part', 'look part', 'write part'])
  })
})

describe('what a step prepares', () => {
  /** The whole takes until `part` is prepared, or is told of something else than it then is. */
  const chainOf = (log: string[], foreseen: string, world = new Map<string, string>()) => {
    let prepared = (): void => undefined
    const isPrepared = new Promise<void>((resolve) => (prepared = resolve))
    const whole = text(log, world, {
      async apply(_name, _live, _talk, foresee) {
        foresee?.(foreseen)
        await isPrepared
        log.push('write whole')
        return 'whole made'
      },
    })
    const part = text(log, world, {
      async prepare(name) {
        log.push(`prepare ${name}`)
        prepared()
      },
    })
    return [
      ensure<Context, 'whole', string>('Whole', { resource: whole, want: () => 'whole', as: 'whole' }),
      ensure<Context, 'part', string>('Part', { resource: part, want: (ctx) => `part of ${ctx.whole}`, as: 'part' }),
    ]
  }

  it('is begun while what it needs is still being made, once that is foreseen', async () => {
    const log: string[] = []
    await applyChain(chainOf(log, 'whole made'), quiet, yes)
    expect(log.filter((one) => !one.startsWith('look'))).to.deep.equal([
      'prepare part of whole made',
      'write whole',
      'write part of whole made',
    ])
  })

  it('is not what is written where it comes otherwise', async () => {
    const log: string[] = []
    const { ctx } = await applyChain(chainOf(log, 'whole of mine'), quiet, yes)
    expect(log).to.include.members(['prepare part of whole of mine', 'write part of whole made'])
    expect(ctx.part).to.equal('part of whole made made')
  })

  it('is nothing where nothing is made', async () => {
    const log: string[] = []
    await applyChain(chainOf(log, 'x', new Map([['whole', 'a']])), quiet, yes)
    expect(log.filter((one) => one.startsWith('prepare'))).to.deep.equal([])
  })
})

describe('what a step most likely finds', () => {
  const chainOf = (log: string[], likely: string, found: string) => {
    let asked = (): void => undefined
    const isAsked = new Promise<void>((resolve) => (asked = resolve))
    const world = new Map<string, string>()
    const resource = text(log, world, {
      async describe(name) {
        log.push(`look ${name}`)
        asked()
        return undefined
      },
    })
    const from = async (): Promise<string> => {
      await isAsked
      return found
    }
    const way = compute<Context, 'way'>('Way', { from, as: 'way', ahead: true, likely: () => likely })
    const part = ensure<Context, 'part', string>('Part', { resource, want: ({ way }) => `${way} part`, as: 'part' })
    return [together('Ways', way), part]
  }

  it('is what others look by before it is known', async () => {
    const log: string[] = []
    const [line] = await planChain(chainOf(log, 'short', 'short'), quiet)
    expect(line).to.include({ name: 'short part' })
    expect(new Set(log)).to.deep.equal(new Set(['look short part']))
  })

  it('is of no account where something else is found', async () => {
    const log: string[] = []
    const [line] = await planChain(chainOf(log, 'short', 'long'), quiet)
    expect(line).to.include({ name: 'long part' })
    expect(log).to.include('look long part')
  })
})
