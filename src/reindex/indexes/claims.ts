import type { Format } from '../../repositories/format.ts'

/**
 * What indexes list of packages that lie in a folder of another repository, further down: it reads them, and only with
 * what all know of what was there before it can be told that they were published again.
 */
export class Claims {
  readonly #lists = new Map<string, (readonly string[])[]>()

  add(format: Format, key: string, digests: readonly string[]): void {
    const id = idOf(format, key)
    const lists = this.#lists.get(id)
    if (lists === undefined) this.#lists.set(id, [digests])
    else lists.push(digests)
  }

  /** The digests of a package, by each of those indexes that has some. */
  of(format: Format, key: string): readonly (readonly string[])[] {
    return this.#lists.size === 0 ? [] : (this.#lists.get(idOf(format, key)) ?? [])
  }
}

const idOf = ({ name }: Format, key: string): string => `${name} ${key}`
