import type { Location, Node } from '@ruby/prism/src/nodes.js'

import { mergeStates, mergeValues, State } from './state.ts'
import { isTruthy, RubyHash, Unknown, type Value } from './value.ts'

/** Something in the file that is not evaluated although it could change settings. */
export interface Note {
  readonly file: string
  readonly line: number
  /** What it is; holds names from the file, never its literals. */
  readonly text: string
}

/** How to evaluate one kind of syntax. */
export type Rule = (node: Node, run: Evaluation) => Value
type Rules = ReadonlyMap<unknown, Rule>

/** A rule for one class of nodes. */
export function rule<N extends Node>(
  Class: new (...args: never[]) => N,
  evaluate: (node: N, run: Evaluation) => Value,
): readonly [unknown, Rule] {
  return [
    Class,
    (node, run) => {
      if (!(node instanceof Class)) throw new TypeError(`not a ${Class.name}`)
      return evaluate(node, run)
    },
  ]
}

export interface Source {
  readonly file: string
  /** UTF-8; offsets in the syntax tree count these. */
  readonly bytes: Buffer
  /** Whether the file was valid UTF-8. */
  readonly valid: boolean
}

/** One walk through a file: the state so far and what every rule needs. */
export class Evaluation {
  readonly notes: Note[] = []
  /** Methods that the file defines. */
  readonly methods = new Map<string, Node>()
  /** Names that the file assigns keys of: these are settings, any other unknown name is not. */
  readonly settable: ReadonlySet<string>
  readonly source: Source
  readonly rules: Rules
  state: State
  /** What was set where the file could be left early. */
  readonly #exits: State[] = []

  constructor(source: Source, rules: Rules, settable: ReadonlySet<string>, environment: NodeJS.ProcessEnv) {
    this.source = source
    this.rules = rules
    this.settable = settable
    const known = Object.entries(environment).flatMap(([name, value]) =>
      value === undefined ? [] : [[name, value] as const],
    )
    // They are there from the start: a first mention on one of two ways must not be the making of one.
    const mashes = [...settable].map(
      (name) => [name, { key: name, value: new RubyHash(new Map(), true), line: 0 }] as const,
    )
    this.state = new State(new Map(), new Map(mashes), new Map(known))
  }

  evaluate(node: Node): Value {
    const evaluate = this.rules.get(node.constructor) ?? this.rules.get(undefined)
    return evaluate === undefined ? this.unknown(node, 'is not evaluated') : evaluate(node, this)
  }

  /** The value of the last of some nodes. */
  all(nodes: readonly Node[]): Value {
    let value: Value = null
    for (const node of nodes) {
      if (!this.state.running) break
      value = this.evaluate(node)
    }
    return value
  }

  maybe(node: Node | null): Value {
    return node === null ? null : this.evaluate(node)
  }

  /** Evaluates each of several ways from the state that is now; on, what they agree on is known. */
  either(unsure: Unknown, ways: readonly (() => Value)[]): Value {
    const before = this.state
    const ended = ways.map((way) => {
      this.state = before.fork()
      const value = way()
      return { value, state: this.state }
    })
    const running = ended.filter(({ state }) => state.running)
    const [first] = running.length > 0 ? running : ended
    if (first === undefined) return unsure
    this.state =
      running.length > 1
        ? mergeStates(
            running.map(({ state }) => state),
            unsure,
          )
        : first.state
    return running.length > 1
      ? mergeValues(
          running.map(({ value }) => value),
          unsure,
        )
      : first.value
  }

  /** Takes the one way or the other; both, if that is not known. */
  choose(condition: Value, ifTrue: () => Value, ifFalse: () => Value): Value {
    const truthy = isTruthy(condition)
    if (truthy instanceof Unknown) return this.either(truthy, [ifTrue, ifFalse])
    return truthy ? ifTrue() : ifFalse()
  }

  /** `return` at the top: what is set so far holds, if this is where the file ends. */
  leave(): void {
    this.#exits.push(this.state.fork())
    this.state.running = false
  }

  /** What is set in the end. */
  end(): State {
    const ways = this.state.running || this.#exits.length === 0 ? [...this.#exits, this.state] : this.#exits
    return mergeStates(ways, new Unknown(0, 'depends on where the file is left'))
  }

  note(node: Node, text: string): void {
    const line = this.lineOf(node)
    if (this.notes.some((note) => note.line === line && note.text === text)) return
    this.notes.push({ file: this.source.file, line, text })
  }

  unknown(node: Node, reason: string): Unknown {
    return new Unknown(this.lineOf(node), reason)
  }

  lineOf(node: Node): number {
    return lineAt(this.source.bytes, node.location.startOffset)
  }

  text({ startOffset, length }: Location): string {
    return this.source.bytes.toString('utf8', startOffset, startOffset + length)
  }
}

/** The line, counted from 1, of a byte. */
export function lineAt(bytes: Buffer, offset: number): number {
  let line = 1
  for (let at = bytes.indexOf(10); at !== -1 && at < offset; at = bytes.indexOf(10, at + 1)) line += 1
  return line
}
