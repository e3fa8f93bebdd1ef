/** Digests that nothing tells, which S3 Batch Operations computes: what is known so has no package read whole. */
import type { Aws } from '../../aws/connect.ts'
import { arnOfRole } from '../../aws/arns.ts'
import { type Job, type JobOperation, jobsIn } from '../../aws/jobs-client.ts'
import { checksumNames, type Names, namesOf } from '../../aws/names.ts'
import type { PolicyDocument } from '../../aws/policy.ts'
import type { ChecksumBatch, Checksums } from '../../reindex/checksums/checksums.ts'
import type { ChecksumAmount, ChecksumReport } from '../../reindex/elsewhere-report.ts'
import { reportPrefix } from '../../reindex/own-keys.ts'
import { count } from '../../reindex/progress.ts'
import type { ReindexRun } from '../../reindex/run.ts'
import type { Account } from '../../aws/account.ts'
import { type Need, pending } from '../../resources/resource.ts'
import type { Role, RoleWant } from '../../resources/iam/role.ts'
import { type BatchJob, batchJob, findJobOf } from '../../resources/s3/batch-job.ts'
import { optional, type Settings } from '../../settings/settings.ts'
import { say } from '../../ui/talk.ts'
import { warning } from '../../text.ts'
import { applyChain, type Chain, check, compute, type Conduct, ensure, runChain, wait } from '../chain/chain.ts'
import { needsOf } from '../chain/survey.ts'
import { estimateChecksums } from '../costs/batch-estimate.ts'
import { dollars } from '../costs/dollars.ts'
import { prices } from '../costs/prices.ts'
import type { PermissionScope } from '../permission-scope.ts'
import { agreedBefore, assertFree, goOn, type Site, watch } from './batch-work.ts'
import { checksumResources } from './checksum-role.ts'
import { type ElsewhereWishes, newRun } from './elsewhere.ts'
import { checksumAmountText } from './planned-text.ts'

export type ChecksumWishes = Omit<ElsewhereWishes, 'concurrency'>

/** What the steps hand on. */
interface Computing {
  begun: Job | undefined
  amount: ChecksumAmount
  batch: ChecksumBatch | undefined
  /** Of the manifest, once that is written. */
  etag?: string
  role: Role
  policy: PolicyDocument
  job: BatchJob
}

const sha256: JobOperation = { S3ComputeObjectChecksum: { ChecksumAlgorithm: 'SHA256', ChecksumType: 'FULL_OBJECT' } }

/**
 * Has S3 compute the digests of packages that nothing tells the digests of, one job after another, and takes in what it
 * reports; where nothing is to be written it only tells what there is and what it would cost. A job that an earlier run has
 * begun is waited for, and what one has reported is never computed again.
 *
 * @param at - the run, and the account that it works in
 * @returns what there is still to compute, where nothing may be written
 */
export async function computeChecksums(
  aws: Aws,
  settings: Settings,
  at: At,
  wishes: ChecksumWishes,
  conduct: Conduct & { readonly dryRun: boolean },
): Promise<ChecksumReport | undefined> {
  const { checksums } = at.run
  const names = namesOf(settings.installation.value)
  const mode = conduct.dryRun ? 'plan' : 'apply'
  const opening = [...lookingChain(aws, names, at), ...(conduct.dryRun ? [measure(checksums)] : [])]
  const { begun, amount } = (await runChain<Computing>(opening, mode, conduct)).ctx
  if (conduct.dryRun) return { planned: { ...amount, dollars: estimateChecksums(amount), pricesAsOf: prices.asOf } }
  const site = siteOf(at)
  if (begun !== undefined) {
    const question = `Have the job ${begun.id} begin, which waits for that?`
    await goOn(aws, site, begun, { agree: wishes.agree, question }, conduct)
  }
  for (;;) {
    const { batch } = (await runChain<Computing>([takeIn(checksums), next(checksums)], 'apply', conduct)).ctx
    if (batch === undefined) return undefined
    await applyChain(computeChain(aws, names, wishes, site, batch), conduct, wishes.agree ?? agreedBefore)
  }
}

/** Where checksums are computed. */
interface At {
  readonly run: ReindexRun
  readonly account: Account
}

function lookingChain(aws: Aws, names: Names, { run: { bucket }, account }: At): Chain<Computing> {
  return [
    compute('Look for a job that computes checksums', {
      async from() {
        const jobs = jobsIn(aws, account.id, bucket.region)
        const begun = await findJobOf(jobs, { flag: '--checksums', bucket: bucket.name })
        if (begun === undefined) await assertFree(jobs, '--checksums', bucket, checksumNames(names, bucket.region))
        return begun
      },
      as: 'begun',
      tell: (job) => (job === undefined ? 'there is none' : `${job.id} is ${job.status}`),
    }),
  ]
}

