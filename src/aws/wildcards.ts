/** The escapes of a policy for characters that would be wildcards or begin a variable. */
const escapes: Readonly<Record<string, string>> = { '${*}': '\uE000', '${?}': '\uE001', '${$}': '\uE002' }
const literals: Readonly<Record<string, string>> = { '\uE000': '*', '\uE001': '?', '\uE002': '$' }

/**
 * Whether a text fits a pattern of a policy: `*` stands for any characters, `?` for one, `${*}`, `${?}` and `${$}` for the
 * character in them.
 *
 * Source: IAM User Guide, "IAM JSON policy elements: Resource" and "Policy variables".
 */
export function matchesWildcards(pattern: string, text: string): boolean {
  const [first = '', ...others] = pattern.replace(/\$\{[*?$]\}/g, (escape) => escapes[escape] ?? escape).split('*')
  if (!fitsAt(first, text, 0)) return false
  const last = others.pop()
  if (last === undefined) return text.length === first.length
  const end = text.length - last.length
  let at = first.length
  for (const part of others) {
    while (at <= end && !fitsAt(part, text, at)) at++
    at += part.length
  }
  return at <= end && fitsAt(last, text, end)
}

function fitsAt(part: string, text: string, at: number): boolean {
  if (at < 0 || at + part.length > text.length) return false
  for (let index = 0; index < part.length; index++) {
    const wanted = part.charAt(index)
    if (wanted !== '?' && (literals[wanted] ?? wanted) !== text.charAt(at + index)) return false
  }
  return true
}
