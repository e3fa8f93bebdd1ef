/** Headers of POSIX ustar archives, a block of 512 bytes each. */

export const isBlank = (bytes: Uint8Array): boolean => bytes.every((byte) => byte === 0)

/** Without its prefix, which only long names have. */
export const nameIn = (header: Uint8Array): string => textAt(header, 0, 100)

/** `0` and, before POSIX, NUL. */
export const isRegular = (header: Uint8Array): boolean => header[156] === 0x30 || header[156] === 0

/** Octal digits in 12 bytes; undefined for anything else. The base-256 form is for files of 8 GiB and more. */
export function sizeIn(header: Uint8Array): number | undefined {
  const digits = /^ *([0-7]+)$/.exec(textAt(header, 124, 12).trimEnd())?.[1]
  return digits === undefined ? undefined : Number.parseInt(digits, 8)
}

/** The sum of all bytes of the header, its own eight counted as blanks. */
export function checksumHolds(header: Uint8Array): boolean {
  const wanted = Number.parseInt(textAt(header, 148, 8).trim(), 8)
  let sum = 8 * 0x20
  for (let i = 0; i < 512; i++) if (i < 148 || i >= 156) sum += header[i] ?? 0
  return sum === wanted
}

/** Up to the first NUL. */
export function textAt(header: Uint8Array, start: number, length: number): string {
  const text = Buffer.from(header.buffer, header.byteOffset + start, length).toString('latin1')
  const end = text.indexOf('\0')
  return end < 0 ? text : text.slice(0, end)
}
