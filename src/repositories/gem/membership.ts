/** Which gems the new indexes list. */
import type { Finding, IndexInput, IndexObject, Part } from '../format.ts'
import { fileNames, type GemName, infoLine, numberOf, originalName, unpackGem } from './kept-gem.ts'
import { isMapped } from './layout.ts'
import { objectOrStored } from './object-or-stored.ts'
import { isYanked, type OldGems } from './old-indexes.ts'

/** A gem that is listed. */
export interface ListedGem extends GemName {
  readonly key: string
  /** Undefined where it can't be read for the moment: what the present index says of it stays. */
  readonly made?: { readonly line: string; readonly gemspec: IndexObject }
}

export interface Membership {
  /** In the order of keys. */
  readonly gems: readonly ListedGem[]
  readonly kept: ReadonlySet<string>
  readonly findings: readonly Finding[]
  readonly parts: readonly Part[]
}

/**
 * Every gem where clients ask for it is listed, new ones too: no other object says of which repository a gem is. What was
 * withdrawn stays so, as far as `versions` tells; nothing else does.
 */
export function membersOf(input: IndexInput<OldGems>): Membership {
  const { old, unreadable } = input
  const { root } = input.repository
  const findings: Finding[] = []
  const gems = new Map<string, ListedGem & { readonly sha256: string | undefined }>()
  for (const stored of input.packages()) {
    const { key, digests } = stored
    const gem = unpackGem(stored)
    const name = originalName(gem)
    const isPlaced = isMapped(key) || fileNames(gem).some((file) => key === `${root}gems/${file}`)
    if (!isPlaced && !old.specs.has(name)) findings.push(misplaced(key, `${root}gems/${fileNames(gem)[0] ?? ''}`))
    else if (isYanked(old, gem)) findings.push(yanked(key, root))
    else {
      const other = gems.get(name)
      if (other === undefined) {
        const place = `${root}quick/Marshal.4.8/${name}.gemspec.rz`
        const gemspec = objectOrStored(input, place, gem.gemspec, { contentType: 'application/octet-stream' })
        const made = { line: infoLine(gem, digests.sha256 ?? ''), gemspec }
        const { name: called, version, platform } = gem
        gems.set(name, { name: called, version, platform, key, made, sha256: digests.sha256 })
      } else if (other.sha256 !== digests.sha256) findings.push(conflicting(key, other))
    }
  }
  const kept = keptGems(old, unreadable)
  for (const { gem, key } of kept) {
    if (!gems.has(originalName(gem))) gems.set(originalName(gem), { ...gem, key, sha256: undefined })
  }
  for (const [name, gem] of old.specs) {
    if (!gems.has(name) && !isYanked(old, gem)) findings.push(gone(`${root}gems/${name}.gem`))
  }
  const listed = [...gems.values()].sort((one, other) => (one.key < other.key ? -1 : 1))
  return { gems: listed, kept: new Set(kept.map(({ key }) => key)), findings, parts: partsOf(old, listed) }
}

/** What of the present list is called as an object that can't be read now. */
function keptGems(old: OldGems, unreadable: IndexInput['unreadable']): { gem: GemName; key: string }[] {
  if (unreadable.length === 0) return []
  const byFile = new Map([...old.specs.values()].flatMap((gem) => fileNames(gem).map((file) => [file, gem] as const)))
  return unreadable.flatMap(({ key }) => {
    const gem = byFile.get(key.slice(key.lastIndexOf('/') + 1))
    return gem === undefined ? [] : [{ gem, key }]
  })
}

/** Gems before and after, by their names. */
function partsOf(old: OldGems, gems: readonly ListedGem[]): Part[] {
  const before = new Map<string, Set<string>>()
  const note = (name: string, number: string): void => {
    const numbers = before.get(name)
    if (numbers === undefined) before.set(name, new Set([number]))
    else numbers.add(number)
  }
  for (const gem of old.specs.values()) note(gem.name, numberOf(gem))
  for (const [name, { numbers }] of old.versions?.byName ?? []) for (const number of numbers) note(name, number)
  const after = new Map<string, number>()
  for (const { name } of gems) after.set(name, (after.get(name) ?? 0) + 1)
  return [...new Set([...before.keys(), ...after.keys()])].map((name) => ({
    name,
    before: before.get(name)?.size ?? 0,
    after: after.get(name) ?? 0,
    ofMany: true,
  }))
}

const misplaced = (key: string, place: string): Finding => ({
  key,
  what: `is left out of the index: clients would ask for it at ${place}`,
  todo: 'Upload it there.',
})

const yanked = (key: string, root: string): Finding => ({
  key,
  what: `is withdrawn (yanked) in ${root}versions, and stays so`,
  todo: 'Publish it anew as another version, or remove it.',
})

const conflicting = (key: string, other: ListedGem): Finding => ({
  key,
  what: `is ${originalName(other)} with other content than ${other.key}; only the latter is indexed`,
  todo: 'Remove the wrong one of the two, or give it a version of its own.',
})

const gone = (key: string): Finding => ({
  key,
  what: 'is listed in the index but is not in the bucket; the new index does not list it',
  once: true,
})
