import { setTimeout as sleep } from 'node:timers/promises'

import { expect } from 'chai'

import { create, keep, Outdated, refuse, type Resource, updateIf } from '../../../src/resources/resource.ts'
import {
  applyChain,
  type Chain,
  check,
  compute,
  ensure,
  planChain,
  runChain,
  type Step,
  together,
  wait,
} from '../../../src/tasks/chain/chain.ts'
import { CtlError } from '../../../src/errors.ts'

interface Context {
  first: string
  second: string
  third: string
}

const quiet = { show: 'nothing' as const, signal: new AbortController().signal, lookAgainAfter: 1 }
const yes = async (): Promise<boolean> => true
const named = (name: string): Error => Object.assign(new Error(`${name} happened`), { name })

const thrownBy = async (what: Promise<unknown>): Promise<CtlError> => {
  const error: unknown = await what.then(
    () => undefined,
    (thrown: unknown) => thrown,
  )
  if (!(error instanceof CtlError)) expect.fail(`threw ${String(error)}, which is no CtlError`)
  return error
}

/** Everything that resources were asked to do, in order. */
type Log = string[]

/** A resource that is a text in `world`; an own value is kept, another is updated, `theirs` is refused. */
function text(
  log: Log,
  world: Map<string, string>,
  failures: Error[] = [],
): Resource<[name: string, value: string], string> {
  return {
    kind: 'Text',
    name: ([name]) => name,
    id: (live) => `id of ${live}`,
    needs: ([name]) => [{ access: 'write', actions: ['text:Put'], resources: [name] }],
    pattern: () => '*',
    describe: async ([name]) => {
      log.push(`look ${name}`)
      return world.get(name)
    },
    decide: ([name, value], live) => {
      if (live === undefined) return create(value)
      if (live === 'theirs') return refuse(live, `${name} is theirs`, 'Choose another name.')
      if (live === 'foreign')
        return updateIf(value, [{ field: 'Owner', before: live, after: value }], `Take over ${name}?`)
      return live === value ? keep(live) : updateIf(value, [{ field: 'Value', before: live, after: value }])
    },
    apply: async ([name, value]) => {
      log.push(`write ${name}`)
      const failure = failures.shift()
      if (failure !== undefined) throw failure
      world.set(name, value)
      return value
    },
  }
}

function bench(live: Record<string, string> = {}, failures: Error[] = []) {
  const log: Log = []
  const world = new Map(Object.entries(live))
  const resource = text(log, world, failures)
  const making = (as: keyof Context, value = `${as} value`): Step<Context> =>
    ensure(`Make ${as}`, { resource, want: () => [as, value], as })
  return { log, world, making, writes: () => log.filter((entry) => entry.startsWith('write')) }
}

describe('a plan', () => {
  it('looks at everything and writes nothing', async () => {
    const { making, writes, log } = bench({ second: 'old', third: 'third value' })
    const plan = await planChain([making('first'), making('second'), making('third')], quiet)
    expect(plan.map(({ do: verb, name }) => `${verb} ${name}`)).to.deep.equal([
      'create first',
      'update second',
      'keep third',
    ])
    expect(plan[1]).to.deep.equal({
      title: 'Make second',
      kind: 'Text',
      name: 'second',
      id: 'id of second value',
      do: 'update',
      because: ['Value differs'],
      changes: [{ field: 'Value', before: 'old', after: 'second value' }],
    })
    // Ahead, and when its turn comes, which AWS is not asked for again.
    expect([...new Set(log)]).to.deep.equal(['look first', 'look second', 'look third'])
    expect(writes()).to.deep.equal([])
  })

  it('hands on what would be there, so that later steps can be planned', async () => {
    const { making } = bench()
    const seen: string[] = []
    const chain: Chain<Context> = [making('first'), check('See', { that: async ({ first }) => void seen.push(first) })]
    await planChain(chain, quiet)
    expect(seen).to.deep.equal(['first value'])
  })

  it('runs checks and computations, and leaves out waits', async () => {
    const ran: string[] = []
    const chain: Chain<Context> = [
      check('Check', { that: async () => void ran.push('check') }),
      compute('Compute', { from: async () => `${ran.push('compute')}`, as: 'first' }),
      wait('Wait', async () => void ran.push('wait')),
    ]
    await planChain(chain, quiet)
    expect(ran).to.deep.equal(['check', 'compute'])
    await runChain(chain, 'apply', quiet)
    expect(ran).to.deep.equal(['check', 'compute', 'check', 'compute', 'wait'])
  })

  it('goes on past a refusal, so that all of them are seen', async () => {
    const { making } = bench({ first: 'theirs', third: 'theirs' })
    const plan = await planChain([making('first'), making('second'), making('third')], quiet)
    expect(plan.map((line) => line.do)).to.deep.equal(['refuse', 'create', 'refuse'])
    expect(plan[0]).to.deep.include({ because: ['first is theirs'], hint: ['Choose another name.'] })
  })

  it('reads in the order of the runbook, whichever of the steps side by side ends first', async () => {
    const { log } = bench()
    const slow = text(log, new Map())
    const late: typeof slow = { ...slow, describe: (want) => sleep(200).then(() => slow.describe(want)) }
    const chain: Chain<Context> = [
      together(
        'Both',
        ensure('Late', { resource: late, want: () => ['late', 'x'], as: 'first' }),
        ensure('Early', { resource: slow, want: () => ['early', 'x'], as: 'second' }),
      ),
    ]
    expect((await planChain(chain, quiet)).map(({ name }) => name)).to.deep.equal(['late', 'early'])
    expect([...new Set(log)]).to.deep.equal(['look early', 'look late'])
  })
})

