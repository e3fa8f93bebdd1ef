import { createHash } from 'node:crypto'

import { GunzipFront } from '../compression/gunzip-front.ts'
import { BadPackageError, type Digests, type IndexedPackage, type PackageFacts, type PackageSource } from '../format.ts'
import { chartOf, type ChartFields, isChart } from './chart.ts'
import { ChartFinder } from './find-chart.ts'

const firstRead = 16 * 1024
/** Of what is packed; a chart is a thousandth of it. */
const mostRead = 32 * 1024 * 1024

/**
 * Reads a chart: its Chart.yaml, which comes first where Helm has packed it. A sound archive that has none is something
 * else, and nobody's fault. See `Format.readPackage`.
 */
export async function readChart(source: PackageSource): Promise<PackageFacts> {
  const finder = new ChartFinder()
  const gunzip = new GunzipFront((bytes) => finder.push(bytes))
  let digests: Digests
  try {
    digests = await (source.known.sha256 === undefined ? readWhole(source, gunzip) : readFront(source, gunzip))
  } finally {
    gunzip.close()
  }
  const chart = finder.files.get('Chart.yaml')
  if (chart === undefined) {
    if (finder.isInside) throw new BadPackageError('it is cut off, or no archive')
    return { digests, identity: '', facts: Buffer.from('null') }
  }
  const fields = chartOf(chart, finder.files.get('requirements.yaml'))
  return { digests, identity: `${fields.name} ${fields.version}`, facts: Buffer.from(JSON.stringify(fields)) }
}

/** What was read of a package; undefined where it is no chart. */
export const unpackChart = ({ facts }: Pick<IndexedPackage, 'facts'>): ChartFields | undefined =>
  (JSON.parse(Buffer.from(facts).toString()) as ChartFields | null) ?? undefined

/** See `Format.identityIn`. That something is no chart, and so in no index, is believed of nobody else. */
export function identityIn(facts: Uint8Array): string | undefined {
  const told: unknown = JSON.parse(Buffer.from(facts).toString())
  return isChart(told) ? `${told.name} ${told.version}` : undefined
}

/** Goes on behind what is found, for the digest alone. */
async function readWhole(source: PackageSource, gunzip: GunzipFront): Promise<Digests> {
  const hash = createHash('sha256')
  let read = 0
  let bad: BadPackageError | undefined
  for await (const chunk of source.stream()) {
    hash.update(chunk)
    const rest = chunk.subarray(0, Math.max(0, mostRead - read))
    read += chunk.length
    if (bad === undefined) bad = await badOf(() => unpack(gunzip, rest, read >= mostRead))
  }
  if (read !== source.size) throw new Error(`${read} bytes came, not ${source.size}`)
  bad ??= await badOf(() => gunzip.end())
  if (bad !== undefined) throw bad
  return { ...source.known, sha256: hash.digest('hex') }
}

async function readFront(source: PackageSource, gunzip: GunzipFront): Promise<Digests> {
  const { known, size } = source
  let at = 0
  for (let length = firstRead; at < size && !gunzip.isDone; length = Math.min(length * 4, 1024 * 1024)) {
    const bytes = await source.range(at, Math.min(size, at + length, mostRead))
    if (bytes.length === 0) break
    at += bytes.length
    const bad = await badOf(() => unpack(gunzip, bytes, at >= mostRead))
    if (bad !== undefined) throw bad
  }
  const bad = await badOf(() => gunzip.end())
  if (bad !== undefined) throw bad
  return known
}

async function unpack(gunzip: GunzipFront, bytes: Uint8Array, isAll: boolean): Promise<void> {
  await gunzip.push(bytes)
  if (isAll && !gunzip.isDone) throw new BadPackageError(`its first ${mostRead} bytes do not tell what it is`)
}

/** What is wrong with the content; what else is thrown is thrown on. */
async function badOf(work: () => Promise<void>): Promise<BadPackageError | undefined> {
  try {
    await work()
    return undefined
  } catch (error) {
    if (error instanceof BadPackageError) return error
    if (error instanceof Error && /^Z_/.test(String(Reflect.get(error, 'code'))))
      return new BadPackageError('it is not packed by gzip, or damaged')
    throw error
  }
}
