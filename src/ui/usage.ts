/**
 * The command line, judged in our own words. oclif does the parsing; what it would refuse is found here before, all of
 * it at once, and said with what was typed, what is allowed, and what to type next.
 */
import { CtlError } from '../errors.ts'
import { type Line, listed, verbatim } from '../text.ts'
import { allowedValues, type FlagShape, isAllowed, type Shape } from './command-shape.ts'
import { didYouMean } from './near.ts'
import { type Problem, tellApart, type Words } from './typed-words.ts'

/**
 * @throws CtlError of kind `usage` that names all that is wrong with a command line
 */
export function checkUsage(argv: readonly string[], shape: Shape, environment: NodeJS.ProcessEnv = process.env): void {
  const { given, args, problems } = tellApart(argv, shape)
  const all = [
    ...problems,
    ...valueProblems(given, shape, environment),
    ...relationProblems(given, shape, environment),
    ...argProblems(args, shape, problems.length > 0),
  ]
  if (all.length === 0) return
  const hints = new Set(all.flatMap(({ allowed }) => allowed ?? []))
  throw usageError(all.map(({ what }) => what).join(' '), shape.command, [...hints])
}

/** A usage error, with where to read on as its last hint. */
export const usageError = (message: string, command: string, hint: readonly Line[] = [], cause?: unknown): CtlError =>
  new CtlError('usage', message, { hint: [...hint, 'What it takes:', verbatim(`${command} --help`)], cause })

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
        what: `${source} can't be ${JSON.stringify(value)}: it takes ${allowedValues(source, flag)}.`,
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

function relationProblems(given: Words['given'], { flags }: Shape, environment: NodeJS.ProcessEnv): Problem[] {
  const isGiven = (name: string): boolean => {
    const flag = flags[name]
    return given.has(name) || (flag !== undefined && fromEnvironment(flag, environment) !== undefined)
  }
  const told = new Set<string>()
  return Object.entries(flags).flatMap(([name, flag]) => {
    if (!isGiven(name)) {
      if (flag.required !== true) return []
      return [{ what: `--${name} must be given: ${allowedValues(`--${name}`, flag)}.` }]
    }
    const clashes = (flag.exclusive ?? []).map(String).filter((other) => {
      const pair = [name, other].sort().join()
      if (!isGiven(other) || told.has(pair)) return false
      told.add(pair)
      return true
    })
    const lacking = (flag.dependsOn ?? [])
      .map(String)
      .filter((other) => !isGiven(other) && flags[other]?.default === undefined)
    const companions = (flag.relationships ?? []).flatMap(({ type, flags: others }) =>
      type === 'some' && !others.some((other) => isGiven(nameIn(other))) ? [others.map(nameIn)] : [],
    )
    return [
      ...clashes.map((other) => ({ what: `--${name} and --${other} can't be given together.` })),
      ...companions.map((others) => ({
        what: `--${name} goes only with ${listed(
          others.map((one) => `--${one}`),
          'or',
        )}.`,
      })),
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

const nameIn = (other: string | { readonly name: string }): string => (typeof other === 'string' ? other : other.name)

/** @param isUnclear - a flag is unknown, so that a word may be its value: of such words nothing is said */
function argProblems(words: readonly string[], { command, args, strict }: Shape, isUnclear: boolean): Problem[] {
  const entries = Object.entries(args)
  const missing = entries.filter(([, arg]) => arg.required === true).slice(words.length)
  const surplus = strict && !entries.some(([, arg]) => arg.multiple === true) ? words.slice(entries.length) : []
  const names = entries.map(([name]) => name.toUpperCase())
  const needed = missing.map(([name, { description, options }]) => ({
    what: `${command} needs ${name.toUpperCase()}${options === undefined ? '' : `: ${listed(options, 'or')}`}.`,
    allowed: description === undefined ? undefined : `${name.toUpperCase()}: ${description}`,
  }))
  if (isUnclear) return needed
  return [
    ...needed,
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
