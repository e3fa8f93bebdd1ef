/** Packages in a folder, as the engine sees those in a bucket; nothing of them is held in memory. */
import { createHash } from 'node:crypto'
import { createReadStream } from 'node:fs'
import { open, readdir, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { pipeline } from 'node:stream/promises'

import { corpusFolder, makeCorpus, usualCorpus } from '../../scripts/make-corpus.ts'
import type { Digests, Format, IndexedPackage, PackageSource, StoredObject } from '../../src/repositories/format.ts'
import { messageOf } from '../../src/errors.ts'

/** Makes the corpus, or tells why that can't be done on this machine. Returns the folder of one kind of packages. */
export async function corpus(kind: 'deb' | 'rpm'): Promise<string | undefined> {
  try {
    await makeCorpus(corpusFolder, usualCorpus)
    return join(corpusFolder, kind)
  } catch (error) {
    console.error(`\n      no corpus of packages can be made here: ${messageOf(error).slice(0, 300)}`)
    return undefined
  }
}

export interface FileObject extends StoredObject {
  readonly path: string
  readonly sha256: string
}

/** The packages of a folder, in the order of a listing, with the MD5 as the ETag. */
export async function filesOf(folder: string, ending: string): Promise<FileObject[]> {
  const names = (await readdir(folder)).filter((name) => name.endsWith(ending))
  names.sort((one, other) => Buffer.compare(Buffer.from(one), Buffer.from(other)))
  return Promise.all(
    names.map(async (key): Promise<FileObject> => {
      const path = join(folder, key)
      const { size, mtimeMs } = await stat(path)
      const [md5, sha256] = [createHash('md5'), createHash('sha256')]
      await pipeline(createReadStream(path), async function* (chunks) {
        for await (const chunk of chunks as AsyncIterable<Buffer>) {
          md5.update(chunk)
          sha256.update(chunk)
        }
        yield* []
      })
      return { key, path, size, modified: mtimeMs, etag: md5.digest('hex'), sha256: sha256.digest('hex') }
    }),
  )
}

/** How a format reads a file, with what is known of it; notes how much was read. */
function fileSource(file: FileObject, known: Digests): PackageSource & { bytes: number } {
  const source = {
    ...file,
    known,
    bytes: 0,
    range: async (start: number, end: number): Promise<Uint8Array> => {
      const handle = await open(file.path)
      try {
        const { buffer, bytesRead } = await handle.read(Buffer.alloc(end - start), 0, end - start, start)
        source.bytes += bytesRead
        return buffer.subarray(0, bytesRead)
      } finally {
        await handle.close()
      }
    },
    stream: async function* (): AsyncGenerator<Uint8Array> {
      for await (const chunk of createReadStream(file.path) as AsyncIterable<Buffer>) {
        source.bytes += chunk.length
        yield chunk
      }
    },
  }
  return source
}

/** Reads all packages by ranges, their digests known, or in one pass each. Returns also how many bytes that took. */
export async function readAll(
  format: Format,
  files: readonly FileObject[],
  isKnown: boolean,
): Promise<{ packages: IndexedPackage[]; bytes: number }> {
  const packages: IndexedPackage[] = []
  let bytes = 0
  for (const file of files) {
    const { key, size, etag, modified, sha256 } = file
    const source = fileSource(file, isKnown ? { md5: etag, sha256 } : {})
    const facts = await format.readPackage(source)
    bytes += source.bytes
    packages.push({ key, size, etag, modified, ...facts })
  }
  return { packages, bytes }
}
