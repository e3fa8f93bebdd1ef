/** What holds whichever of several ways was taken. */
import { interchangeable } from './deep.ts'
import { PersistentMap } from './persistent-map.ts'
import { type Content, held, type State } from './state.ts'
import { type Entry, Reference, RubyArray, RubyHash, type Unknown, type Value } from './value.ts'

/**
 * What the ways agree on stays known, the rest becomes `unsure`.
 *
 * @param states - at least one, all of them forks of one state
 * @param number - gives ids for objects that are one or the other
 */
export function mergeStates(states: readonly State[], unsure: Unknown, number: () => string): State {
  const [first, second] = states
  if (first === undefined) throw new RangeError('nothing to merge')
  if (second === undefined) return first
  // Halves first: neighbours differ little, so that each of the few rounds costs no more than one walk through the file.
  const middle = states.length >>> 1
  const halves = [states.slice(0, middle), states.slice(middle)].map((half) => mergeStates(half, unsure, number))
  const [a = first, b = second] = halves
  return new Merging(a, b, unsure, number).state()
}

/** The value that holds whichever way was taken, in the state that the ways were merged to. */
export function mergeValues(ways: readonly { value: Value; state: State }[], unsure: Unknown): Value {
  const [first, ...rest] = ways
  if (first === undefined) return unsure
  const same = rest.every(({ value, state }) => isSame(first.value, first.state, value, state))
  return same ? first.value : unsure.reaching(ways.map(({ value }) => value))
}

function isSame(a: Value, ofA: State, b: Value, ofB: State): boolean {
  if (a === b) return true
  if (a instanceof Reference && b instanceof Reference) return a.id === b.id
  return !(a instanceof Reference) && interchangeable(a, ofA, b, ofB)
}

class Merging {
  readonly #a: State
  readonly #b: State
  readonly #unsure: Unknown
  readonly #number: () => string
  readonly #merged: State
  readonly #blends = new Map<string, Reference>()

  constructor(a: State, b: State, unsure: Unknown, number: () => string) {
    this.#a = a
    this.#b = b
    this.#unsure = unsure
    this.#number = number
    this.#merged = a.fork()
  }

  state(): State {
    const [a, b, merged] = [this.#a, this.#b, this.#merged]
    for (const [id, origins] of b.blends) merged.blends = merged.blends.with(id, origins)
    const objects = PersistentMap.differences(a.objects, b.objects)
    // First what is in one of them only: what both have may come to refer to it.
    for (const id of objects) {
      const made = b.objects.get(id)
      if (a.objects.get(id) === undefined && made !== undefined) merged.objects = merged.objects.with(id, made)
    }
    for (const id of objects) {
      const [one, other] = [a.objects.get(id), b.objects.get(id)]
      if (one !== undefined && other !== undefined) this.#put(id, one, other)
    }
    for (const name of PersistentMap.differences(a.variables, b.variables)) {
      const value = this.#value(a.variables.get(name) ?? null, b.variables.get(name) ?? null)
      merged.variables = merged.variables.with(name, value)
    }
    merged.settings = this.#entries(a.settings, b.settings)
    return merged
  }

  #value(one: Value, other: Value): Value {
    if (isSame(one, this.#a, other, this.#b)) return one
    const blended = one instanceof Reference && other instanceof Reference ? this.#blend(one, other) : undefined
    return blended ?? this.#unsure.reaching([one, other])
  }

  /** Equal arrays and hashes, and mashes, are one in the end, although it stays open which of the two it is. */
  #blend(one: Reference, other: Reference): Reference | undefined {
    const pair = `${one.id} ${other.id}`
    const known = this.#blends.get(pair)
    if (known !== undefined) return known
    const [left, right] = [this.#a.at(one), this.#b.at(other)]
    const mashes = left instanceof RubyHash && right instanceof RubyHash && left.mash && right.mash
    if (!mashes && !interchangeable(one, this.#a, other, this.#b)) return undefined
    const blend = new Reference(this.#number())
    this.#blends.set(pair, blend)
    const origins = [one, other].flatMap(({ id }) => [id, ...(this.#merged.blends.get(id) ?? [])])
    this.#merged.blends = this.#merged.blends.with(blend.id, origins)
    this.#put(blend.id, left, right)
    return blend
  }

  #put(id: string, one: Content, other: Content): void {
    // Making it may put others in their places.
    const content = this.#content(one, other)
    this.#merged.objects = this.#merged.objects.with(id, content)
  }

  #content(one: Content, other: Content): Content {
    if (one instanceof RubyHash && other instanceof RubyHash) {
      const merged = new RubyHash(this.#entries(one.entries, other.entries), one.mash, one.open)
      return other.open.reduce((hash, opening) => hash.opened(opening), merged)
    }
    if (one instanceof RubyArray && other instanceof RubyArray && one.items.length === other.items.length) {
      return new RubyArray(one.items.map((item, index) => this.#value(item, other.items[index] ?? null)))
    }
    return this.#unsure.reaching([...held(one), ...held(other)])
  }

  #entries(a: PersistentMap<Entry>, b: PersistentMap<Entry>): PersistentMap<Entry> {
    let merged = a
    for (const id of PersistentMap.differences(a, b)) {
      const [one, other] = [a.get(id), b.get(id)]
      const either = other ?? one
      if (either === undefined) continue
      const value = one && other ? this.#value(one.value, other.value) : this.#unsure.reaching([either.value])
      merged = merged.with(id, value === one?.value ? one : { ...either, value, line: later(one, other) })
    }
    return merged
  }
}

/** The one that stands further down in the file. */
const later = (one: Entry | undefined, other: Entry | undefined): number => Math.max(one?.line ?? 0, other?.line ?? 0)
