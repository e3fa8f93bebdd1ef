import type { Repository } from '../format.ts'
import { entryOf, isCarriable, oldElements, UnreadableIndex } from './old-primary.ts'
import type { RepomdData } from './repomd.ts'
import type { Tree } from './tree.ts'
import { escapeAttribute, unescapeXml } from '../xml.ts'

/** The lists that clients read of a tree. */
const lists = { primary: 'metadata', filelists: 'filelists', other: 'otherdata' } as const

/** Entries of the present lists that stay as they are, as text of one list after another. */
export class CarriedEntries {
  readonly #repository: Repository
  readonly #tree: Tree
  readonly #numbers: ReadonlySet<number>
  /** By checksum: how often it is listed, and an element with nothing but the package's name. */
  readonly #listed = new Map<string, { readonly times: number; readonly bare: string }>()

  /** @param numbers - of entries of primary */
  constructor(repository: Repository, tree: Tree, numbers: ReadonlySet<number>) {
    this.#repository = repository
    this.#tree = tree
    this.#numbers = numbers
  }

  /**
   * The entries in the order of the present list. Primary has to be gone through first.
   *
   * @throws UnreadableIndex if primary is no longer what it was
   */
  async *of(type: keyof typeof lists): AsyncGenerator<string> {
    if (this.#numbers.size > 0) yield* type === 'primary' ? this.#primary() : this.#other(type)
  }

  async *#primary(): AsyncGenerator<string> {
    const { href, body } = await this.#read('primary')
    let number = 0
    let found = 0
    for await (const xml of oldElements(href, body, lists.primary)) {
      const entry = entryOf(xml)
      if (entry === undefined || !this.#numbers.has(number++)) continue
      const times = (this.#listed.get(entry.checksum)?.times ?? 0) + 1
      this.#listed.set(entry.checksum, { times, bare: bareElement(entry.checksum, xml) })
      found++
      yield `${xml}\n`
    }
    if (found !== this.#numbers.size) throw new UnreadableIndex(`${href} has changed meanwhile`)
  }

  async *#other(type: 'filelists' | 'other'): AsyncGenerator<string> {
    const missing = new Map(this.#listed)
    try {
      const { href, body } = await this.#read(type)
      const seen = { carriable: true }
      for await (const xml of oldElements(
        href,
        body,
        lists[type],
        (opening) => (seen.carriable = isCarriable(opening)),
      )) {
        const checksum = /^<package\s[^<>]*?\bpkgid\s*=\s*["']([^"'<>]*)["']/.exec(xml)?.[1]?.toLowerCase() ?? ''
        const times = seen.carriable ? (missing.get(checksum)?.times ?? 0) : 0
        if (times > 0) missing.delete(checksum)
        yield `${xml}\n`.repeat(times)
      }
    } catch (error) {
      if (!(error instanceof UnreadableIndex)) throw error
    }
    for (const { times, bare } of missing.values()) yield bare.repeat(times)
  }

  async #read(type: string): Promise<{ href: string; body: Uint8Array }> {
    const data: RepomdData | undefined = this.#tree.parsed?.data.find((one) => one.type === type)
    const body = data === undefined ? undefined : await this.#repository.read(this.#tree.root + data.href)
    if (data === undefined || body === undefined) throw new UnreadableIndex(`there is no ${type}`)
    return { href: data.href, body }
  }
}

/** In place of the files or changes of a package whose list is lost. */
function bareElement(checksum: string, xml: string): string {
  const [name, arch] = ['name', 'arch'].map((tag) =>
    escapeAttribute(unescapeXml(new RegExp(`<${tag}>([^<]*)</${tag}>`).exec(xml)?.[1] ?? '')),
  )
  const version = /<version\s[^<>]*\/>/.exec(xml)?.[0] ?? ''
  return `<package pkgid="${checksum}" name="${name ?? ''}" arch="${arch ?? ''}">\n  ${version}\n</package>\n`
}