describe('an apply', () => {
  it('plans everything first, then looks again and writes what is not as wanted', async () => {
    const { making, log, world } = bench({ second: 'second value' })
    const { ctx, report } = await applyChain([making('first'), making('second')], quiet, yes)
    expect(log.slice(-3)).to.deep.equal(['look first', 'write first', 'look second'])
    expect(new Set(log.slice(0, -3))).to.deep.equal(new Set(['look first', 'look second']))
    expect(ctx).to.deep.equal({ first: 'first value', second: 'second value' })
    expect(report.map((line) => line.do)).to.deep.equal(['create', 'keep'])
    expect(world.get('first')).to.equal('first value')
  })

  it('has nothing left to do the second time', async () => {
    const { making, writes } = bench()
    const chain = [making('first'), making('second')]
    await applyChain(chain, quiet, yes)
    const { report } = await applyChain(chain, quiet, yes)
    expect(report.map((line) => line.do)).to.deep.equal(['keep', 'keep'])
    expect(writes()).to.have.length(2)
  })

  it('refuses before any write where a later resource is not ours', async () => {
    const { making, writes } = bench({ third: 'theirs' })
    const error = await thrownBy(applyChain([making('first'), making('second'), making('third')], quiet, yes))
    expect(error).to.include({ failure: 'refused', exitCode: 4 })
    expect(error.message).to.equal('Refused, and nothing was changed: third is theirs.')
    expect(error.hint).to.deep.equal(['Choose another name.'])
    expect(writes()).to.deep.equal([])
  })

  it('does not claim that nothing was changed where a refusal comes after a write', async () => {
    const { making, world } = bench()
    const meanwhile = check<Context>('Meanwhile', {
      that: async ({ first }) => {
        if (world.get('first') === first) world.set('second', 'theirs')
        return undefined
      },
    })
    const error = await thrownBy(applyChain([making('first'), meanwhile, making('second')], quiet, yes))
    expect(error).to.include({ failure: 'refused', message: 'Refused, and this was not changed: second is theirs.' })
  })

  it('asks what must be asked, all of it at once and before any write', async () => {
    const { making, writes } = bench({ first: 'foreign', third: 'foreign' })
    const asked: (readonly string[])[] = []
    const agree = async (questions: readonly string[]): Promise<boolean> => {
      expect(writes()).to.deep.equal([])
      asked.push(questions)
      return true
    }
    await applyChain([making('first'), making('second'), making('third')], quiet, agree)
    expect(asked).to.deep.equal([['Take over first?', 'Take over third?']])
    expect(writes()).to.have.length(3)
  })

  it('does not do what would have to be asked where that comes up only after the plan', async () => {
    const { making, world, writes } = bench()
    const meanwhile = check<Context>('Meanwhile', {
      that: async ({ first }) => {
        if (world.get('first') === first) world.set('second', 'foreign')
        return undefined
      },
    })
    const error = await thrownBy(applyChain([making('first'), meanwhile, making('second')], quiet, yes))
    expect(error.failure).to.equal('refused')
    expect(error.message).to.contain('Take over second?')
    expect(writes()).to.deep.equal(['write first'])
  })

  it('changes nothing without agreement, and asks nothing where nothing is to be asked', async () => {
    const foreign = bench({ first: 'foreign' })
    const error = await thrownBy(applyChain([foreign.making('first')], quiet, async () => false))
    expect(error).to.include({ failure: 'refused', message: 'Not agreed, so nothing was changed.' })
    expect(foreign.writes()).to.deep.equal([])

    const own = bench()
    await applyChain([own.making('first')], quiet, () => expect.fail('asked'))
    expect(own.writes()).to.have.length(1)
  })

  it('leaves out a step that is to be skipped, judged when its turn comes', async () => {
    const { making, log } = bench()
    const skipped: Step<Context> = {
      ...making('second'),
      skip: ({ first }) => (first === 'first value' ? 'first is there' : undefined),
    }
    const { report } = await runChain([making('first'), skipped], 'apply', quiet)
    expect(report.map(({ name }) => name)).to.deep.equal(['first'])
    expect(log).to.deep.equal(['look first', 'write first'])
  })

  it('stops at the first failure, and says in which step it was', async () => {
    const { making, log } = bench({}, [named('LimitExceeded')])
    const error = await thrownBy(runChain([making('first'), making('second')], 'apply', quiet))
    expect(error.message).to.include('Make first').and.to.include('LimitExceeded happened')
    expect(log).to.deep.equal(['look first', 'write first'])
  })
})

