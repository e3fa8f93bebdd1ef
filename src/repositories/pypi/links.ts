/** What links of pages mean in the bucket, and what a link to an object looks like. */

/** An object that a link may lead to. */
export interface Target {
  /** What stands before the key; empty where the link is relative. */
  readonly base: string
  readonly key: string
}

/** Stands for wherever clients find the bucket. */
const here = 'http://bucket.invalid/'
const isAbsolute = /^(?:[a-z][a-z\d+.-]*:|\/\/)/i

/** Nothing of what lies there is ours. */
const publicHosts = /^https?:\/\/(?:[^/]*\.)?(?:pythonhosted\.org|pypi\.org|python\.org|pypi\.io)\//

/**
 * The objects below a root that a link may mean: more than one where nothing says where in its path a key begins.
 *
 * @param page - what relative links are relative to: the folder of the page, and what the page says itself
 */
export function targetsOf(url: string, root: string, page: { folder: string; base: string | undefined }): Target[] {
  const resolved = resolve(url, page)
  if (resolved === undefined || resolved.search !== '') return []
  const isRelative = page.base === undefined && !isAbsolute.test(url) && !url.startsWith('/')
  const path = decoded(resolved.pathname)
  if (path === undefined) return []
  if (isRelative) return path.startsWith(root, 1) ? [{ base: '', key: path.slice(1) }] : []
  const isHere = resolved.host === new URL(here).host
  const origin = isHere ? '' : isAbsolute.test(url) && url.startsWith('//') ? `//${resolved.host}` : resolved.origin
  if (origin === 'null' || publicHosts.test(`${origin}/`)) return []
  return starts(path, root).map((at) => ({ base: `${origin}${encoded(path.slice(0, at))}`, key: path.slice(at) }))
}

function resolve(url: string, { folder, base }: { folder: string; base: string | undefined }): URL | undefined {
  try {
    const start = new URL(here + encoded(folder))
    return new URL(url, base === undefined ? start : new URL(base, start))
  } catch {
    return undefined
  }
}

/** Where a key may begin in a path: with the root, or, where that says nothing, with a folder that packages lie in. */
function starts(path: string, root: string): number[] {
  const found: number[] = []
  if (root !== '') {
    for (let at = path.indexOf(`/${root}`); at !== -1; at = path.indexOf(`/${root}`, at + 1)) found.push(at + 1)
    return found
  }
  const folders = ['/packages/', '/simple/'].map((folder) => path.indexOf(folder) + 1)
  return [...new Set([1, ...folders.filter((at) => at > 0)])]
}

function decoded(path: string): string | undefined {
  try {
    return decodeURIComponent(path)
  } catch {
    return undefined
  }
}

const encoded = (path: string): string => path.split('/').map(encodeURIComponent).join('/')

/** A link from a page in a folder to an object. */
export function linkTo({ base, key }: Target, folder: string): string {
  if (base !== '') return base + encoded(key)
  const [from, to] = [folder.split('/').slice(0, -1), key.split('/')]
  let same = 0
  while (same < from.length && same < to.length - 1 && from[same] === to[same]) same++
  return [...from.slice(same).map(() => '..'), ...to.slice(same).map(encodeURIComponent)].join('/')
}
