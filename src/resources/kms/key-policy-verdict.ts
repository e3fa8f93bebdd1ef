import type { Possible } from '../../aws/policy-condition.ts'
import { both, isAbout, isAboutResource, type KnownRequest, type Verdict } from '../../aws/policy-match.ts'
import type { PolicyDocument, PolicyStatement } from '../../aws/policy.ts'
import { parseArn } from '../../aws/arns.ts'

const service = 'cloudfront.amazonaws.com'

/**
 * What KMS sees of a request for an object that CloudFront reads by an origin access control, as far as AWS's documents
 * tell; of all other keys nothing is known.
 *
 * Source: Amazon CloudFront Developer Guide, "Restrict access to an Amazon S3 origin", SSE-KMS.
 */
function decryption(distributionArn: string): KnownRequest {
  const is = (value: string): readonly Possible[] => [[value]]
  return {
    names: { Service: [service] },
    action: 'kms:Decrypt',
    context: new Map([
      ['aws:sourcearn', is(distributionArn)],
      ['aws:sourceaccount', is(parseArn(distributionArn)?.accountId ?? '')],
      ['aws:principalisawsservice', is('true')],
      ['aws:principalservicename', is(service)],
      ['aws:securetransport', is('true')],
    ]),
  }
}

interface Reading {
  readonly distributionArn: string
}

const isAboutDecryption = (statement: PolicyStatement, { distributionArn }: Reading): Verdict =>
  isAbout(statement, decryption(distributionArn))

/** Whether an Allow of a key's policy is about CloudFront's request. In key policies `*` is the key itself. */
export function letsCloudFrontDecrypt(statement: PolicyStatement, reading: Reading): Verdict {
  if (statement.Effect !== 'Allow') return { is: 'no', open: [] }
  return both(isAboutDecryption(statement, reading), isAboutResource(statement, '*'))
}

/** What the statements of a key's policy are called that deny CloudFront's request. */
export const decryptionDenials = ({ Statement }: PolicyDocument, reading: Reading): string[] =>
  Statement.flatMap((statement, index) =>
    statement.Effect === 'Deny' && isAboutDecryption(statement, reading).is === 'yes'
      ? (statement.Sid ?? `number ${index + 1}, which has no Sid`)
      : [],
  )
