import type { Condition, Proofs } from '../../repositories/layout.ts'

/** So many are named one by one; of more all that is below the root is looked at again. */
const mostNamed = 1000

/**
 * What seems to be of an index, or a package of a repository, by a name that says it only where that one is: which a
 * listing tells when it has ended. Keeps where such keys are, not each of them.
 */
export class Unproven {
  readonly #groups = new Map<string, { conditions: readonly Condition[]; root: string; places: Set<string> }>()

  add(key: string, conditions: readonly Condition[]): void {
    const id = conditions.map(({ format = '', root }) => `${format}\n${root}`).join('\n')
    let group = this.#groups.get(id)
    if (group === undefined) {
      const [root = ''] = conditions.map((condition) => condition.root).sort((a, b) => a.length - b.length)
      this.#groups.set(id, (group = { conditions, root, places: new Set() }))
    }
    const { root, places } = group
    if (places.has(root)) return
    const slash = key.indexOf('/', root.length)
    places.add(slash === -1 ? key : key.slice(0, slash + 1))
    if (places.size > mostNamed) group.places = new Set([root])
  }

  /** Keys, and folders with a slash at their end (empty: everything), where something is not what it seemed. */
  *places(proofs: Proofs): Generator<string> {
    for (const { conditions, places } of this.#groups.values()) {
      if (!conditions.some((condition) => proofs.holds(condition))) yield* places
    }
  }
}