describe('a stale version', () => {
  it('is looked at and decided again, then written', async () => {
    for (const name of [
      'PreconditionFailed',
      'PreconditionFailedException',
      'InvalidIfMatchVersion',
      'OperationAborted',
    ]) {
      const { making, log } = bench({}, [named(name)])
      await runChain([making('first')], 'apply', quiet)
      expect(log, name).to.deep.equal(['look first', 'write first', 'look first', 'write first'])
    }
  })

  it('needs no further write where somebody else has done it meanwhile', async () => {
    const { world, log } = bench()
    const base = text(log, world)
    const overtaken: typeof base = {
      ...base,
      apply: async (want, live, talk) => {
        await base.apply(want, live, talk)
        throw named('PreconditionFailed')
      },
    }
    const step = ensure<Context, 'first', [string, string]>('Make', {
      resource: overtaken,
      want: () => ['a', 'b'],
      as: 'first',
    })
    const { ctx, report } = await runChain([step], 'apply', quiet)
    expect(ctx.first).to.equal('b')
    expect(log).to.deep.equal(['look a', 'write a', 'look a'])
    expect(report).to.have.length(1)
  })

  it('of what a step before has made is mended there, and the report tells what came of it', async () => {
    const { making, log, world } = bench({ first: 'first value' })
    const own = text(log, world)
    const based: typeof own = {
      ...own,
      async apply(want, live, talk) {
        if (world.get('first') === 'first value' && !log.includes('write first')) {
          world.set('first', 'of somebody else')
          throw new Outdated('Someone else has changed it.')
        }
        return own.apply(want, live, talk)
      },
    }
    const before = making('first')
    const after = ensure<Context, 'second', [string, string]>('Make second', {
      resource: based,
      want: ({ first }) => ['second', `on ${first}`],
      as: 'second',
      basedOn: [before],
    })
    const { ctx, report } = await runChain([before, after], 'apply', quiet)
    expect(ctx).to.deep.equal({ first: 'first value', second: 'on first value' })
    expect(report.map(({ do: verb, name }) => `${verb} ${name}`)).to.deep.equal(['update first', 'create second'])
    expect(log).to.deep.equal(['look first', 'look second', 'look first', 'write first', 'look second', 'write second'])
  })

  it('is given up after a bounded number of looks', async () => {
    const { making, writes } = bench(
      {},
      Array.from({ length: 50 }, () => named('ConcurrentModification')),
    )
    const error = await thrownBy(runChain([making('first')], 'apply', quiet))
    expect(error.message).to.include('ConcurrentModification')
    expect(writes()).to.have.length(12)
  })

  it('ends at once when the operator interrupts between the looks', async () => {
    const controller = new AbortController()
    const { making, writes } = bench(
      {},
      Array.from({ length: 50 }, () => named('PreconditionFailed')),
    )
    setTimeout(() => controller.abort(), 50)
    const error = await thrownBy(
      runChain([making('first')], 'apply', { ...quiet, signal: controller.signal, lookAgainAfter: 60_000 }),
    )
    expect(error).to.include({ failure: 'interrupted', exitCode: 130 })
    expect(writes()).to.have.length(1)
  })

  it('is looked at a few times more where AWS gives no answer, or finds no more what was there', async () => {
    const lost = Object.assign(new Error('socket hang up'), { code: 'ECONNRESET' })
    const broken = Object.assign(new Error('It failed.'), { $metadata: { httpStatusCode: 503 } })
    for (const [error, most] of [
      [lost, 2],
      [broken, 2],
      [named('NoSuchEntityException'), 3],
    ] as const) {
      const { making, writes } = bench({}, [error])
      await runChain([making('first')], 'apply', quiet)
      expect(writes(), error.message).to.have.length(2)
      const worse = bench(
        {},
        Array.from({ length: 50 }, () => error),
      )
      await thrownBy(runChain([worse.making('first')], 'apply', quiet))
      expect(worse.writes(), error.message).to.have.length(most)
    }
  })

  it('is not what other errors are', async () => {
    for (const name of ['AccessDenied', 'ResourceConflictException', 'MalformedPolicy']) {
      const { making, writes } = bench({}, [named(name)])
      await thrownBy(runChain([making('first')], 'apply', quiet))
      expect(writes(), name).to.have.length(1)
    }
  })
})

