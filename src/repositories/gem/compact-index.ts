/**
 * The compact index: `versions` says which gems there are, `info/NAME` what each needs, `names` how they are called.
 *
 * Sources: RubyGems guides, "Compact Index API"; Bundler, `CompactIndexClient::Cache`.
 */
import { createHash } from 'node:crypto'

/** What `versions` says of the gems of a name. */
interface Listed {
  /** Version, and platform behind a dash, as they come. */
  readonly numbers: Set<string>
  /** Withdrawn, by whoever published them. */
  readonly yanked: Set<string>
  /** MD5 of `info/NAME`. */
  info: string
}

export interface Versions {
  /** As it is, with its beginning; empty if there is none yet. */
  readonly text: string
  /** What its first line says. */
  readonly createdAt: string | undefined
  readonly byName: ReadonlyMap<string, Listed>
  /** Lines after the beginning. */
  readonly lines: number
  /** Lines that say nothing. */
  readonly broken: number
}

/** `-1.0` takes back what stands before; a later line of a name adds to the ones before. */
export function readVersions(text: string): Versions {
  const lean = text.replaceAll('\r\n', '\n').replace(/^\ufeff/, '')
  const begin = /^---$/m.exec(lean)
  const body = begin === null ? lean : lean.slice(begin.index + 4)
  const createdAt = begin === null ? undefined : /^created_at: (\S+)$/m.exec(lean.slice(0, begin.index))?.[1]
  const byName = new Map<string, Listed>()
  let [lines, broken] = [0, 0]
  for (const line of body.split('\n')) {
    if (line === '') continue
    lines++
    const [name = '', numbers = '', info = '', ...more] = line.split(' ')
    if (name === '' || numbers === '' || more.length > 0 || !/^(?:[\da-f]{32})?$/.test(info)) {
      broken++
      continue
    }
    const listed = byName.get(name) ?? { numbers: new Set(), yanked: new Set(), info }
    listed.info = info
    for (const number of numbers.split(',')) {
      const [from, to, plain] = number.startsWith('-')
        ? [listed.numbers, listed.yanked, number.slice(1)]
        : [listed.yanked, listed.numbers, number]
      from.delete(plain)
      to.add(plain)
    }
    byName.set(name, listed)
  }
  return { text, createdAt, byName, lines, broken }
}

/** What `info/` holds now. */
export interface Info {
  readonly numbers: readonly string[]
  readonly md5: string
}

/**
 * The new `versions`. What is new is added at its end, as clients that have the beginning ask only for the rest; what is
 * gone makes it begin anew, since a line that takes it back would say that it was withdrawn for good.
 *
 * @param now - milliseconds since the epoch
 */
export function writeVersions(old: Versions, infos: ReadonlyMap<string, Info>, now: number): string {
  const { byName } = old
  const isGone = [...byName].some(([name, { numbers }]) => {
    const present = new Set(infos.get(name)?.numbers)
    return [...numbers].some((number) => !present.has(number))
  })
  const begins = old.createdAt === undefined || old.broken > 0 || /\r|[^\n]$/.test(old.text)
  if (isGone || begins || old.lines > 3 * byName.size + 100) return begunAnew(old, infos, now)
  const added: string[] = []
  for (const [name, { numbers, md5 }] of infos) {
    const listed = byName.get(name)
    const fresh = numbers.filter((number) => listed?.numbers.has(number) !== true)
    if (fresh.length > 0) added.push(`${name} ${fresh.join(',')} ${md5}\n`)
    else if (listed !== undefined && listed.info !== md5) {
      // There is no line without a version.
      const last = numbers.at(-1) ?? ''
      added.push(`${name} -${last},${last} ${md5}\n`)
    }
  }
  return old.text + added.join('')
}

function begunAnew({ byName }: Versions, infos: ReadonlyMap<string, Info>, now: number): string {
  const lines: string[] = []
  for (const name of sorted(new Set([...infos.keys(), ...byName.keys()]))) {
    const info = infos.get(name)
    const yanked = [...(byName.get(name)?.yanked ?? [])].map((number) => `-${number}`)
    const numbers = [...(info?.numbers ?? []), ...yanked]
    if (numbers.length > 0) lines.push(`${name} ${numbers.join(',')} ${info?.md5 ?? md5Of(emptyInfo)}\n`)
  }
  return `created_at: ${new Date(now).toISOString().slice(0, 19)}Z\n---\n${lines.join('')}`
}

/** Of a name whose gems are all gone or withdrawn. */
export const emptyInfo = '---\n'

export const infoText = (lines: readonly string[]): string => emptyInfo + lines.map((line) => `${line}\n`).join('')

export const namesText = (names: Iterable<string>): string => infoText(sorted(names))

export const md5Of = (text: string): string => createHash('md5').update(text).digest('hex')

const sorted = (names: Iterable<string>): string[] => [...names].sort((one, other) => (one < other ? -1 : 1))
