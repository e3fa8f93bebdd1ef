/** What the Dockerfile runs, run in a root: docker itself is not everywhere. */
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'

import { expect } from 'chai'

import { asRootDo, copyOf } from './clean-root.ts'
import { instructionsOf } from './dockerfile.ts'
import { fileIn, type Made } from './made-packages.ts'

export function isAnImage(made: () => Made): void {
  it('goes into an image by the commands of the Dockerfile, where its user runs it', async () => {
    const instructions = instructionsOf(await readFile(join(import.meta.dirname, '../../Dockerfile'), 'utf8'))
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
