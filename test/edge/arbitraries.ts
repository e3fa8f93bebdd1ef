import fc from 'fast-check'

import { pathOfKey } from '../../src/edge/path.ts'

/** What gets mangled on its way through clients, CloudFront and S3. */
const troublesome = `+~ %/:^!'()*?#&=é日\\"<>.-_`.split(/(?:)/u)

const isFetchable = (key: string): boolean => {
  try {
    pathOfKey(key)
    return true
  } catch {
    return false
  }
}

/** Keys as S3 takes them, rich in trouble; those that no path can fetch are left out. */
export const keys = fc
  .string({ unit: fc.oneof(fc.constantFrom(...troublesome, '%2B', '📦'), fc.string({ unit: 'grapheme' })) })
  .filter(isFetchable)

/** Spells a canonical path as some other client would: needless escapes, lower-case escapes, a literal plus. */
export const respellings = (canonical: string): fc.Arbitrary<string> => {
  const units = canonical.match(/%[0-9A-F]{2}|[^]/g) ?? []
  return fc
    .tuple(...units.map((unit, at) => (at === 0 ? fc.constant(unit) : spellings(unit))))
    .map((all) => all.join(''))
}

function spellings(unit: string): fc.Arbitrary<string> {
  if (unit === '%2B') return fc.constantFrom('%2B', '%2b', '+')
  if (unit.startsWith('%')) return fc.constantFrom(unit, unit.toLowerCase())
  return fc.constantFrom(unit, `%${unit.charCodeAt(0).toString(16)}`)
}
