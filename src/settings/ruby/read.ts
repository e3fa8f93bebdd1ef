import { isUtf8 } from 'node:buffer'

import { CtlError } from '../../errors.ts'
import { assignmentRules } from './assignment.ts'
import { callRules } from './calls.ts'
import { childrenOf } from './children.ts'
import { controlRules } from './control.ts'
import { resolved } from './deep.ts'
import { whyRefused } from './encoding.ts'
import { Evaluation, type Rule } from './evaluation.ts'
import { seeFile } from './inclusion.ts'
import { literalRules } from './literals.ts'
import type { Note } from './note.ts'
import { settableNames } from './places.ts'
import { loadPrism } from './prism.ts'
import { words } from './reserved.ts'
import { Source } from './source.ts'
import type { State } from './state.ts'
import { type Entry, Reference, RubyHash, Unknown, type Value } from './value.ts'

/** What a Ruby configuration file sets, as far as that is known without running it. */
export interface RubyFile {
  /** A top-level setting such as `external_url`, or, with a key, one such as `packagecloud_rails['s3_bucket']`. */
  get(name: string, key?: string): Entry | undefined
  /** Whether it is not known if a key is set, because some key is that is not known. */
  doubts(name: string, key: string): boolean
  /** All top-level settings by their names, with arrays and hashes in place. */
  readonly settings: ReadonlyMap<string, Value>
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
 * @throws CtlError of kind `configuration` for a syntax error, with the line, and for an encoding that Ruby refuses
 */
export async function readRuby(content: Uint8Array, file: string, environment: NodeJS.ProcessEnv): Promise<RubyFile> {
  const why = whyRefused(content)
  if (why !== undefined) {
    throw new CtlError('configuration', `${file} ${why}.`, {
      hint: `\`iconv -t utf-8 ${file}\` may show what it says.`,
    })
  }
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
      include: seeFile,
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

const keywords = words(
  `alias and begin BEGIN break case class def defined? do else elsif end END ensure false for if in module next nil not or
  redo rescue retry return self super then true undef unless until when while yield`,
)

function syntaxError(file: string, line: number, message: string): CtlError {
  // A message may quote the source, and that may be part of a secret.
  const safe = message
    .replace(/(["'`])(.*?\w.*?)\1/g, (all, _, token: string) => (keywords.has(token) ? all : '…'))
    .replace(/[\w+/=-]{16,}/g, '…')
  return new CtlError('configuration', `${file}:${line}: ${safe}`, {
    hint: `\`ruby -c ${file}\` checks the syntax. Values given by flags do not help while the file cannot be read.`,
  })
}

function result(state: State, notes: readonly Note[]): RubyFile {
  const hashOf = (value: Value): RubyHash | undefined => {
    const content = value instanceof Reference ? state.at(value) : undefined
    return content instanceof RubyHash ? content : undefined
  }
  return {
    doubts: (name, key) => hashOf(state.settings.get(name)?.value ?? null)?.doubt(key) !== undefined,
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
      const hash = hashOf(entry.value)
      const unsure = hash?.doubt(key)
      if (unsure !== undefined) return { key, value: unsure, line: unsure.line }
      const found = hash?.get(key)
      return found === undefined ? undefined : { ...found, value: resolved(found.value, state) }
    },
    settings: new Map([...state.settings].map(([name, { value }]) => [name, resolved(value, state)])),
    variable(name) {
      const local = state.variables.get(`/${name}`)
      const value = local === undefined ? state.variables.get(name) : local
      return value === undefined ? undefined : resolved(value, state)
    },
    notes,
  }
}
