import { promisify } from 'node:util'
import { gunzip } from 'node:zlib'

import { messageOf } from '../../errors.ts'
import type { Finding, OldIndexes, Repository, StoredObject } from '../format.ts'
import { readVersions, type Versions } from './compact-index.ts'
import { fileNames, type GemName, numberOf, originalName } from './kept-gem.ts'
import { readSpecs, UnreadableList } from './marshal-read.ts'

/** What the present indexes of a repository say. */
export interface OldGems extends OldIndexes {
  readonly stored: ReadonlyMap<string, StoredObject>
  /** By {@link originalName}: what the lists have. */
  readonly specs: ReadonlyMap<string, GemName>
  /** Undefined if there is no compact index. */
  readonly versions: Versions | undefined
  readonly findings: readonly Finding[]
}

const largestList = 384 * 1024 * 1024

/** @throws only what {@link Repository.read} throws */
export async function openGems(repository: Repository): Promise<OldGems> {
  const { root } = repository
  const stored = new Map(repository.indexes.map((object) => [object.key, object]))
  const findings: Finding[] = []
  const specs = new Map<string, GemName>()
  for (const list of ['specs', 'prerelease_specs']) {
    const key = [`${root}${list}.4.8.gz`, `${root}${list}.4.8`].find((one) => stored.has(one))
    if (key === undefined) continue
    try {
      for (const gem of await listIn(repository, key)) specs.set(originalName(gem), gem)
    } catch (error) {
      if (!(error instanceof UnreadableList)) throw error
      findings.push({ key, what: `cannot be read as a list of gems: ${error.message}` })
    }
  }
  const versions = await versionsIn(repository, stored)
  if (versions !== undefined && versions.broken > 0) {
    const what = `has ${versions.broken} lines that say nothing; they are left out`
    findings.push({ key: `${root}versions`, what, once: true })
  }
  return {
    ...{ stored, specs, versions, findings },
    signatures: [],
    // None of the indexes says anything that would tell whether an object is still the one that it speaks of.
    digestsOf: () => undefined,
    listed: () => [],
    *places() {
      for (const gem of specs.values()) for (const file of fileNames(gem)) yield `${root}gems/${file}`
    },
  }
}

async function listIn(repository: Repository, key: string): Promise<GemName[]> {
  const body = await repository.read(key)
  if (body === undefined) throw new UnreadableList('it is not there')
  if (!key.endsWith('.gz')) return readSpecs(body)
  let list: Uint8Array
  try {
    list = await promisify(gunzip)(body, { maxOutputLength: largestList })
  } catch (error) {
    throw new UnreadableList(messageOf(error))
  }
  return readSpecs(list)
}

async function versionsIn(
  repository: Repository,
  stored: ReadonlyMap<string, StoredObject>,
): Promise<Versions | undefined> {
  const key = `${repository.root}versions`
  const body = stored.has(key) ? await repository.read(key) : undefined
  return body === undefined ? undefined : readVersions(new TextDecoder().decode(body))
}

/** Was it withdrawn by whoever published it? */
export const isYanked = ({ versions }: OldGems, gem: GemName): boolean =>
  versions?.byName.get(gem.name)?.yanked.has(numberOf(gem)) === true
