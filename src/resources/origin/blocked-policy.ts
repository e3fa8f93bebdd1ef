import { GetPublicAccessBlockCommand, type S3Client } from '@aws-sdk/client-s3'

import { requestIdLines, statusOf } from '../../aws/aws-error.ts'
import type { PolicyDocument, PolicyStatement } from '../../aws/policy.ts'
import { isEverybody } from '../../aws/policy-match.ts'
import { CtlError, messageOf } from '../../errors.ts'
import { isObject } from '../../json-object.ts'
import { verbatim } from '../../text.ts'

/**
 * Condition keys that, compared with fixed values, make a statement for everybody not public.
 *
 * Source: Amazon S3 User Guide, "Blocking public access to your Amazon S3 storage", "The meaning of public".
 */
const narrowing = new Set([
  'aws:principalorgid',
  'aws:principalorgpaths',
  'aws:principalarn',
  'aws:principalaccount',
  'aws:sourceip',
  'aws:sourcearn',
  'aws:sourceaccount',
  'aws:sourceowner',
  'aws:sourcevpc',
  'aws:sourcevpce',
  'aws:sourceorgid',
  'aws:sourceorgpaths',
  'aws:userid',
  's3:x-amz-server-side-encryption-aws-kms-key-id',
  's3:dataaccesspointarn',
  's3:dataaccesspointaccount',
])

/** The statements that Block Public Access takes for public, by their Sid, or by their place where they have none. */
export const publicStatements = ({ Statement }: PolicyDocument): string[] =>
  Statement.flatMap((statement, index) =>
    isPublic(statement) ? (statement.Sid ?? `the ${index + 1}${ordinals[index] ?? 'th'}, without a Sid`) : [],
  )

const ordinals = ['st', 'nd', 'rd']

function isPublic({ Effect, Principal, Condition, NotPrincipal }: PolicyStatement): boolean {
  if (Effect !== 'Allow') return false
  return (NotPrincipal !== undefined || isEverybody(Principal)) && !isNarrowed(Condition)
}

/** What is denied, may be missing, or is a wildcard or policy variable leaves everybody in. */
function isNarrowed(condition: unknown): boolean {
  if (!isObject(condition)) return false
  return Object.entries(condition).some(
    ([operator, tests]) =>
      !/Not|Null|IfExists/.test(operator) &&
      Object.entries(isObject(tests) ? tests : {}).some(
        ([key, values]) =>
          narrowing.has(key.toLowerCase()) &&
          [values].flat().every((value) => !/^\*+$|\$\{|^0\.0\.0\.0\/0$|^::\/0$/.test(String(value))),
      ),
  )
}

/**
 * Tells a policy that Block Public Access refuses from one that the caller may not write. S3 refuses the whole policy
 * for a statement that was there before the setting was turned on, whatever is added beside it.
 *
 * @param document - the policy that was to be written
 * @param error - what S3 answered
 * @returns undefined if it was refused for another reason
 */
export async function whyPolicyBlocked(
  s3: S3Client,
  bucket: string,
  document: PolicyDocument,
  error: unknown,
): Promise<CtlError | undefined> {
  if (statusOf(error) !== 403) return undefined
  const statements = publicStatements(document)
  const said = /BlockPublicPolicy|public policies are/i.test(messageOf(error))
  if (!said && (statements.length === 0 || !(await isBlocked(s3, bucket)))) return undefined
  const which = statements.length === 0 ? 'a statement of it is public' : `public is: ${statements.join('; ')}`
  return new CtlError(
    'failed',
    `S3 takes no policy for the bucket ${bucket} while a statement of it is public (Block Public Access, ` +
      `BlockPublicPolicy); ${which}. This is no missing permission, and not about the statements of pc-ctl.`,
    {
      hint: [
        'Remove that statement, or bind it to who needs it (aws:SourceIp, aws:PrincipalOrgID, …), and run the same command ' +
          'again: with the setting on, S3 would not let you write it again either. Signed URLs of S3 and CloudFront do ' +
          'not need it. This shows it:',
        verbatim(`aws s3api get-bucket-policy --bucket ${bucket} --query Policy --output text`),
        ...requestIdLines(error),
      ],
      code: 'PublicPolicyBlocked',
      cause: error,
    },
  )
}

/** A setting of the whole account is another service's, and is not looked at. */
async function isBlocked(s3: S3Client, bucket: string): Promise<boolean> {
  try {
    const { PublicAccessBlockConfiguration: block } = await s3.send(new GetPublicAccessBlockCommand({ Bucket: bucket }))
    return block?.BlockPublicPolicy === true
  } catch {
    // Nothing is known then, and the error that led here stands.
    return false
  }
}
