/** Nobody nests a manifest or a page deeper, and not every Node's parser refuses what is: it would end elsewhere. */
const deepest = 1000

const [quote, backslash, openList, closeList, open, close] = [0x22, 0x5c, 0x5b, 0x5d, 0x7b, 0x7d]

/** Is a text, JSON or not, nested deeper than any document of a repository's? */
export function isTooDeep(text: string): boolean {
  let depth = 0
  for (let at = 0; at < text.length; at++) {
    const code = text.charCodeAt(at)
    if (code === open || code === openList) {
      if (++depth > deepest) return true
    } else if (code === close || code === closeList) depth--
    else if (code === quote) {
      for (at++; at < text.length && text.charCodeAt(at) !== quote; at++) {
        if (text.charCodeAt(at) === backslash) at++
      }
    }
  }
  return false
}
