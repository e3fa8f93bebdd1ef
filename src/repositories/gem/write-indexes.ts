/** Which objects make up the new indexes of gems, and in which order they have to appear. */
import { fixedGzip } from '../compression/fixed-gzip.ts'
import type { IndexInput, IndexObject, IndexPlan } from '../format.ts'
import { inParallel } from '../in-parallel.ts'
import { indexObject } from '../index-object.ts'
import { emptyInfo, type Info, infoText, md5Of, namesText, writeVersions } from './compact-index.ts'
import { numberOf } from './kept-gem.ts'
import { type ListedGem, membersOf } from './membership.ts'
import { objectOrStored } from './object-or-stored.ts'
import type { OldGems } from './old-indexes.ts'
import { compareGems, listsOf } from './specs.ts'

const atOnce = 32
const binary = { contentType: 'application/octet-stream' }
const words = { contentType: 'text/plain; charset=utf-8' }

/**
 * See `Format.writeIndexes`. What clients ask for by the name of a gem comes first, `quick/` and `info/`; then the lists
 * that older clients begin with; then `versions`, which newer ones begin with. Of the two kinds of index those are made
 * that are there.
 */
export async function writeIndexes(input: IndexInput<OldGems>): Promise<IndexPlan> {
  const { old, repository } = input
  const { gems, kept, findings, parts } = membersOf(input)
  const hasLists = ['specs.4.8.gz', 'specs.4.8'].some((name) => old.stored.has(repository.root + name))
  const lists = hasLists || old.versions === undefined ? await listObjects(gems, input) : undefined
  const compact = old.versions === undefined ? undefined : await compactObjects(gems, input)
  return {
    groups: [
      [...(lists?.quick ?? []), ...(compact?.infos ?? [])],
      [...(compact?.names ?? []), ...(lists?.specs ?? [])],
      compact?.versions ?? [],
    ].filter((group) => group.length > 0),
    parts,
    packages: gems.length,
    findings: [...old.findings, ...findings],
    kept,
  }
}

/** The lists, and the gemspecs that whoever has read them asks for. */
async function listObjects(
  gems: readonly ListedGem[],
  input: IndexInput<OldGems>,
): Promise<{ quick: IndexObject[]; specs: IndexObject[] }> {
  const { repository, old } = input
  const { root } = repository
  const quick = gems.flatMap(({ made }) => made?.gemspec ?? [])
  const specs: IndexObject[] = []
  for (const [name, list] of listsOf(gems)) {
    const key = `${root}${name}.4.8`
    const top = name === 'specs' ? ({ top: true } as const) : {}
    specs.push(indexObject(`${key}.gz`, await fixedGzip(list), { ...binary, ...top }))
    if (old.stored.has(key)) specs.push(indexObject(key, list, binary))
  }
  return { quick, specs }
}

async function compactObjects(
  gems: readonly ListedGem[],
  input: IndexInput<OldGems>,
): Promise<{ infos: IndexObject[]; names: IndexObject[]; versions: IndexObject[] }> {
  const { repository, old, now } = input
  const { root } = repository
  const byName = Map.groupBy([...gems].sort(compareGems), ({ name }) => name)
  const infos = new Map<string, Info>()
  const objects = await inParallel(byName, atOnce, async ([name, own]) => {
    const text = infoText(await linesOf(name, own, input))
    infos.set(name, { numbers: own.map(numberOf), md5: md5Of(text) })
    return objectOrStored(input, `${root}info/${name}`, Buffer.from(text), words)
  })
  // Whoever names such a gem still asks for what it needs.
  for (const key of emptiedInfos(old, root, byName)) objects.push(indexObject(key, Buffer.from(emptyInfo), words))
  const sortedInfos = new Map([...infos].sort(([one], [other]) => (one < other ? -1 : 1)))
  const versions = writeVersions(old.versions ?? noVersions, sortedInfos, now)
  return {
    infos: objects,
    names: [indexObject(`${root}names`, Buffer.from(namesText(byName.keys())), words)],
    versions: [indexObject(`${root}versions`, Buffer.from(versions), { ...words, top: true })],
  }
}

const noVersions = { text: '', createdAt: undefined, byName: new Map(), lines: 0, broken: 0 }

/** The lines of a name; of what can't be read for the moment they are those of the present document. */
async function linesOf(
  name: string,
  gems: readonly ListedGem[],
  { repository }: IndexInput<OldGems>,
): Promise<string[]> {
  const isKept = gems.some(({ made }) => made === undefined)
  const body = isKept ? await repository.read(`${repository.root}info/${name}`) : undefined
  const old = new Map(
    new TextDecoder()
      .decode(body)
      .split('\n')
      .map((line) => [line.split(' ', 1)[0] ?? '', line] as const),
  )
  return gems.flatMap((gem) => gem.made?.line ?? old.get(numberOf(gem)) ?? [])
}

/** Keys of what tells of gems of a name that are no longer there. */
function emptiedInfos(old: OldGems, root: string, present: ReadonlyMap<string, unknown>): string[] {
  const names = new Set([...(old.versions?.byName.keys() ?? []), ...[...old.specs.values()].map(({ name }) => name)])
  return [...names]
    .filter((name) => !present.has(name))
    .map((name) => `${root}info/${name}`)
    .filter((key) => old.stored.has(key))
}
