import { PersistentMap } from './persistent-map.ts'
import { anyText, mayBe } from './pattern.ts'
import {
  type Entry,
  identityOf,
  type Opening,
  reachOf,
  Reference,
  RubyArray,
  RubyHash,
  textOf,
  Unknown,
  type Value,
} from './value.ts'
import type { Cell, Part } from './cell.ts'

/** What a reference stands for. An array of which nothing is known any more is an Unknown that leads to what it held. */
export type Content = RubyArray | RubyHash | Unknown

/** Hears of what is written, while it is. */
export interface Recorder {
  record(cell: Cell, values: readonly Value[], state: State, line?: number): void
}

/** What a configuration file has set so far, on one of the ways through it. */
export class State {
  /** Local variables by scope and name, `$globals`, `@instance` variables and Constants. */
  variables: PersistentMap<Value>
  /** `packagecloud_rails`, `nginx`, …: mashes; `external_url`: a plain value. */
  settings: PersistentMap<Entry>
  /** By the ids of references. */
  objects: PersistentMap<Content>
  /** Objects that are one of some others, which of them depends on the way that was taken. */
  blends: PersistentMap<readonly string[]>
  /** False after `return` or `raise`: nothing more happens on this way. */
  running = true
  /** Takes down what is written, if anybody wants to know. */
  log: Recorder | undefined

  constructor(from?: State) {
    this.variables = from?.variables ?? PersistentMap.of()
    this.settings = from?.settings ?? PersistentMap.of()
    this.objects = from?.objects ?? PersistentMap.of()
    this.blends = from?.blends ?? PersistentMap.of()
    this.log = from?.log
  }

  /** Nothing is copied until it is changed. */
  fork(): State {
    return new State(this)
  }

  at({ id }: Reference): Content {
    return this.objects.get(id) ?? new Unknown(0, 'is not known')
  }

  setVariable(name: string, value: Value): void {
    this.variables = this.variables.with(name, value)
    this.log?.record({ kind: 'variable', name }, [value], this)
  }

  /** Sets what a name of its own stands for, not one of its keys. */
  setSetting(name: string, value: Value, line: number): void {
    this.settings = this.settings.with(name, { key: name, value, line })
    this.log?.record({ kind: 'setting', name }, [value], this, line)
  }

  /** Puts an array or hash in the place of another: everybody who holds it sees that. */
  setObject({ id }: Reference, content: Content, line: number): void {
    this.#shake(id, line)
    this.objects = this.objects.with(id, content)
    this.log?.record({ kind: 'object', id }, held(content), this, line)
  }

  /** Sets or, without a value, removes a key of a hash. */
  setEntry(reference: Reference, hash: RubyHash, key: Value, value: Value | undefined, line: number): void {
    this.#shake(reference.id, line)
    this.objects = this.objects.with(
      reference.id,
      value === undefined ? hash.without(key) : hash.with(key, value, line),
    )
    this.log?.record({ kind: 'entry', id: reference.id, key }, [value ?? null], this, line)
  }

  /** A key of which only the pattern is known may have been set: what fits it is not known any more. */
  openKeys(reference: Reference, hash: RubyHash, { pattern, unsure }: Opening, line: number): void {
    this.#shake(reference.id, line)
    const { among } = pattern
    const fits = (key: Value) => mayBe(pattern, textOf(key) ?? '')
    const doubtful = hash.map((entry) =>
      fits(entry.key) ? { ...entry, value: unsure.reaching([entry.value]), line } : entry,
    )
    const opened =
      among === undefined
        ? doubtful.opened({ pattern, unsure })
        : among.reduce((all, key) => (all.get(key) === undefined ? all.with(key, unsure, line) : all), doubtful)
    this.objects = this.objects.with(reference.id, opened)
    this.log?.record({ kind: 'keys', id: reference.id, pattern }, unsure.reach, this, line)
  }

  /** Makes something unknown, as if it had been written in a way that cannot be told. */
  lose(cell: Cell, unsure: Unknown, line = unsure.line): void {
    if (cell.kind === 'variable') {
      this.setVariable(cell.name, unsure.reaching([this.variables.get(cell.name) ?? null]))
    } else if (cell.kind === 'setting') {
      this.setSetting(cell.name, unsure.reaching([this.settings.get(cell.name)?.value ?? null]), line)
    } else if (cell.kind === 'text') {
      this.loseText(cell.text, unsure)
    } else {
      this.#loseWithin(cell, unsure, line)
    }
  }

