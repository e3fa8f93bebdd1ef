import { callMethods, callProcedures } from './blocks.ts'
import type { Evaluation } from './evaluation.ts'
import { callMethod } from './methods.ts'
import { shown } from './names.ts'
import { assignKey, readKey } from './places.ts'
import { callers, isMutator, keepers, lookers, makers, words } from './reserved.ts'
import type { Located } from './source.ts'
import { held } from './state.ts'
import { anyText, followedBy } from './pattern.ts'
import { classOf, patternOf, Procedure, Reference, RubyArray, RubyHash, textOf, Unknown, type Value } from './value.ts'

/** Calls a method of an evaluated receiver with evaluated arguments; what a block does is seen to elsewhere. */
export function operate(node: Located, self: Value, name: string, args: readonly Value[], run: Evaluation): Value {
  if (sends.has(name)) return send(node, self, args, run)
  if (name === '[]=' || name === 'store') return storeKey(node, self, name, args, run)
  if (self instanceof Procedure) return operateOnProcedure(node, self, name, args, run)
  if (name === '[]' && args.length === 1) return readKey(node, self, args[0] ?? null, run)
  const own = run.methods.has(name) && !lookers.has(name) ? callMethods(node, name, args, null, run) : undefined
  if (own !== undefined) return own.reaching([self])
  if (self instanceof Unknown) return operateOnUnknown(node, self, name, args, run)
  if (self instanceof Reference) return operateOnObject(node, self, name, args, run)
  const result = isMutator(name) ? undefined : callMethod(self, name, args, run.state)
  if (result !== undefined) return run.kept(result instanceof Unknown ? added(result, self, name, args) : result)
  const appended = name === '<<' && typeof args[0] === 'string' && typeof self === 'string' ? self + args[0] : undefined
  if (typeof self === 'string' && isMutator(name)) {
    run.state.loseText(self, run.unknown(node, `is changed by ${shown(name)}, which is not evaluated`))
  }
  const unknown = run.unknown(node, `uses ${classOf(self)}#${shown(name)}, which is not evaluated`)
  return appended ?? unknown.reaching(typeof self === 'string' && keepers.has(name) ? [self, ...args] : [])
}

const sends = new Set(['send', 'public_send', '__send__'])

function send(node: Located, self: Value, args: readonly Value[], run: Evaluation): Value {
  const [name = null, ...rest] = args
  const text = textOf(name)
  if (text !== undefined) return operate(node, self, text, rest, run)
  const unsure = run.unknown(node, 'may be changed by a method that is not known')
  run.state.loseAll([self, ...rest], unsure)
  run.note(node, 'send(…)', { keys: anyText, blind: true })
  return unsure.reaching([self, ...rest])
}

function storeKey(node: Located, self: Value, name: string, args: readonly Value[], run: Evaluation): Value {
  const [key, value, ...rest] = args
  if (key === undefined || value === undefined || rest.length > 0) {
    const unsure = run.unknown(node, 'is assigned in a way that is not evaluated')
    run.state.loseAll([self], unsure)
    return unsure
  }
  const content = self instanceof Reference ? run.state.at(self) : undefined
  // Unlike `[]=`, which Chef's mash overrides, this takes symbols and hashes as they are.
  const isRaw = name === 'store' && content instanceof RubyHash && content.mash
  const isOdd = isRaw && (typeof key !== 'string' || typeof value === 'object')
  assignKey(
    node,
    self,
    key,
    isOdd ? run.unknown(node, 'is stored in a way that is not evaluated').reaching([value]) : value,
    run,
  )
  return value
}

function operateOnProcedure(
  node: Located,
  self: Procedure,
  name: string,
  args: readonly Value[],
  run: Evaluation,
): Value {
  if (name === 'to_proc' || name === 'curry' || name === 'freeze' || name === 'lambda?') return self
  return callProcedures(node, [self], args, run)
}

/** Of text that is put together with what is not known, the known part stays known. */
function added(unknown: Unknown, self: Value, name: string, [other = null]: readonly Value[]): Unknown {
  const [first, second] = [patternOf(self), patternOf(other)]
  if (name !== '+' || (first ?? second) === undefined) return unknown
  return new Unknown(unknown.line, unknown.reason, { fresh: true }).like(
    followedBy(first ?? anyText, second ?? anyText),
  )
}

/** Methods that give a method as a value, which changes what it is of when it is called. */
const methodTakers = words('method public_method')

/** Methods of a text that leave it as it is. */
const same = new Set(['to_s', 'to_sym', 'to_str', 'itself', 'freeze', 'dup', '+@', '-@'])

function operateOnUnknown(node: Located, self: Unknown, name: string, args: readonly Value[], run: Evaluation): Value {
  if (isMutator(name)) {
    const unsure = run.unknown(node, 'may be changed under another name')
    if (self.hints.fresh !== true) run.state.loseAll(self.reach, unsure)
    for (const arg of args) run.state.extend(self, arg)
  }
  if (callers.has(name)) callReached(node, self, args, run)
  if (variableSetters.has(name)) run.loseVariables(run.unknown(node, 'may be set by its name').reaching(args))
  const given = args.filter((arg) => arg instanceof Reference && run.settable.has(arg.id))
  if (given.length > 0 && !lookers.has(name) && !writers.has(name)) {
    run.note(node, 'a method that is given settings', { keys: anyText })
    run.state.loseAll(given, run.unknown(node, 'may be changed by a method that it is given to'))
  }
  callProcedures(
    node,
    args.filter((arg) => arg instanceof Procedure),
    [self, ...args],
    run,
  )
  if (same.has(name)) return self
  if (methodTakers.has(name)) return new Unknown(self.line, self.reason, { reach: self.reach, isMethod: true })
  return added(run.derived(self, args, makers.has(name)), self, name, args)
}

