import { arnOfBucket, arnOfObject, arnOfRole } from '../../aws/arns.ts'
import type { Aws } from '../../aws/connect.ts'
import { explainError } from '../../aws/denial.ts'
import { checksumNames, jobNames, namesOf, workerNames } from '../../aws/names.ts'
import { CtlError } from '../../errors.ts'
import { lockKey } from '../../reindex/lock.ts'
import { checksumRun, manifestKey, reportPrefix, resultKey } from '../../reindex/own-keys.ts'
import type { ReindexRun } from '../../reindex/run.ts'
import type { Account } from '../../aws/account.ts'
import type { Need } from '../../resources/resource.ts'
import {
  type BatchAct,
  type BatchDenial,
  type BatchWork,
  clauseOf,
  exceptRoles,
  findBatchDenials,
  isDemand,
} from '../../resources/s3/batch-denials.ts'
import { need, type Settings } from '../../settings/settings.ts'
import { say } from '../../ui/talk.ts'
import { check, type Step } from '../chain/chain.ts'
import { kept, type Line, listed, verbatim, warning } from '../../text.ts'

/** What {@link shutOutLooks} needs; without it the work is done all the same. */
export const shutOutNeeds = (bucket: string): Need => ({
  access: 'read',
  actions: ['s3:GetBucketPolicy'],
  resources: [arnOfBucket(bucket)],
  optional: "reindex-everything can not tell beforehand what of the bucket's policy shuts S3 Batch Operations out",
})

/** What the steps go by. */
interface Looking {
  run: ReindexRun
  account: Account
}

/** What of reindex-everything S3 Batch Operations is to do. */
interface Handed {
  readonly elsewhere: boolean
  readonly checksums: boolean
  /** Where nothing is to be written, all is told, and nothing refused. */
  readonly refuses: boolean
}

/** Repositories of which a policy may say something each: some are enough to see it. */
const mostRoots = 20

/** Some work, and the flag by which it is handed over. */
interface Work extends BatchWork {
  readonly flag: '--run-on' | '--checksums'
}

/**
 * Two looks at what of the bucket's policy is in the way of S3 Batch Operations: one before anything is written, which ends
 * the run where nothing could come of it, and one once the repositories are known, of which it may say something.
 */
export function shutOutLooks<C extends Looking>(aws: Aws, settings: Settings, handed: Handed) {
  const bucket = need(settings, 'bucket')
  const told = new Set<string>()
  const look = (title: string, refuses: boolean, rootsOf: (ctx: C) => Iterable<string>): Step<C> =>
    check<C>(title, {
      async that(ctx) {
        const works = worksOf(ctx, settings, handed, rootsOf(ctx))
        const denials = (await Promise.all(works.map((work) => denialsOf(aws, work, told)))).flat()
        const fatal = refuses ? denials.filter(({ denial }) => denial.never.length > 0) : []
        if (fatal.length > 0) throw shutOut(fatal)
        const fresh = denials.filter((one) => !told.has(sentenceOf(one)))
        for (const one of fresh) told.add(sentenceOf(one))
        say(...fresh.flatMap((one) => [warning(sentenceOf(one)), ...exceptIt(one)]))
        return told.size === 0 ? 'nothing in it shuts S3 Batch Operations out' : 'it may shut S3 Batch Operations out'
      },
      needs: () => [shutOutNeeds(bucket)],
    })
  return {
    before: look("Look at the bucket's policy", handed.refuses, () => []),
    listed: look("Look at what the bucket's policy says of repositories", false, ({ run }) => run.scanned.roots),
  }
}

