import { expect } from 'chai'

import { matchesWildcards } from '../../src/aws/wildcards.ts'
import type { Decision, Resource } from '../../src/resources/resource.ts'
import { awsCli } from '../../src/resources/takedown.ts'
import type { Call } from '../../src/sandbox/host/call-log.ts'
import { type AwsUnderTest, startAws } from '../support/aws-under-test.ts'
import { AnswerTape } from '../support/answer-tape.ts'
import { actionsOf } from '../support/iam-actions.ts'
import { oddAnswers } from './odd-answers.ts'

/** What the contract needs to know of one kind of resource. */
export interface Subject<Want, Live> {
  readonly resource: Resource<Want, Live>
  readonly want: Want
  /** The same, to be taken over where it is not ours. Without it there is no taking over of this kind. */
  readonly adopting?: Want
  /** The same of what is not there, where `want` is of what was there before. */
  readonly missing?: Want
  /** Changes something that is ours behind our back. */
  tamper?(): Promise<unknown>
  /** Takes our mark away, after it was made. */
  disown?(): Promise<unknown>
}

/** What a kind of resource has not, or does in another way. */
export interface Traits {
  /** No settings that could be changed. */
  readonly settings?: true
  /** No mark that could be taken away. */
  readonly mark?: true
  /** What is decided where there is none; to create it, usually. */
  readonly missing?: 'keep' | 'refuse'
  /** It is made anew each time, whatever is there. */
  readonly anew?: true
}

