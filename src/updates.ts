/**
 * A hint at a newer version, at most once a day: for who has installed pc-ctl with npm and sits at a terminal. It never
 * makes anybody wait: a process of its own asks the registry, and what it learns is told a later time.
 */
import { dirname, join } from 'node:path'

import { isTalkSeen, say } from './ui/talk.ts'
import { ownVersion } from './ui/own-version.ts'
import { packageRoot } from './ui/package-root.ts'
import { isObject } from './json-object.ts'
import { variables } from './options.ts'
import { privateCacheFolder } from './settings/cache-folder.ts'
import { labelled } from './text.ts'

// Not imported: that would load all that node:fs refers to.
const { readFileSync, renameSync, writeFileSync } = process.getBuiltinModule('node:fs')

const day = 86_400_000

/** What is remembered. Times are in milliseconds since the epoch. */
interface Memory {
  /** When the registry was asked. */
  readonly asked?: number
  /** What it said is the newest version. */
  readonly latest?: string
  /** When that was told. */
  readonly told?: number
}

type Environment = Readonly<Record<string, string | undefined>>

/** Tells of a newer version that is known, and has it looked for. Whatever goes wrong, nothing is said. */
export function hintAtUpdate(flags: readonly string[], environment: Environment = process.env): void {
  try {
    if (!isWelcome(flags, environment)) return
    const file = memoryFile(environment)
    if (file === undefined) return
    const memory = recall(file)
    const now = Date.now()
    const version = ownVersion()
    const { latest = version } = memory
    const tells = isNewer(latest, version) && isLongAgo(memory.told, now)
    const asks = isLongAgo(memory.asked, now)
    // Remembered before anything is done: where nothing can be, it would be done each time.
    if (tells || asks) remember(file, { ...memory, ...(tells ? { told: now } : {}), ...(asks ? { asked: now } : {}) })
    if (tells) {
      const how = `\`npm install --global pc-ctl\` installs it. \`${variables.noUpdateCheck}=1\` ends these hints.`
      say(labelled('Note', `pc-ctl ${latest} is there, this is ${version}. ${how}`))
    }
    if (asks) {
      const { spawn } = process.getBuiltinModule('node:child_process')
      const look = [join(packageRoot, 'dist/look-for-update.js'), file]
      const child = spawn(process.execPath, look, { detached: true, stdio: 'ignore', cwd: dirname(file) })
      child.on('error', () => undefined)
      child.unref()
    }
  } catch {
    // No cache, or none that can be written.
  }
}

/** Notes what the registry said. */
export const noteLatest = (file: string, latest: string): void => remember(file, { ...recall(file), latest })

const isSet = (value = ''): boolean => !['', '0', 'false'].includes(value)

/** Whoever has it from elsewhere, such as a distribution's package, npx or a project's own list, gets newer ones from there. */
const isWelcome = (flags: readonly string[], environment: Environment): boolean =>
  isTalkSeen() &&
  !flags.includes('--json') &&
  !isSet(environment[variables.noUpdateCheck]) &&
  !isSet(environment['CI']) &&
  dirname(packageRoot).endsWith(join('/lib', 'node_modules'))

/** A clock that was set back does not end the hints. */
const isLongAgo = (time: number | undefined, now: number): boolean => time === undefined || Math.abs(now - time) >= day

function memoryFile(environment: Environment): string | undefined {
  const folder = privateCacheFolder(environment)
  return folder === undefined ? undefined : join(folder, 'update.json')
}

function recall(file: string): Memory {
  try {
    const found: unknown = JSON.parse(readFileSync(file, 'utf8'))
    return isObject(found) ? found : {}
  } catch {
    return {}
  }
}

/** @throws Error if it can't be kept */
function remember(file: string, memory: Memory): void {
  const next = `${file}.${process.pid}`
  writeFileSync(next, `${JSON.stringify(memory)}\n`)
  renameSync(next, file)
}

/** A version without anything else in it, so that what stands in the cache can be shown as it is. */
const versionForm = /^(\d{1,9})\.(\d{1,9})\.(\d{1,9})(-[\w.-]{1,99})?$/

/** Whether a version is a release that comes after another. What is no version comes after none. */
export function isNewer(one: string, other: string): boolean {
  const [newer, older] = [versionForm.exec(one), versionForm.exec(other)]
  if (newer === null || older === null || newer[4] !== undefined) return false
  for (const part of [1, 2, 3]) {
    const difference = Number(newer[part]) - Number(older[part])
    if (difference !== 0) return difference > 0
  }
  return older[4] !== undefined
}
