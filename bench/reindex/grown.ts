/** Packages made larger, with what follows their headers: what all tools hash, and none looks into. */

const arHeader = 60
const arMagic = 8
const filler = 0x5a

/** Of so many packages, how large each is: from 20 KB to 5 MB, most of them small, as in life. An archive is even. */
export const grownSize = (at: number, count: number): number =>
  2 * Math.round(10_000 * 250 ** (at / Math.max(1, count - 1)))

/** The package with at least so many bytes. */
export function grown(name: string, bytes: Buffer, size: number): Buffer {
  const more = Buffer.alloc(Math.max(0, size - bytes.length), filler)
  const larger = Buffer.concat([bytes, more])
  if (name.endsWith('.deb')) {
    const at = lastMember(bytes)
    larger.write(String(larger.length - at - arHeader).padEnd(10), at + 48, 'latin1')
  }
  return larger
}

/** Where the header of the last member of an ar archive is. */
function lastMember(bytes: Buffer): number {
  for (let at = arMagic; ;) {
    const size = Number(bytes.toString('latin1', at + 48, at + 58))
    const next = at + arHeader + size + (size % 2)
    if (!(next < bytes.length)) return at
    at = next
  }
}