/** Methods that set variables of the file by their names. */
const variableSetters = words('local_variable_set instance_variable_set const_set class_variable_set')

/** Methods that write down what they are given. */
const writers = words('dump generate pretty_generate puts print p pp info warn debug error write')

/** It may be a procedure, or a method of an object. */
function callReached(node: Located, self: Unknown, args: readonly Value[], run: Evaluation): void {
  const reached = run.state.closure(self.reach)
  callProcedures(
    node,
    reached.filter((value) => value instanceof Procedure),
    args,
    run,
  )
  if (self.hints.isMethod === true) {
    run.state.loseAll(self.reach, run.unknown(node, 'may be changed by a method that is not known').reaching(args))
  }
}

function operateOnObject(node: Located, self: Reference, name: string, args: readonly Value[], run: Evaluation): Value {
  const content = run.state.at(self)
  const changed = content instanceof RubyHash ? changeHash(node, self, content, name, args, run) : undefined
  const more = content instanceof RubyArray ? addedTo(content, name, args, run) : undefined
  if (more !== undefined) run.state.setObject(self, more, run.lineOf(node))
  if (changed !== undefined || more !== undefined) return changed === undefined ? self : changed
  const isForeign = isMutator(name) || (self.id === 'ENV' && !environmentMethods.has(name))
  const result = isForeign ? undefined : callMethod(self, name, args, run.state)
  if (result !== undefined) return run.kept(result)
  if (isMutator(name) || (run.settable.has(self.id) && !lookers.has(name))) loseBy(node, self, name, args, run)
  callProcedures(
    node,
    args.filter((arg) => arg instanceof Procedure),
    held(content),
    run,
  )
  if (content instanceof Unknown) return run.derived(content, [self, ...args], makers.has(name))
  const [variable] = args
  if (self.id === 'ENV' && name === 'fetch' && typeof variable === 'string') {
    const which = /^[A-Z][A-Z_]*[0-9]*$/.test(variable) ? `the environment variable ${variable}` : 'a variable'
    return run.unknown(node, `needs ${which}, which is not set`)
  }
  const isNamed = self.id === 'ENV' || self.id === 'packagecloud_rails'
  const what = isNamed ? `${self.id}.` : `${classOf(content)}#`
  const unknown = run.unknown(node, `uses ${what}${shown(name)}, which is not evaluated`)
  if (methodTakers.has(name)) return new Unknown(unknown.line, unknown.reason, { reach: [self], isMethod: true })
  return makers.has(name) ? unknown.reaching(held(content), true) : unknown.reaching([self, ...args])
}

/** What ENV has of the methods of a hash that are imitated. */
const environmentMethods = words('[] fetch key? has_key? include? empty? length size nil? == !=')

/** An array or hash is changed in a way that is not imitated. */
export function loseBy(node: Located, self: Reference, name: string, args: readonly Value[], run: Evaluation): void {
  run.state.loseObject(
    self,
    run.unknown(node, `may be changed by ${shown(name)}, which is not evaluated`).reaching(args),
  )
  if (!run.settable.has(self.id)) return
  const isRails = self.id === 'packagecloud_rails'
  run.note(node, `${isRails ? self.id : 'another setting'}: ${shown(name)}(…)`, { keys: isRails ? anyText : 'none' })
}

/** Changes to a hash that are imitated. Gives `undefined` for others. */
function changeHash(
  node: Located,
  self: Reference,
  hash: RubyHash,
  name: string,
  args: readonly Value[],
  run: Evaluation,
): Value | undefined {
  const [first = null] = args
  if (name === 'delete' && args.length === 1 && !(first instanceof Unknown)) {
    const old = readKey(node, self, first, run)
    run.state.setEntry(self, hash, first, undefined, run.lineOf(node))
    return old
  }
  if (name === 'clear' && args.length === 0) {
    run.state.setObject(self, new RubyHash(undefined, hash.mash), run.lineOf(node))
    return self
  }
  const isUpdate = name === 'merge!' || name === 'update'
  const more = isUpdate && args.length === 1 && first instanceof Reference ? run.state.at(first) : undefined
  if (!(more instanceof RubyHash) || more.open.length > 0) return undefined
  for (const { key, value } of more.entries.values()) assignKey(node, self, key, value, run)
  return self
}

/** An array with more items, for the methods that are imitated. */
function addedTo({ items }: RubyArray, name: string, args: readonly Value[], run: Evaluation): RubyArray | undefined {
  if ((name === '<<' && args.length === 1) || name === 'push' || name === 'append') {
    return new RubyArray([...items, ...args])
  }
  const more = args.map((arg) => (arg instanceof Reference ? run.state.at(arg) : arg))
  if (name !== 'concat' || !more.every((each) => each instanceof RubyArray)) return undefined
  return new RubyArray([...items, ...more.flatMap((each) => each.items)])
}
