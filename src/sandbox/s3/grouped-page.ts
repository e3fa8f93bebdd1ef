interface Grouping {
  prefix: string
  /** Empty: no grouping. */
  delimiter: string
  /** What the page before ended with: the common prefix that it lies in was shown then. */
  keyMarker: string
  limit: number
}

export interface GroupedPage<T> {
  items: T[]
  prefixes: string[]
  truncated: boolean
  /** The item or common prefix that was shown last. */
  last: T | string | undefined
}

/** A page of what lies behind a marker, in order: items whose keys share a prefix up to the delimiter count as one. */
export function groupedPage<T extends { key: string }>(
  items: Iterable<T>,
  { prefix, delimiter, keyMarker, limit }: Grouping,
): GroupedPage<T> {
  const page: GroupedPage<T> = { items: [], prefixes: [], truncated: false, last: undefined }
  if (limit === 0) return page
  for (const item of items) {
    const cut = delimiter === '' ? -1 : item.key.indexOf(delimiter, prefix.length)
    const group = cut === -1 ? undefined : item.key.slice(0, cut + delimiter.length)
    if (group !== undefined && (group === page.prefixes.at(-1) || keyMarker.startsWith(group))) continue
    if (page.items.length + page.prefixes.length === limit) return { ...page, truncated: true }
    if (group === undefined) page.items.push(item)
    else page.prefixes.push(group)
    page.last = group ?? item
  }
  return page
}
