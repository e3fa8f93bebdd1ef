/** Which kind of word stands at the cursor: read off oclif's manifest, which `--help` is made of too. */
import { faultWords } from './fault-words.ts'
import type { Arg, Command, Flag, Paths } from './manifest.ts'
import {
  argFlags,
  argValues,
  flagValues,
  givenSettings,
  type SettingsGiven,
  type Subject,
  subjectOfArg,
  subjectOfFlag,
} from './subjects.ts'

/** A word that may stand at the cursor. */
export interface Candidate {
  readonly word: string
  /** What it is, for shells that show that. */
  readonly note?: string | undefined
}

/** What may stand at the cursor. */
export interface Wanted {
  /** What the manifest names. */
  readonly known: readonly Candidate[]
  /** What only AWS, or its configuration, can tell. */
  readonly subject?: Subject | undefined
  readonly paths?: Paths | undefined
  /** Of the word at the cursor, what stands before the value: `--flag=`. */
  readonly before: string
  /** The beginning of the value. */
  readonly begun: string
  /** Settings that the line gives. */
  readonly given: SettingsGiven
}

/** @param words - behind `pc-ctl`; the last one is the one at the cursor, up to there */
export function wantedAt(commands: readonly Command[], words: readonly string[]): Wanted {
  const [name = '', ...rest] = words
  const asked = name === 'help' ? rest : words
  const shown = commands.filter(({ hidden }) => hidden !== true)
  const nothing: Wanted = { known: [], before: '', begun: words.at(-1) ?? '', given: {} }
  if (asked.length <= 1) {
    const isAbout = name === 'help' && rest.length > 0
    const more = isAbout ? [json] : name.startsWith('-') ? programFlags : programWords
    return { ...nothing, known: [...shown.flatMap(commandWords), ...more] }
  }
  if (name === 'version' || name === 'help') return { ...nothing, known: [json] }
  const command = shown.find(({ id, aliases = [] }) => id === name || aliases.includes(name))
  return command === undefined ? nothing : wantedOf(command, rest)
}

const programWords: readonly Candidate[] = [
  { word: 'help', note: 'Tell about a command' },
  { word: 'version', note: 'Tell the version' },
]

const json: Candidate = { word: '--json', note: 'print one JSON document, for programs' }

const programFlags: readonly Candidate[] = [
  { word: '--help', note: 'Tell about all commands' },
  { word: '--version', note: 'Tell the version' },
]

const commandWords = ({ id, aliases = [], summary }: Command): Candidate[] =>
  [id, ...aliases].map((word) => ({ word, note: summary }))

/** What of a line has been read. */
interface Read {
  /** The flag that the next word is the value of. */
  open: Flag | undefined
  readonly flags: Set<string>
  readonly values: Map<string, string>
  readonly args: string[]
  /** Whether `--` has ended the flags. */
  isOver: boolean
}

function wantedOf(command: Command, words: readonly string[]): Wanted {
  const begun = words.at(-1) ?? ''
  const read = readWords(command, words.slice(0, -1))
  const given = { ...givenSettings(read.values), ...bucketIn(read.args) }
  const common = { before: '', begun, given }
  if (read.open !== undefined) return valueAt(command, read.open, common)
  const [, before = '', name = '', value = ''] = /^(--([^=]+)=)(.*)$/s.exec(begun) ?? []
  if (!read.isOver && before !== '') {
    const flag = flagNamed(command, `--${name}`)
    const ofArg = flag && Object.values(command.args).find((arg) => argFlags[`${command.id} ${arg.name}`] === flag.name)
    const known = ofArg === undefined ? [] : optionWords(ofArg)
    const at = { ...common, before, begun: value }
    return flag?.type === 'option' ? valueAt(command, flag, at) : { ...at, known }
  }
  if (!read.isOver && begun.startsWith('-')) return { ...common, known: flagWords(command, read.flags) }
  const arg = argAt({ ...command, args: argsOf(command, read) }, read.args.length)
  if (arg === undefined) return { ...common, known: read.isOver || begun !== '' ? [] : flagWords(command, read.flags) }
  const options = arg.options ?? argValues[`${command.id} ${arg.name}`]
  return { ...common, known: optionWords({ options }), ...subjectOfArg(command.id, arg.name, begun) }
}

