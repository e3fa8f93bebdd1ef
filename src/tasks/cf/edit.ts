import type { Aws } from '../../aws/connect.ts'
import { bucketNeeds, lookUpBucket } from '../../resources/s3/bucket.ts'
import {
  bestCertificate,
  describeCertificate,
  issuedCertificates,
  uncovered,
} from '../../resources/cloudfront/certificate.ts'
import { aliasesAfter, type DistributionEdit, type LogTarget } from '../../resources/cloudfront/distribution-edit.ts'
import type { LiveDistribution } from '../../resources/cloudfront/live-distribution.ts'
import { CtlError } from '../../errors.ts'
import { verbatim } from '../../text.ts'
import { check, type Step } from '../chain/chain.ts'
import { parseTarget } from './targets.ts'

/** The flags that say what a distribution should be like, as parsed. */
export interface EditWords {
  readonly comment?: string | undefined
  readonly 'default-root-object'?: string | undefined
  readonly 'log-to'?: string | undefined
  readonly certificate?: string | undefined
  readonly 'price-class'?: DistributionEdit['priceClass']
}

/** Reads the flags that cfcreate and cfmodify share. */
export const readEdit = (words: EditWords): Omit<DistributionEdit, 'addAliases' | 'removeAliases'> => ({
  comment: words.comment === undefined ? undefined : checkComment(words.comment),
  // A key without a leading slash is what CloudFront wants, and what is meant by one with it.
  defaultRootObject: words['default-root-object']?.replace(/^\/+/, ''),
  logging: words['log-to'] === undefined ? undefined : readLogTarget(words['log-to']),
  certificate: words.certificate,
  priceClass: words['price-class'],
})

function checkComment(comment: string): string {
  if (comment.length <= 128) return comment
  throw new CtlError('usage', `The comment has ${comment.length} characters, and CloudFront allows 128.`)
}

/** @throws CtlError of kind `usage` for what is not `s3://BUCKET[/PREFIX]` */
function readLogTarget(word: string): LogTarget {
  const target = /^s3:\/\/[^/]/i.test(word) ? parseTarget(word) : undefined
  if (target?.kind === 'bucket') return { bucket: target.bucket, prefix: target.key }
  throw new CtlError('usage', `Access logs can only be written to a s3:// URI, not to ${JSON.stringify(word)}.`, {
    hint: 'Write it as --log-to s3://BUCKET or --log-to s3://BUCKET/PREFIX.',
  })
}

/** What was found out about the certificate for a distribution's aliases. */
export interface CertificateChoice {
  /** `undefined`: the one in use stays, or none is needed. */
  readonly arn: string | undefined
  readonly told: string
}

/** The one in use stays. */
export const noCertificate: CertificateChoice = { arn: undefined, told: 'no other needed' }

/**
 * Chooses a certificate for all aliases that a distribution will have: the one named, else the one in use if it is good
 * for them, else the issued one in ACM that is and lasts longest.
 *
 * @param live - the distribution as it is, if it is there
 * @throws CtlError of kind `refused` if the one named is not good for an alias, or none is found
 */
export async function chooseCertificate(
  aws: Aws,
  live: LiveDistribution['config'] | undefined,
  edit: DistributionEdit,
): Promise<CertificateChoice> {
  const aliases = aliasesAfter(live, edit)
  const { ACMCertificateArn: present, IAMCertificateId: elsewhere } = live?.ViewerCertificate ?? {}
  if (edit.certificate !== undefined) {
    const missing = uncovered(await describeCertificate(aws, edit.certificate), aliases)
    if (missing.length === 0) return { arn: edit.certificate, told: edit.certificate }
    throw new CtlError('refused', `The certificate ${edit.certificate} is not for ${missing.join(', ')}.`, {
      hint: 'Leave --certificate out to have a fitting one searched for.',
    })
  }
  const before = live?.Aliases?.Items ?? []
  if (aliases.every((alias) => before.includes(alias))) return noCertificate
  // What IAM holds names its domains nowhere; CloudFront will say.
  if (elsewhere !== undefined) return { arn: undefined, told: `${elsewhere} in IAM stays` }
  const all = await issuedCertificates(aws)
  const inUse = all.find(({ arn }) => arn === present)
  if (inUse !== undefined && uncovered(inUse, aliases).length === 0) {
    return { arn: undefined, told: `${inUse.arn}, in use already, is for ${inUse.names.join(', ')}` }
  }
  const best = bestCertificate(all, aliases)
  if (best !== undefined) return { arn: best.arn, told: `found ${best.arn} for ${best.names.join(', ')}` }
  const [first = '', ...others] = aliases
  const more = others.length === 0 ? '' : ` --subject-alternative-names ${others.map((one) => `'${one}'`).join(' ')}`
  throw new CtlError('refused', `ACM in us-east-1 has no issued certificate for ${aliases.join(', ')}.`, {
    hint: [
      'CloudFront takes a name only with a certificate for it. Request one, validate it, then run the same command again:',
      verbatim(
        `aws acm request-certificate --region us-east-1 --validation-method DNS --domain-name '${first}'${more}`,
      ),
    ],
    code: 'NoCertificate',
  })
}

/** A step that refuses a bucket to which CloudFront could not write logs by ACL. */
export const logBucket = <C>(aws: Aws, logging: DistributionEdit['logging']): Step<C> => {
  const name = typeof logging === 'object' ? logging.bucket : undefined
  return {
    ...check<C>('Bucket for the logs', {
      that: () => checkLogBucket(aws, name ?? ''),
      needs: () => [bucketNeeds(name ?? '*')],
    }),
    skip: () => (name === undefined ? 'no logs are asked for' : undefined),
  }
}

async function checkLogBucket(aws: Aws, name: string): Promise<string> {
  const bucket = await lookUpBucket(aws, name, '--log-to')
  if (bucket.ownership !== 'BucketOwnerEnforced') return name
  throw new CtlError('refused', `The bucket ${name} has ACLs off, and CloudFront writes these logs by ACL.`, {
    hint: 'Set its object ownership to "Bucket owner preferred", or choose another bucket.',
  })
}
