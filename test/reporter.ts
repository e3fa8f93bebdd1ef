import { existsSync, readFileSync } from 'node:fs'
import { join, relative } from 'node:path'

import Mocha from 'mocha'

const root = join(import.meta.dirname, '..')

/** A test that may be skipped in CI, and why what it needs can't be had there. */
interface Excused {
  /** Path from the root of the checkout. */
  readonly file: string
  /** Title of the test itself, without those of what it stands in. */
  readonly test: string
  readonly reason: string
}

/** What `--reporter-option` can set, so that this reporter can itself be tested. */
interface Where {
  /** The tests that may be skipped. */
  readonly skips: string
  /** A file that is there on a Debian, where CI can install whatever a test needs. */
  readonly debian: string
}

const usual: Where = { skips: join(root, '.ci/skips.json'), debian: '/etc/debian_version' }

/** How many files are named that took longest. */
const mostSlow = 10

/**
 * Dots, and at the end the tests that were skipped. In CI (`CI` is set, and this is a Debian or its like) also the files
 * that took longest; and a skipped test is a failure there, unless `.ci/skips.json` says why it can't be otherwise: a test
 * that never runs proves nothing, and nobody misses it.
 *
 * It hears of every test, whichever process ran it, and of those that a hook or the test itself skipped.
 */
export default class DotsAndSkips extends Mocha.reporters.Dot {
  readonly #skipped: { file: string; test: Mocha.Test }[] = []
  /** Milliseconds of the tests and hooks of each file. */
  readonly #times = new Map<string, number>()
  readonly #where: Where

  /** @param options - mocha's; only those of the reporter are looked at */
  constructor(runner: Mocha.Runner, options: Mocha.MochaOptions = {}) {
    super(runner, options)
    this.#where = { ...usual, ...(options.reporterOptions as Partial<Where> | undefined) }
    runner.on('pending', (test) => {
      this.#skipped.push({ file: relative(root, test.file ?? ''), test })
    })
    const add = ({ file = '', duration = 0 }: Mocha.Runnable): void => {
      this.#times.set(file, (this.#times.get(file) ?? 0) + duration)
    }
    runner.on('test end', add).on('hook end', add)
  }

  /** Called by mocha when all is over; what is handed on becomes the exit code. */
  override done(failures: number, report: (failures: number) => void): void {
    const excused = isCi(this.#where) ? listOf(this.#where.skips) : []
    const excuseOf = (file: string, { title }: Mocha.Test): string | undefined =>
      excused.find((one) => one.file === file && one.test === title)?.reason
    const unexcused = this.#skipped.filter(({ file, test }) => excuseOf(file, test) === undefined)
    for (const { file, test } of this.#skipped) {
      const reason = excuseOf(file, test)
      Mocha.reporters.Base.consoleLog(
        `  skipped: ${file}: ${test.fullTitle()}${reason === undefined ? '' : ` (${reason})`}`,
      )
    }
    if (isCi(this.#where)) this.#tellSlow()
    const isFailure = isCi(this.#where) && unexcused.length > 0
    if (isFailure)
      Mocha.reporters.Base.consoleLog(`\n  ${unexcused.length} skipped, which is a failure in CI: ${remedy}\n`)
    report(failures + (isFailure ? unexcused.length : 0))
  }

  #tellSlow(): void {
    const slow = [...this.#times].sort(([, one], [, other]) => other - one).slice(0, mostSlow)
    for (const [file, milliseconds] of slow)
      Mocha.reporters.Base.consoleLog(`  took ${(milliseconds / 1000).toFixed(0)} s: ${relative(root, file)}`)
  }
}

const remedy = '.ci/run installs what tests need; where it can not, .ci/skips.json says why.'

const isCi = ({ debian }: Where): boolean => !['', 'false', '0'].includes(process.env['CI'] ?? '') && existsSync(debian)

const listOf = (file: string): Excused[] => JSON.parse(readFileSync(file, 'utf8')) as Excused[]
