import { globSync, readFileSync } from 'node:fs'
import { join } from 'node:path'

import { expect } from 'chai'

import { assumptions } from '../../scripts/live/assumptions.ts'
import { steps } from '../../scripts/live/phases.ts'

const root = join(import.meta.dirname, '../..')

interface Row {
  readonly id: string
  readonly assumed: string
  readonly usedBy: string
  readonly lookedAtBy: string
}

const rows: Row[] = [
  ...readFileSync(join(root, 'docs/assumptions.md'), 'utf8').matchAll(
    /^- \*\*(A\d+)\*\*: (.+)\n {2}- used by: (.+)\n {2}- from: .+\n {2}- looked at by: (.+)$/gm,
  ),
].map(([, id = '', assumed = '', usedBy = '', lookedAtBy = '']) => ({ id, assumed, usedBy, lookedAtBy }))

/** What the phases look at: every id that their source names. */
const named = new Set(
  globSync('scripts/live/*.ts', { cwd: root })
    .filter((file) => !file.endsWith('/assumptions.ts'))
    .flatMap((file) => [...readFileSync(join(root, file), 'utf8').matchAll(/'(A\d+)'/g)])
    .map(([, id = '']) => id),
)

const isLookedAt = ({ lookedAtBy }: Row): boolean => !lookedAtBy.startsWith('No: ')

describe('docs/assumptions.md', () => {
  it('gives each assumption one id, counted from 1', () => {
    expect(rows.map(({ id }) => id)).to.deep.equal(rows.map((_, index) => `A${index + 1}`))
    expect(rows.length).to.be.greaterThan(Object.keys(assumptions).length)
  })

  it('says of those that are looked at what the suite says', () => {
    const looked = rows.filter(isLookedAt).map(({ id, assumed }) => [id, assumed] as const)
    expect(Object.fromEntries(looked)).to.deep.equal(assumptions)
  })

  it('and the phases look at exactly these', () => {
    const looked = rows.filter(isLookedAt).map(({ id }) => id)
    expect([...named].toSorted()).to.deep.equal(looked.toSorted())
  })

  it('names phases that there are', () => {
    const titles = [...steps.map(({ title }) => title), 'Ask IAM first']
    const lost = rows.filter((row) => isLookedAt(row) && !titles.some((title) => row.lookedAtBy.startsWith(title)))
    expect(lost.map(({ id, lookedAtBy }) => `${id}: ${lookedAtBy}`)).to.deep.equal([])
  })

  it('names files that there are', () => {
    const files = rows.flatMap(({ usedBy }) => [...usedBy.matchAll(/`(src\/[^`]+)`/g)].map(([, file = '']) => file))
    expect(files).not.to.be.empty
    const there = new Set(globSync(files, { cwd: root }))
    expect(files.filter((file) => !there.has(file))).to.deep.equal([])
  })
})
