import { readFile } from 'node:fs/promises'
import { join } from 'node:path'

import { expect } from 'chai'

import { readRuby, type RubyFile } from '../../../src/settings/ruby/read.ts'
import { RubyArray, RubyHash, RubySymbol, Unknown, type Value } from '../../../src/settings/ruby/value.ts'
import { askRuby, environment, hasRuby, type Outcome, type Told } from './oracle.ts'
import { ordinaryProgram, wildProgram } from './programs.ts'

/** What both sides say of one key of one file. */
interface Answer {
  readonly name: string
  readonly source: string
  readonly ours: Value | undefined
  readonly ruby: Told | undefined
}

describe('what a Ruby file sets', function () {
  this.timeout(300_000)

  before(function () {
    if (!hasRuby) this.skip()
  })

  // As few unknown as there are today; fewer are better.
  for (const [kind, program, mostUnknown] of [
    ['ordinary', ordinaryProgram, 2400],
    ['wild', wildProgram, 2270],
  ] as const) {
    it(`is what Ruby says, or unknown, in ${kind} files`, async () => {
      const answers = await askBoth(Array.from({ length: 1000 }, (_, seed) => program(seed)))
      expect(new Set(answers.map(({ source }) => source)).size).to.be.greaterThan(600)
      expect(answers.filter(({ ours }) => ours instanceof Unknown).length).to.be.at.most(mostUnknown)
    })
  }

  it('is what Ruby says, or unknown, where settings are come to on the quiet', async () => {
    const corners = await readFile(join(import.meta.dirname, 'corners.txt'), 'utf8')
    await askBoth(corners.split('\n----\n'))
  })
})

/** What both say of every key of files that Ruby takes; fails where they differ. */
async function askBoth(sources: readonly string[]): Promise<Answer[]> {
  const outcomes = await askRuby(sources)
  const answers: Answer[] = []
  for (const [index, source] of sources.entries()) {
    const outcome = outcomes[index]
    // What Ruby refuses sets nothing.
    if (outcome === undefined || 'raised' in outcome) continue
    answers.push(...compared(await readRuby(Buffer.from(source), 'f.rb', environment), outcome, source))
  }
  const wrong = answers.find(({ ours, ruby }) => !agree(ours, ruby))
  const shown = JSON.stringify(wrong, (_, value: unknown) => (typeof value === 'bigint' ? String(value) : value))
  expect(wrong, shown).to.equal(undefined)
  return answers
}

/** All keys of `packagecloud_rails` that either side has. */
function compared(ours: RubyFile, outcome: Extract<Outcome, { set: unknown }>, source: string): Answer[] {
  const told = outcome.set.find(([name]) => name === 'packagecloud_rails')?.[1]
  const pairs = told !== null && typeof told === 'object' && 'mash' in told ? told.mash : []
  const ruby = new Map(pairs.flatMap(([key, value]) => (typeof key === 'string' ? [[key, value] as const] : [])))
  const all = ours.get('packagecloud_rails')?.value
  const keys = all instanceof RubyHash ? [...all.entries.values()].map(({ key }) => key) : []
  const names = new Set([...ruby.keys(), ...keys.filter((key) => typeof key === 'string'), 'never_set'])
  return [...names].map((name) => ({
    name,
    source,
    ours: ours.get('packagecloud_rails', name)?.value,
    ruby: ruby.get(name),
  }))
}

/** Whether all that we say is what Ruby says; a key that is not there reads as nil. */
function agree(ours: Value | undefined, ruby: Told | undefined): boolean {
  if (ours instanceof Unknown) return true
  if (ours === undefined || ours === null) return ruby === undefined || ruby === null
  if (typeof ours === 'string' || typeof ours === 'boolean') return ours === ruby
  if (ruby === undefined || ruby === null || typeof ruby !== 'object') return false
  if (typeof ours === 'bigint') return 'integer' in ruby && ruby.integer === String(ours)
  if (typeof ours === 'number') return 'float' in ruby && Number(ruby.float) === ours
  if (ours instanceof RubySymbol) return 'symbol' in ruby && ruby.symbol === ours.name
  if (ours instanceof RubyArray) {
    if (!('array' in ruby) || ruby.array.length !== ours.items.length) return false
    return ours.items.every((item, index) => agree(item, ruby.array[index]))
  }
  return ours instanceof RubyHash && sameHash(ours, ruby)
}

function sameHash(ours: RubyHash, ruby: Exclude<Told, string | boolean | null>): boolean {
  const pairs = 'mash' in ruby ? ruby.mash : 'hash' in ruby ? ruby.hash : undefined
  if (pairs === undefined || ours.mash !== 'mash' in ruby) return false
  const known = [...ours.entries.values()]
  const isOurs = (key: Told) => known.some((entry) => agree(ours.mash ? text(entry.key) : entry.key, key))
  return (
    known.every(({ key, value }) => {
      const pair = pairs.find(([other]) => agree(ours.mash ? text(key) : key, other))
      return pair === undefined ? value instanceof Unknown : agree(value, pair[1])
    }) &&
    (ours.open.length > 0 || pairs.every(([key]) => isOurs(key)))
  )
}

const text = (key: Value): Value => (key instanceof RubySymbol ? key.name : key)
