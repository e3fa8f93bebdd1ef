import type { Format } from '../../repositories/format.ts'
import type { Proofs } from '../../repositories/layout.ts'
import { ownText } from '../../repositories/own-text.ts'
import type { Judgement } from '../selection.ts'

/** Takes the roots of repositories whose indexes can be made from the keys of the indexes that are there. */
export class RootsSeen {
  readonly #indexed: ReadonlyMap<Format, Set<string>>
  /** Of keys that are of an index only beside others: those prove the repository, or do not. */
  readonly #unsure = new Map<Format, Set<string>>()

  /** @param indexed - takes in what is found, by format */
  constructor(indexed: ReadonlyMap<Format, Set<string>>) {
    this.#indexed = indexed
  }

  /** Takes in the key of an index, and what it was taken for. */
  note(key: string, { format: told, conditions }: Pick<Judgement, 'format' | 'conditions'>): void {
    for (const [format, found] of this.#indexed) {
      const isTold = told === format.name
      const root = format.rootOf(key) ?? (isTold ? format.rootOfTold?.(key) : undefined)
      if (root === undefined || found.has(root)) continue
      const roots = isTold && conditions !== undefined ? this.#unsureOf(format) : found
      roots.add(ownText(root))
    }
  }

  /** To be called when all is listed. */
  settle(proofs: Proofs): void {
    for (const [format, roots] of this.#unsure) {
      for (const root of roots) if (proofs.holds({ format: format.name, root })) this.#indexed.get(format)?.add(root)
    }
  }

  #unsureOf(format: Format): Set<string> {
    const roots = this.#unsure.get(format) ?? new Set<string>()
    this.#unsure.set(format, roots)
    return roots
  }
}
