import { readdir, stat } from 'node:fs/promises'
import { basename, join, relative, sep } from 'node:path'

import { CtlError, messageOf } from '../../errors.ts'
import { verbatim } from '../../text.ts'
import { parseTarget } from '../cf/targets.ts'

/** A file, or `-` for standard input, and the key it gets. */
export interface FileToPut {
  readonly file: string
  readonly key: string
}

/** What is to be uploaded, and where to. */
export interface PutWords {
  readonly bucket: string
  readonly files: readonly FileToPut[]
  /** What lies below the folders and is no file: links, pipes, sockets. */
  readonly leftOut: readonly string[]
}

/** UTF-8 bytes. Source: Amazon S3 User Guide, "Naming Amazon S3 objects". */
const longestKey = 1024

/**
 * Reads `FILE… s3://BUCKET[/KEY|/PREFIX/]`: below a bucket or prefix files keep their names.
 *
 * @throws CtlError of kind `usage` for words that don't say which file goes where
 */
export function readPutWords(words: readonly string[]): PutWords {
  const destination = words.at(-1) ?? ''
  const files = words.slice(0, -1)
  const target = /^s3:\/\//i.test(destination) ? parseTarget(destination) : undefined
  if (target?.kind !== 'bucket') throw usage(`The last word must say where to: s3://BUCKET/KEY, not ${destination}.`)
  if (files.length === 0) throw usage('Nothing is named to upload.')
  const [first = '', ...more] = files
  const { bucket, key } = target
  if (key !== '' && !key.endsWith('/')) {
    if (more.length > 0) throw usage(`Several files need a prefix that ends in /: s3://${bucket}/${key}/`)
    return { bucket, files: checked(bucket, [{ file: first, key }]), leftOut: [] }
  }
  if (files.includes('-')) throw usage(`Standard input has no name, so name the whole key: s3://${bucket}/${key}NAME`)
  const named = files.map((file) => ({ file, key: key + basename(file) }))
  return { bucket, files: checked(bucket, named), leftOut: [] }
}

/**
 * As {@link readPutWords}, with folders in the place of files: all files below them keep their paths. A folder's own name
 * is part of these unless a slash ends it, as with s3cmd and rsync. Symbolic links and whatever
 * else is no file are left out, as s3cmd does.
 *
 * @throws CtlError of kind `usage` for words that don't say which file goes where, or name nothing to upload
 */
export async function readFolders(words: readonly string[]): Promise<PutWords> {
  const prefix = words.at(-1) ?? ''
  const { bucket, files } = readPutWords([...words.slice(0, -1), prefix.replace(/^(s3:\/\/[^/]*)$/i, '$1/')])
  const all: FileToPut[] = []
  const leftOut: string[] = []
  for (const { file, key } of files) {
    const isFolder = (await stat(file).catch(() => undefined))?.isDirectory() === true
    if (!isFolder) {
      all.push({ file, key })
      continue
    }
    if (!/\/$|^s3:\/\/[^/]*$/i.test(prefix)) throw usage(`A folder needs a prefix that ends in /: ${prefix}/`)
    const below = key.slice(0, key.length - basename(file).length)
    const start = /[/.]$/.test(file) ? below : `${below}${basename(file)}/`
    for (const { path, isFile } of await entriesBelow(file)) {
      if (isFile) all.push({ file: join(file, path), key: start + path.split(sep).join('/') })
      else leftOut.push(join(file, path))
    }
  }
  if (all.length === 0) throw usage('Nothing is there to upload.')
  return { bucket, files: checked(bucket, all), leftOut }
}

/** All but folders, by their path within the folder. */
async function entriesBelow(folder: string): Promise<{ path: string; isFile: boolean }[]> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true }).catch((cause: unknown) => {
    throw new CtlError('usage', `${folder} can't be read as a whole: ${messageOf(cause)}`, { cause })
  })
  return entries
    .filter((entry) => !entry.isDirectory())
    .map((entry) => ({ path: relative(folder, join(entry.parentPath, entry.name)), isFile: entry.isFile() }))
    .sort(({ path: one }, { path: other }) => (one < other ? -1 : 1))
}

/** Keys that S3 can have, each once. */
function checked(bucket: string, files: readonly FileToPut[]): readonly FileToPut[] {
  const seen = new Set<string>()
  for (const { key } of files) {
    if (seen.has(key)) throw usage(`Two files would become s3://${bucket}/${key}.`)
    seen.add(key)
    const length = Buffer.byteLength(key)
    if (length > longestKey) {
      throw usage(`A key can't be longer than ${longestKey} bytes, and this has ${length}: ${key.slice(0, 60)}…`)
    }
  }
  return files
}

const usage = (message: string): CtlError =>
  new CtlError('usage', message, { hint: verbatim('pc-ctl put FILE... s3://BUCKET[/KEY|/PREFIX/]') })
