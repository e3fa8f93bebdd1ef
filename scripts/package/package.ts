/**
 * Makes packages with Node inside, of what has been built: for each processor a .tar.gz, a .deb and an .rpm, a list of what
 * is in them, and their checksums.
 *
 *     npm run package -- [--arch x64|arm64]... [--out FOLDER] [--revision N] [--signing-key FILE]
 *
 * The same sources give the same bytes, wherever, whenever and by whomever they are made. With a key, the checksums get a
 * signature, and so do the rpms, and these are never the same twice; a passphrase is taken from PC_CTL_SIGNING_PASSPHRASE.
 */
import { createHash } from 'node:crypto'
import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises'
import { join, resolve } from 'node:path'
import { parseArgs } from 'node:util'

import { sourceDate } from '../source-date.ts'
import { gzip } from './compress.ts'
import type { Arch, Contents } from './contents.ts'
import { deb, debName, tar } from './deb.ts'
import { nodeBinary } from './node-binary.ts'
import { openKey } from './release-key.ts'
import { rpm, rpmName } from './rpm.ts'
import { sbom } from './sbom.ts'
import { archiveItems, debItems, productOf, rpmItems } from './tree.ts'

const root = join(import.meta.dirname, '../..')
const architectures: readonly Arch[] = ['x64', 'arm64']

const more = `Signed URLs are checked at the edge by a Lambda@Edge function, packages are
cached for long, repository metadata never. Node.js is inside.`

const { values } = parseArgs({
  options: {
    arch: { type: 'string', multiple: true },
    out: { type: 'string', default: join(root, 'build/packages') },
    revision: { type: 'string', default: '1' },
    'signing-key': { type: 'string' },
  },
})

const out = resolve(values.out)
const key = values['signing-key'] === undefined ? undefined : await openKey(values['signing-key'])
await mkdir(out, { recursive: true })
for (const name of values.arch ?? architectures) await make(archOf(name))
await sum()

async function make(arch: Arch): Promise<void> {
  const time = sourceDate()
  const node = await nodeBinary(arch)
  const list = await sbom(node, time)
  const product = await productOf(node, list)
  const about: Contents = { ...(await aboutOf(arch, time)), bulk: node.binary }
  const stem = `pc-ctl-${about.version}`
  const [archive, debian, redHat] = await Promise.all([
    tar(archiveItems(product), time, `${stem}/`).then((bytes) => gzip(bytes, node.binary)),
    debItems(product).then((items) => deb({ ...about, items })),
    rpmItems(product).then((items) => rpm({ ...about, items }, key?.packet)),
  ])
  await write(`${stem}-linux-${arch}.tar.gz`, archive)
  await write(debName(about), debian)
  await write(rpmName(about), redHat)
  await write(`${stem}-linux-${arch}.cdx.json`, list)
}

async function write(name: string, content: Uint8Array | string): Promise<void> {
  await writeFile(join(out, name), content)
  console.log(join(out, name))
}

async function aboutOf(arch: Arch, time: number): Promise<Contents> {
  const manifest = JSON.parse(await readFile(join(root, 'package.json'), 'utf8')) as Record<
    'version' | 'description' | 'homepage' | 'license' | 'author',
    string
  >
  const { version, description, homepage, license, author } = manifest
  return {
    name: 'pc-ctl',
    version,
    revision: Number(values.revision),
    arch,
    // Neither a sentence nor an article first, as both worlds ask.
    summary: 'CloudFront in front of S3-hosted package repositories',
    description: `${description}.\n\n${more}`,
    homepage,
    maintainer: author,
    license: `${license} AND MIT`,
    time,
    items: [],
  }
}

/** Writes SHA256SUMS of all that is in the folder, as sha256sum does, and its signature. */
async function sum(): Promise<void> {
  const names = (await readdir(out)).filter((name) => !name.startsWith('SHA256SUMS')).sort()
  const lines = names.map(async (name) => {
    const digest = createHash('sha256').update(await readFile(join(out, name)))
    return `${digest.digest('hex')}  ${name}\n`
  })
  const text = (await Promise.all(lines)).join('')
  await write('SHA256SUMS', text)
  if (key !== undefined) await write('SHA256SUMS.asc', await key.armored(Buffer.from(text)))
}

function archOf(name: string): Arch {
  const arch = architectures.find((one) => one === name)
  if (arch === undefined) throw new RangeError(`--arch is one of ${architectures.join(', ')}, not ${name}.`)
  return arch
}
