import { listed } from '../text.ts'
import { allowedValues, type FlagShape, type Shape } from './command-shape.ts'
import { didYouMean } from './near.ts'

/** Something wrong with a command line. */
export interface Problem {
  readonly what: string
  /** What would be right, where that is more than a few words. */
  readonly allowed?: string | undefined
}

/** The words of a command line, told apart. */
export interface Words {
  /** What each flag was given, by its name; for a boolean empty texts. */
  readonly given: Map<string, string[]>
  readonly args: string[]
  readonly problems: Problem[]
}

/** Tells flags, their values and arguments apart. */
export function tellApart(argv: readonly string[], { command, flags }: Shape): Words {
  const words: Words = { given: new Map(), args: [], problems: [] }
  const unknown: string[] = []
  const rest = [...argv]
  let greedy: string | undefined
  for (let word = rest.shift(); word !== undefined; word = rest.shift()) {
    if (word === '--') {
      words.args.push(...rest)
      break
    }
    const flag = word === '-' ? undefined : splitFlag(word, flags)
    if (flag === undefined) {
      if (/^-[^\d]/.test(word)) unknown.push(word.replace(/=.*$/s, ''))
      else if (greedy !== undefined) add(words.given, greedy, word)
      else words.args.push(word)
      continue
    }
    takeFlag(flag, rest, flags, words)
    if (flag.shape.type === 'option') greedy = isGreedy(flag.shape) ? flag.name : undefined
  }
  if (unknown.length > 0) words.problems.unshift(unknownFlags(unknown, command, flags))
  return words
}

/** A flag as it was typed, and what was typed together with it. */
interface TypedFlag {
  readonly name: string
  readonly shape: FlagShape
  readonly typed: string
  readonly value?: string | undefined
  /** The short flags that follow in the same word. */
  readonly more?: string | undefined
}

/** Reads `--name`, `--name=value`, `-n`, `-nvalue`, `-n=value` and, of booleans, `-nm`. */
function splitFlag(word: string, flags: Shape['flags']): TypedFlag | undefined {
  if (!word.startsWith('-')) return undefined
  const whole = findFlag(word, flags)
  const [, before = '', value] = /^(--[^=]*)=(.*)$/s.exec(word) ?? []
  const found = whole ?? findFlag(before, flags)
  if (found === undefined) return undefined
  const [name, shape] = found
  if (word.startsWith('--'))
    return { name, shape, ...(whole === undefined ? { typed: before, value } : { typed: word }) }
  const typed = word.slice(0, 2)
  if (word.length === 2) return { name, shape, typed }
  if (shape.type === 'boolean') return { name, shape, typed, more: `-${word.slice(2)}` }
  return { name, shape, typed, value: word.slice(word[2] === '=' ? 3 : 2) }
}

function findFlag(word: string, flags: Shape['flags']): [string, FlagShape] | undefined {
  const long = word.startsWith('--') ? word.slice(2) : undefined
  const short = long === undefined && word.startsWith('-') ? word[1] : undefined
  return Object.entries(flags).find(([name, { type, char, aliases = [], charAliases = [], allowNo = false }]) => {
    if (short !== undefined) return short === char || [...charAliases, ...aliases].includes(short)
    const names = [name, ...aliases, ...charAliases]
    return (
      long !== undefined &&
      [...names, ...(type === 'boolean' && allowNo ? names.map((one) => `no-${one}`) : [])].includes(long)
    )
  })
}

/** Takes a flag and its value. */
function takeFlag(flag: TypedFlag, rest: string[], flags: Shape['flags'], words: Words): void {
  const { name, shape, typed, more } = flag
  if (shape.type === 'boolean') {
    if (flag.value !== undefined) words.problems.push({ what: `${typed} takes no value.` })
    if (more !== undefined) rest.unshift(more)
    add(words.given, name, '')
    return
  }
  const next = flag.value ?? rest[0]
  if (next === undefined || (flag.value === undefined && next !== '-' && splitFlag(next, flags) !== undefined)) {
    words.problems.push({ what: `${typed} needs a value: ${allowedValues(typed, shape)}.` })
    return
  }
  if (flag.value === undefined) rest.shift()
  add(words.given, name, next)
}

/** Whether the words that follow a flag's value are its values too. */
const isGreedy = ({ multiple = false, multipleNonGreedy = false }: FlagShape): boolean => multiple && !multipleNonGreedy

function add(given: Map<string, string[]>, name: string, value: string): void {
  given.set(name, [...(given.get(name) ?? []), value])
}

function unknownFlags(words: readonly string[], command: string, flags: Shape['flags']): Problem {
  const names = [...new Set(words)]
  const known = Object.entries(flags).flatMap(([name, { hidden }]) => (hidden === true ? [] : `--${name}`))
  const meant = names.flatMap((name) => didYouMean(name, known))
  return {
    what: `${command} has no flag${names.length === 1 ? '' : 's'} ${listed(names, 'or')}.`,
    allowed: meant.length === 0 ? undefined : meant.join(' '),
  }
}
