import {
  CallNode,
  IndexAndWriteNode,
  IndexOperatorWriteNode,
  IndexOrWriteNode,
  IndexTargetNode,
  type Node,
} from '@ruby/prism/src/nodes.js'

import { childrenOf } from './children.ts'
import type { Evaluation } from './evaluation.ts'
import { callMethod } from './methods.ts'
import type { Located } from './source.ts'
import { held } from './state.ts'
import { anyText } from './pattern.ts'
import { isKey, patternOf, Procedure, Reference, RubyArray, RubyHash, Unknown, type Value } from './value.ts'

/** The name that a call without receiver or arguments reads, as `nginx` in `nginx['enable']`. */
function bareName(node: Node | null): string | undefined {
  const bare = node instanceof CallNode && node.receiver === null && node.arguments_ === null && node.block === null
  return bare ? node.name : undefined
}

type IndexWrite = IndexAndWriteNode | IndexOperatorWriteNode | IndexOrWriteNode | IndexTargetNode
const isIndexWrite = (node: Node): node is IndexWrite =>
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
    childrenOf(node).forEach(visit)
  }
  visit(program)
  return names
}

/** Methods that change a hash in place. */
const changers = new Set(['[]=', 'store', 'merge!', 'update'])

const rootName = (node: Node | null): string | undefined =>
  node instanceof CallNode && node.name === '[]' ? rootName(node.receiver) : bareName(node)

/** What stands before the brackets of an assignment; a hash within the settings is made where there is none yet. */
export function placeOf(node: Node | null, run: Evaluation): Value {
  if (node === null) return new Unknown(0, 'is assigned to an object that is not known')
  const [index, ...rest] = node instanceof CallNode && node.name === '[]' ? (node.arguments_?.arguments_ ?? []) : []
  if (!(node instanceof CallNode) || node.receiver === null || index === undefined || rest.length > 0) {
    return run.evaluate(node)
  }
  const place = placeOf(node.receiver, run)
  const key = run.evaluate(index)
  const hash = place instanceof Reference ? run.state.at(place) : undefined
  const missing = hash instanceof RubyHash && hash.mash && isKey(key) && hash.doubt(key) === undefined
  if (!missing || (hash.get(key)?.value ?? null) !== null || !(place instanceof Reference)) {
    return readKey(node, place, key, run)
  }
  // Settings that do not make one raise an exception.
  run.risks += 1
  const made = run.allocate(new RubyHash(undefined, true))
  run.state.setEntry(place, hash, key, made, run.lineOf(node))
  return made
}

/** Reads a key of an array, hash or string. */
export function readKey(node: Located, place: Value, key: Value, run: Evaluation): Value {
  if (place instanceof Unknown) return run.derived(place)
  if (place === null) return run.unknown(node, 'is read from nil')
  if (!(place instanceof Reference) || place instanceof Procedure) {
    const value = key instanceof Unknown ? key : callMethod(place, '[]', [key], run.state)
    return value === undefined ? run.unknown(node, 'is read in a way that is not evaluated') : value
  }
  const content = run.state.at(place)
  if (content instanceof Unknown) return run.derived(content)
  if (key instanceof Unknown) return run.derived(key, held(content))
  const value = callMethod(place, '[]', [key], run.state)
  return value === undefined
    ? run.unknown(node, 'is read in a way that is not evaluated').reaching(held(content))
    : value
}

/** Assigns a key of a place. What it does to something unknown is noted. */
export function assignKey(node: Located, place: Value, key: Value, value: Value, run: Evaluation): void {
  if (place instanceof Reference) {
    const content = run.state.at(place)
    if (content instanceof RubyHash) assignEntry(node, place, content, key, value, run)
    else assignItem(node, place, key, value, run)
    return
  }
  const changed = run.unknown(node, 'is changed in a way that is not evaluated')
  if (typeof place === 'string') run.state.loseText(place, changed)
  if (!(place instanceof Unknown)) return
  run.state.extend(place, value)
  assignToUnknown(node, place, key, value, run)
}

function assignEntry(node: Located, place: Reference, hash: RubyHash, key: Value, value: Value, run: Evaluation): void {
  const line = run.lineOf(node)
  if (isKey(key)) {
    if (place.id === 'ENV') run.state.setEntry(place, hash, key, value ?? undefined, line)
    else run.state.setEntry(place, hash, key, hash.mash ? settled(value, run) : value, line)
    return
  }
  const pattern = patternOf(key) ?? anyText
  const unsure = run.unknown(node, 'may be set under a key that is not known').reaching([value])
  run.state.openKeys(place, hash, { pattern, unsure }, line)
  if (run.settable.has(place.id)) {
    const isRails = place.id === 'packagecloud_rails'
    run.note(node, `an assignment to a key of ${isRails ? place.id : 'another setting'} that is not known`, {
      keys: isRails ? pattern : 'none',
    })
  } else if (place.id === 'ENV') {
    run.note(node, 'an assignment to an environment variable that is not known', { keys: 'none' })
  }
}

/** More items than this are not made by assigning one of them. */
const longestGap = 1000

function assignItem(node: Located, place: Reference, key: Value, value: Value, run: Evaluation): void {
  const content = run.state.at(place)
  const unsure = run.unknown(node, 'is changed in a way that is not evaluated').reaching([value])
  const items = content instanceof RubyArray ? content.items : []
  const index = typeof key === 'bigint' ? Number(key) : NaN
  const at = index < 0 ? index + items.length : index
  if (!(content instanceof RubyArray) || !(at >= 0 && at <= items.length + longestGap)) {
    run.state.loseObject(place, unsure)
    return
  }
  const filled = Array.from({ length: Math.max(at + 1, items.length) }, (_, i) => items[i] ?? null)
  run.state.setObject(place, new RubyArray(filled.with(at, value)), run.lineOf(node))
}

/** Whatever it may be, this key of it may have been assigned. */
function assignToUnknown(node: Located, place: Unknown, key: Value, value: Value, run: Evaluation): void {
  const pattern = patternOf(key) ?? anyText
  const unsure = run.unknown(node, 'may be set under another name').reaching([value])
  run.note(node, 'an assignment to a key of an object that is not known', { keys: pattern })
  if (place.hints.fresh === true) return
  for (const each of run.state.closure(place.reach)) {
    const content = each instanceof Reference ? run.state.at(each) : undefined
    if (!(each instanceof Reference)) continue
    if (content instanceof RubyHash) run.state.openKeys(each, content, { pattern, unsure }, run.lineOf(node))
    else run.state.loseObject(each, unsure)
  }
}

/** A mash copies the hashes and arrays that it is given, as mashes. */
function settled(value: Value, run: Evaluation, within: ReadonlySet<string> = new Set()): Value {
  if (!(value instanceof Reference)) return value
  run.step()
  const content = run.state.at(value)
  if (within.has(value.id)) return new Unknown(0, 'holds itself').reaching([value])
  const inside = new Set([...within, value.id])
  const inner = (each: Value) => settled(each, run, inside)
  if (content instanceof RubyArray) return run.allocate(new RubyArray(content.items.map(inner)))
  if (!(content instanceof RubyHash) || content.mash) return value
  const empty = new RubyHash(undefined, true, content.open)
  const entries = [...content.entries.values()]
  return run.allocate(entries.reduce((mash, { key, value: each, line }) => mash.with(key, inner(each), line), empty))
}
