import { expect } from 'chai'

import type { Resource } from '../../src/resources/resource.ts'
import { type AwsUnderTest, startAws } from '../support/aws-under-test.ts'
import { actionsOf } from '../support/iam-actions.ts'

/** What the contract needs to know of one kind of resource. */
export interface Subject<Want, Live> {
  readonly resource: Resource<Want, Live>
  readonly want: Want
  /** Changes something that is ours behind our back. */
  tamper?(): Promise<unknown>
  /** Takes our mark away, after it was made. */
  disown?(): Promise<unknown>
}

/** The promises that every resource keeps, checked over HTTP against the sandbox. */
export function behavesLikeAResource<Want, Live>(
  kind: string,
  prepare: (bench: AwsUnderTest) => Promise<Subject<Want, Live>>,
  /** What a kind of resource has not: settings that could be changed, or a mark that could be taken away. */
  without: { readonly settings?: true; readonly mark?: true } = {},
): void {
  describe(`${kind} behaves like a resource`, () => {
    let bench: AwsUnderTest
    let subject: Subject<Want, Live>
    /** The IAM actions of the calls that the resource made, without those of the test itself. */
    let used: string[]

    beforeEach(async () => {
      bench = await startAws()
      subject = await prepare(bench)
      bench.sandbox.calls.clear()
      used = []
    })
    afterEach(() => bench.close())

    const observed = async <T>(act: () => Promise<T>): Promise<T> => {
      const before = bench.sandbox.calls.list().length
      const result = await act()
      used.push(...bench.sandbox.calls.list().slice(before).flatMap(actionsOf))
      return result
    }
    const look = () =>
      observed(async () => {
        const live = await subject.resource.describe(subject.want)
        return { live, decision: subject.resource.decide(subject.want, live) }
      })
    const make = async (): Promise<void> => {
      const { live, decision } = await look()
      if (decision.do !== 'keep') await observed(() => subject.resource.apply(subject.want, live, bench.talk))
    }

    it('would create what is missing, and looking writes nothing', async () => {
      const { live, decision } = await look()
      expect(live).to.equal(undefined)
      expect(decision.do).to.equal('create')
      expect(bench.sandbox.calls.changing()).to.deep.equal([])
    })

    it('keeps what it has just applied', async () => {
      await make()
      const written = bench.sandbox.calls.changing().length
      const { decision } = await look()
      expect(decision.changes).to.deep.equal([])
      expect(decision.do).to.equal('keep')
      expect(bench.sandbox.calls.changing().length).to.equal(written)
    })

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
      if (first === undefined) throw new Error('describe made no call')
      const json = ['kms', 'lambda', 'tagging'].includes(first.service)
      bench.sandbox.faults.add({
        service: first.service,
        operation: first.operation,
        what: { kind: 'error', code: json ? 'AccessDeniedException' : 'AccessDenied', status: json ? 400 : 403 },
      })
      const error: unknown = await subject.resource.describe(subject.want).then(
        () => undefined,
        (thrown: unknown) => thrown,
      )
      expect(error)
        .to.be.instanceOf(Error)
        .with.property('name')
        .that.matches(/^AccessDenied/)
    })

    it('calls nothing that it does not declare in its needs', async () => {
      await make()
      await subject.tamper?.()
      await make()
      const declared = subject.resource.needs(subject.want).flatMap(({ actions }) => actions)
      expect(declared).to.include.members([...new Set(used)])
    })

    if (without.mark !== true) {
      it('refuses what is not ours', async () => {
        await make()
        await subject.disown?.()
        const { decision } = await look()
        expect(decision.do).to.equal('refuse')
        expect(decision.hint ?? []).not.to.deep.equal([])
      })
    }
  })
}
