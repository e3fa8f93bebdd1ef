/** A page of a project or of all projects, in HTML (PEP 503) or JSON (PEP 691). */

/** What a page leads to. */
export interface PageEntry {
  /** The file's name; of a page of all projects the project's. */
  readonly name: string
  /** As written, without what is behind a `#`; nothing is resolved. */
  readonly url: string
  /** Lower-case hex. */
  readonly sha256?: string
  readonly md5?: string
  /** PEP 592: with a reason, if it is a text that is not empty. */
  readonly yanked?: string | true
}

/** What a package says of itself. */
export interface Told {
  readonly sha256?: string
  readonly requiresPython?: string | undefined
  /** SHA-256 of the METADATA that is served beside it. */
  readonly metadata?: string | undefined
  /** Bytes. */
  readonly size?: number
  readonly version?: string | undefined
  /** Milliseconds since the epoch. */
  readonly modified?: number
}

export interface AddedEntry extends Told {
  readonly name: string
  readonly url: string
  readonly yanked?: string | true | undefined
}

export interface PageEdit {
  /** What becomes of the entry of a number: undefined leaves it as it is. */
  change(index: number): Told | 'gone' | undefined
  readonly added: readonly AddedEntry[]
}

export interface Page {
  readonly entries: readonly PageEntry[]
  /** What relative links are relative to, where the page says so itself. */
  readonly base?: string | undefined
  /** The page with these changes; undefined if there are none. */
  edited(edit: PageEdit): Uint8Array | undefined
}

/** Where a new name belongs in a list: in its place if the list is in order, else behind all. */
export function placesAmong(names: readonly string[]): (name: string) => number {
  const isSorted = names.every((name, at) => at === 0 || (names[at - 1] ?? '') <= name)
  return (name) => {
    let [from, to] = isSorted ? [0, names.length] : [names.length, names.length]
    while (from < to) {
      const middle = (from + to) >> 1
      if ((names[middle] ?? '') > name) to = middle
      else from = middle + 1
    }
    return from
  }
}

/** Whether a requirement says the same, however it is spaced. */
export const isSameText = (one: string | undefined, other: string | undefined): boolean =>
  (one ?? '').replace(/\s+/g, '') === (other ?? '').replace(/\s+/g, '')
