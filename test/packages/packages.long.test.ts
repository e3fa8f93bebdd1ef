/** What `npm run package` makes: made twice, looked into, installed, used, published and removed. */
import { spawnSync } from 'node:child_process'
import { mkdtemp } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

import { signingKey } from '../e2e/reindex-clients.ts'
import { asRoot, cleanDebian, removeAll } from './clean-root.ts'
import { keyFile, type Made, makeElsewhere, makeHere } from './made-packages.ts'
import { isAtHomeOnDebian } from './on-debian.ts'
import { areServedByThemselves } from './published.ts'
import { isAnImage } from './the-image.ts'
import { areTheSameBytes } from './the-same-bytes.ts'
import { isWalkedThrough } from './walked.ts'
import { holdWhatIsNeeded } from './what-they-hold.ts'

const programs: readonly (readonly string[])[] = [
  ...['mmdebstrap', 'dnf'].map((name) => [...asRoot, name]),
  ...['rpm', 'dpkg-deb', 'gpgv', 'readelf', 'cpio', 'qemu-aarch64-static'].map((name) => [name]),
]
const runs = ([program = '', ...words]: readonly string[]): boolean =>
  spawnSync(program, [...words, '--version']).status === 0

describe('npm run package', function () {
  this.timeout(900_000)
  let made: Made | undefined
  let folder: string | undefined
  before(async function () {
    if (!programs.every(runs)) this.skip()
    folder = await mkdtemp(join(tmpdir(), 'pc-ctl-packages-'))
    const at = (name: string): string => join(folder ?? '', name)
    const key = await signingKey()
    const file = await keyFile(at(''), key.secret)
    const [debian] = await Promise.all([cleanDebian(at('debian')), makeHere(at('here'))])
    const elsewhere = makeElsewhere(at('sources/of another'), at('elsewhere'), file).then(() => at('elsewhere'))
    // Whoever waits for it hears of it.
    elsewhere.catch(() => undefined)
    made = { folder, debian, key, keyFile: file, here: at('here'), elsewhere }
  })
  after(async () => {
    await made?.elsewhere.catch(() => undefined)
    if (folder !== undefined) await removeAll(folder)
  })

  const current = (): Made => {
    if (made === undefined) throw new Error('There are no packages yet.')
    return made
  }
  isAtHomeOnDebian(current)
  isWalkedThrough(current)
  isAnImage(current)
  areTheSameBytes(current)
  holdWhatIsNeeded(current)
  areServedByThemselves(current)
})
