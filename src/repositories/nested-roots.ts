/** A folder, and all folders that it lies in, the innermost first; empty: the whole bucket. */
export function* foldersAbove(folder: string): Generator<string> {
  for (let end = folder.lastIndexOf('/'); end >= 0; end = end === 0 ? -1 : folder.lastIndexOf('/', end - 1)) {
    yield folder.slice(0, end + 1)
  }
  yield ''
}

/** Which is the innermost of some folders that a key lies in, or a folder itself; undefined: it lies in none. */
export function innermostOf(folders: { has(folder: string): boolean }, key: string): string | undefined {
  for (const folder of foldersAbove(key)) if (folders.has(folder)) return folder
  return undefined
}

/**
 * Divides folders that could be repositories into those that are one for sure and those of which it is not clear, because
 * another repository lies below or above them. By folder: the other one.
 */
export function unclearRoots(candidates: Iterable<string>, others: Iterable<string>): Map<string, string> {
  const wanted = new Set(candidates)
  const all = [...new Set([...wanted, ...others])].sort()
  const unclear = new Map<string, string>()
  const above: string[] = []
  for (const folder of all) {
    for (let last = above.at(-1); last !== undefined && !folder.startsWith(last); last = above.at(-1)) above.pop()
    const parent = above.at(-1)
    if (parent !== undefined) {
      if (wanted.has(folder)) unclear.set(folder, parent)
      if (wanted.has(parent) && !unclear.has(parent)) unclear.set(parent, folder)
    }
    above.push(folder)
  }
  return unclear
}
