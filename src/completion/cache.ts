/** What was found before, for some seconds: names alone, in a folder that nobody else can look into. */
import { isObject } from '../json-object.ts'
import { options } from '../options.ts'
import { privateCacheFolder } from '../settings/cache-folder.ts'
import { settingNames } from '../settings/flags-of.ts'
import type { Found, Question } from './questions.ts'
import type { SettingsGiven } from './subjects.ts'

// Not imported: what they bring with them takes its time, and somebody waits for each key.
const { lstatSync, openSync, closeSync, readFileSync, readdirSync, renameSync, rmSync, writeFileSync } =
  process.getBuiltinModule('node:fs')
const path = process.getBuiltinModule('node:path')

/** Milliseconds in which an answer is taken for what is there now; one that failed may do so for another reason soon. */
const fresh = { answer: 20_000, failure: 2_000 } as const
/** Milliseconds in which it is better than none. */
const usable = 600_000
/** Milliseconds that a look may take, after which it is given up. */
export const longestLook = 10_000

type Environment = Readonly<Record<string, string | undefined>>

/** A question, and whose answer it is. */
export interface Asked {
  readonly question: Question
  readonly given: SettingsGiven
}

/** An answer that was kept. */
interface Kept {
  readonly found: readonly Found[]
  readonly isFresh: boolean
}

interface Cache {
  /** What is known; nothing where it is too old. */
  read(asked: Asked): Kept | undefined
  /** Whether nobody else looks this up at the moment; then the caller is who does, and says so with {@link write}. */
  begin(asked: Asked): boolean
  /** @param found - undefined where the look has failed */
  write(asked: Asked, found: readonly Found[] | undefined): void
}

/** @returns nothing where there can be none that is private */
export function openCache(environment: Environment = process.env): Cache | undefined {
  const folder = privateCacheFolder(environment, 'completion')
  return folder === undefined ? undefined : cacheIn(folder, environment)
}

function cacheIn(folder: string, environment: Environment): Cache {
  const place = (asked: Asked): string => path.join(folder, nameFor(asked, environment))
  return {
    read: (asked) => readKept(`${place(asked)}.json`),
    begin(asked) {
      const mark = `${place(asked)}.begun`
      if (ageOf(mark) > longestLook) rmSync(mark, { force: true })
      try {
        closeSync(openSync(mark, 'wx', 0o600))
        return true
      } catch {
        return false
      }
    },
    write(asked, found) {
      const file = place(asked)
      writeFileSync(`${file}.${process.pid}`, JSON.stringify({ found: found ?? null }), { mode: 0o600 })
      renameSync(`${file}.${process.pid}`, `${file}.json`)
      rmSync(`${file}.begun`, { force: true })
      sweep(folder)
    },
  }
}

function readKept(file: string): Kept | undefined {
  const age = ageOf(file)
  if (age > usable) return undefined
  try {
    const kept: unknown = JSON.parse(readFileSync(file, 'utf8'))
    const found = isObject(kept) && Array.isArray(kept['found']) ? (kept['found'] as Found[]) : undefined
    return { found: found ?? [], isFresh: age < (found === undefined ? fresh.failure : fresh.answer) }
  } catch {
    return undefined
  }
}

/** Milliseconds since a file was written; `Infinity` where there is none, or it is from the future. */
function ageOf(file: string): number {
  try {
    const age = Date.now() - lstatSync(file).mtimeMs
    return age < -1000 ? Infinity : age
  } catch {
    return Infinity
  }
}

/** A file of ours, whole or half written. */
const ownName = /^[0-9a-f]{32}\.(?:json|begun|\d+)$/

/** What the folder holds is of no use for long. */
function sweep(folder: string): void {
  for (const name of readdirSync(folder)) {
    if (ownName.test(name) && ageOf(path.join(folder, name)) > usable) rmSync(path.join(folder, name), { force: true })
  }
}

/** Who is asked, and as whom, makes the answer another one. Of keys only the part that is no secret is looked at. */
const telling =
  /^(?:HOME|AWS_(?:PROFILE|ACCESS_KEY_ID|REGION|DEFAULT_REGION|ENDPOINT_URL\w*|CONFIG_FILE|SHARED_CREDENTIALS_FILE|ROLE_ARN))$/
const ofSettings = new Set<string>(settingNames.map((name) => options[name].variable))

function nameFor({ question, given }: Asked, environment: Environment): string {
  const told = Object.entries(environment).filter(([name]) => ofSettings.has(name) || telling.test(name))
  const text = JSON.stringify([question, given, told.sort(([one], [other]) => (one < other ? -1 : 1)), process.cwd()])
  return process.getBuiltinModule('node:crypto').hash('sha256', text, 'hex').slice(0, 32)
}
