import type { Aws } from '../../aws/connect.ts'
import type { Report } from '../../reindex/report.ts'
import { openRun, type ReindexOptions, type ReindexRun, writes } from '../../reindex/run.ts'
import { need, type Settings } from '../../settings/settings.ts'
import { say } from '../../ui/talk.ts'
import { type Chain, check, compute, runChain } from '../chain/chain.ts'
import { assertSomethingBelow, idleChoices } from './matching-nothing.ts'
import { dropAtEdges, findEdges } from './invalidate-republished.ts'

export interface ReindexWishes extends ReindexOptions {
  /** Have edges drop packages that were published again under the same key. */
  readonly invalidate: boolean
}

/** Of wishes: what objects carry, and no index. */
export const attributesOnly = {
  attributes: true,
  indexes: false,
  signerOf: () => undefined,
  changeKey: false,
  allowShrink: false,
  createMissing: false,
  formatOptions: {},
  strict: false,
  listOnly: false,
  forceUnlock: false,
  invalidate: false,
} satisfies Partial<ReindexWishes>

interface Reindexing {
  run: ReindexRun
  /** The distributions whose edges are to drop what was published again. */
  edges: readonly string[]
  report: Report
}

/**
 * Puts right what CloudFront and clients go by, over a whole bucket. Can be stopped and killed at any time: the same
 * command goes on from there.
 *
 * @throws CtlError (refused) while another run is at work; (interrupted) once it has been stopped; as AWS answers
 */
export async function reindexEverything(aws: Aws, settings: Settings, options: ReindexWishes): Promise<Report> {
  let run: ReindexRun | undefined
  const open = async (): Promise<ReindexRun> => (run = await openRun(aws, need(settings, 'bucket'), options))
  try {
    const done = await runChain(reindexChain(aws, settings, open, options), writes(options) ? 'apply' : 'plan', options)
    return done.ctx.report
  } finally {
    await run?.close()
  }
}

function reindexChain(
  aws: Aws,
  settings: Settings,
  open: () => Promise<ReindexRun>,
  options: ReindexWishes,
): Chain<Reindexing> {
  const bucket = need(settings, 'bucket')
  const looks = !writes(options)
  const attributes = check<Reindexing>(
    looks ? 'Look at the attributes of objects' : 'Put the attributes of objects right',
    { that: ({ run }, talk) => run.putAttributesRight(talk) },
  )
  const indexes = check<Reindexing>(titleOfIndexes(options), { that: ({ run }, talk) => run.makeIndexes(talk) })
  const handIn = check<Reindexing>('Tell the host that makes the indexes', {
    that: ({ run }, talk) => run.handIn(talk),
  })
  const invalidates = options.invalidate && !looks
  const drop = check<Reindexing>('Have edges drop what was published again', {
    async that({ run, edges }, talk) {
      const keys = run.toDrop()
      const outcome = await dropAtEdges(aws, edges, { bucket, keys }, talk)
      run.dropped(keys)
      return outcome
    },
  })
  return [
    compute('Look at the bucket', { from: open, as: 'run', tell: tellBucket }),
    // Hours before it is needed: where there is none, nothing is begun.
    ...(invalidates
      ? [
          compute<Reindexing, 'edges'>('Find the distribution', {
            from: () => findEdges(aws, settings, bucket),
            as: 'edges',
            tell: (edges) => edges.join(', '),
          }),
        ]
      : []),
    ...(looks ? [] : [check<Reindexing>('Keep other runs out', { that: ({ run }) => run.lock() })]),
    check('List the bucket', {
      async that({ run }, talk) {
        const outcome = await run.list(talk)
        await assertSomethingBelow(aws, bucket, options.choice, run.scanned)
        say(...idleChoices(options.choice, run.scanned))
        return outcome
      },
    }),
    ...(options.attributes && !options.listOnly ? [attributes] : []),
    ...(options.indexes && !options.listOnly ? [indexes] : []),
    ...(invalidates ? [drop] : []),
    ...(options.shard !== undefined && !looks ? [handIn] : []),
    compute(options.writeReport === undefined ? 'Sum up' : 'Write the report', {
      from: ({ run }) => run.report(),
      as: 'report',
    }),
  ]
}

const titleOfIndexes = (options: ReindexWishes): string => {
  if (options.shard !== undefined) return 'Read packages'
  return writes(options) ? 'Make the indexes of repositories' : 'Look at the indexes of repositories'
}

const tellBucket = ({ bucket: { name, region }, isVersioned }: ReindexRun): string =>
  `${name} in ${region}${isVersioned ? ', versioned: each object that is rewritten is kept and paid for twice' : ''}`