function worksOf(
  { run: { bucket }, account: { id: accountId } }: Looking,
  settings: Settings,
  { elsewhere, checksums }: Handed,
  roots: Iterable<string>,
): Work[] {
  const names = namesOf(settings.installation.value)
  const { region, encryption } = bucket
  const of = {
    ...{ bucket: bucket.name, region, accountId, encryption, now: Date.now(), lock: lockKey },
    objects: [...roots].slice(0, mostRoots).map((root) => `${root}package`),
  }
  const ofFunctions: Work = {
    ...{ ...of, flag: '--run-on', jobRoleArn: arnOfRole(jobNames(names, region), accountId) },
    functionRoleArn: arnOfRole(workerNames(names, region), accountId),
    ...{ manifest: manifestKey('RUN'), report: `${reportPrefix('RUN')}/job`, result: resultKey('RUN', 1, 1) },
  }
  const ofChecksums: Work = {
    ...{ ...of, flag: '--checksums', jobRoleArn: arnOfRole(checksumNames(names, region), accountId) },
    functionRoleArn: undefined,
    ...{ manifest: manifestKey(checksumRun('')), report: `${reportPrefix(checksumRun(''))}/job`, result: '' },
  }
  return [...(checksums ? [ofChecksums] : []), ...(elsewhere ? [ofFunctions] : [])]
}

/** A statement that is somebody else's: nothing is changed of it. */
interface InTheWay {
  readonly denial: BatchDenial
  readonly work: Work
}

/** @throws CtlError (interrupted); that the policy can't be looked at is told, once */
async function denialsOf(aws: Aws, work: Work, told: Set<string>): Promise<InTheWay[]> {
  try {
    return (await findBatchDenials(aws, work)).map((denial) => ({ denial, work }))
  } catch (error) {
    const { failure, message } = explainError(error, `The policy of bucket ${work.bucket} was not looked at`)
    if (failure === 'interrupted') throw error
    if (!told.has(message)) say(warning(`${message} Whether it shuts S3 Batch Operations out is not known.`))
    told.add(message)
    return []
  }
}

function sentenceOf({ denial, work }: InTheWay): string {
  const { called, denies, mayDeny, by } = denial
  const keys = by.length === 0 ? '' : ` (${by.join(', ')})`
  const what = (acts: readonly BatchAct[]): string => listed(acts.map(clauseOf), 'and')
  const told = [
    ...(denies.length === 0 ? [] : [`By it ${what(denies)}.`]),
    ...(mayDeny.length === 0 ? [] : [`Perhaps, which could not be known, ${what(mayDeny)}.`]),
  ]
  const is = denies.length === 0 ? 'may be' : 'is'
  return `The statement ${kept(called)} of the policy of bucket ${work.bucket} ${is} in the way${keys}. ${told.join(' ')}`
}

/** The statement is somebody else's, so it is they who must change it. */
function exceptIt({ denial, work }: InTheWay): Line[] {
  const excepted = exceptRoles(denial, work)
  const whose = 'It is not of pc-ctl, which leaves it as it is'
  if (excepted !== undefined) {
    return [
      `${whose}. This in its place makes an exception for the two roles, and for nobody else:`,
      verbatim(JSON.stringify(excepted)),
    ]
  }
  return [
    `${whose}. S3 Batch Operations reads no manifest that KMS encrypts, and writes its reports as it does. Except what pc-ctl ` +
      'and S3 write for each other: in place of its "Resource"',
    verbatim(`"NotResource": "${arnOfObject(work.bucket, '.pc-ctl/*')}"`),
  ]
}

/** What is done instead, and where the same statement is in the way of that, too. */
function insteadOf(fatal: readonly InTheWay[]): string[] {
  if (fatal.some(({ denial }) => isDemand(denial) && denial.never.includes('write objects'))) {
    return ['While it stands objects can not be written again as they are, by this host neither.']
  }
  const flags = new Set(fatal.map(({ work }) => work.flag))
  return [
    ...(flags.has('--run-on') ? ['Without --run-on batch this host does the work by itself.'] : []),
    ...(flags.has('--checksums') ? ['Without --checksums batch this host reads packages whole.'] : []),
  ]
}

function shutOut(fatal: readonly InTheWay[]): CtlError {
  const sentences = [...new Set(fatal.map(sentenceOf))]
  const hints = new Map(fatal.map((one) => [one.denial.called, exceptIt(one)]))
  const message = `S3 Batch Operations is shut out, so nothing was changed. ${sentences.join(' ')}`
  return new CtlError('denied', message, {
    hint: [...[...hints.values()].flat(), ...insteadOf(fatal)],
    code: 'ShutOut',
  })
}
