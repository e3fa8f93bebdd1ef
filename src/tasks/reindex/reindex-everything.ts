import type { Aws } from '../../aws/connect.ts'
import type { ChecksumReport } from '../../reindex/elsewhere-report.ts'
import type { InventoryPlace } from '../../reindex/inventory/place.ts'
import { type Hints, readInventory } from '../../reindex/inventory/read-inventory.ts'
import { count, Progress, telling } from '../../reindex/progress.ts'
import type { Report } from '../../reindex/report.ts'
import { openRun, type ReindexOptions, type ReindexRun, writes } from '../../reindex/run.ts'
import { need, type Settings } from '../../settings/settings.ts'
import { say } from '../../ui/talk.ts'
import { type Chain, check, compute, runChain, type Step, where } from '../chain/chain.ts'
import { credentials } from '../credentials.ts'
import { assertSomethingBelow, idleChoices } from './matching-nothing.ts'
import { type ChecksumWishes, computeChecksums } from './checksums.ts'
import { besideNoJob, type ElsewhereWishes, onBatch, type OnElsewhere } from './elsewhere.ts'
import { dropAtEdges, findEdges } from './invalidate-republished.ts'
import { shutOutLooks } from './shut-out.ts'

export interface ReindexWishes extends ReindexOptions {
  /** Have edges drop packages that were published again under the same key. */
  readonly invalidate: boolean
  /** The inventory that tells where the listing is best divided. */
  readonly inventory?: InventoryPlace | undefined
  /** Have functions do the work that S3 Batch Operations invokes; without it this host does. */
  readonly elsewhere?: ElsewhereWishes | undefined
  /** Have S3 compute digests that nothing tells; without it packages are read whole for them. */
  readonly checksums?: ChecksumWishes | undefined
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

interface Reindexing extends OnElsewhere {
  /** What an inventory tells; undefined: none was named. */
  hints: Hints | undefined
  checksums: ChecksumReport | undefined
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
export async function reindexEverything(aws: Aws, settings: Settings, wishes: ReindexWishes): Promise<Report> {
  const isElsewhere = wishes.elsewhere !== undefined
  const options = isElsewhere ? wishes : { ...wishes, admit: besideNoJob(aws) }
  let run: ReindexRun | undefined
  const open = async (): Promise<ReindexRun> => (run = await openRun(aws, need(settings, 'bucket'), options))
  const mode = writes(options) ? 'apply' : 'plan'
  const { opening, here, closing } = reindexChain(aws, settings, open, options)
  try {
    let begun: Reindexing | undefined
    let first = opening
    if (wishes.checksums !== undefined) {
      const { ctx } = await runChain(opening, mode, options)
      ctx.checksums = await computeChecksums(aws, settings, ctx, wishes.checksums, options)
      ;[begun, first] = [ctx, []]
    }
    if (wishes.elsewhere === undefined) {
      return (await runChain([...first, ...here, ...closing], mode, options, begun)).ctx.report
    }
    const { look, work, back } = onBatch<Reindexing>(aws, settings, wishes.elsewhere, options)
    const { ctx } = await runChain([...first, ...look], mode, options, begun)
    await work(ctx)
    // What a job leaves is done here; where nothing is written, it is not even looked at.
    const rest = [...back, ...(writes(options) ? here : []), ...closing]
    return (await runChain(rest, mode, options, ctx)).ctx.report
  } finally {
    await run?.close()
  }
}

interface Parts {
  readonly opening: Chain<Reindexing>
  /** What this host does of all. */
  readonly here: Chain<Reindexing>
  readonly closing: Chain<Reindexing>
}

function reindexChain(aws: Aws, settings: Settings, open: () => Promise<ReindexRun>, options: ReindexWishes): Parts {
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
  const [elsewhere, checksums] = [options.elsewhere !== undefined, options.checksums !== undefined]
  const isHanded = elsewhere || checksums
  const policy = shutOutLooks<Reindexing>(aws, settings, { elsewhere, checksums, refuses: !looks })
  const opening: Chain<Reindexing> = [
    ...(isHanded ? [credentials(aws)] : []),
    compute('Look at the bucket', { from: open, as: 'run', tell: tellBucket }),
    ...(isHanded ? [policy.before] : []),
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
    ...(options.inventory === undefined ? [] : [hintsFrom(aws, options.inventory, options)]),
    ...(looks ? [] : [check<Reindexing>('Keep other runs out', { that: ({ run }) => run.lock() })]),
    check('List the bucket', {
      async that({ run, hints }, talk) {
        const outcome = await run.list(talk, hints)
        await assertSomethingBelow(aws, bucket, options.choice, run.scanned)
        say(...idleChoices(options.choice, run.scanned))
        return outcome
      },
    }),
    ...(isHanded ? [policy.listed] : []),
  ]
  return {
    opening,
    here: [
      ...(options.attributes && !options.listOnly ? [attributes] : []),
      ...(options.indexes && !options.listOnly ? where(hasDigests, [indexes]) : []),
    ],
    closing: [
      ...(invalidates ? [drop] : []),
      ...(options.shard !== undefined && !looks ? [handIn] : []),
      compute(options.writeReport === undefined ? 'Sum up' : 'Write the report', {
        from: ({ run, elsewhere, checksums }) =>
          run.report({ ...(elsewhere && { elsewhere }), ...(checksums && { checksums }) }),
        as: 'report',
      }),
    ],
  }
}

/** What needs digests that S3 would compute, were this not only a look, is not looked at. */
const hasDigests = ({ checksums }: Reindexing): boolean => (checksums?.planned.objects ?? 0) === 0

/** Before other runs are kept out: where it can't be used nothing was begun. */
const hintsFrom = (aws: Aws, place: InventoryPlace, { choice, show }: ReindexWishes): Step<Reindexing> =>
  compute('Read the inventory', {
    async from({ run }, talk) {
      const progress = new Progress()
      progress.begin({ noun: 'objects' })
      const seen = (objects: number): void => progress.add(objects)
      const options = { bucket: run.bucket.name, prefix: choice.prefix, signal: talk.signal, seen }
      return telling(progress, { show, talk }, () => readInventory(aws, place, options))
    },
    as: 'hints',
    tell: tellHints,
  })

function tellHints(hints: Hints | undefined): string {
  const { objects = 0, cuts = [], begun } = hints ?? {}
  const when = begun === undefined ? '' : ` on ${new Date(begun).toISOString().slice(0, 10)}`
  const ranges = cuts.length === 0 ? 'too few to divide the listing by' : `${count(cuts.length + 1)} ranges to list`
  return `${count(objects)} objects${when}: ${ranges}`
}

const titleOfIndexes = (options: ReindexWishes): string => {
  if (options.shard !== undefined) return 'Read packages'
  return writes(options) ? 'Make the indexes of repositories' : 'Look at the indexes of repositories'
}

const tellBucket = ({ bucket: { name, region }, isVersioned }: ReindexRun): string =>
  `${name} in ${region}${isVersioned ? ', versioned: each object that is rewritten is kept and paid for twice' : ''}`
