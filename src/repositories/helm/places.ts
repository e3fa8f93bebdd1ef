/** Where the URLs of an index lead. */

/** A key below the root; or what nothing but the objects that are there can tell, the URL without what follows its path. */
export interface Place {
  readonly key?: string
  readonly absolute?: string
}

const nowhere = 'http://nowhere.invalid/'

/** Where a URL of an index leads; a place without anything leads out of the repository. */
export function places(root: string, url: string): Place {
  if (/^[a-z][a-z\d+.-]*:|^\//i.test(url)) return { absolute: url.replace(/[?#].*$/, '') }
  try {
    const { href } = new URL(url.replace(/[?#].*$/, ''), nowhere + encodePath(root))
    const key = decodeURIComponent(href.slice(nowhere.length))
    return key.startsWith(root) && key !== root ? { key } : {}
  } catch {
    return {}
  }
}

/** A key as a URL has it: what would mean something else in it is encoded. */
export const encodePath = (key: string): string => encodeURI(key).replace(/[?#]/g, encodeURIComponent)

/** Folders that a key may lie in behind a base. */
const mostFolders = 8

/**
 * Ways to divide an absolute URL into a base and a key behind the root, longest key first.
 *
 * @param has - is there such a key
 */
export function divide(absolute: string, has: (rest: string) => boolean): { base: string; rest: string } | undefined {
  const parts = absolute.split('/')
  for (let count = Math.min(mostFolders, parts.length - 1); count > 0; count--) {
    const encoded = parts.slice(-count).join('/')
    const rest = decoded(encoded)
    if (rest !== undefined && has(rest)) return { base: absolute.slice(0, absolute.length - encoded.length), rest }
  }
  return undefined
}

export function decoded(text: string): string | undefined {
  try {
    return decodeURIComponent(text)
  } catch {
    return undefined
  }
}
