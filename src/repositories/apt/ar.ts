/**
 * The outer archive of a .deb (deb(5)): `!<arch>\n`, then members on even offsets, each behind 60 bytes of header.
 * `debian-binary` is the first, `control.tar`, maybe compressed, the next; what begins with `_` in between is skipped.
 */
import { Malformed } from './malformed.ts'

/** Where the control archive lies in the package. */
export interface ControlMember {
  /** Such as `control.tar.xz`. */
  readonly name: string
  readonly start: number
  readonly end: number
}

/** How many bytes from the start of the package must be there to go on. */
export interface MoreNeeded {
  readonly needed: number
}

/** Nothing real comes near: the largest control archive of Debian 12 has 330 KB. */
const largestControl = 16 * 1024 * 1024
/** What may stand before the control archive. */
const largestBefore = 64 * 1024
const mostMembers = 8

/**
 * Finds the control archive in the first bytes of a .deb.
 *
 * @throws {@link Malformed} where this is no .deb, or one whose sizes are absurd
 */
export function findControlMember(head: Uint8Array): ControlMember | MoreNeeded {
  const magicNeeded = need(head, magic.length)
  if (magicNeeded !== undefined) return magicNeeded
  if (ascii(head, 0, magic.length) !== magic) throw new Malformed('not a .deb: it does not begin with "!<arch>"')
  let at = magic.length
  for (let members = 0; members < mostMembers; members++) {
    const headerNeeded = need(head, at + headerLength)
    if (headerNeeded !== undefined) return headerNeeded
    const { name, size } = memberAt(head, at)
    const start = at + headerLength
    if (members === 0 ? name !== 'debian-binary' : !name.startsWith('_') && !controlName.test(name)) {
      throw new Malformed(`not a .deb: member ${String(members + 1)} of its archive is ${JSON.stringify(name)}`)
    }
    if (controlName.test(name)) {
      if (size > largestControl) throw new Malformed(`its control archive claims ${size} bytes`)
      return { name, start, end: start + size }
    }
    at = start + size + (size % 2)
    if (at > largestBefore) throw new Malformed(`${size} bytes of ${name} stand before its control archive`)
  }
  throw new Malformed('no control archive among its first members')
}

const magic = '!<arch>\n'
const headerLength = 60
const controlName = /^control\.tar(\.[a-z0-9]+)?$/

const need = (head: Uint8Array, needed: number): MoreNeeded | undefined =>
  head.length < needed ? { needed } : undefined

/** Name at 0 (16 bytes, maybe with GNU's closing slash), size at 48 (10 decimal digits), a fixed end at 58. */
function memberAt(head: Uint8Array, at: number): { name: string; size: number } {
  const digits = /^(\d{1,10}) *$/.exec(ascii(head, at + 48, 10))?.[1]
  if (digits === undefined || ascii(head, at + 58, 2) !== '`\n') {
    throw new Malformed('its ar archive is broken: no member header where one should be')
  }
  return { name: ascii(head, at, 16).trimEnd().replace(/\/$/, ''), size: Number(digits) }
}

const ascii = (bytes: Uint8Array, start: number, length: number): string =>
  Buffer.from(bytes.buffer, bytes.byteOffset + start, length).toString('latin1')
