import { isUtf8 } from 'node:buffer'

import { CtlError } from '../../ui/errors.ts'
import { assignmentRules } from './assignment.ts'
import { callRules, notEvaluated } from './calls.ts'
import { controlRules } from './control.ts'
import { Evaluation, lineAt, type Note, type Rule } from './evaluation.ts'
import { literalRules } from './literals.ts'
import { settableNames } from './places.ts'
import { loadPrism } from './prism.ts'
import type { State } from './state.ts'
import { type Entry, RubyHash, Unknown, type Value } from './value.ts'

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
  [undefined, notEvaluated],
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
  const source = { file, bytes: Buffer.from(text), valid: isUtf8(content) }
  const parse = await loadPrism()
  try {
    const { value: program, errors } = parse(text)
    const [error] = errors
    if (error !== undefined) throw syntaxError(file, lineAt(source.bytes, error.location.startOffset), error.message)
    const run = new Evaluation(source, rules, settableNames(program), environment)
    run.evaluate(program)
    return result(run.end(), run.notes)
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
      if (key === undefined || entry === undefined) return entry
      if (entry.value instanceof Unknown) return { ...entry, key }
      return entry.value instanceof RubyHash ? entry.value.get(key) : undefined
    },
    variable: (name) => state.variables.get(name),
    notes,
  }
}
