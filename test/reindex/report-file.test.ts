import { spawnSync } from 'node:child_process'
import { mkdir, mkdtemp, readdir, readFile, rm, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

import { expect } from 'chai'

import type { Report } from '../../src/reindex/report.ts'
import { writeJson } from '../../src/reindex/report-file.ts'
import { openReportFile } from '../../src/ui/report-file.ts'
import { Lazily } from '../../src/ui/lazily.ts'
import { CtlError } from '../../src/errors.ts'

const nothing = { objects: 0, bytes: 0, right: 0, rewritten: 0, skipped: 0, failed: 0, left: 0 }
const report: Report = {
  bucket: 'b',
  dryRun: false,
  seconds: 1,
  objects: 0,
  bytes: 0,
  leftOut: 0,
  repositories: new Lazily(() => [].values()),
  repositoryCount: 0,
  indexes: [],
  total: nothing,
  wrong: [],
  miscached: 0,
  overwritable: [],
  encoded: [],
  republished: { objects: 0, unproven: 0, keys: [], dropped: false },
  skipped: [],
  neither: { objects: 0, bytes: 0, examples: [] },
  problemCount: 0,
  problems: [{ key: 'one of the first', what: 'is told' }],
  failed: 0,
  requests: { retries: 0, slowDowns: 0 },
}

describe('the file of a report', () => {
  let folder: string
  let file: string
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'pc-ctl-report-'))
    file = join(folder, 'report.json')
  })
  afterEach(() => rm(folder, { recursive: true, force: true }))

  const refusal = async (what: Promise<unknown>): Promise<CtlError> => {
    try {
      await what
    } catch (error) {
      if (error instanceof CtlError) return error
      throw error
    }
    throw new Error('it was written')
  }
  const read = async (): Promise<unknown> => JSON.parse(await readFile(file, 'utf8'))

  it('is refused in a folder that is not there, with how to make it', async () => {
    const error = await refusal(openReportFile(join(folder, 'not there', 'report.json')))
    expect(error).to.include({ failure: 'usage' })
    expect(error.message).to.match(/report\.json can't be written: there is no folder \/.*\/not there\.$/)
    expect(error.hint.map(String)).to.deep.equal([`mkdir -p '${join(folder, 'not there')}'`])
  })

  it('holds all problems, and nothing is left beside it', async () => {
    for (const problems of [
      [],
      [{ key: 'a"\n', what: 'ü' }],
      [
        { key: 'a', what: 'x' },
        { key: 'b', what: 'y' },
      ],
    ]) {
      const opened = await openReportFile(file)
      const lines = problems.map((one) => JSON.stringify(one))
      await writeJson(opened)(report, { overwritableObjects: lines.slice(1), problems: lines })
      expect(await read()).to.deep.equal({
        ...report,
        repositories: [],
        overwritableObjects: problems.slice(1),
        problems,
      })
      expect(await readdir(folder)).to.deep.equal(['report.json'])
    }
  })

  it('stays as it was until a new one is whole', async () => {
    await writeFile(file, '"before"')
    const opened = await openReportFile(file)
    expect(await read()).to.equal('before')
    const breaking = function* (): Generator<string> {
      yield '{}'
      throw new Error('no space left')
    }
    const error = await refusal(writeJson(opened)(report, { problems: breaking() }))
    expect(error).to.include({ failure: 'failed', message: `The report ${file} can't be written: no space left` })
    expect(await read()).to.equal('before')
    expect(await readdir(folder)).to.deep.equal(['report.json'])
  })

  it('leaves nothing beside it while a run is under way, and takes over what a killed one has left', async () => {
    const elsewhere = join(folder, 'elsewhere')
    await writeFile(elsewhere, 'of another')
    const leave = {
      'half a report': () => writeFile(`${file}.part`, '{"half', { mode: 0o400 }),
      'a link': () => symlink(elsewhere, `${file}.part`),
      nothing: () => undefined,
    }
    for (const [what, lie] of Object.entries(leave)) {
      await lie()
      const opened = await openReportFile(file)
      expect(await readdir(folder), what).not.to.include('report.json.part')
      // A run that was killed as it wrote, since this one began.
      await lie()
      await writeJson(opened)(report, { problems: [] })
      expect(await readdir(folder), what).to.deep.equal(['elsewhere', 'report.json'])
      expect(await readFile(elsewhere, 'utf8')).to.equal('of another')
      await rm(file)
    }
  })

  const ends = {
    'a second signal': 'process.exit(130)',
    'an error of ours': 'setImmediate(() => { throw new Error("a bug") })',
    'an end of its own': 'setImmediate(() => process.exit())',
  }
  for (const [what, end] of Object.entries(ends)) {
    it(`leaves nothing where ${what} ends the process in the middle of it`, async () => {
      const from = (path: string): string => JSON.stringify(join(import.meta.dirname, '../../src', path))
      const program = `
        import { existsSync } from 'node:fs'
        import { writeJson } from ${from('reindex/report-file.ts')}
        import { openReportFile } from ${from('ui/report-file.ts')}
        const [file] = process.argv.slice(1)
        function* lines() {
          for (let number = 0; ; number++) {
            if (number === 20_000) {
              console.log(existsSync(file + '.part'))
              ${end}
            }
            yield '{}'
          }
        }
        await writeJson(await openReportFile(file))({}, { problems: lines() })
      `
      const child = spawnSync(process.execPath, ['--input-type=module', '--eval', program, file], { encoding: 'utf8' })
      expect(child.stdout).to.equal('true\n')
      expect(await readdir(folder)).to.deep.equal([])
    })
  }

  it('is refused before the run where it can not be written', async () => {
    await mkdir(file)
    expect((await refusal(openReportFile(file))).failure).to.equal('usage')
    expect((await refusal(openReportFile(join(folder, 'nowhere', 'report.json')))).failure).to.equal('usage')
    expect(await readdir(folder)).to.deep.equal(['report.json'])
  })

  it('may be a device or a pipe, which nothing replaces', async () => {
    const opened = await openReportFile('/dev/null')
    await writeJson(opened)(report, { problems: [] })
  })

  it('takes hundreds of thousands of problems in memory that stays flat', async function () {
    this.timeout(120_000)
    const most = 300_000
    const from = (path: string): string => JSON.stringify(join(import.meta.dirname, '../../src', path))
    const program = `
      import { Journal } from ${from('reindex/journal/journal.ts')}
      import { Ledger, problemsOf } from ${from('reindex/report.ts')}
      import { writeJson } from ${from('reindex/report-file.ts')}
      import { openReportFile } from ${from('ui/report-file.ts')}
      const [folder, file] = process.argv.slice(1)
      const journal = new Journal(folder, 'b')
      const ledger = new Ledger(new Map(), journal)
      const opened = await openReportFile(file)
      for (let number = 0; number < ${most}; number++) {
        ledger.fail({ key: 'pool/main/' + 'x'.repeat(200) + '/' + number + '.deb', what: 'is left out', todo: 'Upload it again.' })
      }
      await writeJson(opened)({}, { problems: problemsOf(journal) })
      journal.close()
      console.log(ledger.problemCount, ledger.failed, ledger.problems.length)
    `
    // All of them in memory would be several times as much.
    const flags = ['--max-old-space-size=48', '--input-type=module', '--eval', program, folder, file]
    const child = spawnSync(process.execPath, flags, { encoding: 'utf8' })
    expect([child.status, child.stdout], child.stderr).to.deep.equal([0, `${most} ${most} 1000\n`])
    const text = await readFile(file, 'utf8')
    expect(text.match(/"key"/g)).to.have.length(most)
    expect(text).to.match(/\/299999\.deb","what":"is left out","todo":"Upload it again\."\}\n {2}\]\n\}\n$/)
  })
})