describe('a look once more', () => {
  const once = (live: Record<string, string>) => {
    const { log, world } = bench(live)
    const want = (): [string, string] => ['first', 'first value']
    return ensure<Context, 'first', [string, string]>('Make sure', {
      resource: text(log, world),
      want,
      as: 'first',
      onceMore: true,
    })
  }

  it('is no part of a plan, and of a report only where it had to write', async () => {
    expect(await planChain([once({})], quiet)).to.deep.equal([])
    expect((await runChain([once({ first: 'first value' })], 'apply', quiet)).report).to.deep.equal([])
    const { report } = await runChain([once({ first: 'old' })], 'apply', quiet)
    expect(report.map(({ do: verb }) => verb)).to.deep.equal(['update'])
  })
})

describe('what a resource warns of', () => {
  it('is heard once, and only by who makes something', async () => {
    const { log, world } = bench()
    const resource = { ...text(log, world), warnings: (live: string) => [`another ${live} is left over`] }
    const make = ensure<Context, 'first', [string, string]>('Make', { resource, want: () => ['a', 'b'], as: 'first' })
    const heard: string[] = []
    const conduct = { ...quiet, warn: (text: string) => void heard.push(text) }
    await planChain([make], conduct)
    expect(heard).to.deep.equal([])
    await runChain([make, make], 'apply', conduct)
    expect(heard).to.deep.equal(['another b is left over'])
  })

  it('is heard though the run fails later', async () => {
    const { log, world, making } = bench({}, [named('LimitExceeded')])
    const resource = { ...text(log, world), warnings: () => ['one is left over'] }
    const make = ensure<Context, 'second', [string, string]>('Make', { resource, want: () => ['a', 'b'], as: 'second' })
    const heard: string[] = []
    await thrownBy(
      runChain([make, making('first')], 'apply', { ...quiet, warn: (text: string) => void heard.push(text) }),
    )
    expect(heard).to.deep.equal(['one is left over'])
  })
})

describe('steps side by side', () => {
  const step = (title: string, that: () => Promise<unknown>): Step<Context> =>
    check(title, {
      that: async () => {
        await that()
        return undefined
      },
    })

  it('run at the same time', async () => {
    const running = new Set<string>()
    let most = 0
    const busy = (name: string) => async (): Promise<void> => {
      running.add(name)
      most = Math.max(most, running.size)
      await sleep(15)
      running.delete(name)
    }
    await runChain([together('All', ...['a', 'b', 'c'].map((name) => step(name, busy(name))))], 'apply', quiet)
    expect(most).to.equal(3)
  })

  it('are waited for when one of them fails, and what comes after is not begun', async () => {
    const ended: string[] = []
    const failing = step('Failing', async () => Promise.reject(new Error('no')))
    const slow = step('Slow', async () => {
      await sleep(60)
      ended.push('slow')
    })
    const next = step('Next', async () => ended.push('next'))
    for (const both of [
      [failing, slow],
      [slow, failing],
    ]) {
      ended.length = 0
      const error = await thrownBy(runChain([together('Both', ...both), next], 'apply', quiet))
      expect(error.message).to.equal('Failing: no')
      expect(ended).to.deep.equal(['slow'])
    }
  })

  it('are told in the order of the runbook when several fail, whichever was the fastest', async () => {
    const failing = (name: string, wait: number) =>
      step(name, async () => {
        await sleep(wait)
        throw new Error('no')
      })
    const error = await thrownBy(
      runChain([together('Both', failing('First', 30), failing('Second', 0))], 'plan', quiet),
    )
    expect(error.message).to.equal('First: no')
  })
})

