/** What the values of flags and words are the names of. */
import { settingNames } from '../settings/flags-of.ts'
import { runtimes } from '../edge/runtime.ts'
import { formatNames } from '../repositories/layouts/layout.ts'
import { knownTypes } from '../repositories/type-by-ending.ts'
import { regions } from '../settings/regions.ts'
import type { Flag, Paths } from './manifest.ts'

/** What only AWS, or its configuration, can tell. */
export type Subject =
  | 'aliases'
  | 'boundaries'
  | 'bucket-key'
  | 'buckets'
  | 'bucket-uris'
  | 'certificates'
  | 'distribution-ids'
  | 'distributions'
  | 'domains'
  | 'invalidations'
  | 'installations'
  | 'invalidation-uris'
  | 'keys'
  | 'prefixes'
  | 'principals'
  | 'profiles'
  | 's3-uris'
  | 'versions'

/** The settings that a command line may give, by their flags. */
export type SettingsGiven = Readonly<Partial<Record<(typeof settingNames)[number], string>>>

/** @param values - of flags, by name */
export const givenSettings = (values: ReadonlyMap<string, string>): SettingsGiven =>
  Object.fromEntries(
    settingNames.flatMap((name) => {
      const value = values.get(name)
      return value === undefined || value === '' ? [] : [[name, value]]
    }),
  )

/** Flags whose values AWS, or its configuration, can tell. */
export const flagSubjects: Readonly<Record<string, Subject>> = {
  bucket: 'buckets',
  'bucket-key': 'bucket-key',
  certificate: 'certificates',
  'default-root-object': 'keys',
  distribution: 'distribution-ids',
  domain: 'domains',
  except: 'principals',
  installation: 'installations',
  inventory: 's3-uris',
  key: 'keys',
  'log-to': 's3-uris',
  'permissions-boundary': 'boundaries',
  prefix: 'prefixes',
  profile: 'profiles',
  'remove-alias': 'aliases',
}

/** Words without a flag that AWS can tell, as `COMMAND ARG`. */
export const argSubjects: Readonly<Record<string, Subject>> = {
  'cfcreate BUCKET': 'bucket-uris',
  'cfinfo TARGET': 'distributions',
  'cfinval target': 'invalidations',
  'cfinvalinfo target': 'invalidation-uris',
  'cfmodify TARGET': 'distributions',
  'cfremove TARGET': 'distributions',
  'invalidate PATH': 'keys',
  'put file': 's3-uris',
  'reconfigure-cloudfront-distribution ARN': 'versions',
  'sign-url key': 'keys',
}

/** Words without a flag that may be files too. */
export const argPaths: Readonly<Record<string, Paths>> = { 'put file': 'files' }

/** Programs; PATH in help means other things too. */
const programFlags: ReadonlySet<string> = new Set(['ctl'])

/** Words that are the values of flags which go without as well: `--graph svg`, or `--graph=svg`. */
export const argFlags: Readonly<Record<string, string>> = { 'status form': 'graph' }

/** The values of flags that are known without asking anybody. */
export const flagValues: Readonly<Record<string, readonly string[]>> = {
  'mime-type': knownTypes,
  only: formatNames,
  region: regions,
  runtime: runtimes,
}

/** Words without a flag that are mostly one of these: the services of packagecloud, which others may be added to. */
export const argValues: Readonly<Record<string, readonly string[]>> = {
  'restart service': ['database_backups', 'mysql', 'nginx', 'rainbows', 'redis', 'resque', 'unicorn'],
}

interface Told {
  readonly subject?: Subject
  readonly paths?: Paths
}

/** What the value of a flag is. Where it is a file, help says so. */
export function subjectOfFlag(command: string, { name, helpValue = '' }: Pick<Flag, 'name' | 'helpValue'>): Told {
  const subject = flagSubjects[name]
  // The sandbox makes what it is told the name of.
  if (subject !== undefined) return command === 'sandbox' ? {} : { subject }
  if (/(?:^|\]|=)FILE(?:$|\[)/.test(helpValue) || programFlags.has(name)) return { paths: 'files' }
  return /^(?:DIR|FOLDER)$/.test(helpValue) ? { paths: 'folders' } : {}
}

/** What a word without a flag is, and files only where it has not begun as something else. */
export function subjectOfArg(command: string, arg: string, begun: string): Told {
  const [subject, paths] = [argSubjects[`${command} ${arg}`], argPaths[`${command} ${arg}`]]
  if (paths !== undefined && !/^s3/i.test(begun)) return { paths }
  return subject === undefined ? {} : { subject }
}
