/** Lines that run other text: `eval`, `instance_eval(File.read(…))`, `load`, `require_relative`. */
import { dirname, isAbsolute, resolve } from 'node:path'

import { type CallNode, ConstantReadNode, SelfNode } from '@ruby/prism/src/nodes.js'

import { NotReadable, readRegularFile } from '../regular-file.ts'
import { argumentsOf } from './arguments.ts'
import { blockOf, callProcedures } from './blocks.ts'
import type { Evaluation } from './evaluation.ts'
import { Source } from './source.ts'
import { anyText } from './pattern.ts'
import { everything, Unknown, type Value } from './value.ts'

const words = (text: string): ReadonlySet<string> => new Set(text.split(/\s+/))

/** Whatever they are called on, these run text. */
const evaluators = words('eval instance_eval class_eval module_eval')
/** These run a file. The ones of Kernel do so when called on nothing, on self or on Kernel; `YAML.load` is another. */
const loaders = words('load require require_relative')
/** These run code at another time. */
const hooks = words('at_exit trap set_trace_func')

/** Whether a call runs text that is not a part of the file, or code that is not run in its turn. */
export function isInclusion({ name, receiver, block, arguments_ }: CallNode): boolean {
  if (evaluators.has(name)) return block === null && arguments_ !== null
  if (name === 'from_file') return true
  const kernel =
    receiver === null ||
    receiver instanceof SelfNode ||
    (receiver instanceof ConstantReadNode && ['Kernel', 'Object'].includes(receiver.name))
  return kernel && (loaders.has(name) || hooks.has(name))
}

/** Takes account of everything that such a call could do. */
export function include(node: CallNode, run: Evaluation): Value {
  const { name } = node
  const self =
    node.receiver === null || node.receiver instanceof SelfNode ? run.context.self : run.evaluate(node.receiver)
  const [given = null] = argumentsOf(node, run)
  const block = blockOf(node.block, run)
  if (block !== null) callProcedures(node, [block], [], run)
  if (evaluators.has(name)) {
    const inner = name === 'instance_eval' ? self : run.context.self
    if (typeof given === 'string') return includeText(node, given, `depends on ${name}`, inner, run)
    const file = given instanceof Unknown ? given.hints.contentOf : undefined
    return file === undefined ? blindly(node, run) : includeFile(node, file, inner, run)
  }
  if (hooks.has(name)) return absent(node, false, run)
  const file = typeof given === 'string' ? fileOf(node, given, run) : undefined
  if (file === 'library') return true
  return file === undefined ? blindly(node, run) : includeFile(node, file, run.context.self, run)
}

/** Code that is not there to be seen: it runs at another time, or fails. */
function absent(node: CallNode, blind: boolean, run: Evaluation): Unknown {
  run.note(node, `${node.name}(…)`, { keys: anyText, blind })
  return run.unknown(node, `depends on ${node.name}, which is not evaluated`)
}

/** It may set anything, and nothing of it can be seen. */
function blindly(node: CallNode, run: Evaluation): Unknown {
  const unsure = absent(node, true, run)
  run.loseVariables(unsure)
  run.state.loseAll([everything], unsure)
  return unsure
}

/** The file that a call names, if that can be told. What `require` finds in Ruby's own folders sets nothing. */
function fileOf({ name }: CallNode, path: string, run: Evaluation): string | undefined {
  const withEnding = name === 'load' || name === 'from_file' || path.endsWith('.rb') ? path : `${path}.rb`
  const { file } = run.context.source
  if (name === 'require_relative') return resolve(dirname(file), withEnding)
  if (isAbsolute(path)) return withEnding
  if (name !== 'require' || path.startsWith('.')) return undefined
  return run.looksElsewhere ? undefined : 'library'
}

/** Looks into a file that the configuration runs. */
export function seeFile(file: string): { readonly text: string } | 'absent' | 'unreadable' {
  try {
    return { text: readRegularFile(file).bytes.toString('utf8') }
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? error.code : undefined
    return !(error instanceof NotReadable) && (code === 'ENOENT' || code === 'ENOTDIR') ? 'absent' : 'unreadable'
  }
}

/** Files include each other no deeper than this. */
const deepest = 8

function includeFile(node: CallNode, file: string, self: Value | undefined, run: Evaluation): Value {
  const found = run.context.source.depth >= deepest ? 'unreadable' : run.surroundings.include(file)
  // Ruby stops there, or does not come there.
  if (found === 'absent') return absent(node, !run.isGuarded(file), run)
  if (found === 'unreadable') return blindly(node, run)
  return includeText(node, found.text, `depends on ${file}`, self, run)
}

function includeText(node: CallNode, text: string, depends: string, self: Value | undefined, run: Evaluation): Value {
  const { value: program, errors } = run.surroundings.parse(text)
  if (errors.length > 0) return blindly(node, run)
  run.note(node, `${node.name}(…)`, { keys: 'none' })
  const { source } = run.context
  const inner = new Source(source.file, Buffer.from(text), true, {
    line: run.lineOf(node),
    id: `${source.id}${node.location.startOffset}<`,
    depth: source.depth + 1,
  })
  const unsure = run.unknown(node, `${depends}, which is not evaluated`)
  return run.repeated(unsure, () =>
    run.within({ ...run.context, source: inner, self }, program, () => run.evaluate(program)),
  )
}
