import { expect } from 'chai'
import fc from 'fast-check'

import { rotationOf, type Rotation, type Seen } from '../../../src/tasks/rotation/state.ts'
import { engines } from '../../../src/edge/engine.ts'
import { rotationText } from '../../../src/tasks/rotation/text.ts'
import { stepsOf } from '../../../src/tasks/rotate/steps.ts'

const week = 7 * 86_400
const at = 1_795_000_000

const seen = (more: Partial<Seen>): Seen => ({
  file: { current: 'new', previous: 'old' },
  edge: ['new', 'old'],
  latest: ['new', 'old'],
  deployed: true,
  since: undefined,
  life: week,
  now: at,
  ...more,
})
const alone = { current: 'new', previous: undefined }

describe('how far a rotation is', () => {
  const cases: [string, Partial<Seen>, Rotation['step'] | undefined][] = [
    ['nothing replaced', { file: alone, edge: ['new'], latest: ['new'] }, undefined],
    ['both in the file alone', { edge: ['old'], latest: ['old'] }, 'publish'],
    ['published, but not at the edge', { edge: ['old'] }, 'publish'],
    ['not everywhere', { deployed: false }, 'edges'],
    ['everywhere', {}, 'restart'],
    ['seen', { since: at - 5 }, 'wait'],
    ['seen a week ago, but for a second', { since: at - week + 1 }, 'wait'],
    ['seen a week ago', { since: at - week }, 'finish'],
    ['seen long ago, where no URL has an end', { since: 1, life: undefined }, 'wait'],
    ['taken out of the file', { file: alone, since: at - week }, 'finish'],
    ['taken out of the file too early', { file: alone }, 'restart'],
    ['taken out of AWS, but not of the file', { edge: ['new'], latest: ['new'] }, 'finish'],
    ['published without the old one', { file: alone, latest: ['new'], since: at - week }, 'finish'],
    ['begun on another host', { file: { current: 'old', previous: undefined } }, 'elsewhere'],
    [
      'published on another host, not at the edge yet',
      { file: { current: 'old', previous: undefined }, edge: ['old'] },
      'elsewhere',
    ],
    ['begun on two hosts', { file: { current: 'other', previous: 'old' } }, 'elsewhere'],
    ['a third one', { file: { current: 'third', previous: 'new' } }, 'elsewhere'],
    ['another previous one', { file: { current: 'new', previous: 'older' } }, 'elsewhere'],
    ['nothing in common', { file: { current: 'x', previous: 'y' } }, 'elsewhere'],
    ['turned round', { edge: ['old', 'new'], latest: ['old', 'new'] }, 'restart'],
  ]
  for (const [what, more, step] of cases) {
    it(`${what}: ${step ?? 'none'}`, () => {
      const rotation = rotationOf(seen(more))
      expect(rotation?.step).to.equal(step)
      if (rotation !== undefined)
        for (const engine of engines) {
          expect(rotationText(rotation, engine))
            .to.match(/\S/)
            .and.not.match(engine === 'lambda' ? /null|undefined/ : /null|undefined|(?<!not )all edges accept/)
        }
    })
  }

  it('tells from when on the old one may be dropped', () => {
    expect(rotationOf(seen({ since: 1_795_000_000 }))).to.deep.equal({
      step: 'wait',
      since: '2026-11-18T11:06:40Z',
      finishFrom: '2026-11-25T11:06:40Z',
      inFile: true,
      why: null,
    })
  })

  it('never lets the old one go while somebody may use it, nor publishes over what it does not know', () => {
    const secret = fc.constantFrom('a', 'b', 'c')
    const some = fc.uniqueArray(secret, { minLength: 1, maxLength: 2 })
    const any = fc.record({
      file: fc.record({ current: secret, previous: fc.option(secret, { nil: undefined }) }),
      edge: some,
      latest: some,
      deployed: fc.boolean(),
      since: fc.option(fc.integer({ min: at - 2 * week, max: at }), { nil: undefined }),
      life: fc.option(fc.constant(week), { nil: undefined }),
      now: fc.constant(at),
    })
    fc.assert(
      fc.property(any, (all) => {
        const rotation = rotationOf(all)
        const { file, edge, since = Infinity } = all
        const known = [file.current, file.previous]
        const others = edge.filter((one) => one !== file.current)
        if (rotation?.step === 'finish' && others.length > 0) {
          expect(since + week).to.be.at.most(at)
          expect(edge).to.include(file.current)
        }
        // What is published next holds the secrets of the file alone.
        if (rotation === undefined || rotation.step === 'publish') {
          expect(known).to.include.members(edge)
        }
      }),
      { numRuns: 2000 },
    )
  })

  it('shows as done what is done', () => {
    const done = (more: Partial<Seen>): string =>
      stepsOf(rotationOf(seen(more)), 'lambda')
        .map(({ state }) => (state === 'done' ? 'x' : '-'))
        .join('')
    expect(done({ file: alone, edge: ['new'], latest: ['new'] })).to.equal('-------')
    expect(done({ edge: ['old'] })).to.equal('x------')
    expect(done({ since: at - week })).to.equal('xxxxx--')
    expect(done({ file: alone, since: at - week })).to.equal('xxxxxx-')
  })
})
