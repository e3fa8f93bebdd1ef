import { createHash } from 'node:crypto'

import { BadPackageError, type Digests, type PackageFacts, type PackageSource } from '../format.ts'
import { type CoreMetadata, isCoreMetadata, readCoreMetadata } from './core-metadata.ts'
import { isMetadata, packPackage, unpackPackage } from './kept-package.ts'
import { isWheel, normalized } from './names.ts'
import { PkgInfoFinder } from './pkg-info.ts'
import { fileInZip, type ReadRange, tailLength } from './zip-tail.ts'

/** See `Format.readPackage`. */
export async function readPackage(source: PackageSource): Promise<PackageFacts> {
  const file = fileIn(source.key)
  const { digests, said, metadata } = await read(source, file)
  return { digests, identity: identityOf(file, said), facts: packPackage(said, metadata) }
}

const fileIn = (key: string): string => key.slice(key.lastIndexOf('/') + 1)

const identityOf = (file: string, said: CoreMetadata | undefined): string =>
  said === undefined ? file : `${normalized(said.name)} ${said.version} ${file}`

const isPackedSource = (file: string): boolean => /\.(?:tar\.gz|tgz)$/.test(file)
const isZipped = (file: string): boolean => isWheel(file) || file.endsWith('.zip')

/** See `Format.identityIn`. */
export function identityIn(key: string, facts: Uint8Array): string | undefined {
  const file = fileIn(key)
  const { name, version, requiresPython, metadata, ...others } = unpackPackage({ facts })
  const isAll = Object.keys(others).length === 0 && isMetadata(facts, isWheel(file), metadata)
  if (!isAll) return undefined
  if (!isPackedSource(file) && !isZipped(file)) {
    return [name, version, requiresPython].every((text) => text === undefined) ? identityOf(file, undefined) : undefined
  }
  const said: unknown = { name, version, ...(requiresPython === undefined ? {} : { requiresPython }) }
  return isCoreMetadata(said) ? identityOf(file, said) : undefined
}

interface Read {
  readonly digests: Digests
  readonly said?: CoreMetadata
  readonly metadata?: Uint8Array
}

async function read(source: PackageSource, file: string): Promise<Read> {
  if (isPackedSource(file)) return readSdist(source)
  const isZip = isZipped(file)
  const { digests, range } = await hashed(source, isZip)
  if (!isZip) return { digests }
  if (!isWheel(file)) {
    const info = await fileInZip(range, source.size, infoIn)
    return { digests, said: readCoreMetadata(info, 'PKG-INFO') }
  }
  const metadata = await fileInZip(range, source.size, metadataIn)
  return { digests, said: readCoreMetadata(metadata, 'METADATA'), metadata }
}

/** A wheel has one folder of metadata; with two, installers would disagree about which it is. */
function metadataIn(names: readonly string[]): string {
  const folders = new Set(names.flatMap((name) => /^([^/]+\.dist-info)\//.exec(name)?.[1] ?? []))
  const [folder] = folders
  if (folder === undefined) throw new BadPackageError('it has no folder .dist-info')
  if (folders.size > 1) throw new BadPackageError('it has several folders .dist-info')
  return `${folder}/METADATA`
}

function infoIn(names: readonly string[]): string {
  const found = names.filter((name) => /^[^/]+\/PKG-INFO$/.test(name))
  if (found[0] === undefined) throw new BadPackageError('it has no PKG-INFO')
  if (found.length > 1) throw new BadPackageError('it has several PKG-INFO')
  return found[0]
}

/** What is held of a package, so that it is not asked for twice. */
const heldWhole = 1024 * 1024

/** Hashes a package where that is to be done, and holds its end. */
async function hashed(source: PackageSource, isLookedInto: boolean): Promise<{ digests: Digests; range: ReadRange }> {
  const { known, size } = source
  if (known.sha256 !== undefined) return { digests: known, range: (start, end) => source.range(start, end) }
  const hash = createHash('sha256')
  const held = isLookedInto ? (size <= heldWhole ? size : 2 * tailLength) : 0
  const parts: Buffer[] = []
  let at = 0
  for await (const chunk of source.stream()) {
    hash.update(chunk)
    at += chunk.length
    // Of what lasts until the next piece only.
    if (at > size - held && at <= size) parts.push(Buffer.from(chunk))
  }
  if (at !== size) throw new Error(`${at} bytes came, not ${size}`)
  const tail = Buffer.concat(parts)
  const from = size - tail.length
  const range: ReadRange = async (start, end) =>
    start >= from ? tail.subarray(start - from, end - from) : source.range(start, end)
  return { digests: { ...known, sha256: hash.digest('hex') }, range }
}

/** Goes on behind what is found for the digest alone, if that is not known. */
async function readSdist(source: PackageSource): Promise<Read> {
  const { known, size } = source
  const hash = known.sha256 === undefined ? createHash('sha256') : undefined
  const finder = new PkgInfoFinder()
  let at = 0
  for await (const chunk of source.stream()) {
    hash?.update(chunk)
    at += chunk.length
    await finder.push(chunk)
    if (hash === undefined && finder.isDone) break
  }
  if (hash !== undefined && at !== size) throw new Error(`${at} bytes came, not ${size}`)
  const info = await finder.end()
  const digests = hash === undefined ? known : { ...known, sha256: hash.digest('hex') }
  return { digests, said: readCoreMetadata(info, 'PKG-INFO') }
}