/** The promises that every resource keeps, checked over HTTP against the sandbox. */
export function behavesLikeAResource<Want, Live>(
  kind: string,
  prepare: (bench: AwsUnderTest) => Promise<Subject<Want, Live>>,
  without: Traits = {},
): void {
  describe(`${kind} behaves like a resource`, () => {
    let bench: AwsUnderTest
    let tape: AnswerTape
    let subject: Subject<Want, Live>
    /** The IAM actions of the calls that the resource made, without those of the test itself. */
    let used: string[]

    const start = async (): Promise<void> => {
      const started = await startAws()
      tape = new AnswerTape(started.aws)
      bench = { ...started, aws: tape.aws }
      subject = await prepare(bench)
      bench.sandbox.calls.clear()
      used = []
    }
    beforeEach(start)
    afterEach(() => bench.close())

    const observed = async <T>(act: () => Promise<T>): Promise<T> => {
      const before = bench.sandbox.calls.list().length
      const result = await act()
      used.push(...bench.sandbox.calls.list().slice(before).flatMap(actionsOf))
      return result
    }
    const look = (want = subject.want) =>
      observed(async () => {
        const live = await subject.resource.describe(want)
        return { live, decision: subject.resource.decide(want, live) }
      })
    const make = async (want = subject.want): Promise<Live> => {
      const { live, decision } = await look(want)
      if (decision.do === 'keep') return decision.after
      return observed(() => subject.resource.apply(want, live, bench.talk))
    }
    const declaredFor = (want: Want): string[] => subject.resource.needs(want).flatMap(({ actions }) => actions)

    const whereMissing = without.missing ?? 'create'
    it(`would ${whereMissing} what is missing, and looking writes nothing`, async () => {
      const { live, decision } = await look(subject.missing)
      expect(live).to.equal(undefined)
      expect(decision.do).to.equal(whereMissing)
      if (whereMissing === 'refuse') explainsItself(decision)
      expect(bench.sandbox.calls.changing()).to.deep.equal([])
    })

    if (without.anew !== true) {
      it('keeps what it has just applied', async () => {
        await make()
        const written = bench.sandbox.calls.changing().length
        const { decision } = await look()
        expect(decision.changes).to.deep.equal([])
        expect(decision.do).to.equal('keep')
        expect(bench.sandbox.calls.changing().length).to.equal(written)
      })
    } else {
      it('is made anew each time, and the same call made twice has made one', async () => {
        const { live } = await look()
        const [first, second] = [
          await observed(() => subject.resource.apply(subject.want, live, bench.talk)),
          await observed(() => subject.resource.apply(subject.want, live, bench.talk)),
        ]
        expect(second).to.deep.equal(first)
        expect((await look()).decision.do).to.equal('create')
      })
    }

    if (without.settings !== true) {
      it('puts back what someone changed, and says why', async () => {
        await make()
        await subject.tamper?.()
        const { decision } = await look()
        expect(decision.do).to.be.oneOf(['update', 'create'])
        expect(decision.because).not.to.deep.equal([])
        await make()
        expect((await look()).decision.do).to.equal('keep')
      })
    }

    it('does not mistake "you may not look" for "it is not there"', async () => {
      await subject.resource.describe(subject.want)
      const first = bench.sandbox.calls.list()[0]
      // What is made anew whatever is there need not look.
      if (first === undefined && without.anew === true) return
      if (first === undefined) throw new Error('describe made no call')
      const json = ['kms', 'lambda', 'tagging', 'cloudfront-keyvaluestore'].includes(first.service)
      bench.sandbox.faults.add({
        service: first.service,
        operation: first.operation,
        what: { kind: 'error', code: json ? 'AccessDeniedException' : 'AccessDenied', status: json ? 400 : 403 },
      })
      const answer: unknown = await subject.resource.describe(subject.want).catch((thrown: unknown) => thrown)
      expect(answer).to.not.equal(undefined)
      // What is made anew in any case may go on without having seen what is there.
      if (without.anew === true && !(answer instanceof Error)) return
      expect(answer)
        .to.be.instanceOf(Error)
        .with.property('name')
        .that.matches(/^AccessDenied/)
    })

    const takedownOf = (live: Live) => subject.resource.takedown?.(subject.want, live, awsCli('it is')) ?? []

    it('is taken away by commands that only the AWS CLI sends, if it says how', async () => {
      const live = await make()
      bench.sandbox.calls.clear()
      for (const { commands, loses, expected } of takedownOf(live)) {
        expect([loses, expected].every((text) => text.length > 7)).to.equal(true)
        const calls = commands.flatMap((line) => line.match(/\baws [a-z0-9]+ [a-z-]+/g) ?? [])
        expect(calls.length, commands.join('\n')).to.be.above(0)
        const profiles = commands.flatMap((line) => line.match(/--profile 'it is'/g) ?? [])
        expect(profiles).to.have.lengthOf(calls.length)
      }
      expect(bench.sandbox.calls.list()).to.deep.equal([])
    })

    it('is as it was supposed to be where nobody had looked', async () => {
      const supposed = subject.resource.id(subject.resource.pattern(subject.want))
      const made = subject.resource.id(await make())
      expect(matchesWildcards(supposed, made), `${made} is no ${supposed}`).to.equal(true)
    })

    it('calls nothing that it does not declare in its needs', async () => {
      await make()
      await subject.tamper?.()
      await make()
      expect(declaredFor(subject.want)).to.include.members([...new Set(used)])
    })

    it('is completed by looking again, whichever write had its effect without an answer', async () => {
      await make()
      const writes = new Set(bench.sandbox.calls.changing().map(({ operation }) => operation))
      expect([...writes]).not.to.deep.equal([])
      for (const operation of writes) {
        await bench.close()
        await start()
        const what = { kind: 'error', code: 'ServiceFault', status: 400 } as const
        bench.sandbox.faults.add({ operation, when: 'after', what })
        await make().catch((error: unknown) => expect(error).to.have.property('name', 'ServiceFault'))
        bench.sandbox.faults.clear()
        await make()
        const { decision } = await look()
        expect(decision.do, operation).to.equal(without.anew === true ? 'create' : 'keep')
        const again = bench.sandbox.calls.list().filter((call) => call.operation === operation && isDone(call))
        if (/^(?:Create|Publish)/.test(operation) && without.anew !== true)
          expect(again, 'made twice').to.deep.equal([])
      }
    })

    it('decides whatever AWS answers', async () => {
      await make()
      const { resource, want, adopting } = subject
      const answers = await tape.record(() => resource.describe(want))
      const failures: string[] = []
      for (const [asked, { body }] of answers) {
        for (const { what, body: odd } of oddAnswers(body)) {
          const why = await tape.play(new Map([[asked, odd]]), () => whyUndecided(resource, want, adopting))
          if (why !== undefined) failures.push(`${what} -> ${why}`)
        }
      }
      expect(failures).to.deep.equal([])
    })

    if (without.mark !== true) {
      it('refuses what is not ours, and takes it over only where it is asked to and can', async () => {
        await make()
        await subject.disown?.()
        const { decision } = await look()
        explainsItself(decision)
        const { adopting } = subject
        const offered = (decision.hint ?? []).some((line) => String(line).includes('--adopt'))
        expect(offered, 'offers --adopt').to.equal(adopting !== undefined)
        expect(decision.remedy).to.deep.equal(adopting === undefined ? undefined : { flags: ['--adopt'] })
        if (adopting === undefined) return

        const { decision: taking } = await look(adopting)
        expect(taking).to.include({ do: 'update' })
        expect(taking.ask).to.match(/^Take over .*\?$/)
        await make(adopting)
        expect((await look()).decision.do, 'ours now').to.equal('keep')
        expect((await look(adopting)).decision, 'asked once')
          .to.include({ do: 'keep' })
          .and.to.not.have.property('ask')
        expect(declaredFor(adopting)).to.include.members([...new Set(used)])
      })
    }
  })
}

/** A refusal says why, and what to do or type next. */
function explainsItself({ do: verb, because, hint = [] }: Decision<unknown>): void {
  expect(verb).to.equal('refuse')
  expect(because).not.to.deep.equal([])
  expect(hint).not.to.deep.equal([])
}

/** What is wrong with how a resource decides on what it sees; nothing where that can't be looked at, and it says so. */
async function whyUndecided<Want, Live>(
  resource: Resource<Want, Live>,
  want: Want,
  adopting: Want | undefined,
): Promise<string | undefined> {
  let live: Live | undefined
  try {
    live = await resource.describe(want)
  } catch (error) {
    return isOurMistake(error) ? `describe: ${String((error as Error).stack)}` : undefined
  }
  try {
    for (const one of [want, ...(adopting === undefined ? [] : [adopting])]) {
      const decision = resource.decide(one, live)
      if (decision.do === 'refuse') explainsItself(decision)
      resource.id(decision.after)
      JSON.stringify(decision)
    }
    return undefined
  } catch (error) {
    return `decide: ${error instanceof Error ? String(error.stack) : String(error)}`
  }
}

/** Errors that JavaScript throws where code does not expect what it gets. */
const isOurMistake = (error: unknown): boolean => error instanceof TypeError || error instanceof RangeError

const isDone = ({ status = 0 }: Call): boolean => status >= 200 && status < 300