/** Of `cfcreate s3://BUCKET` and its like, what keys are looked for in. */
function bucketIn([word = '']: readonly string[]): SettingsGiven {
  const [, bucket] = /^s3:\/\/([^/]+)/i.exec(word) ?? []
  return bucket === undefined ? {} : { bucket }
}

/** Without those that belong to a flag which is not there. */
const argsOf = ({ id, args }: Command, { flags }: Read): Arg[] =>
  Object.values(args).filter(({ name }) => {
    const flag = argFlags[`${id} ${name}`]
    return flag === undefined || flags.has(flag)
  })

function readWords(command: Command, words: readonly string[]): Read {
  const read: Read = { open: undefined, flags: new Set(), values: new Map(), args: [], isOver: false }
  for (const word of words) {
    if (read.open !== undefined) {
      read.values.set(read.open.name, word)
      read.open = undefined
    } else if (read.isOver || !/^-./.test(word)) {
      read.args.push(word)
    } else if (word === '--') {
      read.isOver = true
    } else {
      readFlag(command, word, read)
    }
  }
  return read
}

function readFlag(command: Command, word: string, read: Read): void {
  const [, spelled = word, value] = /^(--[^=]+)=(.*)$/s.exec(word) ?? []
  const flag = flagNamed(command, spelled)
  if (flag === undefined) return
  read.flags.add(flag.name)
  if (value !== undefined && flag.type === 'boolean') read.args.push(value)
  else if (value !== undefined) read.values.set(flag.name, value)
  else if (flag.type === 'option') read.open = flag
}

/** A flag by any of its spellings. */
const flagNamed = ({ flags }: Command, word: string): Flag | undefined =>
  Object.values(flags).find(
    ({ name, char, aliases = [], allowNo }) =>
      [name, ...aliases].some((each) => word === `--${each}`) ||
      (char !== undefined && word === `-${char}`) ||
      (allowNo === true && word === `--no-${name}`),
  )

/** Those that may still be given. */
function flagWords({ flags }: Command, given: ReadonlySet<string>): Candidate[] {
  const excluded = new Set(Object.values(flags).flatMap((flag) => (given.has(flag.name) ? (flag.exclusive ?? []) : [])))
  const free = Object.values(flags).filter(
    ({ name, hidden, multiple, exclusive = [] }) =>
      hidden !== true &&
      (multiple === true || !given.has(name)) &&
      !excluded.has(name) &&
      !exclusive.some((other) => given.has(other)),
  )
  return [
    ...free.flatMap(({ name, description, allowNo }) => [
      { word: `--${name}`, note: description },
      ...(allowNo === true ? [{ word: `--no-${name}`, note: description }] : []),
    ]),
    { word: '--help', note: 'Tell about this command' },
  ]
}

const optionWords = ({ options = [] }: { readonly options?: readonly string[] | undefined }): Candidate[] =>
  options.map((word) => ({ word }))

/** A value of a flag, or of several between which there is a delimiter the last one. */
function valueAt({ id }: Command, flag: Flag, at: Omit<Wanted, 'known'>): Wanted {
  const { name, options = flagValues[name] ?? [], delimiter, faults } = flag
  if (faults !== undefined) return { ...at, known: optionWords({ options: faultWords(at.begun, faults) }) }
  const start = delimiter === undefined ? 0 : at.begun.lastIndexOf(delimiter) + 1
  const named = delimiter === undefined ? [] : at.begun.slice(0, start).split(delimiter)
  return {
    ...at,
    before: at.before + at.begun.slice(0, start),
    begun: at.begun.slice(start),
    known: optionWords({ options: options.filter((option) => !named.includes(option)) }),
    ...subjectOfFlag(id, flag),
  }
}

/** The last one stands for all behind it, where there may be more. */
function argAt({ args: all, strict }: { args: readonly Arg[]; strict?: boolean }, index: number): Arg | undefined {
  const last = all.at(-1)
  return all[index] ?? (strict === false || last?.multiple === true ? last : undefined)
}
