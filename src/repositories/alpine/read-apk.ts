import { createHash } from 'node:crypto'

import { BadPackageError, type IndexedPackage, type PackageFacts, type PackageSource } from '../format.ts'
import { type Entry, entryOf, isEntry } from './entry.ts'
import { BadSegment, type Segment, segmentAt } from './segments.ts'

const firstRead = 16 * 1024
/** Packed: signatures, .PKGINFO and scripts are a thousandth of it. */
const mostRead = 4 * 1024 * 1024
const mostUnpacked = 16 * 1024 * 1024
const mostSignatures = 16

/** Reads a package by its front, which is all that an index tells of. See `Format.readPackage`. */
export async function readApk(source: PackageSource): Promise<PackageFacts> {
  const most = Math.min(source.size, mostRead)
  let front = new Uint8Array()
  for (let length = firstRead; ; length *= 4) {
    const more = await source.range(front.length, Math.min(most, length))
    front = Buffer.concat([front, more])
    const control = controlIn(front)
    if (control !== undefined) {
      const entry = factsOf(control)
      return { digests: source.known, identity: identityOf(entry), facts: Buffer.from(JSON.stringify([...entry])) }
    }
    if (front.length >= most || more.length === 0) {
      const isCut = front.length < mostRead
      throw new BadPackageError(isCut ? 'it is cut off' : `its first ${mostRead} bytes do not tell what it is`)
    }
  }
}

const identityOf = (entry: Entry): string => ['P', 'V', 'A'].map((field) => entry.get(field) ?? '').join(' ')

/** See `Format.identityIn`. */
export function identityIn(facts: Uint8Array): string | undefined {
  const told: unknown = JSON.parse(Buffer.from(facts).toString())
  return isEntry(told) ? identityOf(new Map(told)) : undefined
}

export const unpackApk = ({ facts }: Pick<IndexedPackage, 'facts'>): Entry =>
  new Map(JSON.parse(Buffer.from(facts).toString()) as [string, string][])

/** The stream behind the signatures; undefined where it is not all there. */
function controlIn(front: Uint8Array): Segment | undefined {
  if (Buffer.from(front.subarray(0, 3)).toString() === 'ADB')
    throw new BadPackageError("it is of apk's third version, which this kind of index can't list")
  try {
    let at = 0
    for (let count = 0; count <= mostSignatures; count++) {
      const segment = segmentAt(front, at, mostUnpacked)
      if (segment === undefined) return undefined
      const isSignature = segment.files.length > 0 && segment.files.every(({ name }) => name.startsWith('.SIGN.'))
      if (!isSignature) return segment
      at += segment.packed.length
    }
  } catch (error) {
    if (error instanceof BadSegment) throw new BadPackageError(`no package of apk: ${error.message}`)
    throw error
  }
  throw new BadPackageError(`it has more than ${mostSignatures} signatures`)
}

function factsOf({ packed, files }: Segment): Entry {
  const info = files.find(({ name }) => name === '.PKGINFO')
  if (info === undefined) throw new BadPackageError('it has no .PKGINFO behind its signatures')
  const sha1 = createHash('sha1').update(packed).digest('base64')
  return entryOf(Buffer.from(info.body).toString('latin1'), `Q1${sha1}`)
}
