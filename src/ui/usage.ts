/**
 * The command line, judged in our own words. oclif does the parsing; what it would refuse is found here before, all of
 * it at once, and said with what was typed, what is allowed, and what to type next.
 */
import { Flags } from '@oclif/core'

import { CtlError } from '../errors.ts'
import { type Line, verbatim } from '../text.ts'
import { didYouMean } from './near.ts'

/** As much of an oclif flag as is judged. */
interface FlagShape {
  readonly type: 'boolean' | 'option'
  readonly char?: string | undefined
  readonly aliases?: readonly string[] | undefined
  readonly charAliases?: readonly string[] | undefined
  readonly allowNo?: boolean | undefined
  readonly hidden?: boolean | undefined
  readonly required?: boolean | undefined
  readonly multiple?: boolean | undefined
  readonly multipleNonGreedy?: boolean | undefined
  readonly delimiter?: string | undefined
  readonly options?: readonly string[] | undefined
  readonly min?: number | undefined
  readonly max?: number | undefined
  readonly helpValue?: string | readonly string[] | undefined
  readonly env?: string | undefined
  readonly default?: unknown
  readonly exclusive?: readonly unknown[] | undefined
  readonly dependsOn?: readonly unknown[] | undefined
  readonly parse?: unknown
}

/** As much of an oclif argument as is judged. */
interface ArgShape {
  readonly required?: boolean | undefined
  readonly multiple?: boolean | undefined
  readonly options?: readonly string[] | undefined
  readonly description?: string | undefined
}

/** What a command takes. */
export interface Shape {
  /** As it is typed, such as `pc-ctl cflist`. */
  readonly command: string
  readonly flags: Readonly<Record<string, FlagShape>>
  readonly args: Readonly<Record<string, ArgShape>>
  /** Whether words beyond the arguments are refused. */
  readonly strict: boolean
}

/** Something wrong with a command line. */
interface Problem {
  readonly what: string
  /** What would be right, where that is more than a few words. */
  readonly allowed?: string | undefined
}

/** The words of a command line, told apart. */
interface Words {
  /** What each flag was given, by its name; for a boolean empty texts. */
  readonly given: Map<string, string[]>
  readonly args: string[]
  readonly problems: Problem[]
}

/**
 * @throws CtlError of kind `usage` that names all that is wrong with a command line
 */
export function checkUsage(argv: readonly string[], shape: Shape, environment: NodeJS.ProcessEnv = process.env): void {
  const { given, args, problems } = tellApart(argv, shape)
  const all = [
    ...problems,
    ...valueProblems(given, shape, environment),
    ...relationProblems(given, shape, environment),
    ...argProblems(args, shape),
  ]
  if (all.length === 0) return
  const hints = new Set(all.flatMap(({ allowed }) => allowed ?? []))
  throw usageError(all.map(({ what }) => what).join(' '), shape.command, [...hints])
}

/** A usage error, with where to read on as its last hint. */
export const usageError = (message: string, command: string, hint: readonly Line[] = [], cause?: unknown): CtlError =>
  new CtlError('usage', message, { hint: [...hint, 'What it takes:', verbatim(`${command} --help`)], cause })

function tellApart(argv: readonly string[], { command, flags }: Shape): Words {
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
    allowed: meant.length === names.length ? meant.join(' ') : `Its flags are ${listed(known.sort(), 'and')}.`,
  }
}

function valueProblems(given: Words['given'], { flags }: Shape, environment: NodeJS.ProcessEnv): Problem[] {
  return Object.entries(flags).flatMap(([name, flag]) => {
    if (flag.type === 'boolean') return []
    const typed = given.get(name)
    const variable = fromEnvironment(flag, environment)
    const values = typed ?? (variable === undefined ? [] : [variable])
    const source = typed === undefined ? (flag.env ?? '') : `--${name}`
    const single =
      flag.multiple === true && flag.delimiter !== undefined
        ? values.flatMap((value) => splitList(value, flag))
        : values
    const wrong = single.filter((value) => !isAllowed(value, flag))
    const twice = flag.multiple !== true && (typed?.length ?? 0) > 1
    return [
      ...(twice ? [{ what: `--${name} can be given only once.` }] : []),
      ...wrong.map((value) => ({
        what: `${source} can't be ${JSON.stringify(value)}: it takes ${isInteger(flag) ? wholeNumber(flag) : listed(flag.options ?? [], 'or')}.`,
        allowed: didYouMean(value, flag.options ?? [])[0],
      })),
    ]
  })
}

