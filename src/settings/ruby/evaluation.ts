import type { Node } from '@ruby/prism/src/nodes.js'

import { CtlError } from '../../errors.ts'
import { kindOf } from './children.ts'
import type { Context, Surroundings } from './context.ts'
import { mergeStates, mergeValues } from './merge.ts'
import { canBeShown } from './names.ts'
import { type Effect, Note } from './note.ts'
import type { Located, Source } from './source.ts'
import { type Content, State } from './state.ts'
import {
  everything,
  isTruthy,
  type Procedure,
  reachOf,
  Reference,
  RubyArray,
  RubyHash,
  Unknown,
  type Value,
} from './value.ts'
import { WriteLog } from './write-log.ts'

/** How to evaluate one kind of syntax. */
export type Rule = (node: Node, run: Evaluation) => Value
type Rules = ReadonlyMap<unknown, Rule>

/** A rule for one class of nodes. */
export function rule<N extends Located>(
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

/** More than any configuration file takes; programs that compute take as long as they like. */
const mostSteps = 250_000

/** One walk through a file: the state so far and what every rule needs. */
export class Evaluation {
  /** Methods that the file defines, by name; several where one takes the place of another. */
  readonly methods = new Map<string, readonly Procedure[]>()
  /** Names that the file assigns keys of: these are settings, any other unknown name is not. */
  readonly settable: ReadonlySet<string>
  readonly rules: Rules
  readonly surroundings: Surroundings
  state = new State()
  context: Context
  /** Counts what may raise an exception. */
  risks = 0
  /** Whether libraries are looked for in folders of the file's own. */
  looksElsewhere = false
  /** Code that is being evaluated, and may come to call itself. */
  readonly #called = new Set<Node>()
  /** Files whose presence the code that is being evaluated depends on. */
  readonly #guards: string[] = []
  /** What was set where the file could be left early. */
  readonly #exits: State[] = []
  readonly notes = new Map<string, Note>()
  #objects = 0
  #steps = 0

  constructor(source: Source, rules: Rules, settable: ReadonlySet<string>, surroundings: Surroundings) {
    this.rules = rules
    this.settable = settable
    this.surroundings = surroundings
    const scope = { id: '', parent: undefined }
    this.context = { source, scope, self: undefined, returns: undefined, given: undefined, block: null }
    // They are there from the start: a first mention on one of two ways must not be the making of one.
    for (const name of settable) {
      this.state.objects = this.state.objects.with(name, new RubyHash(undefined, true))
      this.state.settings = this.state.settings.with(name, { key: name, value: new Reference(name), line: 0 })
    }
    const variables = Object.entries(surroundings.environment).filter(([, value]) => value !== undefined)
    const environment = variables.reduce((hash, [name, value = null]) => hash.with(name, value, 0), new RubyHash())
    this.state.objects = this.state.objects.with('ENV', environment)
  }

  /** Counts what takes time. */
  step(): void {
    this.#steps += 1
    if (this.#steps <= mostSteps) return
    throw new CtlError('configuration', `${this.context.source.file} computes more than can be followed.`, {
      hint: 'pc-ctl reads the file without running it. Write the settings as plain values.',
    })
  }

  evaluate(node: Node): Value {
    this.step()
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
    const [first = { value: unsure, state: before }] = running.length > 0 ? running : ended
    this.state = first.state
    if (running.length < 2) return first.value
    this.state = mergeStates(
      running.map(({ state }) => state),
      unsure,
      () => this.#number(),
    )
    return mergeValues(running, unsure)
  }

  /** Takes the one way or the other; both, if that is not known. */
  choose(condition: Value, ifTrue: () => Value, ifFalse: () => Value): Value {
    const truthy = isTruthy(condition)
    if (!(truthy instanceof Unknown)) return truthy ? ifTrue() : ifFalse()
    const { presenceOf } = truthy.hints
    if (presenceOf !== undefined) this.#guards.push(presenceOf)
    const guarded = () => {
      const value = ifTrue()
      if (presenceOf !== undefined) this.#guards.pop()
      return value
    }
    return this.either(truthy, [guarded, ifFalse])
  }

  isGuarded(file: string): boolean {
    return this.#guards.includes(file)
  }

  /**
   * Evaluates code that runs in parts, not at all or any number of times: a loop, a block, a method. All that it writes
   * becomes `unsure`. It is evaluated until it writes nothing more that it had not written before, as what it writes
   * may be what it reads the next time.
   */
  repeated(unsure: Unknown, code: () => Value): Unknown {
    const before = this.state
    const log = new WriteLog(this.#objects)
    let values: readonly Value[] = []
    for (let weight = -1; log.weight > weight;) {
      weight = log.weight
      this.state = before.fork()
      log.apply(this.state, unsure)
      this.state.log = log
      const value = code()
      values = log.outside([...values, value], this.state)
    }
    this.state = before
    log.apply(before, unsure)
    return unsure.reaching(values)
  }

  /** Evaluates code, and says what it could have written if it was left somewhere on the way. */
  attempt<T>(code: () => T): { value: T; log: WriteLog } {
    const outer = this.state.log
    const log = new WriteLog(this.#objects, outer)
    this.state.log = log
    const value = code()
    this.state.log = outer
    return { value, log }
  }

  /** Evaluates code in surroundings of its own. Of code that comes to call itself nothing is known. */
  within(context: Context, code: Node, evaluate: () => Value): Value {
    if (this.#called.has(code)) {
      const unsure = this.unknown(code, 'depends on code that calls itself, which is not evaluated')
      this.loseVariables(unsure)
      this.state.loseAll([everything], unsure)
      return unsure.reaching([everything])
    }
    const outer = this.context
    this.context = context
    this.#called.add(code)
    const value = evaluate()
    this.#called.delete(code)
    this.context = outer
    return value
  }

  /** `return`: at the top, what is set so far holds if this is where the file ends. */
  leave(value: Value): void {
    if (this.context.returns === undefined) this.#exits.push(this.state.fork())
    else this.context.returns.push(value)
    this.state.running = false
  }

  /** `next`, `break` and their like. */
  jump(value: Value): Value {
    this.context.given?.push(value)
    this.state.running = false
    return null
  }

  /** Evaluates code, and what is done however that is left. */
  ensuring(code: () => Value, ensured: () => Value): Value {
    const exitsBefore = this.#exits.length
    const value = code()
    const { running } = this.state
    this.state.running = true
    ensured()
    this.state.running &&= running
    const after = this.state
    for (const [at, exit] of [...this.#exits.entries()].slice(exitsBefore)) {
      this.state = exit
      ensured()
      this.#exits[at] = this.state
    }
    this.state = after
    return value
  }

  /** What is set in the end. */
  end(): State {
    const ways = this.state.running || this.#exits.length === 0 ? [...this.#exits, this.state] : this.#exits
    return mergeStates(ways, new Unknown(0, 'depends on where the file is left'), () => this.#number())
  }

  define(name: string, method: Procedure): void {
    const others = this.methods.get(name) ?? []
    if (!others.some(({ code }) => code === method.code)) this.methods.set(name, [...others, method])
  }

  loseVariables(unsure: Unknown): void {
    for (const [name] of this.state.variables) this.state.lose({ kind: 'variable', name }, unsure)
  }

  allocate(content: Content): Reference {
    const reference = new Reference(this.#number())
    this.state.objects = this.state.objects.with(reference.id, content)
    return reference
  }

  /** A value that can be held: a new array or hash gets its place. */
  kept(value: Value): Value {
    return value instanceof RubyArray || value instanceof RubyHash ? this.allocate(value) : value
  }

  #number(): string {
    this.#objects += 1
    return String(this.#objects - 1)
  }

  note(node: Located, text: string, effect: Effect): void {
    const { source } = this.context
    const line = this.lineOf(node)
    const id = `${line} ${text}`
    const note = this.notes.get(id) ?? new Note(source.file, line, text)
    note.add({ ...effect, source: source.linesOf(node.location) })
    this.notes.set(id, note)
  }

  unknown(node: Located, reason: string): Unknown {
    this.risks += 1
    return new Unknown(this.lineOf(node), reason)
  }

  unknownName(node: Located, name: string): Unknown {
    return this.unknown(node, `uses ${canBeShown(name) ? name : 'a name'}, which this file does not set`)
  }

  /** What comes of an unknown value, for the same reason. */
  derived(from: Unknown, others: readonly Value[] = [], fresh = false): Unknown {
    this.risks += 1
    const reach = reachOf([from, ...others])
    return new Unknown(from.line, from.reason, reach.length === 0 ? {} : { reach, fresh })
  }

  /** For loops, classes, patterns, … */
  notEvaluated(node: Node): Unknown {
    return this.unknown(node, `depends on a ${kindOf(node)}, which is not evaluated`)
  }

  lineOf(node: Located): number {
    return this.context.source.lineAt(node.location.startOffset)
  }
}
