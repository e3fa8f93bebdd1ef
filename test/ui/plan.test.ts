import { expect } from 'chai'

import { planExitCode } from '../../src/flags/change-flags.ts'
import { lay } from '../../src/ui/layout.ts'
import { hasChanges, type PlanLine, planText } from '../../src/ui/plan.ts'
import { noTerminal } from '../../src/ui/screen.ts'

const line = (of: Partial<PlanLine>): PlanLine => ({
  title: 'Create the IAM role',
  kind: 'IAM role',
  name: 'auth',
  id: 'arn',
  do: 'keep',
  because: [],
  changes: [],
  ...of,
})
const said = (plan: readonly PlanLine[]): string => lay(planText(plan), noTerminal)
const keep = line({})
const update = line({ do: 'update', changes: [{ field: 'Compress', before: true, after: false }] })
const refuse = line({ do: 'refuse', because: ['it is not ours'], hint: ['Use --adopt.'] })

describe('planText', () => {
  it('has a line for each resource, and what would change beneath', () => {
    const plan = [
      keep,
      line({ do: 'create', because: ['code changed since version 3'] }),
      line({
        do: 'update',
        because: ['MinTTL differs', 'Name differs'],
        changes: [
          { field: 'MinTTL', before: 1, after: 0 },
          { field: 'Name', before: undefined, after: 'a "b"' },
        ],
      }),
      refuse,
    ]
    expect(said(plan).split('\n')).to.deep.equal([
      '= IAM role auth: unchanged',
      '+ IAM role auth: create',
      '    code changed since version 3',
      '~ IAM role auth: update',
      '    MinTTL: 1 → 0',
      '    Name: (none) → "a \\"b\\""',
      '! IAM role auth: refused',
      '    it is not ours',
      '    Use --adopt.',
    ])
  })

  it('shows of a document only the members that differ', () => {
    const before = { Version: '2012-10-17', Statement: [{ Effect: 'Allow', Action: 'a' }] }
    const after = { Version: '2012-10-17', Statement: [{ Effect: 'Allow', Action: 'b' }] }
    expect(said([line({ do: 'update', changes: [{ field: 'Policy', before, after }] })])).to.equal(
      '~ IAM role auth: update\n    Policy.Statement.0.Action: "a" → "b"',
    )
  })

  it('lets no control character through to the terminal', () => {
    const changes = [{ field: 'Comment', before: 'a\u001b[2J', after: 'b\n' }]
    expect(said([line({ do: 'update', changes })]).replaceAll('\n', '')).to.not.match(/[\u0000-\u001f]/)
  })

  it('is empty for an empty plan', () => expect(planText([])).to.deep.equal([]))
})

describe('a plan', () => {
  it('has changes unless everything is kept', () => {
    expect(hasChanges([])).to.equal(false)
    expect(hasChanges([keep, keep])).to.equal(false)
    expect(hasChanges([keep, update])).to.equal(true)
    expect(hasChanges([refuse])).to.equal(true)
  })

  it('ends in 4 for a refusal, in 6 for changes if asked for, else in 0', () => {
    expect(planExitCode([keep], true)).to.equal(0)
    expect(planExitCode([keep, update], false)).to.equal(0)
    expect(planExitCode([keep, update], true)).to.equal(6)
    for (const asked of [true, false]) expect(planExitCode([update, refuse], asked)).to.equal(4)
  })
})