const measure = (checksums: Checksums) =>
  compute<Computing, 'amount'>('Look for packages whose digest nothing tells', {
    from: (_, talk) => checksums.measure(talk),
    as: 'amount',
    tell: (amount) =>
      amount.objects === 0
        ? 'there are none'
        : `${checksumAmountText(amount)}: S3 would compute them for about ${dollars(estimateChecksums(amount))}`,
  })

const takeIn = (checksums: Checksums) =>
  check<Computing>('Take in what S3 has computed', {
    that: async (_, talk) => `${count(await checksums.take(talk))} checksums`,
  })

const next = (checksums: Checksums) =>
  compute<Computing, 'batch'>('Look for packages whose digest nothing tells', {
    from: (_, talk) => checksums.next(newRun(), talk),
    as: 'batch',
    tell: (batch) => (batch === undefined ? 'there are none' : checksumAmountText(batch)),
  })

/** Makes what the job needs, and the job; waits until that is over. */
function computeChain(
  aws: Aws,
  names: Names,
  { adopt, tags, boundary }: Omit<ChecksumWishes, 'agree'>,
  site: Site,
  batch: ChecksumBatch,
): Chain<Computing> {
  const { bucket, region, accountId } = site
  const ofRole = checksumNames(names, region)
  const { checksumRole, checksumPolicy } = checksumResources(aws, bucket)
  const makeRole = ensure<Computing, 'role', RoleWant>('Create the IAM role of jobs that compute checksums', {
    resource: checksumRole,
    want: () => ({ names: ofRole, accountId, adopt, tags, boundary }),
    as: 'role',
  })
  return [
    makeRole,
    ensure('Allow jobs to read the objects', {
      resource: checksumPolicy,
      want: ({ role: { arn } }) => ({ names: ofRole, accountId, roleArn: arn, boundary }),
      as: 'policy',
      within: makeRole,
    }),
    wait('Write the manifest of the job', async (ctx) => {
      ctx.etag = await batch.write()
      return checksumAmountText(batch)
    }),
    ensure('Have S3 Batch Operations begin a job', {
      resource: batchJob(aws, region),
      want: ({ role: { arn }, etag = pending('manifest') }) => ({
        ...{ names, tags, accountId, bucket, manifest: { key: batch.key, etag }, tasks: batch.objects },
        ...{ operation: sha256, roleArn: arn, flag: '--checksums' as const, question: questionOf(batch, accountId) },
        ...{ reportPrefix: reportPrefix(batch.run), noted: async () => undefined },
      }),
      as: 'job',
    }),
    watch(aws, site, ({ job }) => job.id),
  ]
}

/** It reads, and nothing depends on it: no run has to keep out of its way. */
const siteOf = ({ run: { bucket, elsewhere }, account }: At): Site => ({
  lost: elsewhere.lost,
  ...{ bucket: bucket.name, region: bucket.region, accountId: account.id, noun: 'checksums' },
  noteJob: async () => undefined,
  over(ended) {
    if (ended === 'forgotten' || (ended.status === 'Complete' && ended.tasks.failed === 0)) return
    say(warning(leftText(ended)))
  },
})

const leftText = ({ id, status, tasks, failures }: Job): string =>
  `The job ${id} is ${status}, and ${count(tasks.total - tasks.succeeded)} of ${count(tasks.total)} checksums are not computed` +
  `${failures.length === 0 ? '' : ` (${failures.join('; ')})`}: this host reads those packages whole.`

const questionOf = (batch: ChecksumBatch, accountId: string): string =>
  `Have S3 compute the checksums of ${checksumAmountText(batch)} in account ${accountId}, for about ${dollars(estimateChecksums(batch))}?`

/** What it takes beside what `--run-on batch` does. */
export function checksumWorkNeeds(aws: Aws, settings: Settings, scope: PermissionScope): Need[] {
  const { accountId, bucket, tags, boundary } = scope
  const region = optional(settings, 'region') ?? '*'
  const site = { bucket, region, accountId, noteJob: async () => undefined, over: () => undefined }
  const batch = { run: '*', jobs: 1, objects: 0, bytes: 0, key: '*', write: async () => '' }
  const names = namesOf(settings.installation.value)
  const ofRole = arnOfRole(checksumNames(names, region), accountId)
  return needsOf(computeChain(aws, names, { adopt: false, tags, boundary }, site, batch))
    .filter(({ resources }) => resources.includes(ofRole))
    .map((one) => ({ ...one, optional: 'reindex-everything --checksums batch can not be used' }))
}
