/** Everything that pc-ctl is told, by flags, by its environment and by packagecloud.rb, in one place. */
import { CtlError } from '../errors.ts'
import {
  flagOrVariable,
  keysOf,
  type Option,
  type OptionName,
  options,
  rails,
  type RailsKey,
  type SettingName,
} from '../options.ts'
import { type ConfigFile, type Found, readConfigFile } from './config-file.ts'
import { type Note, notInQuotes } from './ruby/note.ts'

export { checkSecret } from './secret.ts'
export type { Note } from './ruby/note.ts'

/** Where a value came from. */
export type Source =
  | { kind: 'flag'; name: string }
  | { kind: 'environment'; name: string }
  | { kind: 'config'; file: string; line: number; key: string }
  | { kind: 'default' }

interface Sourced<T> {
  value: T
  source: Source
}

/** A value that stands in packagecloud.rb but cannot be used. It matters only to who needs it. */
export interface Problem {
  /** `unknown`: only running the file could tell the value. */
  kind: 'unknown' | 'type' | 'empty' | 'conflict'
  file: string
  line: number
  key: RailsKey
  /** Continues a sentence that begins with the key. Never holds the value. */
  reason: string
  /** Whether nothing in the file names the key: it is one of those that a line may set without naming them. */
  isDoubtful?: boolean
}

type TextName = Exclude<SettingName, 'cloudfrontEnabled'>

export interface Settings {
  configFile: string
  configFound: boolean
  installation: Sourced<string>
  profile?: Sourced<string>
  /** A code of an MFA device, good once. */
  mfaCode?: string
  bucket?: Sourced<string>
  region?: Sourced<string>
  accessKey?: Sourced<string>
  secretKey?: Sourced<string>
  awsHost?: Sourced<string>
  cloudfrontEnabled?: Sourced<boolean>
  cloudfrontSecret?: Sourced<string>
  cloudfrontPreviousSecret?: Sourced<string>
  cloudfrontDistributionId?: Sourced<string>
  cloudfrontPackagesDomain?: Sourced<string>
  /** What the file holds but cannot be used, by setting. */
  problems: Partial<Record<SettingName, Problem>>
  /** What in the file is not evaluated although it could change settings. */
  notes: readonly Note[]
  /** Whether everybody on this machine can read the file. */
  isOpenToAll?: boolean
}

/** The values of the flags of `options` that settings are read from. */
export interface Flags {
  config: string
  bucket?: string | undefined
  region?: string | undefined
  profile?: string | undefined
  'mfa-code'?: string | undefined
  installation: string
}

/**
 * Puts the settings together: flag, then `PC_CTL_*` variable, then packagecloud.rb. What is unusable in the file is
 * kept as a problem, for {@link need} and {@link optional} to report if anybody wants it.
 *
 * @param flags - as oclif parsed them, which has filled in variables and defaults
 * @throws CtlError of kind `usage` for a malformed installation name; of kind `configuration` for a file that was asked
 *   for and is not there, that cannot be read, or that is not Ruby
 */
export async function loadSettings(flags: Flags, environment: NodeJS.ProcessEnv = process.env): Promise<Settings> {
  checkInstallation(flags.installation)
  const asked = sourceOf('config', flags.config, environment).kind !== 'default'
  const config = await readConfigFile(flags.config, asked, environment)
  const problems: Settings['problems'] = {}
  const text = (name: TextName) => fromFile(config, name, 'string', problems)
  const bucket = fromFlag('bucket', flags, environment) ?? text('bucket')
  const region = fromFlag('region', flags, environment) ?? text('region')
  return {
    configFile: flags.config,
    configFound: config !== undefined,
    installation: { value: flags.installation, source: sourceOf('installation', flags.installation, environment) },
    ...present('profile', fromFlag('profile', flags, environment)),
    ...present('mfaCode', flags['mfa-code'] || undefined),
    ...present('bucket', bucket),
    ...present('region', region),
    ...present('accessKey', text('accessKey')),
    ...present('secretKey', text('secretKey')),
    ...present('awsHost', text('awsHost')),
    ...present('cloudfrontEnabled', fromFile(config, 'cloudfrontEnabled', 'boolean', problems)),
    ...present('cloudfrontSecret', text('cloudfrontSecret')),
    ...present('cloudfrontPreviousSecret', text('cloudfrontPreviousSecret')),
    ...present('cloudfrontDistributionId', text('cloudfrontDistributionId')),
    ...present('cloudfrontPackagesDomain', text('cloudfrontPackagesDomain')),
    problems,
    notes: config?.notes ?? [],
    isOpenToAll: config?.isOpenToAll ?? false,
  }
}

/**
 * A setting that the command cannot do without.
 *
 * @throws CtlError of kind `configuration` that says where it is expected, why it cannot be used, and what supplies it
 */
export function need<K extends SettingName>(settings: Settings, name: K): NonNullable<Settings[K]>['value'] {
  const value = optional(settings, name)
  if (value === undefined) throw missing(settings, name)
  return value
}

/**
 * A setting that may be missing, but must be usable where it is there: guessing in place of what the operator wrote
 * would be worse than stopping.
 *
 * @returns `undefined` where it is not set anywhere, or set to nil or an empty string
 * @throws CtlError of kind `configuration` for one that is set but cannot be used
 */
export function optional<K extends SettingName>(
  settings: Settings,
  name: K,
): NonNullable<Settings[K]>['value'] | undefined {
  const problem = settings.problems[name]
  if (problem !== undefined && problem.kind !== 'empty') throw unusable(problem, name)
  return settings[name]?.value
}

/** Where a value came from, as an operator would say it. */
export function describeSource(source: Source): string {
  if (source.kind === 'config') return `${source.file}:${source.line} (${source.key})`
  return source.kind === 'default' ? 'default' : source.name
}

