import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { stripVTControlCharacters } from 'node:util'

import { expect } from 'chai'
import stringWidth from 'string-width'

import type { CliRun } from '../support/run-cli.ts'
import { hasTerminals, type Place, runOnTerminals } from '../support/terminals.ts'
import { bucket, expectPlainTalk, install, type Installation, sideBySide } from '../support/installation.ts'
import { type Case, casesOn, type Failure, type Progress, type Success, type Way } from './terminal-cases.ts'
import { setTheStage } from './terminal-stage.ts'

interface Manifest {
  readonly commands: Readonly<Record<string, { readonly flags: Readonly<Record<string, unknown>> }>>
}

const { commands } = JSON.parse(
  await readFile(join(import.meta.dirname, '../../oclif.manifest.json'), 'utf8'),
) as Manifest

type Streams = readonly [stdout: Place, stderr: Place]
/** The first tells what a result is; the others are held against it. */
const combinations: readonly Streams[] = [
  ['pipe', 'pipe'],
  ['pipe', 'tty'],
  ['tty', 'pipe'],
  ['tty', 'tty'],
]

/** Of what tells the two streams apart no more than the rest does: which of them is a terminal shows in success, and in JSON. */
const bothAlike = combinations.filter(([stdout, stderr]) => stdout === stderr)

/** Where both are terminals they are narrow and coloured, else wide enough for each line. */
const isNarrow = (streams: Streams): boolean => streams.every((place) => place === 'tty')

/** What is another one in each run. */
const masks: readonly (readonly [RegExp, string])[] = [
  [/(?<=example-org-|comment |\/a\/)\d\b/g, 'NUMBER'],
  [/\b\d{10}_[0-9a-f]{64}\b/g, 'TOKEN'],
  [/(?<=')[A-Za-z0-9+/]{43}(?=')/g, 'SECRET'],
  [/\b[EI][0-9A-Z]{12,13}\b/g, 'ID'],
  [/\bd[0-9a-z]{13}\.cloudfront/g, 'DOMAIN'],
  [/\b\d{4}-\d\d-\d\d[T ]\d\d:\d\d(:\d\d)?(\.\d+)?Z?/g, 'TIME'],
  [/\b\d+( d| h| min| s)( \d+ (h|min|s))?(?= ago|\W)/g, 'SPAN'],
  [/(?<=_(KEY(_ID)?|TOKEN)=')[^']+/g, 'KEY'],
  [/(?<=\/pc-ctl-rehearsal-)\w{6}/g, 'FOLDER'],
  [/(?<=does-not-exist-)[0-9a-f]{8}/g, 'NAME'],
  [/(127\.0\.0\.1|localhost):\d+/g, 'HOST'],
]
const masked = (text: string): string => masks.reduce((rest, [what, by]) => rest.replace(what, by), text)
/** A text without layout and colours. */
const flat = (text: string): string => stripVTControlCharacters(text).replace(/\s+/g, ' ')
const unlaid = (text: string): string => masked(flat(text))
/** The words of a text, in whichever order a layout has them; names of columns are left out where these are empty. */
const words = (text: string): string[] =>
  [...new Set(unlaid(text).split(' '))].filter((word) => !/^[A-Z]{2,}$/.test(word)).sort()

