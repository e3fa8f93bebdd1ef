import type { Node } from '@ruby/prism/src/nodes.js'

import type { Evaluation } from './evaluation.ts'
import { callMethod } from './methods.ts'
import { assignKey, lose, readKey } from './places.ts'
import { classOf, Reference, RubyArray, RubyHash, Unknown, type Value } from './value.ts'

/** Methods, besides those that end in `!`, that change what they are called on. */
const mutators = new Set(
  `<< []= append clear collect! compare_by_identity concat default= delete delete_at delete_if fill force_encoding
  insert keep_if pop prepend push rehash replace setbyte shift store unshift update`.split(/\s+/),
)

export const isMutator = (name: string): boolean => name.endsWith('!') || mutators.has(name)

/** Methods that look at a mash and leave it as it is, with a block or without. */
const lookers = new Set(
  `any? all? collect count detect each each_key each_pair each_value each_with_index each_with_object empty? entries find
  find_all filter filter_map flat_map hash inspect invert key keys length map max_by min_by none? partition reduce inject
  reject select size sort sort_by sum to_a to_h to_hash to_s transform_keys transform_values values values_at
  then tap itself freeze frozen? is_a? kind_of? instance_of? respond_to? class object_id dup clone merge fetch dig key?
  has_key? include? member? has_value? value? nil? slice except compact to_json to_yaml == != ! =~ === eql? equal?`.split(
    /\s+/,
  ),
)

/** Calls a method of an evaluated receiver with evaluated arguments; block or no block makes no difference here. */
export function operate(node: Node, self: Value, name: string, args: readonly Value[], run: Evaluation): Value {
  if (self instanceof Unknown) return self
  if (name === '[]' && args.length === 1) return readKey(node, self, args[0] ?? null, run)
  if (self instanceof Reference) return operateOnPlace(node, self, name, args, run)
  const result = isMutator(name) ? undefined : callMethod(self, name, args)
  if (result !== undefined) return result
  const added = name === '<<' ? append(self, args) : undefined
  if (self instanceof RubyArray && added !== undefined) run.state.replace(self, added)
  else if (isMutator(name)) lose(node, self, `is changed by ${name}, which is not evaluated`, run)
  return added ?? run.unknown(node, `uses ${classOf(self)}#${name}, which is not evaluated`)
}

function append(self: Value, [item]: readonly Value[]): Value | undefined {
  if (item === undefined) return undefined
  if (self instanceof RubyArray) return new RubyArray([...self.items, item])
  return typeof self === 'string' && typeof item === 'string' ? self + item : undefined
}

function operateOnPlace(node: Node, self: Reference, name: string, args: readonly Value[], run: Evaluation): Value {
  const [key, value] = args
  if (key !== undefined && !(key instanceof Unknown)) {
    if (name === 'store' && value !== undefined) {
      assignKey(node, self, key, value, run)
      return value
    }
    if ((name === 'merge!' || name === 'update') && key instanceof RubyHash && args.length === 1) {
      for (const entry of key.entries.values()) run.state.assign(self, entry.key, entry.value, entry.line)
      return self
    }
    if (name === 'delete') {
      const old = readKey(node, self, key, run)
      run.state.remove(self, key, run.lineOf(node))
      return old
    }
  }
  if (lookers.has(name)) return look(node, self, name, args, run)
  lose(node, self, `may be changed by ${name}, which is not evaluated`, run)
  run.note(node, `${[self.root, name].join('.')}(…)`)
  return run.unknown(node, `uses ${self.root}.${name}, which is not evaluated`)
}

function look(node: Node, self: Reference, name: string, args: readonly Value[], run: Evaluation): Value {
  const here = run.state.at(self) ?? new RubyHash(new Map(), true)
  const result = here instanceof RubyHash ? callMethod(here, name, args) : operate(node, here, name, args, run)
  if (result instanceof RubyHash && name === 'fetch') return new Reference(self.root, [...self.path, args[0] ?? null])
  return result === undefined ? run.unknown(node, `uses ${self.root}.${name}, which is not evaluated`) : result
}
