import { expect } from 'chai'

import { type PublicAccess, whyUnreadable } from '../../../src/resources/s3/public-readability.ts'

const bucket = { name: 'b', region: 'us-east-1', encryption: 'AES256', kmsKey: undefined, ownership: 'ObjectWriter' }
const open: PublicAccess = { bucket, block: {}, policy: undefined, objects: [true, false] }
const enforced = { ...bucket, ownership: 'BucketOwnerEnforced' }
const policy = (statement: object): PublicAccess['policy'] => ({
  Statement: [{ Effect: 'Allow', Principal: '*', Action: 's3:GetObject', Resource: 'arn:aws:s3:::b/*', ...statement }],
})

describe('whether anybody may read a bucket’s objects', () => {
  const cases: Record<string, [Partial<PublicAccess>, ...RegExp[]]> = {
    'a public object by ACL': [{}],
    'no object yet, ACLs on': [{ objects: [] }],
    'no public object': [{ objects: [false, false] }, /policy/, /none of the 2 objects/],
    'ACLs off': [{ bucket: enforced }, /policy/, /BucketOwnerEnforced/],
    'ACLs ignored': [{ block: { IgnorePublicAcls: true } }, /policy/, /IgnorePublicAcls/],
    'a policy, ACLs off': [{ bucket: enforced, policy: policy({}) }],
    'a policy in other words': [
      { bucket: enforced, policy: policy({ Principal: { AWS: ['*'] }, Action: ['s3:Get*'], Resource: '*' }) },
    ],
    'a policy for a folder': [{ bucket: enforced, policy: policy({ Resource: ['arn:aws:s3:::b/public/*'] }) }],
    'a policy that is blocked': [
      { bucket: enforced, policy: policy({}), block: { RestrictPublicBuckets: true } },
      /RestrictPublicBuckets/,
      /BucketOwnerEnforced/,
    ],
    'a policy for somebody': [
      { bucket: enforced, policy: policy({ Principal: { Service: 'cloudfront.amazonaws.com' } }) },
      /policy does not let everybody/,
      /./,
    ],
    'a policy of another bucket’s objects': [
      { bucket: enforced, policy: policy({ Resource: 'arn:aws:s3:::bb/*' }) },
      /policy does not/,
      /./,
    ],
    'a policy for writing': [{ bucket: enforced, policy: policy({ Action: 's3:PutObject' }) }, /policy does not/, /./],
    'a policy that denies': [{ bucket: enforced, policy: policy({ Effect: 'Deny' }) }, /policy does not/, /./],
    'KMS, whatever else': [{ bucket: { ...bucket, encryption: 'aws:kms' }, policy: policy({}) }, /KMS/],
  }
  for (const [name, [differs, ...reasons]] of Object.entries(cases)) {
    it(`${name}: ${reasons.length === 0 ? 'yes' : 'no'}`, () => {
      const why = whyUnreadable({ ...open, ...differs })
      expect(why).to.have.length(reasons.length)
      reasons.forEach((reason, index) => expect(why[index]).to.match(reason))
    })
  }
})
