import { Config, ux } from '@oclif/core'
import { expect } from 'chai'
import { join } from 'node:path'
import { stripVTControlCharacters } from 'node:util'

import Help from '../../src/help.ts'
import { agentMark, helpPage, pageColumns } from '../../src/ui/help-page.ts'
import { runCli } from '../support/run-cli.ts'
import { hasTerminals, runOnTerminals } from '../support/terminals.ts'

const root = join(import.meta.dirname, '../..')
const folder = new URL('../../dist/help/', import.meta.url)

/** A wish of oclif's own, that the pages know nothing of: oclif lays out what is then printed. */
const byOclif = (columns: number): Record<string, string> => ({ OCLIF_COLUMNS: String(columns) })

describe('what is printed at once', function () {
  this.timeout(120_000)

  it('is the help of every command as oclif lays it out, whatever the width', async () => {
    const config = await Config.load(root)
    config.userAgent = agentMark

    let printed = ''
    const before = ux.stdout
    ux.stdout = (text) => void (printed += `${[text ?? []].flat().join(' ')}\n`)
    try {
      for (const [index, command] of [undefined, ...config.commandIDs].entries()) {
        const odd = pageColumns.least + ((1 + index * 7) % (pageColumns.most - pageColumns.least))
        for (const columns of [pageColumns.least, 80, odd, pageColumns.most]) {
          printed = ''
          const asked = command === undefined ? ['--help'] : [command, '--help']
          await new Help(config, { maxWidth: columns }).showHelp(asked)
          const page = helpPage({ folder, command, columns, colour: false, agent: agentMark })
          expect(page, `${command ?? 'all'} at ${columns}`).to.equal(stripVTControlCharacters(printed))
        }
      }
    } finally {
      ux.stdout = before
    }
  })

  it('is left to oclif where the pages do not tell', () => {
    const asked = { folder, command: 'status', columns: 80, colour: false, agent: 'pc-ctl' }
    expect(helpPage(asked)).to.be.a('string')
    expect(helpPage({ ...asked, command: 'statuss' })).to.equal(undefined)
    expect(helpPage({ ...asked, columns: pageColumns.most + 1 })).to.equal(undefined)
    expect(helpPage({ ...asked, command: undefined, agent: 'x'.repeat(79) })).to.equal(undefined)
  })

  for (const args of [['--help'], [], ['status', '--help'], ['--help', 'cfinval']]) {
    it(`is what oclif prints for pc-ctl ${args.join(' ')}`, async () => {
      const [ours, theirs] = [await runCli(args), await runCli(args, { env: byOclif(80) })]
      expect(ours).to.deep.equal(theirs)
      expect(ours).to.include({ code: 0, stderr: '' })
      expect(ours.stdout).to.include('USAGE')
    })
  }

  it('is the version as oclif tells it', async () => {
    const config = await Config.load(root)
    expect(await runCli(['--version'])).to.deep.equal({ code: 0, stdout: `${config.userAgent}\n`, stderr: '' })
  })

  for (const [what, env] of [
    ['in colour', { PAGER: '' }],
    ['without colour', { PAGER: '', NO_COLOR: '1' }],
    ['on a dumb terminal', { TERM: 'dumb' }],
  ] as const) {
    it(`is what oclif prints on a terminal, ${what}`, async function () {
      if (!hasTerminals) this.skip()
      const place = { stdout: 'tty', stderr: 'tty', columns: 93 } as const
      const ours = await runOnTerminals(['status', '--help'], { ...place, env })
      expect(ours).to.deep.equal(
        await runOnTerminals(['status', '--help'], { ...place, env: { ...env, ...byOclif(93) } }),
      )
      expect(ours.stdout.includes('\u001B[1m')).to.equal(what === 'in colour')
    })
  }

  it('tells of a command that there is none, and of a result that can not be written', async function () {
    expect(await runCli(['statuss', '--help'])).to.include({ code: 2, stdout: '' })
    if (!hasTerminals) this.skip()
    const full = await runOnTerminals(['--help'], { stdout: '/dev/full', stderr: 'pipe' })
    expect(full.code).to.equal(1)
    expect(full.stderr).to.include('could not be written to stdout')
  })
})
