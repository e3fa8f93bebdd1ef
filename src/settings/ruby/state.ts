import { type Entry, interchangeable, Reference, RubyArray, RubyHash, Unknown, type Value } from './value.ts'

/** What a configuration file has set so far, on one of the ways through it. */
export class State {
  /** Local, `$global` and `@instance` variables and Constants; their names cannot collide. */
  readonly variables: Map<string, Value>
  /** `packagecloud_rails`, `nginx`, …: mashes; `external_url`: a plain value. */
  readonly settings: Map<string, Entry>
  readonly environment: Map<string, Value>
  /** False after `return` or `raise`: nothing more happens on this way. */
  running = true

  constructor(variables: Map<string, Value>, settings: Map<string, Entry>, environment: Map<string, Value>) {
    this.variables = variables
    this.settings = settings
    this.environment = environment
  }

  fork(): State {
    return new State(new Map(this.variables), new Map(this.settings), new Map(this.environment))
  }

  /** What a reference stands for; `undefined` where nothing is set. */
  at({ root, path }: Reference): Value | undefined {
    let here = this.settings.get(root)?.value
    for (const key of path) here = here instanceof RubyHash ? here.get(key)?.value : undefined
    return here
  }

  /** Assigns a setting; what leads there is made as needed. What is in the way or unknown stays or becomes unknown. */
  assign({ root, path }: Reference, key: Value, value: Value, line: number): void {
    const rooted = assigned(this.settings.get(root)?.value ?? null, [...path, key], settled(value), line)
    this.settings.set(root, { key: root, value: rooted, line })
  }

  remove(reference: Reference, key: Value, line: number): void {
    const here = this.at(reference)
    if (here instanceof RubyHash) this.put(reference, here.without(key), line)
  }

  /** Makes everything beneath a reference unknown. */
  lose(reference: Reference, unknown: Unknown): void {
    const here = this.at(reference)
    if (here instanceof RubyHash)
      this.put(
        reference,
        here.map(() => unknown),
        unknown.line,
      )
  }

  private put({ root, path }: Reference, value: Value, line: number): void {
    const key = path.at(-1)
    if (key === undefined) this.settings.set(root, { key: root, value, line })
    else this.assign(new Reference(root, path.slice(0, -1)), key, value, line)
  }

  /** An array or hash was changed in place: every variable that holds this very one sees the change. */
  replace(old: RubyArray | RubyHash, by: Value): void {
    for (const [name, value] of this.variables) this.variables.set(name, replaced(value, old, by))
  }

  /**
   * A string was changed in place. Which variables share it is not tracked, but all that do hold an equal one, so none
   * of those is known any more.
   */
  loseString(text: string, unknown: Unknown): void {
    const lost = (value: Value): Value => {
      if (value === text) return unknown
      if (value instanceof RubyArray) return new RubyArray(value.items.map(lost))
      return value instanceof RubyHash ? value.map((entry) => lost(entry.value)) : value
    }
    for (const [name, value] of this.variables) this.variables.set(name, lost(value))
    for (const [name, entry] of this.settings) this.settings.set(name, { ...entry, value: lost(entry.value) })
  }
}

/** A mash copies the hashes and arrays that it is given, as mashes. */
function settled(value: Value): Value {
  if (value instanceof RubyArray) return new RubyArray(value.items.map(settled))
  if (!(value instanceof RubyHash)) return value
  const empty = new RubyHash(new Map(), true)
  return [...value.entries.values()].reduce(
    (mash, entry) => mash.with(entry.key, settled(entry.value), entry.line),
    empty,
  )
}

function assigned(here: Value, path: readonly Value[], value: Value, line: number): Value {
  const [key, ...rest] = path
  if (key === undefined) return value
  if (here instanceof Unknown) return here
  if (here !== null && !(here instanceof RubyHash)) return new Unknown(line, 'has a key assigned but is no hash')
  const hash = here ?? new RubyHash(new Map(), true)
  return hash.with(key, assigned(hash.get(key)?.value ?? null, rest, value, line), line)
}

function replaced(value: Value, old: RubyArray | RubyHash, by: Value): Value {
  if (value === old) return by
  if (value instanceof RubyArray) {
    const items = value.items.map((item) => replaced(item, old, by))
    return items.every((item, index) => item === value.items[index]) ? value : new RubyArray(items)
  }
  if (!(value instanceof RubyHash)) return value
  const changed = value.map((entry) => replaced(entry.value, old, by))
  return [...changed.entries].every(([id, entry]) => entry.value === value.entries.get(id)?.value) ? value : changed
}

/**
 * What holds whichever way was taken: what the ways agree on stays known, the rest becomes `unsure`.
 *
 * @param states - at least one
 */
export function mergeStates(states: readonly State[], unsure: Unknown): State {
  return states.reduce((a, b) => {
    const names = new Set([...a.variables.keys(), ...b.variables.keys()])
    const variables = new Map(
      [...names].map((name) => [
        name,
        mergeValues([a.variables.get(name) ?? null, b.variables.get(name) ?? null], unsure),
      ]),
    )
    const environment = new Map(
      [...new Set([...a.environment.keys(), ...b.environment.keys()])].map((name) => [
        name,
        mergeValues([a.environment.get(name) ?? null, b.environment.get(name) ?? null], unsure),
      ]),
    )
    return new State(variables, new Map(mergeEntries(a.settings, b.settings, unsure)), environment)
  })
}

/** The value that holds whichever way was taken. */
export const mergeValues = (values: readonly Value[], unsure: Unknown): Value =>
  values.reduce((a, b) => {
    if (a === b || interchangeable(a, b)) return a
    const mergeable = a instanceof RubyHash && b instanceof RubyHash && a.mash && b.mash
    return mergeable ? new RubyHash(mergeEntries(a.entries, b.entries, unsure), true) : unsure
  })

function mergeEntries(
  a: ReadonlyMap<string, Entry>,
  b: ReadonlyMap<string, Entry>,
  unsure: Unknown,
): ReadonlyMap<string, Entry> {
  const merged = new Map<string, Entry>()
  for (const id of new Set([...a.keys(), ...b.keys()])) {
    const one = a.get(id)
    const other = b.get(id)
    const either = one ?? other
    if (either === undefined) continue
    const value = one && other ? mergeValues([one.value, other.value], unsure) : unsure
    merged.set(
      id,
      value === one?.value ? one : { ...either, value, line: value === unsure ? unsure.line : either.line },
    )
  }
  return merged
}
