import { createHash } from 'node:crypto'
import { promisify } from 'node:util'
import { deflate, gunzip } from 'node:zlib'

import { BadPackageError, type Digests, type PackageFacts, type PackageSource } from '../format.ts'
import { MetadataFinder } from './find-metadata.ts'
import { identityOf, packGem } from './kept-gem.ts'
import { readSpecification } from './specification.ts'

const firstRead = 16 * 1024
/** Lists of files are most of it. */
const largestMetadata = 16 * 1024 * 1024

/** Reads a gem: its metadata, which almost always comes first. See `Format.readPackage`. */
export async function readGem(source: PackageSource): Promise<PackageFacts> {
  const finder = new MetadataFinder()
  const digests = source.known.sha256 === undefined ? await readWhole(source, finder) : await readFront(source, finder)
  const { gzipped, bytes } = finder.end()
  const specification = readSpecification(await textOf(gzipped, bytes))
  const gemspec = await promisify(deflate)(specification.marshalled)
  return { digests, identity: identityOf(specification), facts: packGem(specification, gemspec) }
}

/** Goes on behind what is found, for the digest alone. */
async function readWhole(source: PackageSource, finder: MetadataFinder): Promise<Digests> {
  const hash = createHash('sha256')
  let read = 0
  for await (const chunk of source.stream()) {
    hash.update(chunk)
    read += chunk.length
    finder.push(chunk)
  }
  if (read !== source.size) throw new Error(`${read} bytes came, not ${source.size}`)
  return { ...source.known, sha256: hash.digest('hex') }
}

async function readFront(source: PackageSource, finder: MetadataFinder): Promise<Digests> {
  const { known, size } = source
  let at = 0
  for (let length = firstRead; at < size && finder.found === undefined;) {
    const bytes = await source.range(at, Math.min(size, at + length))
    if (bytes.length === 0) break
    finder.push(bytes)
    at += bytes.length
    const { skippable } = finder
    finder.skip(skippable)
    at += skippable
    length = Math.min(length * 4, 1024 * 1024)
  }
  return known
}

async function textOf(gzipped: boolean, bytes: Uint8Array): Promise<string> {
  if (!gzipped) return new TextDecoder().decode(bytes)
  try {
    return new TextDecoder().decode(await promisify(gunzip)(bytes, { maxOutputLength: largestMetadata }))
  } catch (error) {
    const isTooLarge = error instanceof RangeError
    throw new BadPackageError(
      isTooLarge ? `its metadata has more than ${largestMetadata} bytes` : 'its metadata is damaged',
    )
  }
}
