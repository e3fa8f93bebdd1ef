import { readdirSync } from 'node:fs'
import { basename, dirname, join } from 'node:path'

import { didYouMean } from './near.ts'

/** The question whether a file beside the one that could not be read was meant; none where it is there, or none is near. */
export function nearFiles(file: string): string[] {
  const [folder, name] = [dirname(file), basename(file)]
  const names = namesIn(folder)
  if (names.includes(name)) return []
  return didYouMean(name, names, (near) => (folder === '.' && !file.startsWith('.') ? near : join(folder, near)))
}

function namesIn(folder: string): string[] {
  try {
    return readdirSync(folder)
  } catch {
    return []
  }
}

/** Of a file that was named: why it can't be read, as the end of a sentence. */
export function whyNoFile(error: unknown): string | undefined {
  const code = error instanceof Error && 'code' in error ? error.code : undefined
  if (code === 'ENOENT' || code === 'ENOTDIR') return 'there is no such file'
  if (code === 'EISDIR') return 'it is a folder'
  return code === 'EACCES' ? 'permission denied' : undefined
}
