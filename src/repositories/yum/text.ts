import { isUtf8 } from 'node:buffer'

/** Decodes bytes as UTF-8 or, where they are not UTF-8, as Latin-1: old packages declare no encoding. */
export function textOf(bytes: Buffer, start: number, end: number): string {
  const text = bytes.toString('utf8', start, end)
  return text.includes('\u{fffd}') && !isUtf8(bytes.subarray(start, end)) ? bytes.toString('latin1', start, end) : text
}
