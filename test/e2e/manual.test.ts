/** The manual pages that the build makes, as man and mandoc read them. */
import { execFile, spawnSync } from 'node:child_process'
import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { promisify } from 'node:util'

import { expect } from 'chai'

const execute = promisify(execFile)
const root = join(import.meta.dirname, '../..')
/** Where there is no mandoc, what it is needed for is skipped. */
const withMandoc = spawnSync('mandoc', ['/dev/null']).error === undefined ? it : it.skip

interface Manifest {
  readonly commands: Record<
    string,
    {
      readonly id: string
      readonly aliases: readonly string[]
      readonly flags: Record<string, { readonly env?: string; readonly hidden?: boolean }>
    }
  >
}

describe('the manual', () => {
  let commands: Manifest['commands'][string][]
  before(async () => {
    const manifest = JSON.parse(await readFile(join(root, 'oclif.manifest.json'), 'utf8')) as Manifest
    commands = Object.values(manifest.commands)
  })

  const shown = async (page: string): Promise<string> => {
    const { stdout } = await execute('mandoc', ['-T', 'ascii', '-O', 'width=400', join(root, 'man/man1', page)])
    // Bold and underlined characters are struck twice.
    return stdout.replace(/.\u0008/g, '')
  }

  it('has a page of pc-ctl, and one of each command and alias, which the npm package installs', async () => {
    const names = commands.flatMap(({ id, aliases }) => [id, ...aliases]).map((name) => `pc-ctl-${name}.1`)
    const pages = (await readdir(join(root, 'man/man1'))).sort()
    expect(pages).to.deep.equal(['pc-ctl.1', ...names].sort())
    const { man } = JSON.parse(await readFile(join(root, 'package.json'), 'utf8')) as { man: string[] }
    expect(man.toSorted()).to.deep.equal(pages.map((page) => `man/man1/${page}`))
  })

  withMandoc('finds nothing wrong with any page but that lines are long', async () => {
    for (const page of await readdir(join(root, 'man/man1'))) {
      const file = join(root, 'man/man1', page)
      const { stdout } = await execute('mandoc', ['-T', 'lint', file]).catch(
        (error: unknown) => error as { stdout: string },
      )
      expect(stdout.split('\n').filter((line) => !line.includes('longer than 80 bytes'))).to.deep.equal([''])
    }
  })

  withMandoc('shows every flag and variable of every command', async () => {
    for (const { id, flags } of commands) {
      const page = await shown(`pc-ctl-${id}.1`)
      const visible = Object.entries(flags).filter(([, { hidden }]) => hidden !== true)
      for (const [name, { env }] of visible) {
        expect(page, id).to.match(new RegExp(`^ +(?:-\\w, )?--(?:\\[no-\\])?${name}(?:$|[ =])`, 'm'))
        if (env !== undefined) expect(page, id).to.match(new RegExp(`environment: ${env}\\.?;?\\s`))
      }
    }
  })

  withMandoc('shows the commands as they are typed, and how they end', async () => {
    const sandbox = await shown('pc-ctl-sandbox.1')
    expect(sandbox).to.contain(
      '$ pc-ctl sandbox --bucket packages-example-org --region eu-central-1 --state ./rehearsal',
    )
    expect(sandbox).to.contain('SERVICE:OPERATION[:CALLS][:before|after]:WHAT\n')
    const overview = await shown('pc-ctl.1')
    for (const { id } of commands) expect(overview).to.contain(`pc-ctl-${id}(1)`)
    expect(overview).to.match(/^ +130 +interrupted; run the same command again\.$/m)
    expect(await shown('pc-ctl-cfdelete.1')).to.match(/NAME\s+pc-ctl-cfremove, pc-ctl-cfdelete -/)
  })
})
