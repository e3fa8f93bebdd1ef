import { readdir, stat } from 'node:fs/promises'
import { basename, join, relative, sep } from 'node:path'

import { CtlError } from '../ui/errors.ts'
import { verbatim } from '../ui/text.ts'
import { parseTarget } from './cf/targets.ts'

/** A file, or `-` for standard input, and the key it gets. */
export interface FileToPut {
  readonly file: string
  readonly key: string
}

/** What is to be uploaded, and where to. */
export interface PutWords {
  readonly bucket: string
  readonly files: readonly FileToPut[]
}

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
    return { bucket, files: [{ file: first, key }] }
  }
  if (files.includes('-')) throw usage(`Standard input has no name, so name the whole key: s3://${bucket}/${key}NAME`)
  const named = files.map((file) => ({ file, key: key + basename(file) }))
  return { bucket, files: withoutTwins(bucket, named) }
}

/**
 * As {@link readPutWords}, with folders in the place of files: all files below them keep their paths. A folder's own name
 * is part of these unless a slash ends it, as with s3cmd and rsync. Symbolic links are left out, as s3cmd does.
 *
 * @throws CtlError of kind `usage` for words that don't say which file goes where, or name nothing to upload
 */
export async function readFolders(words: readonly string[]): Promise<PutWords> {
  const prefix = words.at(-1) ?? ''
  const { bucket, files } = readPutWords([...words.slice(0, -1), prefix.replace(/^(s3:\/\/[^/]*)$/i, '$1/')])
  const all: FileToPut[] = []
  for (const { file, key } of files) {
    const isFolder = (await stat(file).catch(() => undefined))?.isDirectory() === true
    if (!isFolder) {
      all.push({ file, key })
      continue
    }
    if (!/\/$|^s3:\/\/[^/]*$/i.test(prefix)) throw usage(`A folder needs a prefix that ends in /: ${prefix}/`)
    const below = key.slice(0, key.length - basename(file).length)
    const start = /[/.]$/.test(file) ? below : `${below}${basename(file)}/`
    for (const path of await filesBelow(file))
      all.push({ file: join(file, path), key: start + path.split(sep).join('/') })
  }
  if (all.length === 0) throw usage('Nothing is there to upload.')
  return { bucket, files: withoutTwins(bucket, all) }
}

async function filesBelow(folder: string): Promise<string[]> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true })
  return entries
    .filter((entry) => entry.isFile())
    .map((entry) => relative(folder, join(entry.parentPath, entry.name)))
    .sort()
}

function withoutTwins(bucket: string, files: readonly FileToPut[]): readonly FileToPut[] {
  const seen = new Set<string>()
  for (const { key } of files) {
    if (seen.has(key)) throw usage(`Two files would become s3://${bucket}/${key}.`)
    seen.add(key)
  }
  return files
}

const usage = (message: string): CtlError =>
  new CtlError('usage', message, { hint: verbatim('pc-ctl put FILE... s3://BUCKET[/KEY|/PREFIX/]') })
