/** The image of the Dockerfile: what it runs, run in a root, and built where there is something that builds. */
import { spawnSync } from 'node:child_process'
import { copyFile, mkdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'

import { expect } from 'chai'

import { asRoot, asRootDo, copyOf } from './clean-root.ts'
import { instructionsOf } from './dockerfile.ts'
import { fileIn, type Made } from './made-packages.ts'

const dockerfile = join(import.meta.dirname, '../../Dockerfile')

/** What images have of their own (OCI image specification, config). */
interface Config {
  readonly User: string
  readonly Env: readonly string[]
  readonly Entrypoint: readonly string[]
  readonly Cmd: readonly string[]
  readonly WorkingDir: string
  readonly Labels: Readonly<Record<string, string>>
}

export function isAnImage(made: () => Made): void {
  it('is built from the Dockerfile by buildah, on a base of its name, and run', async function () {
    const isThere = spawnSync('env', [...asRoot, 'buildah', '--version']).status === 0
    if (!isThere) this.skip()
    const at = (name: string): string => join(made().folder, name)
    // Neither a daemon, nor a registry, nor more rights than chroot takes.
    const store = ['--storage-driver=vfs', `--root=${at('store')}`, `--runroot=${at('store-run')}`]
    const run = (command: string, ...args: string[]) => asRootDo('buildah', [...store, command, ...args])
    const base = instructionsOf(await readFile(dockerfile, 'utf8'))[0]?.argument ?? ''
    const container = (await run('from', 'scratch')).trim()
    await asRootDo('tar', [
      '--create',
      '--file',
      at('base.tar'),
      '--directory',
      made().debian.path,
      '--one-file-system',
      '.',
    ])
    await run('add', '--quiet', container, at('base.tar'), '/')
    await run('commit', '--quiet', container, `docker.io/library/${base}`)
    const context = at('context')
    await mkdir(join(context, 'build/packages'), { recursive: true })
    for (const file of ['Dockerfile', '.dockerignore'])
      await copyFile(join(dockerfile, '..', file), join(context, file))
    for (const deb of ['_amd64.deb', '_arm64.deb'] as const)
      await asRootDo('cp', [await fileIn(made().here, deb), join(context, 'build/packages')])
    const how = ['--isolation=chroot', '--pull-never', '--build-arg=TARGETARCH=amd64', '--tag=localhost/pc-ctl']
    await run('build', ...how, context)
    const { OCIv1 } = JSON.parse(await run('inspect', '--type=image', 'localhost/pc-ctl')) as {
      OCIv1: { config: Config }
    }
    const { Entrypoint, Cmd, User, WorkingDir, Labels } = OCIv1.config
    expect([Entrypoint, Cmd, User, WorkingDir]).to.deep.equal([['pc-ctl'], ['--help'], '10001:10001', '/home/pc-ctl'])
    expect(Labels).to.include({ 'org.opencontainers.image.source': 'https://github.com/pc-ctl/pc-ctl' })
    const started = (await run('from', '--pull-never', 'localhost/pc-ctl')).trim()
    const inside = (...args: string[]) => run('run', '--isolation=chroot', started, '--', ...args)
    expect(await inside('pc-ctl', '--version')).to.match(/^pc-ctl\/\S+ linux-x64/)
    expect(await inside('sh', '-c', 'touch state && id -un && pwd && ls -d /packages || echo none')).to.equal(
      'pc-ctl\n/home/pc-ctl\nnone\n',
    )
    await run('rm', '--all')
  })

  it('goes into an image by the commands of the Dockerfile, where its user runs it', async () => {
    const instructions = instructionsOf(await readFile(dockerfile, 'utf8'))
    const argumentOf = (wanted: string): string =>
      instructions.findLast(({ keyword }) => keyword === wanted)?.argument ?? ''
    const image = await copyOf(made().debian, join(made().folder, 'image'))
    // Both, as the folder has them that is mounted there.
    for (const deb of ['_amd64.deb', '_arm64.deb'] as const) {
      const file = await fileIn(made().here, deb)
      await asRootDo('install', ['-D', '--target-directory', join(image.path, 'packages'), file])
    }
    await image.run(['sh', '-c', argumentOf('RUN')], { env: { TARGETARCH: 'amd64' } })
    const [user = '', group = ''] = argumentOf('USER').split(':')
    const [name = '', home = ''] = argumentOf('ENV').split('=')
    const entry = JSON.parse(argumentOf('ENTRYPOINT')) as string[]
    const asUser = ['setpriv', '--reuid', user, '--regid', group, '--clear-groups']
    const inHome = ['env', `--chdir=${argumentOf('WORKDIR')}`, `${name}=${home}`]
    const run = (...args: string[]): Promise<string> => image.run([...asUser, ...inHome, ...entry, ...args])
    expect(await run('--version')).to.match(/^pc-ctl\/\S+ linux-x64/)
    expect(await run(...(JSON.parse(argumentOf('CMD')) as string[]))).to.include('USAGE')
    expect(await image.run([...asUser, ...inHome, 'sh', '-c', 'touch state && id -un && pwd'])).to.equal(
      `pc-ctl\n${home}\n`,
    )
    expect(await image.run(['ls', '/var/lib/apt/lists'])).to.equal('')
  })
}
