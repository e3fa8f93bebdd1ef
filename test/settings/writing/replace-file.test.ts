import { fork } from 'node:child_process'
import { once } from 'node:events'
import {
  chmod,
  chown,
  link,
  lstat,
  mkdir,
  mkdtemp,
  readdir,
  readFile,
  rm,
  stat,
  symlink,
  writeFile,
} from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { basename, join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'

import { expect } from 'chai'

import { CtlError } from '../../../src/errors.ts'
import { readOriginal, replaceFile } from '../../../src/settings/writing/replace-file.ts'

const isRoot = process.getuid?.() === 0
const now = new Date('2026-01-02T03:04:05.678Z')

describe('replacing a file', () => {
  let folder: string
  let file: string
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'pc-ctl-replace-'))
    file = join(folder, 'packagecloud.rb')
    await writeFile(file, 'old\n')
  })
  afterEach(async () => {
    await chmod(folder, 0o700)
    await rm(folder, { recursive: true })
  })
  const replace = async (text: string, at = file): Promise<string> =>
    replaceFile(await readOriginal(at), Buffer.from(text), now, ['by hand'])

  it('keeps mode and owner, and the old content beside it', async () => {
    const [uid, gid] = isRoot ? [1234, 2345] : [process.getuid?.() ?? 0, process.getgid?.() ?? 0]
    await chmod(file, 0o640)
    await chown(file, uid, gid)
    const backup = await replace('new\n')
    expect(backup).to.equal(`${file}.20260102T030405Z.bak`)
    for (const [each, content] of [
      [file, 'new\n'],
      [backup, 'old\n'],
    ] as const) {
      const seen = await stat(each)
      expect([seen.mode & 0o7777, seen.uid, seen.gid]).to.deep.equal([0o640, uid, gid])
      expect(await readFile(each, 'utf8')).to.equal(content)
    }
    expect((await readdir(folder)).sort()).to.deep.equal([file, backup].map((each) => basename(each)))
  })

  it('takes no name from another backup', async () => {
    await replace('1')
    expect(await replace('2')).to.equal(`${file}.20260102T030405Z-2.bak`)
    expect(await readFile(`${file}.20260102T030405Z.bak`, 'utf8')).to.equal('old\n')
  })

  it('follows symbolic links, and leaves them as they are', async () => {
    await mkdir(join(folder, 'shared'))
    const target = join(folder, 'shared', 'real.rb')
    await writeFile(target, 'old\n')
    const name = join(folder, 'link.rb')
    await symlink('shared/real.rb', name)
    const backup = await replace('new\n', name)
    expect((await lstat(name)).isSymbolicLink()).to.equal(true)
    expect(await readFile(target, 'utf8')).to.equal('new\n')
    expect(backup).to.equal(`${target}.20260102T030405Z.bak`)
  })

  it('refuses a file with several names', async () => {
    await link(file, join(folder, 'other'))
    expect(await failureOf(replace('new'))).to.include({ failure: 'refused' })
    expect(await readFile(file, 'utf8')).to.equal('old\n')
  })

  it('refuses a file that was changed since it was read', async () => {
    const original = await readOriginal(file)
    await writeFile(file, 'theirs\n')
    const failure = await failureOf(replaceFile(original, Buffer.from('ours'), now, []))
    expect(failure).to.include({ failure: 'refused', code: 'Outdated' })
    expect(await readFile(file, 'utf8')).to.equal('theirs\n')
    expect(await readdir(folder)).to.deep.equal(['packagecloud.rb'])
  })

  it('fails where it can not write, with all as it was', async () => {
    const original = await readOriginal(file)
    await rm(folder, { recursive: true })
    const failure = await failureOf(replaceFile(original, Buffer.from('new'), now, ['by hand']))
    await mkdir(folder)
    expect(failure.failure).to.equal('failed')
    expect(failure.hint).to.deep.equal(['by hand'])
  })

  it('killed at any time, leaves the old content or the new, and what it left is swept up', async () => {
    const contents = ['a'.repeat(200_000), 'b'.repeat(200_000)]
    await writeFile(file, contents[0] ?? '')
    const script = join(folder, 'loop.ts')
    await writeFile(script, loop(file))
    for (let round = 0; round < 6; round++) {
      const child = fork(script, { execArgv: ['--disable-warning=ExperimentalWarning'] })
      await once(child, 'message')
      await sleep(round * 7)
      child.kill('SIGKILL')
      await once(child, 'exit')
      expect(contents).to.include(await readFile(file, 'utf8'))
    }
    await replace('end')
    expect((await readdir(folder)).filter((name) => name.startsWith('.'))).to.deep.equal([])
  })
})

const loop = (file: string): string => `
import { readOriginal, replaceFile } from ${JSON.stringify(new URL('../../../src/settings/writing/replace-file.ts', import.meta.url).pathname)}
for (let turn = 0; ; turn++) {
  await replaceFile(await readOriginal(${JSON.stringify(file)}), Buffer.from('ba'[turn % 2].repeat(200_000)), new Date(), [])
  process.send('written')
}
`

async function failureOf(work: Promise<unknown>): Promise<CtlError> {
  const outcome = await work.then(
    () => undefined,
    (error: unknown) => error,
  )
  if (outcome instanceof CtlError) return outcome
  throw new Error('no CtlError')
}
