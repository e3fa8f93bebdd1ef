import { arnOfBucket, arnOfObject } from '../../aws/arns.ts'
import type { Aws } from '../../aws/connect.ts'
import { explainError } from '../../aws/denial.ts'
import type { Need } from '../../resources/resource.ts'
import {
  type BatchAct,
  type BatchDenial,
  type BatchWork,
  clauseOf,
  exceptRoles,
  findBatchDenials,
} from '../../resources/s3/batch-denials.ts'
import { say } from '../../ui/talk.ts'
import { check, type Step } from '../chain/chain.ts'
import { type Block, kept, listed, verbatim, warning } from '../../text.ts'

/** What {@link lookForShutOut} needs; without it the work is done all the same. */
export const shutOutNeeds = (bucket: string): Need => ({
  access: 'read',
  actions: ['s3:GetBucketPolicy'],
  resources: [arnOfBucket(bucket)],
  optional: "reindex-everything can not tell beforehand what of the bucket's policy shuts S3 Batch Operations out",
})

/** Tells before anything is made what of the bucket's policy is in the way of some work. */
export const lookForShutOut = <C>(aws: Aws, bucket: string, workOf: (ctx: C) => BatchWork): Step<C> =>
  check<C>("Look at the bucket's policy", {
    async that(ctx) {
      const told = await whatShutsOut(aws, workOf(ctx))
      say(...told)
      return told.length === 0 ? 'nothing in it shuts S3 Batch Operations out' : 'it may shut S3 Batch Operations out'
    },
    needs: () => [shutOutNeeds(bucket)],
  })

/**
 * Warnings of statements of the bucket's policy that keep S3 Batch Operations, or its function, from some work: they are
 * somebody else's, and nothing is changed of them.
 *
 * @throws CtlError (interrupted); that the policy can't be looked at is one of the warnings
 */
async function whatShutsOut(aws: Aws, work: BatchWork): Promise<Block[]> {
  const { bucket } = work
  try {
    return (await findBatchDenials(aws, work)).flatMap((denial) => warningOf(denial, work))
  } catch (error) {
    const { failure, message } = explainError(error, `The policy of bucket ${bucket} was not looked at`)
    if (failure === 'interrupted') throw error
    return [warning(`${message} Whether it shuts S3 Batch Operations out is not known.`)]
  }
}

function warningOf(denial: BatchDenial, work: BatchWork): Block[] {
  const { called, denies, mayDeny, by } = denial
  const keys = by.length === 0 ? '' : ` (${by.join(', ')})`
  const what = (acts: readonly BatchAct[]): string => listed(acts.map(clauseOf), 'and')
  const told = [
    ...(denies.length === 0 ? [] : [`By it ${what(denies)}.`]),
    ...(mayDeny.length === 0 ? [] : [`Perhaps, which could not be known, ${what(mayDeny)}.`]),
  ]
  const is = denies.length === 0 ? 'may be' : 'is'
  return [
    warning(
      `The statement ${kept(called)} of the policy of bucket ${work.bucket} ${is} in the way${keys}. ${told.join(' ')}`,
    ),
    ...exceptIt(denial, work),
  ]
}

/** The statement is somebody else's, so it is they who must change it. */
function exceptIt(denial: BatchDenial, work: BatchWork): Block[] {
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
