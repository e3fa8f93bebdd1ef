import { execFile, fork, spawnSync } from 'node:child_process'
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
import { promisify } from 'node:util'

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
    (await replaceFile(await readOriginal(at), Buffer.from(text), now, ['by hand'])).backup

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

  it('keeps a file that its owner may only read', async () => {
    await chmod(file, 0o440)
    const backup = await replace('new\n')
    for (const each of [file, backup]) expect((await stat(each)).mode & 0o7777).to.equal(0o440)
    expect(await readFile(file, 'utf8')).to.equal('new\n')
  })

  it('keeps access lists, labels and other extended attributes, of the backup too', async function () {
    const set = python(setAttributes, file)
    if (set.status !== 0) this.skip()
    const before = python(showAttributes, file).stdout
    expect(before).to.contain('user.test')
    const { kept, backup } = await replaceFile(await readOriginal(file), Buffer.from('new\n'), now, [])
    expect(kept).to.equal('all')
    for (const each of [file, backup]) expect(python(showAttributes, each).stdout).to.equal(before)
    expect(await readFile(file, 'utf8')).to.equal('new\n')
  })

  it('without a cp keeps owner and mode, and knows that there may be more', async () => {
    await chmod(file, 0o640)
    const { PATH } = process.env
    process.env['PATH'] = folder
    try {
      const { kept, backup } = await replaceFile(await readOriginal(file), Buffer.from('new\n'), now, [])
      expect(kept).to.equal('maybe not all')
      for (const each of [file, backup]) expect((await stat(each)).mode & 0o7777).to.equal(0o640)
    } finally {
      process.env['PATH'] = PATH
    }
  })

  it('refuses while another pc-ctl writes it, which may be dead or another process by now', async () => {
    const other = join(folder, `.packagecloud.rb.pc-ctl-${process.ppid}-0123abcd`)
    await writeFile(other, '')
    const failure = await failureOf(replace('ours'))
    expect(failure).to.include({ failure: 'refused', code: 'Outdated' })
    expect(failure.message).to.include(`process ${process.ppid}`)
    expect([await readFile(file, 'utf8'), (await readdir(folder)).sort()]).to.deep.equal([
      'old\n',
      [basename(other), 'packagecloud.rb'],
    ])
  })

  it('of many at once lets none undo what another has written', async () => {
    const script = join(folder, 'append.ts')
    await writeFile(script, append(file))
    const run = promisify(execFile)
    const outcomes = await Promise.allSettled(
      ['1', '2', '3', '4'].map((word) => run(process.execPath, [script, word], { timeout: 60_000 })),
    )
    const written = outcomes.flatMap((outcome) => (outcome.status === 'fulfilled' ? [outcome.value.stdout] : []))
    expect(written).to.have.length(4)
    const lines = (await readFile(file, 'utf8')).split('\n').slice(1, -1)
    expect(lines.sort()).to.deep.equal(written.join('').split('\n').slice(0, -1).sort())
    expect((await readdir(folder)).filter((name) => name.endsWith('.bak'))).to.have.length(lines.length)
  }).timeout(60_000)

  /** Tries it where a file system says no, in a mount namespace of its own; `F` is the file, `D` its folder. */
  async function expectRefusal(test: Mocha.Context, prepare: string, code: string, message: RegExp): Promise<void> {
    const script = join(tmpdir(), `pc-ctl-once-${basename(folder)}.ts`)
    await writeFile(script, tryOnce)
    const env = { PATH: process.env['PATH'], D: folder, F: file, N: process.execPath, S: script }
    const within = (what: string) => spawnSync('unshare', ['-m', 'sh', '-c', what], { env, encoding: 'utf8' })
    const ready = within(prepare)
    const ran = within(`${prepare} && { "$N" "$S" "$F"; ls -A "$D"; }`)
    await rm(script)
    if (ready.status !== 0) test.skip()
    const [told = '', ...left] = ran.stdout.trimEnd().split('\n')
    expect(JSON.parse(told), ran.stderr).to.include({ failure: 'failed', code })
    expect(told).to.match(message)
    expect(told).to.contain('is as it was').and.contain('by hand')
    expect(left.filter((name) => name !== 'lost+found')).to.deep.equal(['packagecloud.rb'])
  }

  it('says that a file system is read-only', async function () {
    await expectRefusal(this, 'mount --bind "$D" "$D" && mount -o remount,ro,bind "$D"', 'EROFS', /read-only/)
  })

  it('says that a file is mounted by itself', async function () {
    await expectRefusal(this, 'mount --bind "$F" "$F"', 'EBUSY', /mounted by itself/)
  })

  it('says that a file system is full', async function () {
    const prepare = 'mount -t tmpfs -o size=8k tmpfs "$D" && head -c 4096 /dev/zero > "$F"'
    await expectRefusal(this, prepare, 'ENOSPC', /no space is left/)
  })

  it('says so too where no file can be added', async function () {
    await expectRefusal(this, 'mount -t tmpfs -o nr_inodes=2 tmpfs "$D" && : > "$F"', 'ENOSPC', /no space is left/)
  })

  it('says that a file is immutable', async function () {
    const image = 'truncate -s 1M "$D/image" && mke2fs -q "$D/image" && mount -o loop "$D/image" "$D"'
    await expectRefusal(this, `${image} && : > "$F" && chattr +i "$F"`, 'EPERM', /protected from changes/)
  })

  it('fails in a folder where this user may not write, and where the owner would change', async function () {
    if (!isRoot) this.skip()
    const script = join(folder, 'once.ts')
    await writeFile(script, tryOnce)
    const nobody = { uid: 65_534, gid: 65_534, encoding: 'utf8' } as const
    // Where root's home holds this Node, nobody else can start it.
    if (spawnSync(process.execPath, ['--version'], nobody).error !== undefined) this.skip()
    const asNobody = (): CtlError => {
      const flags = ['--disable-warning=ExperimentalWarning']
      const { stdout, stderr } = spawnSync(process.execPath, [...flags, script, file], nobody)
      expect(stderr).to.equal('')
      return JSON.parse(stdout) as CtlError
    }
    await chmod(file, 0o644)
    await chmod(folder, 0o755)
    const closed = asNobody()
    expect(closed).to.include({ failure: 'failed', code: 'EACCES' })
    expect(closed.hint).to.deep.equal(['Run pc-ctl as root.', 'by hand'])
    await chmod(folder, 0o777)
    const foreign = asNobody()
    expect(foreign).to.include({ failure: 'failed', code: 'EPERM' })
    expect(foreign.message).to.match(/owner or group \(0:0\) would change/)
    expect(await readFile(file, 'utf8')).to.equal('old\n')
    expect((await readdir(folder)).sort()).to.deep.equal(['once.ts', 'packagecloud.rb'])
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

const source = JSON.stringify(new URL('../../../src/settings/writing/replace-file.ts', import.meta.url).pathname)

/** Tries once, and tells how that ended. */
const tryOnce = `
import { readOriginal, replaceFile } from ${source}
const [file] = process.argv.slice(2)
try {
  await replaceFile(await readOriginal(file), Buffer.from('new'.repeat(4000)), new Date(), ['by hand'])
  console.log('{}')
} catch (error) {
  console.log(JSON.stringify({ message: error.message, failure: error.failure, code: error.code, hint: error.hint }))
}
`

/** Adds lines of its own, and prints those that it was let. */
const append = (file: string): string => `
import { readOriginal, replaceFile } from ${source}
const [word] = process.argv.slice(2)
for (let turn = 0; turn < 5; turn++) {
  try {
    const original = await readOriginal(${JSON.stringify(file)})
    await replaceFile(original, Buffer.concat([original.content, Buffer.from(word + turn + '\\n')]), new Date(), [])
    console.log(word + turn)
  } catch (error) {
    if (error.code !== 'Outdated') throw error
  }
}
`

const python = (script: string, file: string) => spawnSync('python3', ['-c', script, file], { encoding: 'utf8' })

/** An access list that lets one more user read, and what else the file system takes. */
const setAttributes = `
import os, struct, sys
entry = lambda tag, may, who=0xffffffff: struct.pack('<HHI', tag, may, who)
acl = struct.pack('<I', 2) + entry(1, 6) + entry(2, 4, 1234) + entry(4, 4) + entry(16, 4) + entry(32, 0)
os.setxattr(sys.argv[1], 'user.test', b'mine')
os.setxattr(sys.argv[1], 'system.posix_acl_access', acl)
if os.getuid() == 0: os.setxattr(sys.argv[1], 'security.selinux', b'system_u:object_r:etc_t:s0')
`
const showAttributes = `
import os, sys
print(sorted((name, os.getxattr(sys.argv[1], name)) for name in os.listxattr(sys.argv[1])))
`

const loop = (file: string): string => `
import { readOriginal, replaceFile } from ${source}
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
