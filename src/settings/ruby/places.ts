import {
  CallNode,
  IndexAndWriteNode,
  IndexOperatorWriteNode,
  IndexOrWriteNode,
  IndexTargetNode,
  type Node,
} from '@ruby/prism/src/nodes.js'

import type { Evaluation } from './evaluation.ts'
import { callMethod } from './methods.ts'
import { isKey, Reference, RubyArray, RubyHash, Unknown, type Value } from './value.ts'

/** The name that a call without receiver or arguments reads, as `nginx` in `nginx['enable']`. */
export function bareName(node: Node | null): string | undefined {
  const bare = node instanceof CallNode && node.receiver === null && node.arguments_ === null && node.block === null
  return bare ? node.name : undefined
}

type IndexWrite = IndexAndWriteNode | IndexOperatorWriteNode | IndexOrWriteNode | IndexTargetNode
export const isIndexWrite = (node: Node): node is IndexWrite =>
  node instanceof IndexOrWriteNode ||
  node instanceof IndexAndWriteNode ||
  node instanceof IndexOperatorWriteNode ||
  node instanceof IndexTargetNode

/** The names whose keys are assigned anywhere beneath a node, `packagecloud_rails` among them in any case. */
export function settableNames(program: Node): ReadonlySet<string> {
  const names = new Set(['packagecloud_rails'])
  const visit = (node: Node): void => {
    if (isIndexWrite(node) || (node instanceof CallNode && changers.has(node.name))) {
      const name = rootName(node.receiver)
      if (name !== undefined) names.add(name)
    }
    node.compactChildNodes().forEach(visit)
  }
  visit(program)
  return names
}

/** Methods that change a hash in place. */
const changers = new Set(['[]=', 'store', 'merge!', 'update'])

const rootName = (node: Node | null): string | undefined =>
  node instanceof CallNode && node.name === '[]' ? rootName(node.receiver) : bareName(node)

/** What stands before the brackets of an assignment: a place among the settings even where nothing is set yet. */
export function placeOf(node: Node | null, run: Evaluation): Value {
  if (node === null) return new Unknown(0, 'is assigned to an object that is not known')
  const [index] = node instanceof CallNode && node.name === '[]' ? (node.arguments_?.arguments_ ?? []) : []
  if (!(node instanceof CallNode) || index === undefined) return run.evaluate(node)
  const place = placeOf(node.receiver, run)
  if (!(place instanceof Reference)) return run.evaluate(node)
  const key = run.evaluate(index)
  return key instanceof Unknown ? key : new Reference(place.root, [...place.path, key])
}

/** Reads a key of a place, array, hash or string. */
export function readKey(node: Node, place: Value, key: Value, run: Evaluation): Value {
  if (place instanceof Unknown) return place
  if (!(place instanceof Reference)) {
    const value = callMethod(place, '[]', [key])
    return value === undefined ? run.unknown(node, 'is read in a way that is not evaluated') : value
  }
  if (key instanceof Unknown) return key
  const here = run.state.at(place)
  if (here !== undefined && !(here instanceof RubyHash)) return readKey(node, here, key, run)
  if (here === undefined && place.path.length > 0) return run.unknown(node, 'is read from nil')
  const value = here?.get(key)?.value ?? null
  return value instanceof RubyHash ? new Reference(place.root, [...place.path, key]) : value
}

/** Assigns a key of a place. What it does to something unknown is noted. */
export function assignKey(node: Node, place: Value, key: Value, value: Value, run: Evaluation): void {
  const line = run.lineOf(node)
  if (place instanceof Reference && isKey(key)) {
    const stored = value instanceof Reference ? (run.state.at(value) ?? new RubyHash(new Map(), true)) : value
    run.state.assign(place, key, stored, line)
  } else if (place instanceof RubyHash && isKey(key)) {
    run.state.replace(place, place.with(key, value, line))
  } else if (place instanceof Reference || place instanceof Unknown) {
    run.note(
      node,
      `an assignment to a key of ${place instanceof Reference ? place.root : 'an object'} that is not known`,
    )
  } else {
    lose(node, place, 'is changed in a way that is not evaluated', run)
  }
}

/** After a change that is not evaluated, neither what was changed nor anything that shares it is known. */
export function lose(node: Node, place: Value, reason: string, run: Evaluation): void {
  const unknown = run.unknown(node, reason)
  if (place instanceof Reference) run.state.lose(place, unknown)
  else if (place instanceof RubyHash || place instanceof RubyArray) run.state.replace(place, unknown)
  else if (typeof place === 'string') run.state.loseString(place, unknown)
}