describe('every command, with stdout and stderr each a terminal or a pipe', function () {
  this.timeout(900_000)
  let place: Installation | undefined
  let cases: Readonly<Record<string, Case>> = {}
  const failures = new Map<string, unknown>()
  before(async function () {
    if (!hasTerminals) return this.skip()
    place = await install({ built: true })
    await place.bootstrap()
    cases = casesOn(await setTheStage(place))
    const run = runnersOn(place)
    const goThrough = async ([name, one]: [string, Case]): Promise<void> => {
      await goesRight(run(name), name, one).catch((error: unknown) => failures.set(name, error))
    }
    const all = Object.entries(cases)
    for (const each of all.filter(([, { alone }]) => alone)) await goThrough(each)
    await sideBySide(
      all.filter(([, { alone }]) => !alone),
      goThrough,
    )
  })
  after(() => place?.close())

  for (const [name, { flags }] of Object.entries(commands)) {
    it(name, () => {
      expect(cases, 'a case for each command').to.have.property(name)
      expect('dryRun' in (cases[name] ?? {}), 'a case of --dry-run').to.equal('dry-run' in flags)
      if (failures.has(name)) throw failures.get(name)
    })
  }

  it('status of a healthy installation speaks of looking, leaves nothing of that, and fits 80 x 24', async () => {
    const { env = {}, folder = '' } = place ?? {}
    const how = { stdout: 'tty', stderr: 'tty', cwd: folder, env: { ...env, LC_ALL: 'C.UTF-8' } } as const
    const { stdout, stderr, code } = await runOnTerminals(['status'], how)
    expect(code, stderr).to.equal(0)
    const lines = stripVTControlCharacters(stdout).trimEnd().split('\n')
    // The last line of the terminal is the shell's.
    expect(lines.length, stdout).to.be.lessThan(24)
    expect(Math.max(...lines.map((line) => stringWidth(line))), stdout).to.be.at.most(80)
    expect(stripVTControlCharacters(stderr)).to.include('Look at the IAM role packagecloud_cloudfront_auth')
    expect(stripVTControlCharacters(stderr)).not.to.match(/Create|Publish|Allow|Wait until/)
    expect(stripVTControlCharacters(stderr.slice(stderr.lastIndexOf('\u001b[G')))).to.equal('')
  })

  it('--verbose and TERM=dumb get a line a step on a terminal, without control codes but colours', async () => {
    const { env = {}, folder = '' } = place ?? {}
    for (const [args, more] of [
      [['cfinval', '--verbose'], {}],
      [['cfinval'], { TERM: 'dumb' }],
    ] as const) {
      const [command, ...flags] = args
      const { stderr, code } = await runOnTerminals([command, `s3://${bucket}/verbose`, ...flags], {
        stdout: 'pipe',
        stderr: 'tty',
        cwd: folder,
        env: { ...env, LC_ALL: 'C.UTF-8', ...more },
      })
      expect(code, stderr).to.equal(0)
      expect(stripVTControlCharacters(stderr)).to.match(/^✔ Find the distributions: /m)
      expect(stderr.replace(/\u001b\[\d+m/g, '')).not.to.match(/\u001b|\r/)
      if ('TERM' in more) expect(stderr).not.to.include('\u001b')
    }
  })
})

type Run = (way: Way & Partial<Success>, streams: Streams, ...more: string[]) => Promise<CliRun>

const runnersOn =
  ({ env, folder }: Installation) =>
  (name: string): Run => {
    const numbers = new Map<Way, number>()
    return (way, [stdout, stderr], ...more) => {
      const number = numbers.get(way) ?? 0
      numbers.set(way, number + 1)
      return runOnTerminals([name, ...way.args(number), ...more], {
        stdout,
        stderr,
        cwd: folder,
        columns: isNarrow([stdout, stderr]) ? 40 : 250,
        env: {
          ...env,
          LC_ALL: 'C.UTF-8',
          XDG_STATE_HOME: join(folder, `state of ${name}`),
          ...(isNarrow([stdout, stderr]) ? { FORCE_COLOR: '1' } : {}),
          ...way.env,
        },
        ...(way.untilSaid === undefined ? {} : { when: [{ stream: 'stderr', text: way.untilSaid, do: 2 }] }),
      })
    }
  }

/** All texts in a document. */
const textsOf = (document: unknown): string[] =>
  typeof document === 'object' && document !== null ? Object.values(document).flatMap(textsOf) : [String(document)]

/** Runs all that a case is about, on all combinations. */
async function goesRight(run: Run, name: string, { success, dryRun, failure }: Case): Promise<void> {
  await succeeds(run, name, success, combinations)
  if (dryRun !== undefined) await succeeds((...how) => run(...how, '--dry-run'), `${name} --dry-run`, dryRun, bothAlike)
  await fails(run, name, failure)
  await givesJson(run, name, success, failure)
}

/** One document: where a pipe takes it while progress is drawn, and of a failure where it is seen itself. */
async function givesJson(run: Run, name: string, success: Success, failure: Failure): Promise<void> {
  const good = await run(success, ['pipe', 'tty'], '--json')
  const how = `${name} --json\n${good.stdout}\n${good.stderr}`
  expect(good.code, how).to.equal(success.code ?? 0)
  expect(() => void JSON.parse(good.stdout), how).not.to.throw()
  expectTalk(good.stderr, 'tty', success.progress)
  const bad = await run(failure, ['tty', 'pipe'], '--json')
  const what = `${name} --json that fails\n${bad.stdout}\n${bad.stderr}`
  expect(bad.code, what).to.equal(failure.code)
  expect(textsOf(JSON.parse(bad.stdout)).join('\n'), what).to.match(failure.says)
  expect(stripVTControlCharacters(bad.stderr), what).not.to.match(/^Error:/m)
}

async function fails(run: Run, name: string, failure: Failure): Promise<void> {
  for (const streams of bothAlike) {
    const { stdout, stderr, code } = await run(failure, streams)
    const what = `${name} that fails, ${streams.join(' and ')}\n${stdout}${stderr}`
    expect([stdout, code], what).to.deep.equal(['', failure.code])
    expect(flat(stderr), what).to.match(failure.says)
    expect(stripVTControlCharacters(stderr).match(/^Error:/gm), what).to.have.length(1)
    expectTalk(stderr, streams[1], undefined)
  }
}

async function succeeds(run: Run, name: string, success: Success, on: readonly Streams[]): Promise<void> {
  const { code = 0, prints, progress } = success
  let reference: string | undefined
  for (const streams of on) {
    const { stdout, stderr, code: ended } = await run(success, streams)
    const what = `${name}, ${streams.join(' and ')}\n${stdout}\n${stderr}`
    expect(ended, what).to.equal(code)
    reference ??= stdout
    if (streams[0] === 'pipe') expect(masked(stdout), what).to.match(prints)
    if (success.verbatim) expect(masked(stdout), what).to.equal(masked(reference))
    else if (isNarrow(streams)) expect(words(stdout), what).to.deep.equal(words(reference))
    else expect(unlaid(stdout), what).to.equal(unlaid(reference))
    expectTalk(stderr, streams[1], progress)
  }
}

function expectTalk(talk: string, place: Place, progress: Progress | undefined): void {
  if (place === 'pipe') expectPlainTalk(talk)
  expect(talk).not.to.match(/The following error occurred|allows multiple values|See more help/)
  if (place !== 'tty') return
  if (progress === 'list') expect(talk).to.match(/\u001b\[\?25l[^]*\u001b\[\?25h/)
}
