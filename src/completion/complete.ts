/**
 * What a shell asks for at each TAB: `pc-ctl __complete SHELL ...`, answered before anything of a command is loaded.
 *
 * - bash: the raw line up to the cursor, and COMP_WORDBREAKS;
 * - zsh and fish: the words behind the program, the last one up to the cursor.
 *
 * The first line that is written says what else may stand there: `words`, or `files` or `folders`, and behind a tab what of
 * the word stands before them. Each other line is a word; for zsh and fish, a tab and what it is follow.
 */
import { variables } from '../options.ts'
import { packageRoot } from '../ui/package-root.ts'
import { controls } from '../ui/printable.ts'
import { result } from '../ui/result.ts'
import { isWritten } from '../ui/written.ts'
import { asBashTakesIt, readBashLine } from './bash-line.ts'
import { liveValues } from './live-values.ts'
import { commandsOf } from './manifest.ts'
import { questionFor, wordsOf } from './questions.ts'
import { type Candidate, type Wanted, wantedAt } from './wanted.ts'

const { readFileSync } = process.getBuiltinModule('node:fs')
const path = process.getBuiltinModule('node:path')

/** Milliseconds from the start of the process that a key may take, unless the operator has more patience. */
const usualPatience = 300
/** Milliseconds that it takes to write and to end. */
const toEnd = 20

/** Answers what a shell asks for. Whatever fails, there is nothing to complete, and no more. */
export async function complete(args: readonly string[]): Promise<void> {
  try {
    result.print(await answer(args))
  } catch {
    // An error would stand in the midst of what is being typed.
  }
  await isWritten()
}

async function answer([shell, ...args]: readonly string[]): Promise<string> {
  const [line = '', breaks] = args
  const bash = shell === 'bash' ? readBashLine(line, breaks) : undefined
  const commands = commandsOf(readFileSync(path.join(packageRoot, 'oclif.manifest.json'), 'utf8'))
  const wanted = wantedAt(commands, bash === undefined ? args : bash.words.slice(1))
  const candidates = (await allOf(wanted)).filter(({ word }) => fits(word, wanted))
  const told = candidates.map(({ word, note = '' }): string => {
    const whole = `${wanted.before}${word}`
    return bash === undefined ? `${whole}\t${unbroken(note)}` : asBashTakesIt(whole, bash)
  })
  return [`${wanted.paths ?? 'words'}\t${wanted.before}`, ...told].map((text) => `${text}\n`).join('')
}

async function allOf({ known, subject, begun, given }: Wanted): Promise<Candidate[]> {
  const question = subject && questionFor(subject, begun)
  if (subject === undefined || question === undefined) return [...known]
  const wished = Number(process.env[variables.completionTimeout] ?? usualPatience)
  const found = await liveValues({ question, given: fromHome(given) }, wished - toEnd)
  return [...known, ...wordsOf(subject, begun, found)]
}

/** Shells that hand over what is typed have not looked up where home is. */
function fromHome(given: Wanted['given']): Wanted['given'] {
  const { config } = given
  return config?.startsWith('~/') === true
    ? { ...given, config: path.join(process.env['HOME'] ?? '', config.slice(2)) }
    : given
}

/** What holds a line break, or whatever else a terminal would not show, nobody can choose. */
const fits = (word: string, { begun }: Wanted): boolean => word.startsWith(begun) && !controls.test(word)

const unbroken = (text: string): string => text.replace(new RegExp(`(?:${controls.source}|\\s)+`, 'gu'), ' ')