describe('an interruption', () => {
  it('lets the step in hand finish, and begins nothing new', async () => {
    const controller = new AbortController()
    const ended: string[] = []
    const chain: Chain<Context> = [
      check('In hand', {
        that: async () => {
          controller.abort()
          await sleep(10)
          ended.push('in hand')
          return undefined
        },
      }),
      check('Next', { that: async () => void ended.push('next') }),
    ]
    const error = await thrownBy(runChain(chain, 'apply', { ...quiet, signal: controller.signal }))
    expect(error).to.include({ failure: 'interrupted', exitCode: 130 })
    expect(error.hint.join()).to.include('run the same command again')
    expect(ended).to.deep.equal(['in hand'])
  })

  it('during the plan means that nothing is written', async () => {
    const controller = new AbortController()
    const { making, writes } = bench()
    const interrupting = check<Context>('Interrupt', {
      that: async () => {
        controller.abort()
        return undefined
      },
    })
    const conduct = { ...quiet, signal: controller.signal }
    expect(await thrownBy(applyChain([making('first'), interrupting], conduct, yes))).to.include({
      failure: 'interrupted',
    })
    expect(writes()).to.deep.equal([])
  })
})

describe('a chain shown in lines', () => {
  /** What is written to stderr meanwhile. */
  async function shown(what: () => Promise<unknown>): Promise<string[]> {
    const write = process.stderr.write.bind(process.stderr)
    let said = ''
    process.stderr.write = (chunk: string | Uint8Array): boolean => {
      said += String(chunk)
      return true
    }
    try {
      await what().catch(() => undefined)
    } finally {
      process.stderr.write = write
    }
    return said.split('\n').slice(0, -1)
  }
  const lines = { ...quiet, show: 'lines' as const }

  it('says of each step how it ended, without control codes', async () => {
    const { making } = bench({ second: 'old', third: 'third value' })
    const talking = check<Context>('Look', {
      that: async (_ctx, talk) => {
        talk.tell('looking (1 s)')
        talk.tell('looking (2 s)')
        return 'all there'
      },
    })
    const chain = [talking, together('Make', making('first'), making('second')), making('third')]
    expect(await shown(() => runChain(chain, 'apply', lines))).to.deep.equal([
      '… Look: looking (1 s)',
      '✔ Look: all there',
      '✔ Make first: created',
      '✔ Make second: updated (Value differs)',
      '✔ Make third: up to date',
    ])
  })

  it('says in a plan what is looked at, and what would be done', async () => {
    const { making } = bench({ second: 'old', third: 'theirs' })
    const chain = [making('first'), making('second'), making('third'), wait<Context>('Wait', async () => undefined)]
    expect(await shown(() => planChain(chain, lines))).to.deep.equal([
      '✔ Look at the Text first: would create',
      '✔ Look at the Text second: would update (Value differs)',
      '✔ Look at the Text third: would refuse (third is theirs)',
    ])
  })

  it('sums up the plan before an apply', async () => {
    const { making } = bench({ second: 'old', third: 'third value' })
    const said = await shown(() => applyChain([making('first'), making('second'), making('third')], lines, yes))
    expect(said[0]).to.equal('✔ Compare what is there with what is wanted: 1 to create, 1 to update, 1 up to date')
  })

  it('marks the step that failed', async () => {
    const { making } = bench({}, [new Error('no')])
    expect(await shown(() => runChain([making('first'), making('second')], 'apply', lines))).to.deep.equal([
      '✖ Make first',
    ])
  })

  it('is silent where nothing is to be shown', async () => {
    const { making } = bench()
    expect(await shown(() => applyChain([making('first')], quiet, yes))).to.deep.equal([])
  })
})
