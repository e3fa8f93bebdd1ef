import { posix } from 'node:path'

/**
 * Links within a site that lead to no file of it, or to no place in one.
 *
 * @param files - text of all files, by their paths
 */
export function deadLinks(files: ReadonlyMap<string, string>): string[] {
  const anchors = new Map(
    [...files].map(([path, text]) => [path, new Set([...text.matchAll(/\bid="([^"]*)"/g)].map(([, id = '']) => id))]),
  )
  const isDead = (page: string, target: string): boolean => {
    const [path = '', anchor] = target.split('#')
    const place = path === '' ? page : posix.join(posix.dirname(page), decodeURI(path))
    return !files.has(place) || (anchor !== undefined && anchors.get(place)?.has(decodeURI(anchor)) !== true)
  }
  return [...files]
    .filter(([path]) => path.endsWith('.html'))
    .flatMap(([page, text]) =>
      [...text.matchAll(/ (?:href|src)="([^"]*)"/g)]
        .map(([, target = '']) => target.replaceAll('&amp;', '&').replaceAll('&#39;', "'"))
        .filter((target) => !/^[a-z]+:/.test(target) && isDead(page, target))
        .map((target) => `${page}: ${target}`),
    )
}
