import type { Invalidation } from '../../resources/cloudfront/invalidation.ts'
import { s3cmdLines } from '../../ui/s3cmd-labels.ts'
import { type Block, item, nested, table, verbatim } from '../../text.ts'
import { countOf, type InvalidationGroup } from './invalidation.ts'

/** An invalidation as `--json` gives it. */
export interface InvalidationReport {
  /** `cf://ID/INVALIDATION`, as `cfinvalinfo` takes it. */
  readonly uri: string
  readonly distribution: string
  readonly id: string
  readonly status: string
  /** ISO 8601, UTC. */
  readonly created: string | null
  readonly paths: readonly string[]
  readonly reference: string
}

export const reportOf = ({ id, distributionId, created, ...rest }: Invalidation): InvalidationReport => ({
  uri: `cf://${distributionId}/${id}`,
  distribution: distributionId,
  id,
  status: rest.status,
  created: created?.toISOString() ?? null,
  paths: rest.paths,
  reference: rest.reference,
})

/** Rows of `cfinval` and `cfinvalinfo`. */
export const invalidationTable = (all: readonly InvalidationReport[]): Block =>
  table(
    all.map(({ uri, status, created, paths }) => [
      uri,
      status,
      created?.replace(/\.\d+/, '') ?? '',
      pathsInShort(paths),
    ]),
    ['INVALIDATION', 'STATUS', 'CREATED', 'PATHS'],
  )

const pathsInShort = (paths: readonly string[]): string => {
  const [first = ''] = paths
  return paths.length === 1 ? first : `${first} and ${paths.length - 1} more`
}

/** What `cfinval --dry-run` shows. */
export const planOfInvalidations = (groups: readonly InvalidationGroup[]): Block[] =>
  groups.flatMap(({ distribution: { id, domain }, paths }) => [
    item('create', `cf://${id} (${domain}): ${countOf(paths)}`),
    nested([verbatim(...paths)]),
  ])

/** `cfinval` as s3cmd prints it; the command that it suggests works. */
export const s3cmdInvalidated = (groups: readonly InvalidationGroup[], made: readonly InvalidationReport[]): Block[] =>
  groups.flatMap(({ targets, distribution: { id }, paths }, index) => [
    ...(index === 0 ? [] : ['']),
    s3cmdLines([
      ['URI', targets[0]?.replace(/^s3:.*/, '$&/')],
      ['DistId', id],
      ['Nr of paths', paths.length],
    ]),
    ...made
      .filter(({ distribution }) => distribution === id)
      .map((one) =>
        s3cmdLines([
          ['Status', 'Created'],
          ['RequestId', one.id],
          ['Info', `Check progress with: pc-ctl cfinvalinfo ${one.uri}`],
        ]),
      ),
  ])

/** `cfinvalinfo` as s3cmd prints it, an empty line after each. */
export const s3cmdInvalidations = (all: readonly InvalidationReport[]): Block[] =>
  all.flatMap(({ uri, status, created, paths, reference }) => [
    s3cmdLines([
      ['URI', uri],
      ['Status', status],
      ['Created', created ?? ''],
      ['Nr of paths', paths.length],
      ['Reference', reference],
    ]),
    '',
  ])
