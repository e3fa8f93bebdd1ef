import {
  cacheControl,
  type Caching,
  cachingOf,
  type Facts,
  type ObjectClass,
  overwritableControl,
} from '../repositories/cache-control.ts'
import { betterContentType } from '../repositories/content-type.ts'
import { formatNames, kindOf } from '../repositories/layout.ts'
import { CtlError, messageOf } from '../errors.ts'
import { didYouMean } from '../ui/near.ts'
import type { Selection } from './journal/selected.ts'

/** What an object is taken for, and what its headers should be. */
export interface Judgement extends Omit<Caching, 'format'> {
  /** Such as `apt`; `other` where its key does not tell. */
  readonly format: string
}

/** A rule of a mapping file, for layouts that can't be guessed. The first that matches a key counts. */
interface Rule {
  readonly glob: string
  readonly match: RegExp
  readonly class: ObjectClass
  readonly format: string | undefined
}

/** Which objects a run is about, and what each of them should be. */
export interface Choice extends Selection {
  /** What says what objects are whose keys can't be guessed. */
  readonly mapping: ChoiceFlags['mapping']
  /** @param facts - what is known of the object besides its key */
  judge(key: string, facts?: Facts): Judgement
  /** From now on a key is judged as that of a packument, which its text does not tell, unless a mapping says otherwise. */
  takeForPackument(key: string): void
  isPackument(key: string): boolean
  /** What was to be left out and has matched no key so far. */
  idleGlobs(): string[]
  /** What of the mapping has matched no key so far. */
  idleRules(): string[]
}

export interface ChoiceFlags {
  readonly prefix?: string | undefined
  readonly only?: readonly string[] | undefined
  readonly exclude?: readonly string[] | undefined
  /** The text of the mapping file, and its name. */
  readonly mapping?: { readonly file: string; readonly text: string } | undefined
}

/** Our own: the lock. */
export const ownPrefix = '.pc-ctl/'

/** @throws CtlError (usage) for a mapping file that can't be understood, or a format that nothing has */
export function chooseObjects({ prefix = '', only, exclude = [], mapping }: ChoiceFlags): Choice {
  const rules = mapping === undefined ? [] : readRules(mapping.file, mapping.text)
  assertKnown(only ?? [], rules)
  const excluded = exclude.map((glob) => ({ glob, pattern: globToRegExp(glob) }))
  const idleGlobs = new Set(exclude)
  const idleRules = new Set(rules)
  const packuments = new Set<string>()
  return {
    prefix,
    only,
    mapping,
    excludes(key) {
      if (key.startsWith(ownPrefix)) return true
      let isExcluded = false
      for (const { glob, pattern } of excluded) {
        // What has not matched yet is asked even where another one has.
        if ((isExcluded && !idleGlobs.has(glob)) || !pattern.test(key)) continue
        isExcluded = true
        idleGlobs.delete(glob)
      }
      return isExcluded
    },
    judge(key, facts = {}) {
      const rule = rules.length === 0 ? undefined : rules.find(({ match }) => match.test(key))
      if (rule !== undefined && idleRules.size > 0) idleRules.delete(rule)
      if (rule === undefined && packuments.size > 0 && packuments.has(key)) {
        return { kind: kindOf(key), class: 'metadata', format: 'npm', cacheControl: cacheControl.metadata }
      }
      const found = cachingOf(key, facts)
      return rule === undefined ? found : byRule(rule, found, facts)
    },
    takeForPackument: (key) => void packuments.add(key),
    isPackument: (key) => packuments.has(key),
    idleGlobs: () => [...idleGlobs],
    idleRules: () => Array.from(idleRules, ({ glob }) => glob),
  }
}

const byRule = (rule: Rule, { kind, format }: Caching, facts: Facts): Judgement => ({
  kind,
  class: rule.class,
  format: rule.format ?? format,
  cacheControl:
    rule.class === 'overwritable'
      ? overwritableControl(facts)
      : rule.class === 'neither'
        ? undefined
        : cacheControl[rule.class],
  ...(rule.class === 'overwritable' && { why: 'the mapping says so' }),
})

/** A slip of the pen would leave out everything, and look as if nothing were to be done. */
function assertKnown(only: readonly string[], rules: readonly Rule[]): void {
  const known = new Set<string>([...formatNames, ...rules.flatMap(({ format }) => format ?? [])])
  const unknown = only.find((name) => !known.has(name))
  if (unknown === undefined) return
  throw new CtlError('usage', `There is no format "${unknown}" to take --only.`, {
    hint: [...didYouMean(unknown, [...known]), `These are known: ${[...known].join(', ')}.`],
  })
}

/** What of a judgement the headers of an object go by. */
export type Wanted = Pick<Judgement, 'class' | 'format' | 'cacheControl'>

/** Are these headers what they should be? */
export const isRight = (
  key: string,
  wanted: Wanted,
  headers: { cacheControl: string | null | undefined; contentType: string | null | undefined },
): boolean =>
  wanted.cacheControl === undefined ||
  (headers.cacheControl === wanted.cacheControl &&
    betterContentType(key, wanted, headers.contentType ?? undefined) === undefined)

/**
 * `*` is anything within a folder, `**` anything, `?` one character; the whole key has to match.
 *
 * The libraries for globs are about files: to them `**` crosses folders only where it stands alone between slashes, so that
 * `mirror/**.bin` would miss `mirror/a/b.bin`, and a `*` behind a slash never for nothing.
 */
function globToRegExp(glob: string): RegExp {
  const pattern = glob.replace(/\*\*|[*?]|[\\^$.|+()[\]{}]/g, (special) => {
    if (special === '**') return '.*'
    if (special === '*') return '[^/]*'
    return special === '?' ? '[^/]' : `\\${special}`
  })
  return new RegExp(`^${pattern}$`, 's')
}

const classes: readonly string[] = ['package', 'overwritable', 'metadata', 'neither'] satisfies ObjectClass[]
const isClass = (value: unknown): value is ObjectClass => typeof value === 'string' && classes.includes(value)

function readRules(file: string, text: string): Rule[] {
  const wrong = (what: string): CtlError =>
    new CtlError('usage', `The mapping file ${file} can't be used: ${what}.`, {
      hint: 'It is a JSON list such as [{"match": "mirror/**.bin", "class": "package", "format": "other"}].',
    })
  let parsed: unknown
  try {
    parsed = JSON.parse(text)
  } catch (error) {
    throw wrong(messageOf(error))
  }
  if (!Array.isArray(parsed)) throw wrong('it is no list')
  return parsed.flatMap((entry: unknown, index) => {
    const where = `entry ${index + 1}`
    if (typeof entry !== 'object' || entry === null) throw wrong(`${where} is no object`)
    // Read by whoever opens the keys.
    if ('signingKey' in entry) return []
    const { match, class: kind, format, ...rest } = entry as Readonly<Record<string, unknown>>
    const [unknown] = Object.keys(rest)
    if (unknown !== undefined) throw wrong(`${where} has "${unknown}", which nothing is known by`)
    if (typeof match !== 'string' || match === '') throw wrong(`${where} has no "match"`)
    if (!isClass(kind)) throw wrong(`"class" of ${where} is none of ${classes.join(', ')}`)
    if (format !== undefined && typeof format !== 'string') throw wrong(`"format" of ${where} is no text`)
    return { glob: match, match: globToRegExp(match), class: kind, format }
  })
}