  #loseWithin(cell: Part, unsure: Unknown, line: number): void {
    const reference = new Reference(cell.id)
    const content = this.objects.get(cell.id)
    // Made by what is not known to have happened: nobody has it.
    if (content === undefined) return
    if (cell.kind === 'object' || !(content instanceof RubyHash)) this.loseObject(reference, unsure)
    else if (cell.kind === 'keys') this.openKeys(reference, content, { pattern: cell.pattern, unsure }, line)
    else {
      const old = content.get(cell.key)?.value ?? null
      this.setEntry(reference, content, cell.key, unsure.reaching([old]), line)
    }
  }

  /** Nothing that an array or hash holds is known any more; a hash can be given known keys again. */
  loseObject(reference: Reference, unsure: Unknown): void {
    const content = this.at(reference)
    const pattern = anyText
    if (content instanceof RubyHash) this.openKeys(reference, content, { pattern, unsure }, unsure.line)
    else this.setObject(reference, unsure.reaching(held(content)), unsure.line)
  }

  /**
   * A string was changed in place. Which variables share it is not tracked, but all that do hold an equal one, so none
   * of those is known any more.
   */
  loseText(text: string, unsure: Unknown): void {
    const lost = unsure.reaching([text])
    const changed = (value: Value): Value => (value === text ? lost : value)
    for (const [name, value] of this.variables) if (value === text) this.variables = this.variables.with(name, lost)
    for (const [name, entry] of this.settings) {
      if (entry.value === text) this.settings = this.settings.with(name, { ...entry, value: lost })
    }
    for (const [id, content] of this.objects) {
      if (!held(content).includes(text) || content instanceof Unknown) continue
      const without =
        content instanceof RubyArray
          ? new RubyArray(content.items.map(changed))
          : content.map((entry) => (entry.value === text ? { ...entry, value: lost } : entry))
      this.objects = this.objects.with(id, without)
    }
    this.log?.record({ kind: 'text', text }, [text], this)
  }

  /** Everything that can be come to from some values: what they are, hold, or may be. */
  closure(values: readonly Value[]): readonly Value[] {
    const found = new Map<string, Value>()
    const pending = [...reachOf(values)]
    for (let value = pending.pop(); value !== undefined; value = pending.pop()) {
      const identity = identityOf(value) ?? ''
      if (found.has(identity)) continue
      found.set(identity, value)
      if (!(value instanceof Reference)) continue
      if (value.id === '*') pending.push(...[...this.objects].map(([id]) => new Reference(id)))
      else pending.push(...reachOf(held(this.at(value))))
    }
    found.delete('#*')
    return [...found.values()]
  }

  /** Code that is not evaluated had some values in hand and may have changed any of them. */
  loseAll(values: readonly Value[], unsure: Unknown): void {
    for (const value of this.closure(values)) {
      if (value instanceof Reference) this.loseObject(value, unsure)
      else if (typeof value === 'string') this.loseText(value, unsure)
    }
  }

  /** An unknown object took in a value: whoever holds it may come to that value. */
  extend(holder: Unknown, value: Value): void {
    const extended = holder.reaching([value])
    if (extended === holder) return
    for (const [name, other] of this.variables) if (other === holder) this.setVariable(name, extended)
  }

  /** What may be the same object under another id is not known any more once one of them changes. */
  #shake(id: string, line: number): void {
    if (this.blends.size === 0) return
    const family = new Set([id, ...(this.blends.get(id) ?? [])])
    const blended = [...this.blends].filter(
      ([other, origins]) => origins.some((o) => family.has(o)) || family.has(other),
    )
    for (const other of new Set([...family, ...blended.map(([name]) => name)])) {
      const content = this.objects.get(other)
      if (other === id || content === undefined) continue
      const unsure = new Unknown(line, 'may be changed under another name')
      const pattern = anyText
      const lost =
        content instanceof RubyHash
          ? content.map((entry) => ({ ...entry, value: unsure })).opened({ pattern, unsure })
          : unsure.reaching(held(content))
      this.objects = this.objects.with(other, lost)
      this.log?.record({ kind: 'object', id: other }, [], this, line)
    }
  }
}

/** The values that an array or hash holds, or may hold. */
export function held(content: Content): readonly Value[] {
  if (content instanceof RubyArray) return content.items
  if (content instanceof Unknown) return content.reach
  return [
    ...[...content.entries.values()].map(({ value }) => value),
    ...content.open.flatMap(({ unsure }) => unsure.reach),
  ]
}
