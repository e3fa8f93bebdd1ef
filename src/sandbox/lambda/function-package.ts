import { createWriteStream, existsSync, mkdirSync, mkdtempSync, writeFileSync } from 'node:fs'
import { rename, rm } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { pipeline } from 'node:stream/promises'

import { listZip, streamEntry, type ZipLimits } from '../../zip-archive.ts'
import { privateFile, privateFolder } from '../contracts/private-folder.ts'

/** Lambda's quota for the unzipped package (developer guide, "Lambda quotas"). The number of files is our own limit. */
export const packageLimits: ZipLimits = { entries: 20_000, bytes: 262_144_000 }

/**
 * Reads a package to its end and keeps nothing of it. Resolves with the number of its files.
 *
 * @throws ZipError for one that is not to be unpacked; ZipSizeError for one that is too large
 */
export async function checkPackage(zip: Uint8Array): Promise<number> {
  const files = listZip(zip, packageLimits).filter(({ folder }) => !folder)
  for (const file of files) {
    const pieces = streamEntry(file)
    while ((await pieces.next()).done !== true);
  }
  return files.length
}

/**
 * Unpacks a package into a new folder, file by file, each in pieces.
 *
 * @throws what {@link checkPackage} throws, and what the file system throws; what is there then is to be removed
 */
async function unpackPackage(zip: Uint8Array, folder: string): Promise<void> {
  mkdirSync(folder, privateFolder)
  for (const entry of listZip(zip, packageLimits)) {
    const path = join(folder, entry.path)
    mkdirSync(entry.folder ? path : dirname(path), privateFolder)
    // On a file system that knows no capitals two names may be one file.
    if (!entry.folder) await pipeline(streamEntry(entry), createWriteStream(path, { flags: 'wx', ...privateFile }))
  }
}

/**
 * The folder that holds a package unpacked. Where it is not there yet it is made under another name and then takes its
 * place, so that it is whole whenever it is there.
 *
 * @param tasks - the folder of all packages
 * @param name - what names this package and no other, such as its hash
 * @throws what {@link unpackPackage} throws
 */
export async function unpackedPackage(tasks: string, name: string, zip: () => Uint8Array): Promise<string> {
  const target = join(tasks, name)
  if (existsSync(target)) return target
  mkdirSync(tasks, privateFolder)
  // Above /var/task there is no package.json; without this one, one above the state folder could decide what .js is.
  writeFileSync(join(tasks, 'package.json'), '{}', privateFile)
  const temporary = mkdtempSync(join(tasks, 'new-'))
  try {
    await unpackPackage(zip(), join(temporary, name))
    await rename(join(temporary, name), target).catch((error: unknown) => {
      // Somebody else was first.
      if (!existsSync(target)) throw error
    })
  } finally {
    await rm(temporary, { recursive: true, force: true })
  }
  return target
}