const splitList = (value: string, { delimiter = ',' }: FlagShape): string[] =>
  value.split(delimiter).map((one) => one.trim().replace(/^(["'])(.*)\1$/, '$2'))

const fromEnvironment = ({ env }: FlagShape, environment: NodeJS.ProcessEnv): string | undefined => {
  const value = env === undefined ? undefined : environment[env]
  return value === '' ? undefined : value
}

/** oclif's integer flags have nothing else in common. */
const integers = Flags.integer().parse
const isInteger = ({ parse }: FlagShape): boolean => parse === integers

function isAllowed(value: string, flag: FlagShape): boolean {
  if (flag.options !== undefined) return flag.options.includes(value)
  if (!isInteger(flag)) return true
  const number = Number(value)
  return /^-?\d+$/.test(value) && number >= (flag.min ?? -Infinity) && number <= (flag.max ?? Infinity)
}

function allowedValues(typed: string, flag: FlagShape): string {
  if (flag.options !== undefined) return listed(flag.options, 'or')
  if (isInteger(flag)) return wholeNumber(flag)
  const value = typeof flag.helpValue === 'string' ? flag.helpValue : 'VALUE'
  return `${typed} ${value}`
}

function wholeNumber({ min, max }: FlagShape): string {
  if (min !== undefined && max !== undefined) return `a whole number from ${min} to ${max}`
  return `a whole number${min === undefined ? '' : `, ${min} or more`}${max === undefined ? '' : `, ${max} at most`}`
}

function relationProblems(given: Words['given'], { flags }: Shape, environment: NodeJS.ProcessEnv): Problem[] {
  const isGiven = (name: string): boolean => {
    const flag = flags[name]
    return given.has(name) || (flag !== undefined && fromEnvironment(flag, environment) !== undefined)
  }
  const told = new Set<string>()
  return Object.entries(flags).flatMap(([name, flag]) => {
    if (!isGiven(name)) return flag.required === true ? [{ what: `--${name} must be given.` }] : []
    const clashes = (flag.exclusive ?? []).map(String).filter((other) => {
      const pair = [name, other].sort().join()
      if (!isGiven(other) || told.has(pair)) return false
      told.add(pair)
      return true
    })
    const lacking = (flag.dependsOn ?? [])
      .map(String)
      .filter((other) => !isGiven(other) && flags[other]?.default === undefined)
    return [
      ...clashes.map((other) => ({ what: `--${name} and --${other} can't be given together.` })),
      ...(lacking.length === 0
        ? []
        : [
            {
              what: `--${name} goes only with ${listed(
                lacking.map((one) => `--${one}`),
                'and',
              )}.`,
            },
          ]),
    ]
  })
}

function argProblems(words: readonly string[], { command, args, strict }: Shape): Problem[] {
  const entries = Object.entries(args)
  const missing = entries.filter(([, arg]) => arg.required === true).slice(words.length)
  const surplus = strict && !entries.some(([, arg]) => arg.multiple === true) ? words.slice(entries.length) : []
  const names = entries.map(([name]) => name.toUpperCase())
  return [
    ...missing.map(([name, { description }]) => ({
      what: `${command} needs ${name.toUpperCase()}.`,
      allowed: description === undefined ? undefined : `${name.toUpperCase()}: ${description}`,
    })),
    ...(surplus.length === 0
      ? []
      : [
          {
            what:
              names.length === 0
                ? `${command} takes no argument, so not ${listed(surplus.map(quoted), 'and')} either.`
                : `${command} takes no argument after ${listed(names, 'and')}, so not ${listed(surplus.map(quoted), 'and')} either.`,
          },
        ]),
    ...words.flatMap((word, index) => {
      const [name, arg] = entries[index] ?? entries.find(([, { multiple }]) => multiple === true) ?? []
      return arg?.options === undefined || arg.options.includes(word)
        ? []
        : [
            {
              what: `${name?.toUpperCase() ?? ''} can't be ${quoted(word)}: it is ${listed(arg.options, 'or')}.`,
              allowed: didYouMean(word, arg.options)[0],
            },
          ]
    }),
  ]
}

const quoted = (word: string): string => JSON.stringify(word)

/** `a`, `a or b`, `a, b or c`. */
export const listed = (words: readonly string[], last: 'and' | 'or'): string =>
  words.length < 2 ? words.join() : `${words.slice(0, -1).join(', ')} ${last} ${words.at(-1) ?? ''}`
