import * as S3 from '@aws-sdk/client-s3'
import { expect } from 'chai'

import { planRewrite, type Plan } from '../../../src/reindex/attributes/attributes.ts'
import type { Wanted } from '../../../src/reindex/selection.ts'
import { cacheControl } from '../../../src/repositories/cache-control.ts'

/** The SDK's own model of a structure: `[3, namespace, name, traits, members, their schemas, …]`. */
type Structure = readonly unknown[]

interface Member {
  readonly name: string
  /** Lower-case; of all user metadata the prefix. */
  readonly header: string | undefined
}

function membersOf(structure: Structure): readonly Member[] {
  const [, , , , names, schemas] = structure as [0, 0, 0, 0, readonly string[], readonly unknown[]]
  return names.map((name, index) => {
    const schema = schemas[index]
    const traits = (Array.isArray(schema) ? schema[1] : {}) as { httpHeader?: string; httpPrefixHeaders?: string }
    return { name, header: (traits.httpHeader ?? traits.httpPrefixHeaders)?.toLowerCase() }
  })
}

const wanted: Wanted = { class: 'package', format: 'apt', cacheControl: cacheControl.package }
const bare = { etag: '"0123456789abcdef0123456789abcdef"', 'content-length': '1', 'content-type': 'x/y' }
const planFor = (head: Readonly<Record<string, string>>): Plan =>
  planRewrite('a_1.0_all.deb', { ...bare, ...head }, wanted)

/** What becomes of what S3 tells of an object when it is copied onto itself. */
const told: Readonly<Record<string, 'carried' | 'put right' | { skipped: string } | { not: string }>> = {
  CacheControl: 'put right',
  ContentType: 'put right',
  ContentDisposition: 'carried',
  ContentEncoding: 'carried',
  ContentLanguage: 'carried',
  Expires: 'carried',
  Metadata: 'carried',
  WebsiteRedirectLocation: 'carried',
  StorageClass: 'carried',
  ServerSideEncryption: 'carried',
  SSEKMSKeyId: 'carried',
  BucketKeyEnabled: 'carried',
  ArchiveStatus: { skipped: 'ARCHIVE_ACCESS' },
  MissingMeta: { skipped: '1' },
  SSECustomerAlgorithm: { skipped: 'AES256' },
  ObjectLockMode: { skipped: 'GOVERNANCE' },
  ObjectLockLegalHoldStatus: { skipped: 'ON' },
  ObjectLockEventHold: { skipped: 'ON' },
  ObjectLockRetainUntilDate: { not: 'told with the mode, which decides' },
  ObjectLockEventHoldDurationDays: { not: 'told with the hold, which decides' },
  ObjectLockEventHoldDurationYears: { not: 'told with the hold, which decides' },
  SSECustomerKeyMD5: { not: 'told with the algorithm, which decides' },
  TagCount: { not: 'tags are copied by S3 (x-amz-tagging-directive), and read for a copy in parts' },
  ChecksumType: { not: 'S3 makes checksums anew by the same algorithm; a copy in parts asks for it' },
  ExpiresString: { not: "the SDK's own: what Expires was before it was parsed" },
  Expiration: { not: 'what a lifecycle rule of the bucket makes of the object' },
  Restore: { not: 'a restored copy of what is archived, which is skipped' },
  ReplicationStatus: { not: 'of this version; a copy is replicated anew' },
  LastModified: { not: 'every write makes a new one' },
  ETag: { not: 'of the content; the condition of the copy' },
  VersionId: { not: 'every write makes a new one' },
  ContentLength: { not: 'of the content' },
  PartsCount: { not: 'how it was once uploaded' },
  DeleteMarker: { not: 'nothing is there, then' },
  AcceptRanges: { not: 'of S3' },
  ContentRange: { not: 'of the answer' },
  RequestCharged: { not: 'of the answer' },
}

const content = 'the content is copied by S3'
const address = 'which object is meant'
const condition = 'a condition'
const digest = 'a checksum of what is sent; of a copy S3 makes it by the algorithm of the source'
const locks = 'an object that has one is skipped; else the default of the bucket holds, as for every new object'
const customer = 'an object with one is skipped: CloudFront could not read it'
const payer = 'of the request'
const acl = 'sent as the grants of the object are, where the bucket has ACLs at all'