/**
 * The settings flags that were given on the command line, for the commands that pc-ctl suggests: `['--config', FILE]`.
 * What came from the environment is still there for the next command.
 */
export function carriedFlags(flags: Flags, environment: NodeJS.ProcessEnv = process.env): string[] {
  return (['config', 'bucket', 'region', 'profile', 'installation'] as const).flatMap((name) => {
    const value = flags[name]
    return value !== undefined && sourceOf(name, value, environment).kind === 'flag' ? [`--${name}`, value] : []
  })
}

const installationName = /^[a-z][a-z0-9]*(-[a-z][a-z0-9]*)*$/

function checkInstallation(name: string): void {
  if (installationName.test(name) && name.length <= 40) return
  throw new CtlError('usage', `${JSON.stringify(name)} is not a name for an installation.`, {
    hint: 'It takes up to 40 lower-case letters and digits, in words that begin with a letter and are joined by hyphens.',
  })
}

/** oclif does not say whether a flag or its variable gave a value, but when they agree it makes no difference. */
function sourceOf(name: OptionName, value: string, environment: NodeJS.ProcessEnv): Source {
  const { variable, default: otherwise }: Option = options[name]
  if (environment[variable] === value) return { kind: 'environment', name: variable }
  return otherwise === value ? { kind: 'default' } : { kind: 'flag', name: `--${name}` }
}

function fromFlag(
  name: 'bucket' | 'region' | 'profile',
  flags: Flags,
  environment: NodeJS.ProcessEnv,
): Sourced<string> | undefined {
  const value = flags[name]
  return value === undefined || value === '' ? undefined : { value, source: sourceOf(name, value, environment) }
}

interface Types {
  string: string
  boolean: boolean
}
const typeNames = { string: 'a String', boolean: 'true or false' }

function fromFile<T extends keyof Types>(
  config: ConfigFile | undefined,
  name: SettingName,
  type: T,
  problems: Settings['problems'],
): Sourced<Types[T]> | undefined {
  const any = config?.find(keysOf[name]) ?? []
  const sure = any.filter(({ isDoubtful }) => !isDoubtful)
  const all = sure.length > 0 ? sure : any
  const filled = all.filter(({ value }) => value !== '')
  const found = filled.length > 0 ? filled : all
  const [first] = found
  if (config === undefined || first === undefined) return undefined
  const { file } = config
  const problem = problemOf(found, type)
  if (problem !== undefined) problems[name] = { ...problem, file }
  else if (isOf(first.value, type)) {
    return { value: first.value, source: { kind: 'config', file, line: first.line, key: first.key } }
  }
  return undefined
}

/** Why a setting that is given under one key or more cannot be used. */
function problemOf(found: readonly Found[], type: keyof Types): Omit<Problem, 'file'> | undefined {
  const [first] = found
  for (const { key, line, value, type: is, unknown, isDoubtful } of found) {
    if (unknown !== undefined) return { kind: 'unknown', line, key, reason: unknown, isDoubtful }
    if (!isOf(value, type)) return { kind: 'type', line, key, reason: `is ${is}, but ${typeNames[type]} is wanted` }
    if (value === '') return { kind: 'empty', line, key, reason: 'is empty' }
    if (first !== undefined && value !== first.value) {
      return { kind: 'conflict', line, key, reason: `differs from ${first.key} in line ${first.line}` }
    }
  }
  return undefined
}

const isOf = <T extends keyof Types>(value: unknown, type: T): value is Types[T] => typeof value === type

const present = <K extends string, T>(name: K, value: T | undefined): Partial<Record<K, T>> =>
  value === undefined ? {} : ({ [name]: value } as Record<K, T>)

/** What else gives a setting, if anything does. */
function instead(name: SettingName): string | undefined {
  if (name === 'bucket' || name === 'region') return `Give --${name} or set ${options[name].variable}.`
  if (name === 'accessKey' || name === 'secretKey') {
    return 'Give --profile, or leave both keys out of the file to use the credentials of the environment.'
  }
  return undefined
}

function unusable({ kind, file, line, key, reason }: Problem, name: SettingName): CtlError {
  const isBare = reason === notInQuotes
  const cannot = kind === 'unknown' && !isBare ? 'cannot be told without running the file: it ' : ''
  return new CtlError('configuration', `${file}:${line}: ${rails(key)} ${cannot}${reason}.`, {
    hint: [
      ...(isBare ? [`Write \`${rails(key)} = '...'\`.`] : []),
      instead(name) ?? (isBare ? [] : `Write it as a plain value: \`${rails(key)} = ...\`.`),
    ].flat(),
  })
}

function missing(settings: Settings, name: SettingName): CtlError {
  const { configFile, configFound, notes, problems } = settings
  const [key] = keysOf[name]
  const empty = problems[name]
  const where = empty === undefined ? configFile : `${configFile}:${empty.line}`
  const state = empty === undefined ? 'is not set' : 'is empty'
  const message = configFound
    ? `${where}: ${rails(key)} ${state}.`
    : `${rails(key)} is wanted, but ${configFile} does not exist.`
  const supplied = [
    ...(name === 'cloudfrontSecret' ? ['`pc-ctl generate-cloudfront-secret` makes one.'] : []),
    instead(name) ?? (configFound ? `Set it there.` : `Name the file with ${flagOrVariable('config')}.`),
  ]
  const mighty = notes.filter((note) => keysOf[name].some((each) => note.sets(each) !== 'no'))
  const skipped = mighty.map(({ line, text }) => `Line ${line} is not evaluated and might set it: ${text}`)
  return new CtlError('configuration', message, { hint: [...supplied, ...skipped] })
}
