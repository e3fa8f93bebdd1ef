/**
 * Characters that no XML 1.0 document may hold, however written: packages' texts hold some of them now and then, and
 * one of them makes a whole index unreadable.
 */
const forbidden = /[\u0000-\u0008\u000b\u000c\u000e-\u001f\ufffe\uffff]|\p{Surrogate}/gu
const special = /[\u0000-\u0008\u000b-\u001f&<>\ud800-\udfff\ufffe\uffff]/

const references: ReadonlyMap<string, string> = new Map([
  ['&', '&amp;'],
  ['<', '&lt;'],
  ['>', '&gt;'],
  ['"', '&quot;'],
  ['\t', '&#9;'],
  ['\n', '&#10;'],
  ['\r', '&#13;'],
])

const reference = (character: string): string =>
  references.get(character) ?? `&#x${(character.codePointAt(0) ?? 0).toString(16).toUpperCase()};`

let leftOut = 0

/** How many forbidden characters have been dropped until now, by this thread. */
export const charactersLeftOut = (): number => leftOut

const withoutForbidden = (text: string): string =>
  text.replace(forbidden, () => {
    leftOut++
    return ''
  })

/** Escapes text between tags; forbidden characters are dropped. */
export function escapeText(text: string): string {
  if (!special.test(text)) return text
  return withoutForbidden(text).replace(/[&<>\r]/g, reference)
}

/** Escapes an attribute's value for double quotes, in ASCII; forbidden characters are dropped. */
export function escapeAttribute(text: string): string {
  if (/^[\w .,:;/@()+~^'=-]*$/.test(text)) return text
  return withoutForbidden(text).replace(/[\t\n\r&<>"]|[^\u0000-\u007f]/gu, reference)
}

/** Resolves what {@link escapeText} and {@link escapeAttribute} wrote, and all else that XML has without a DTD. */
export function unescapeXml(text: string): string {
  if (!text.includes('&')) return text
  return text.replace(/&(?:#(\d{1,7})|#x([\da-fA-F]{1,6})|(amp|lt|gt|quot|apos));/g, (whole, decimal, hex, name) => {
    if (typeof name === 'string') return named.get(name) ?? whole
    const code = typeof decimal === 'string' ? Number(decimal) : Number.parseInt(String(hex), 16)
    return code <= 0x10ffff ? String.fromCodePoint(code) : whole
  })
}

const named: ReadonlyMap<string, string> = new Map([
  ['amp', '&'],
  ['lt', '<'],
  ['gt', '>'],
  ['quot', '"'],
  ['apos', "'"],
])
