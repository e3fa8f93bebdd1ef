/** Byte order marks of encodings that Ruby does not take. The longer ones come first. */
const marks: readonly (readonly [string, readonly number[]])[] = [
  ['UTF-32', [0xff, 0xfe, 0, 0]],
  ['UTF-32', [0, 0, 0xfe, 0xff]],
  ['UTF-16', [0xff, 0xfe]],
  ['UTF-16', [0xfe, 0xff]],
]

/** Of the encodings that a magic comment can name, those in which Ruby takes no source. */
const refused = /^(utf-?(16|32|7)|ucs-|iso-?2022|cp5022|ibm037|ebcdic)/i
/** In the first line, or in the second after a shebang. */
const magicComment = /^(?:#!.*\n)?[\t\v\f\r ]*#.*?coding[:=][\t ]*([\w.-]+)/

/**
 * Why Ruby does not take a file for its encoding, if so; continues a sentence that begins with its name. Bytes that are
 * no UTF-8 are no reason here, as they may stand in comments.
 */
export function whyRefused(content: Uint8Array): string | undefined {
  const [mark] = marks.find(([, bytes]) => bytes.every((byte, at) => content[at] === byte)) ?? []
  if (mark !== undefined) return `is in ${mark}, which Ruby does not take`
  const beginning = Buffer.from(content.subarray(0, 1000)).toString('latin1')
  // Text in UTF-16 that bears no mark: every other byte of what is ASCII.
  if (beginning.split('\0').length > beginning.length / 4 + 1) return 'is not text that Ruby takes: it may be in UTF-16'
  const name = magicComment.exec(beginning.replace(/^\xef\xbb\xbf/, ''))?.[1]
  return name !== undefined && refused.test(name) ? `says that it is in ${name}, which Ruby does not take` : undefined
}
