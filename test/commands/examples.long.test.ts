/** The examples that help shows: each is typed into a shell as it stands. */
import { execFile } from 'node:child_process'
import { chmod, mkdir, readdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'

import { type Command, Parser } from '@oclif/core'
import { expect } from 'chai'

import { bucket, type Installation, install, objectKey, shellWords, wordsOf } from '../support/installation.ts'
import { compiled } from '../support/run-cli.ts'

/** What zsh has, and bash has not, of what its completion begins with. */
const inZsh = 'compdef() { :; }\n'

const root = join(import.meta.dirname, '../..')

/** Whoever types it is asked, or has another account: neither is the example's fault. */
const isAsTyped = /there is no terminal|belongs to account 999999999999/

interface Example {
  readonly line: string
  readonly Class: typeof Command
}

async function examples(): Promise<Example[]> {
  const files = (await readdir(join(root, 'src/commands'))).sort()
  const all = files.map(async (file): Promise<Example[]> => {
    const { default: Class } = (await import(join(root, 'src/commands', file))) as { default: typeof Command }
    const id = file.replace('.ts', '')
    return Class.examples.map((example) => {
      const text = typeof example === 'string' ? example : example.command
      return { Class, line: text.replaceAll('<%= config.bin %>', 'pc-ctl').replaceAll('<%= command.id %>', id) }
    })
  })
  return (await Promise.all(all)).flat()
}

describe('the examples of help', function () {
  this.timeout(600_000)
  let place: Installation
  before(async () => {
    place = await install({ timing: { deploy: 0 } })
    await place.connect()
    for (const name of ['a.deb', 'b.deb', 'logo.jpg', 'changed-keys']) await writeFile(join(place.folder, name), name)
    await place.succeed(['reindex-everything', '--attributes-only', '--report', join(place.folder, 'report.json')])
    await mkdir(join(place.folder, 'bin'))
    await write('pc-ctl', `exec '${process.execPath}' '${root}/bin/run.js' "$@"`)
    await write('packagecloud-ctl', '')
  })
  after(() => place.close())

  const write = async (name: string, body: string): Promise<void> => {
    const file = join(place.folder, 'bin', name)
    await writeFile(file, `#!/bin/sh\n${body}\n`)
    await chmod(file, 0o755)
  }
  /** A line that is nothing but a command and its words runs here; a shell gets what more it has to understand. */
  const typed = async (line: string): Promise<{ code: number; said: string }> => {
    const there = line.replaceAll('/etc/packagecloud/', `${place.folder}/`)
    const readsInput = / -(?: |$)/.test(line)
    if (!line.startsWith('pc-ctl ') || readsInput || /[|<>&;$`*?~\n]/.test(line)) return inShell(there)
    const { code, stdout, stderr } = await place.run(wordsOf(there), { env: { PC_CTL_BUCKET: bucket } })
    return { code, said: stdout + stderr }
  }
  const inShell = (line: string) =>
    new Promise<{ code: number; said: string }>((resolve) => {
      const PATH = `${join(place.folder, 'bin')}:${process.env['PATH'] ?? ''}`
      const env = { ...place.env, ...compiled, PATH, LC_ALL: 'C.UTF-8', PC_CTL_BUCKET: bucket }
      const child = execFile('bash', ['-c', `${inZsh}${line}`], { cwd: place.folder, env }, (error, stdout, stderr) => {
        resolve({ code: error === null ? 0 : Number(error.code), said: stdout + stderr })
      })
      child.stdin?.end(`${objectKey}\n`)
    })

  it('are what pc-ctl and the shell understand, whatever is there of what they name', async () => {
    const all = await examples()
    expect(new Set(all.map(({ line }) => /pc-ctl (\S+)/.exec(line)?.[1])).size).to.equal(
      (await readdir(join(root, 'src/commands'))).length,
    )
    const wrong: string[] = []
    for (const { line, Class } of all) {
      if (Class.id === 'sandbox' || line.startsWith('pc-ctl sandbox')) {
        // It goes on until it is interrupted.
        await Parser.parse(shellWords(line).slice(2), { flags: Class.flags, args: Class.args, strict: true })
        continue
      }
      const { code, said } = await typed(line)
      const isUnderstood = code < 2 || (code > 2 && code < 126) || (code === 2 && isAsTyped.test(said))
      if (!isUnderstood) wrong.push(`${line}: ${code}\n${said}`)
    }
    expect(wrong).to.deep.equal([])
  })
})
