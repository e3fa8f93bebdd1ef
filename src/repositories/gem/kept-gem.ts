/** What the journal keeps of a gem: what indexes need in words, and its gemspec as it is served. */
import { isObject } from '../../json-object.ts'
import { inflateAll } from '../compression/inflate-all.ts'
import type { IndexedPackage } from '../format.ts'
import { anyPlatform, normalPlatform } from './platform.ts'
import type { Specification } from './specification.ts'

/** What tells a gem. */
export interface GemName {
  readonly name: string
  readonly version: string
  /** As its maker has called it; `ruby`: for all. */
  readonly platform: string
}

interface Kept extends GemName {
  /** In the compact index: before and behind the checksum. */
  readonly needs: string
  readonly rubies: string
}

/** Of bytes: how long the words are, the words as JSON, the gemspec. */
export function packGem({ name, version, platform, ...more }: Specification, gemspec: Uint8Array): Uint8Array {
  const needs = more.dependencies.map(([gem, requirements]) => `${gem}:${joined(requirements)}`).join(',')
  const rubies =
    (isAny(more.ruby) ? '' : `,ruby:${joined(more.ruby)}`) +
    (isAny(more.rubygems) ? '' : `,rubygems:${joined(more.rubygems)}`)
  const words = Buffer.from(JSON.stringify({ name, version, platform, needs, rubies } satisfies Kept))
  const length = Buffer.alloc(4)
  length.writeUInt32BE(words.length)
  return Buffer.concat([length, words, gemspec])
}

const isAny = (requirements: readonly string[]): boolean => requirements.join() === '>= 0'
const joined = (requirements: readonly string[]): string => [...requirements].sort().join('&')

export interface KeptGem extends Kept {
  /** What is served below `quick/`. */
  readonly gemspec: Uint8Array
}

export function unpackGem({ facts }: Pick<IndexedPackage, 'facts'>): KeptGem {
  const bytes = Buffer.from(facts.buffer, facts.byteOffset, facts.byteLength)
  const end = 4 + bytes.readUInt32BE(0)
  return { ...(JSON.parse(bytes.toString('utf8', 4, end)) as Kept), gemspec: bytes.subarray(end) }
}

export const identityOf = ({ name, version, platform }: GemName): string => `${name} ${version} ${platform}`

/** See `Format.identityIn`. */
export function identityIn(facts: Uint8Array): string | undefined {
  const { gemspec, ...kept } = unpackGem({ facts })
  return isKept(kept) && isGemspec(gemspec) ? identityOf(kept) : undefined
}

const isKept = (kept: unknown): kept is Kept =>
  isObject(kept) &&
  Object.keys(kept).length === 5 &&
  ['name', 'version', 'platform'].every((name) => typeof kept[name] === 'string' && /^[^\s|]+$/.test(kept[name])) &&
  ['needs', 'rubies'].every((name) => typeof kept[name] === 'string' && /^[^\n|]*$/.test(kept[name]))

/** Lists of files are left out of it. */
const largestGemspec = 16 * 1024 * 1024

/** Is it whole, and marshalled by Ruby's version 4.8? */
const isGemspec = (gemspec: Uint8Array): boolean =>
  Buffer.from(inflateAll(gemspec, 'zlib', largestGemspec).subarray(0, 2)).toString('hex') === '0408'

/** How the indexes call a gem: `hello-1.0`, `hello-1.0-x86_64-linux`. */
export const originalName = ({ name, version, platform }: GemName): string =>
  platform === anyPlatform.text ? `${name}-${version}` : `${name}-${version}-${platform}`

/** How a gem is called beside its name in the compact index. */
export const numberOf = ({ version, platform }: GemName): string =>
  platform === anyPlatform.text ? version : `${version}-${platform}`

/** What clients ask for: the platform as RubyGems understands it, and if that is not there, as its maker has called it. */
export function fileNames(gem: GemName): string[] {
  if (gem.platform === anyPlatform.text) return [`${originalName(gem)}.gem`]
  const names = [{ ...gem, platform: normalPlatform(gem.platform) }, gem].map((one) => `${originalName(one)}.gem`)
  return [...new Set(names)]
}

/** Its line in `info/`. */
export const infoLine = (gem: KeptGem, sha256: string): string =>
  `${numberOf(gem)} ${gem.needs}|checksum:${sha256}${gem.rubies}`
