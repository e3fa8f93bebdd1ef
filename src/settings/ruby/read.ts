import { isUtf8 } from 'node:buffer'

import { CtlError } from '../../ui/errors.ts'
import { assignmentRules } from './assignment.ts'
import { callRules } from './calls.ts'
import { childrenOf } from './children.ts'
import { controlRules } from './control.ts'
import { resolved } from './deep.ts'
import { Evaluation, type Rule } from './evaluation.ts'
import { literalRules } from './literals.ts'
import type { Note } from './note.ts'
import { settableNames } from './places.ts'
import { loadPrism } from './prism.ts'
import { Source } from './source.ts'
import type { State } from './state.ts'
import { type Entry, Reference, RubyHash, Unknown, type Value } from './value.ts'

/** What a Ruby configuration file sets, as far as that is known without running it. */
export interface RubyFile {
  /** A top-level setting such as `external_url`, or, with a key, one such as `packagecloud_rails['s3_bucket']`. */
  get(name: string, key?: string): Entry | undefined
  /** A variable or constant, by its name. */
  variable(name: string): Value | undefined
  /** What is not evaluated although it could change settings. */
  readonly notes: readonly Note[]
}

const rules: ReadonlyMap<unknown, Rule> = new Map<unknown, Rule>([
  ...literalRules,
  ...controlRules,
  ...assignmentRules,
  ...callRules,
  // Everything that has no rule of its own: ranges, regular expressions, …
  [
    undefined,
    (node, run) => {
      const unsure = run.notEvaluated(node)
      return run.repeated(unsure, () => unsure.reaching(childrenOf(node).map((child) => run.evaluate(child))))
    },
  ],
])

/**
 * Evaluates a Ruby configuration file without running it.
 *
 * @param content - the file's bytes, UTF-8
 * @param file - its name, for messages
 * @param environment - what ENV holds
 * @throws CtlError of kind `configuration` for a syntax error, with the line
 */
export async function readRuby(content: Uint8Array, file: string, environment: NodeJS.ProcessEnv): Promise<RubyFile> {
  const text = Buffer.from(content).toString('utf8')
  const source = new Source(file, Buffer.from(text), isUtf8(content))
  const parse = await loadPrism()
  try {
    const { value: program, errors } = parse(text)
    const [error] = errors
    if (error !== undefined) throw syntaxError(file, source.lineAt(error.location.startOffset), error.message)
    const run = new Evaluation(source, rules, settableNames(program), {
      environment,
      parse,
      include: () => 'unreadable',
    })
    run.evaluate(program)
    return result(run.end(), [...run.notes.values()])
  } catch (error) {
    if (error instanceof CtlError) throw error
    // Of the parser or of the evaluation, both of which go down as deep as the file is nested.
    if (!(error instanceof RangeError || error instanceof WebAssembly.RuntimeError)) throw error
    throw new CtlError('configuration', `${file} is nested too deeply to be read.`, { cause: error })
  }
}

function syntaxError(file: string, line: number, message: string): CtlError {
  // A message may quote the source, and that may be part of a secret.
  const safe = message.replace(/[\w+/=-]{16,}/g, '…')
  return new CtlError('configuration', `${file}:${line}: ${safe}`, {
    hint: `\`ruby -c ${file}\` checks the syntax. Values given by flags do not help while the file cannot be read.`,
  })
}

function result(state: State, notes: readonly Note[]): RubyFile {
  return {
    get(name, key) {
      const entry = state.settings.get(name)
      if (entry === undefined) return undefined
      if (key === undefined) {
        const value = resolved(entry.value, state)
        return value instanceof RubyHash && value.entries.size === 0 && entry.line === 0
          ? undefined
          : { ...entry, value }
      }
      if (entry.value instanceof Unknown) return { ...entry, key }
      const hash = entry.value instanceof Reference ? state.at(entry.value) : undefined
      if (!(hash instanceof RubyHash)) return undefined
      const unsure = hash.doubt(key)
      if (unsure !== undefined) return { key, value: unsure, line: unsure.line }
      const found = hash.get(key)
      return found === undefined ? undefined : { ...found, value: resolved(found.value, state) }
    },
    variable(name) {
      const local = state.variables.get(`/${name}`)
      const value = local === undefined ? state.variables.get(name) : local
      return value === undefined ? undefined : resolved(value, state)
    },
    notes,
  }
}
