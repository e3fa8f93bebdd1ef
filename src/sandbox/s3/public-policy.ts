import { isObject } from '../../json-object.ts'
import { type BucketPolicy, listOf } from './bucket-policy-parts.ts'

/**
 * Condition keys that, with fixed values, make a statement for everyone not public. A wildcard or a policy variable is no
 * fixed value. Source: Amazon S3 User Guide, "The meaning of public".
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

/** Does a policy grant something to everyone, as Block Public Access understands it? */
export const isPublicPolicy = (policy: BucketPolicy): boolean =>
  policy.Statement.some(
    (statement) =>
      statement['Effect'] === 'Allow' && isEveryone(statement['Principal']) && !isNarrowed(statement['Condition']),
  )

function isEveryone(principal: unknown): boolean {
  if (principal === undefined || principal === '*') return true
  return isObject(principal) && listOf(principal['AWS']).includes('*')
}

const isNarrowed = (condition: unknown): boolean =>
  isObject(condition) &&
  Object.entries(condition).some(
    ([operator, keys]) =>
      !/Not|Null|IfExists/.test(operator) &&
      isObject(keys) &&
      Object.entries(keys).some(
        ([key, values]) =>
          narrowing.has(key.toLowerCase()) &&
          listOf(values).every(
            (value) => typeof value === 'string' && !/^\*+$|\$\{|^0\.0\.0\.0\/0$|^::\/0$/.test(value),
          ),
      ),
  )