/** What S3 takes for a new object: where it comes from, for those that no answer of HeadObject tells. */
const taken: Readonly<Record<string, string>> = {
  Bucket: address,
  Key: address,
  CopySource: address,
  ExpectedBucketOwner: address,
  ExpectedSourceBucketOwner: address,
  Body: content,
  ContentLength: content,
  ContentMD5: digest,
  WriteOffsetBytes: 'directory buckets only',
  ChecksumAlgorithm: 'CopyObject keeps it; a copy in parts sends it',
  ChecksumType: 'CopyObject has only one; a copy in parts sends it',
  ACL: acl,
  GrantFullControl: acl,
  GrantRead: acl,
  GrantReadACP: acl,
  GrantWriteACP: acl,
  IfMatch: condition,
  IfNoneMatch: condition,
  CopySourceIfMatch: condition,
  CopySourceIfNoneMatch: condition,
  CopySourceIfModifiedSince: condition,
  CopySourceIfUnmodifiedSince: condition,
  MetadataDirective: 'REPLACE',
  TaggingDirective: 'COPY',
  AnnotationDirective: 'COPY is what S3 does unasked; stores that know no annotations must not be asked',
  Tagging: 'copied by S3, and read for a copy in parts',
  SSEKMSEncryptionContext: 'S3 tells it to nobody, so it can not be sent again; reading needs none',
  RequestPayer: payer,
  SSECustomerKey: customer,
  CopySourceSSECustomerAlgorithm: customer,
  CopySourceSSECustomerKey: customer,
  CopySourceSSECustomerKeyMD5: customer,
  ObjectLockRetainUntilDate: locks,
  ObjectLockEventHoldDurationDays: locks,
  ObjectLockEventHoldDurationYears: locks,
}

const undecided = (names: readonly string[], where: string): string =>
  `S3 has what this test does not know: ${names.join(', ')}. Decide what becomes of it when an object is copied onto ` +
  `itself (carried by src/reindex/attributes/attributes.ts, by S3 itself, or skipped and reported), and note it in ${where}.`

describe('what a copy can lose', () => {
  it('is decided for everything that S3 tells of an object', () => {
    const isDecided = (name: string): boolean => name in told || /^Checksum[A-Z0-9]+$/.test(name)
    const unknown = membersOf(S3.HeadObjectOutput$).filter(({ name }) => !isDecided(name))
    expect(
      unknown,
      undecided(
        unknown.map(({ name }) => name),
        '"told"',
      ),
    ).to.deep.equal([])
    const names = new Set(membersOf(S3.HeadObjectOutput$).map(({ name }) => name))
    expect(Object.keys(told).filter((name) => !names.has(name))).to.deep.equal([], 'S3 tells them no more')
  })

  it('is decided for everything that a new object can be given', () => {
    const requests = [S3.PutObjectRequest$, S3.CopyObjectRequest$, S3.CreateMultipartUploadRequest$].map(membersOf)
    const names = new Set(requests.flat().map(({ name }) => name))
    const isDecided = (name: string): boolean => {
      const fate = told[name]
      // What is said not to be an attribute is one if it can be given.
      if (fate !== undefined && (typeof fate === 'string' || 'skipped' in fate)) return true
      return name in taken || name === 'SSECustomerKeyMD5' || /^Checksum[A-Z0-9]+$/.test(name)
    }
    const unknown = [...names].filter((name) => !isDecided(name))
    expect(unknown, undecided(unknown, '"taken"')).to.deep.equal([])
    expect(Object.keys(taken).filter((name) => !names.has(name))).to.deep.equal([], 'S3 takes them no more')
  })

  for (const { name, header = '' } of membersOf(S3.HeadObjectOutput$)) {
    const fate = told[name]
    if (fate === 'carried') {
      it(`${name} goes back as it came`, () => {
        const sent = header.endsWith('-') ? `${header}some` : header
        const value = name === 'ServerSideEncryption' || name === 'BucketKeyEnabled' ? 'aws:kms' : 'Some "value", ü=1'
        const head = {
          ...(name === 'BucketKeyEnabled' ? { 'x-amz-server-side-encryption': 'aws:kms' } : {}),
          [sent]: value,
        }
        const plan = planFor(head)
        expect(plan.do === 'rewrite' ? plan.rewrite.headers : plan).to.have.property(sent, value)
      })
    }
    if (typeof fate === 'object' && 'skipped' in fate) {
      it(`${name} lets the object be left alone`, () => {
        expect(planFor({ [header]: fate.skipped })).to.have.property('do', 'skip')
      })
    }
  }
})
