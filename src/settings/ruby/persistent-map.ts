/** A hash trie: a changed copy shares all but the few nodes on the way to the change with the map it was made from. */

const bits = 4
const width = 1 << bits

/** Keys whose hashes are equal; there is rarely more than one. */
interface Leaf<V> {
  readonly hash: number
  readonly pairs: readonly (readonly [string, V])[]
}
type Branch<V> = readonly (Node<V> | undefined)[]
type Node<V> = Leaf<V> | Branch<V>

const isBranch = <V>(node: Node<V>): node is Branch<V> => Array.isArray(node)

/** FNV-1a. */
function hashOf(key: string): number {
  let hash = 0x811c9dc5
  for (let at = 0; at < key.length; at += 1) hash = Math.imul(hash ^ key.charCodeAt(at), 0x01000193)
  return hash >>> 0
}

/** An immutable map from strings, in no particular order. Copies and comparing with a copy cost what was changed. */
export class PersistentMap<V> {
  readonly #root: Node<V> | undefined
  readonly size: number

  private constructor(root: Node<V> | undefined, size: number) {
    this.#root = root
    this.size = size
  }

  static of<V>(pairs: Iterable<readonly [string, V]> = []): PersistentMap<V> {
    let map = new PersistentMap<V>(undefined, 0)
    for (const [key, value] of pairs) map = map.with(key, value)
    return map
  }

  get(key: string): V | undefined {
    const hash = hashOf(key)
    let node = this.#root
    for (let shift = 0; node !== undefined && isBranch(node); shift += bits) node = node[(hash >>> shift) & (width - 1)]
    return node?.pairs.find(([other]) => other === key)?.[1]
  }

  with(key: string, value: V): PersistentMap<V> {
    const grown = this.get(key) === undefined ? 1 : 0
    return new PersistentMap(put(this.#root, hashOf(key), 0, key, value), this.size + grown)
  }

  without(key: string): PersistentMap<V> {
    return this.get(key) === undefined ? this : new PersistentMap(take(this.#root, hashOf(key), 0, key), this.size - 1)
  }

  [Symbol.iterator](): IterableIterator<readonly [string, V]> {
    return pairsOf(this.#root).values()
  }

  values(): IterableIterator<V> {
    return pairsOf(this.#root)
      .map(([, value]) => value)
      .values()
  }

  /** The keys under which two maps do not hold the very same. */
  static differences<V>(a: PersistentMap<V>, b: PersistentMap<V>): Set<string> {
    const found = new Set<string>()
    compare(a.#root, b.#root, 0, found)
    return found
  }
}

function pairsOf<V>(
  node: Node<V> | undefined,
  found: (readonly [string, V])[] = [],
): readonly (readonly [string, V])[] {
  if (node === undefined) return found
  if (!isBranch(node)) found.push(...node.pairs)
  else for (const child of node) pairsOf(child, found)
  return found
}

function put<V>(node: Node<V> | undefined, hash: number, shift: number, key: string, value: V): Node<V> {
  if (node === undefined) return { hash, pairs: [[key, value]] }
  if (isBranch(node)) {
    const index = (hash >>> shift) & (width - 1)
    return node.with(index, put(node[index], hash, shift + bits, key, value))
  }
  if (node.hash === hash) return { hash, pairs: [...node.pairs.filter(([other]) => other !== key), [key, value]] }
  return put(split(node, shift), hash, shift, key, value)
}

const split = <V>(leaf: Leaf<V>, shift: number): Branch<V> =>
  Array.from({ length: width }, (_, index) => (index === ((leaf.hash >>> shift) & (width - 1)) ? leaf : undefined))

function take<V>(node: Node<V> | undefined, hash: number, shift: number, key: string): Node<V> | undefined {
  if (node === undefined) return undefined
  if (isBranch(node)) {
    const index = (hash >>> shift) & (width - 1)
    return node.with(index, take(node[index], hash, shift + bits, key))
  }
  const pairs = node.pairs.filter(([other]) => other !== key)
  return pairs.length === 0 ? undefined : { hash, pairs }
}

function compare<V>(a: Node<V> | undefined, b: Node<V> | undefined, shift: number, found: Set<string>): void {
  if (a === b) return
  if (a !== undefined && b !== undefined && (isBranch(a) || isBranch(b))) {
    const [left, right] = [isBranch(a) ? a : split(a, shift), isBranch(b) ? b : split(b, shift)]
    for (let index = 0; index < width; index += 1) compare(left[index], right[index], shift + bits, found)
    return
  }
  const others = new Map(pairsOf(b))
  for (const [key, value] of pairsOf(a)) {
    if (others.get(key) !== value) found.add(key)
    others.delete(key)
  }
  for (const key of others.keys()) found.add(key)
}
