import { createHash } from 'node:crypto'
import { BadPackageError, type PackageFacts, type PackageSource } from '../format.ts'
import { identityOf, packRpm } from './kept-rpm.ts'
import { factsOf, readRpm, type RpmFacts } from './package-facts.ts'
import { firstRead, headersAtMost, headersIn, type RpmHeaders } from './rpm-file.ts'
import { charactersLeftOut } from '../xml.ts'

/**
 * Reads one rpm: its headers alone where its SHA-256 is known, else all of it, once.
 *
 * @throws BadPackageError if it is no whole rpm; Error where fewer or more bytes come than the listing said
 */
export async function readPackage(source: PackageSource): Promise<PackageFacts> {
  if (source.known.sha256 === undefined) return readWhole(source)
  const read = (start: number, length: number): Promise<Uint8Array> => source.range(start, start + length)
  return told(await readRpm(read, source.size), source.size, source.known)
}

async function readWhole(source: PackageSource): Promise<PackageFacts> {
  const limit = Math.min(source.size, headersAtMost)
  const hash = createHash('sha256')
  let head: Buffer[] = []
  let held = 0
  let needed = Math.min(limit, firstRead)
  let headers: RpmHeaders | undefined
  let size = 0
  for await (const chunk of source.stream()) {
    hash.update(chunk)
    size += chunk.length
    if (headers !== undefined) continue
    head.push(Buffer.from(chunk))
    held += chunk.length
    while (headers === undefined && held >= needed) {
      head = [Buffer.concat(head)]
      const found = headersIn(head[0] ?? Buffer.alloc(0), limit)
      if (typeof found === 'number') needed = found
      else headers = found
    }
  }
  if (size !== source.size) throw new Error(`${size} bytes came, not ${source.size}`)
  // Of what is too short nothing has been looked at.
  headers ??= wholeHeaders(Buffer.concat(head), limit)
  return told(factsOf(headers, size), size, { ...source.known, sha256: hash.digest('hex') })
}

function wholeHeaders(bytes: Buffer, limit: number): RpmHeaders {
  const found = headersIn(bytes, limit)
  if (typeof found !== 'number') return found
  throw new BadPackageError(`the file ends at byte ${bytes.length}, inside the rpm's headers`)
}

function told(facts: RpmFacts, size: number, digests: PackageFacts['digests']): PackageFacts {
  const identity = identityOf(facts)
  const before = charactersLeftOut()
  const packed = packRpm(facts, size)
  return { digests, identity, facts: packed, ...(charactersLeftOut() === before ? {} : { note: stripped }) }
}

const stripped =
  'holds control characters in what the index says of it: XML can not hold them, so they are left out there'
