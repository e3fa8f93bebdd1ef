import { createHash } from 'node:crypto'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

import { CreateKeyCommand, KMSClient } from '@aws-sdk/client-kms'
import * as S3 from '@aws-sdk/client-s3'
import { expect } from 'chai'

import { reasons } from '../../../src/reindex/attributes/attributes.ts'
import { Journal } from '../../../src/reindex/journal/journal.ts'
import { copyEngine } from '../../../src/reindex/attributes/rewrite.ts'
import { cacheControl } from '../../../src/repositories/cache-control.ts'
import { type S3Fixture, startS3 } from '../../support/s3-client.ts'
import { customerKey } from '../bucket-under-test.ts'
import { leanFor } from '../lean-under-test.ts'
import { expectOnlyCacheControl, putRightOn, type Trial } from './put-right-under-test.ts'

const mebibyte = 1024 ** 2
const everything = {
  ContentType: 'application/x-thing',
  ContentEncoding: 'identity',
  ContentDisposition: 'attachment; filename="hello  1.0+.deb"',
  ContentLanguage: 'de, en',
  Expires: new Date('2031-02-03T04:05:06Z'),
  Metadata: { uploader: '=?UTF-8?B?SsO2cmc=?=', 'x-y': 'plain' },
  WebsiteRedirectLocation: '/elsewhere?a=b',
  Tagging: 'a%20b=c%2Bd&e=',
  StorageClass: 'STANDARD_IA',
} as const

describe('attributes put right in place', () => {
  let fixture: S3Fixture
  let folder: string
  before(async () => {
    fixture = await startS3()
    folder = await mkdtemp(join(tmpdir(), 'pc-ctl-put-right-'))
  })
  after(async () => {
    await fixture.close()
    await rm(folder, { recursive: true, force: true })
  })
  afterEach(() => fixture.sandbox.faults.clear())

  const tryOn = (trial: Trial) => putRightOn(fixture, folder, trial)
  const put = (Bucket: string, Key: string, more: Partial<S3.PutObjectCommandInput> = {}): Promise<unknown> =>
    fixture.client.send(new S3.PutObjectCommand({ Bucket, Key, Body: Key, ContentType: 'x/y', ...more }))
  const skipped = (reason: string): unknown => ({ kind: 'skipped', reason })

  describe('carries over', () => {
    const algorithms = ['SHA256', 'SHA1', 'CRC32', 'CRC32C', 'CRC64NVME'] as const

    it('all headers, metadata, tags, storage classes and checksums', async () => {
      const tried = await tryOn({
        prepare: async (bucket) => {
          await put(bucket, 'everything_1_all.deb', everything)
          for (const StorageClass of [
            'ONEZONE_IA',
            'INTELLIGENT_TIERING',
            'GLACIER_IR',
            'REDUCED_REDUNDANCY',
          ] as const) {
            await put(bucket, `${StorageClass}_1_all.deb`, { StorageClass })
          }
          for (const ChecksumAlgorithm of algorithms)
            await put(bucket, `${ChecksumAlgorithm}_1_all.deb`, { ChecksumAlgorithm })
          // No date at all, but that is what it has.
          await put(bucket, 'expires_1_all.deb', { Expires: undefined, Metadata: { long: 'x'.repeat(2000) } })
          await put(bucket, 'ü+%20 &<>"\'(~)!*;=?@#_1_all.deb')
        },
      })
      expectOnlyCacheControl(tried)
      expect(tried.after['everything_1_all.deb']).to.include({ StorageClass: 'STANDARD_IA', ContentLanguage: 'de, en' })
      expect(tried.after['SHA1_1_all.deb']).to.have.property('ChecksumSHA1')
    })

    it('access control lists where a bucket has them', async () => {
      const acls = ['private', 'public-read', 'public-read-write', 'authenticated-read'] as const
      const tried = await tryOn({
        bucket: { ObjectOwnership: 'ObjectWriter' },
        prepare: async (Bucket) => {
          await fixture.client.send(new S3.DeletePublicAccessBlockCommand({ Bucket }))
          const me = (await fixture.client.send(new S3.ListBucketsCommand())).Owner?.ID
          const you = 'a1b2'.repeat(16)
          for (const ACL of acls) await put(Bucket, `${ACL}_1_all.deb`, { ACL })
          await put(Bucket, 'granted_1_all.deb', {
            GrantFullControl: `id="${me}"`,
            GrantRead: `id="${you}", uri="http://acs.amazonaws.com/groups/global/AllUsers"`,
            GrantReadACP: `id="${you}"`,
          })
        },
      })
      expectOnlyCacheControl(tried)
      const grants = Object.values(tried.after).map((look) => JSON.stringify((look as { Grants: unknown }).Grants))
      expect(new Set(grants)).to.have.property('size', 5)
      expect(grants.join()).to.include('READ_ACP')
    })

    it('the key and bucket key of what is encrypted', async () => {
      const { endpoint, accessKeyId, secretAccessKey } = fixture.sandbox
      const keys = new KMSClient({ region: 'us-east-1', endpoint, credentials: { accessKeyId, secretAccessKey } })
      const { KeyMetadata } = await keys.send(new CreateKeyCommand())
      keys.destroy()
      const tried = await tryOn({
        prepare: async (bucket) => {
          const kms = { ServerSideEncryption: 'aws:kms', SSEKMSKeyId: KeyMetadata?.Arn } as const
          await put(bucket, 'with_1_all.deb', { ...kms, BucketKeyEnabled: true })
          await put(bucket, 'without_1_all.deb', kms)
          await put(bucket, 'twice_1_all.deb', { ...kms, ServerSideEncryption: 'aws:kms:dsse' })
          await put(bucket, 'plain_1_all.deb')
        },
      })
      // What KMS has encrypted gets another ETag each time.
      expectOnlyCacheControl(tried, ['ETag'])
    })

    it('all of it in parts too, where it is too large for one copy', async () => {
      const Body = Buffer.alloc(12 * mebibyte, 'a')
      const tried = await tryOn({
        bucket: { ObjectOwnership: 'ObjectWriter' },
        engine: { copyLimit: 6 * mebibyte, partSize: 5 * mebibyte },
        prepare: async (Bucket) => {
          await fixture.client.send(new S3.DeletePublicAccessBlockCommand({ Bucket }))
          await put(Bucket, 'large_1_all.deb', {
            ...everything,
            Body,
            ACL: 'public-read',
            ServerSideEncryption: 'aws:kms',
          })
          await put(Bucket, 'summed_1_all.deb', { Body, ChecksumAlgorithm: 'SHA256' })
          await put(Bucket, 'newly-summed_1_all.deb', {
            Body,
            ChecksumSHA512: createHash('sha512').update(Body).digest('base64'),
          })
          await put(Bucket, 'small_1_all.deb')
        },
      })
      // SHA-256 of parts is another than that of the whole; CRC is the same.
      expectOnlyCacheControl(tried, ['ETag', 'ChecksumSHA256', 'ChecksumSHA512', 'ChecksumType'])
      expect((tried.after['large_1_all.deb'] as { ETag: string }).ETag).to.match(/-3"$/)
      expect(tried.after['summed_1_all.deb']).to.have.property('ChecksumSHA256').that.matches(/-3$/)
      expect(tried.after['newly-summed_1_all.deb']).to.have.property('ChecksumSHA512').that.matches(/-3$/)
    })
  })

  describe('leaves alone, and says why,', () => {
    const until = (days: number): Date => new Date(Date.now() + days * 86_400_000)

    it('what Object Lock holds, as long as it does', async () => {
      const locks: Readonly<Record<string, Partial<S3.PutObjectCommandInput>>> = {
        'held_1_all.deb': { ObjectLockLegalHoldStatus: 'ON' },
        'governed_1_all.deb': { ObjectLockMode: 'GOVERNANCE', ObjectLockRetainUntilDate: until(1) },
        'complying_1_all.deb': { ObjectLockMode: 'COMPLIANCE', ObjectLockRetainUntilDate: until(1) },
        'both_1_all.deb': {},
        'event_1_all.deb': { ObjectLockEventHold: 'ON' },
        'event-and-days_1_all.deb': { ObjectLockEventHold: 'ON', ObjectLockEventHoldDurationDays: 30 },
        'event-and-years_1_all.deb': { ObjectLockEventHold: 'ON', ObjectLockEventHoldDurationYears: 2 },
      }
      const past = { mode: 'GOVERNANCE', until: until(-1).toISOString() }
      const { s3 } = fixture.sandbox.services
      const tried = await tryOn({
        bucket: { ObjectLockEnabledForBucket: true },
        prepare: async (bucket) => {
          for (const [key, lock] of Object.entries(locks)) await put(bucket, key, lock)
          s3.amend(bucket, 'both_1_all.deb', { lock: { ...past, legalHold: true } })
          await put(bucket, 'was-held_1_all.deb')
          s3.amend(bucket, 'was-held_1_all.deb', { lock: past })
          await put(bucket, 'free_1_all.deb', { ObjectLockLegalHoldStatus: 'OFF', ObjectLockEventHold: 'OFF' })
        },
      })
      for (const key of Object.keys(locks)) {
        expect(tried.outcomes[key], key).to.deep.equal(skipped(reasons.locked))
        expect(tried.after[key], key).to.deep.equal(tried.before[key])
      }
      for (const key of ['was-held_1_all.deb', 'free_1_all.deb']) {
        expect(tried.outcomes[key]?.kind, key).to.equal('rewritten')
        expect(tried.after[key], key).to.include({ CacheControl: cacheControl.package })
      }
    })

    it('what is archived, encrypted with a key of the customer, or has metadata that is no header', async () => {
      const { s3 } = fixture.sandbox.services
      const tried = await tryOn({
        prepare: async (bucket) => {
          await put(bucket, 'glacier_1_all.deb', { StorageClass: 'GLACIER' })
          await put(bucket, 'deep_1_all.deb', { StorageClass: 'DEEP_ARCHIVE' })
          for (const archive of ['ARCHIVE_ACCESS', 'DEEP_ARCHIVE_ACCESS']) {
            await put(bucket, `${archive}_1_all.deb`, { StorageClass: 'INTELLIGENT_TIERING' })
            s3.amend(bucket, `${archive}_1_all.deb`, { archive })
          }
          await put(bucket, 'customer_1_all.deb', customerKey)
          await put(bucket, 'missing_1_all.deb')
          s3.amend(bucket, 'missing_1_all.deb', { missing: 2 })
        },
      })
      expect(tried.after).to.deep.equal(tried.before)
      // The first two are known from the listing.
      expect(tried.outcomes).to.deep.equal({
        'ARCHIVE_ACCESS_1_all.deb': skipped('archived (ARCHIVE_ACCESS)'),
        'DEEP_ARCHIVE_ACCESS_1_all.deb': skipped('archived (DEEP_ARCHIVE_ACCESS)'),
        'customer_1_all.deb': skipped(reasons.customerKey),
        'missing_1_all.deb': skipped(reasons.missingMeta),
      })
    })

    it('what was archived between the look and the copy', async () => {
      const stop = fixture.sandbox.onCall((call, phase) => {
        const [, bucket = '', key = ''] = /:::([^/]+)\/(.+)$/.exec(call.resource ?? '') ?? []
        if (call.operation === 'CopyObject' && phase === 'before') {
          fixture.sandbox.services.s3.amend(bucket, key, { archive: 'ARCHIVE_ACCESS' })
        }
        return undefined
      })
      const { outcomes } = await tryOn({ prepare: (bucket) => put(bucket, 'a_1_all.deb') })
      stop()
      expect(outcomes).to.deep.equal({ 'a_1_all.deb': skipped('archived (an archive tier)') })
    })

    it('what has annotations, where a copy in parts would drop them', async () => {
      const annotate = (Bucket: string, Key: string): Promise<unknown> =>
        fixture.client.send(
          new S3.PutObjectAnnotationCommand({ Bucket, Key, AnnotationName: 'scan', AnnotationPayload: 'clean' }),
        )
      const { bucket: Bucket, outcomes } = await tryOn({
        engine: { copyLimit: mebibyte },
        prepare: async (bucket) => {
          await put(bucket, 'large.deb', { Body: Buffer.alloc(mebibyte + 1) })
          await put(bucket, 'large-without.deb', { Body: Buffer.alloc(mebibyte + 1) })
          await put(bucket, 'small.deb')
          await annotate(bucket, 'large.deb')
          await annotate(bucket, 'small.deb')
        },
      })
      const { 'large.deb': large, ...others } = outcomes
      expect(large).to.deep.equal(skipped(reasons.annotations))
      expect(Object.values(others).map(({ kind }) => kind)).to.deep.equal(['rewritten', 'rewritten'])
      for (const Key of ['large.deb', 'small.deb']) {
        const { Annotations } = await fixture.client.send(new S3.ListObjectAnnotationsCommand({ Bucket, Key }))
        expect(Annotations, Key).to.have.length(1)
      }
    })

    it('what belongs to another account, or has a grant that can not be given again', async () => {
      const tried = await tryOn({
        bucket: { ObjectOwnership: 'ObjectWriter' },
        prepare: async (Bucket) => {
          await fixture.client.send(new S3.DeletePublicAccessBlockCommand({ Bucket }))
          await put(Bucket, 'theirs_1_all.deb')
          fixture.sandbox.services.s3.amend(Bucket, 'theirs_1_all.deb', { owner: 'somebody-else' })
          await put(Bucket, 'public_1_all.deb', { ACL: 'public-read' })
          await put(Bucket, 'granted_1_all.deb', { GrantRead: 'uri="http://acs.amazonaws.com/groups/global/AllUsers"' })
          await put(Bucket, 'private_1_all.deb')
          const PublicAccessBlockConfiguration = { BlockPublicAcls: true }
          await fixture.client.send(new S3.PutPublicAccessBlockCommand({ Bucket, PublicAccessBlockConfiguration }))
        },
      })
      const { 'private_1_all.deb': rewritten, ...others } = tried.outcomes
      expect(rewritten?.kind).to.equal('rewritten')
      expect(others).to.deep.equal({
        'theirs_1_all.deb': skipped(reasons.owner),
        'public_1_all.deb': skipped(reasons.publicAcl),
        'granted_1_all.deb': skipped(reasons.publicAcl),
      })
      for (const key of Object.keys(others)) expect(tried.after[key], key).to.deep.equal(tried.before[key])
    })
  })

  describe('while others write', () => {
    it('looks again at what has changed since the listing, and forgets what is gone', async () => {
      const tried = await tryOn({
        prepare: async (bucket) => {
          await put(bucket, 'changed_1_all.deb')
          await put(bucket, 'gone_1_all.deb')
        },
        meanwhile: async (Bucket) => {
          await put(Bucket, 'changed_1_all.deb', { Body: 'new', CacheControl: cacheControl.package })
          await fixture.client.send(new S3.DeleteObjectCommand({ Bucket, Key: 'gone_1_all.deb' }))
        },
      })
      expect(tried.outcomes).to.deep.equal({
        'changed_1_all.deb': { kind: 'right' },
        'gone_1_all.deb': { kind: 'gone' },
      })
      expect(Object.keys(tried.after)).to.deep.equal(['changed_1_all.deb'])
    })

    it('never writes over content that it has not seen', async () => {
      for (const [operation, engine] of [
        ['CopyObject', {}],
        ['CompleteMultipartUpload', { copyLimit: 1 }],
      ] as const) {
        let stop: (() => void) | undefined
        const tried = await tryOn({
          engine,
          prepare: (bucket) => put(bucket, 'a_1_all.deb'),
          meanwhile: async (bucket) => {
            stop = fixture.sandbox.onCall(async (call, phase) => {
              if (call.operation !== operation || phase !== 'before') return undefined
              stop?.()
              await put(bucket, 'a_1_all.deb', { Body: 'newer', Metadata: { by: 'another' } })
              return undefined
            })
          },
        })
        expect(tried.outcomes['a_1_all.deb']?.kind, operation).to.equal('rewritten')
        const { CacheControl, ContentLength, Metadata } = tried.after['a_1_all.deb'] as Record<string, unknown>
        expect({ CacheControl, ContentLength, Metadata }).to.deep.equal({
          CacheControl: cacheControl.package,
          ContentLength: 5,
          Metadata: { by: 'another' },
        })
      }
    })
  })

  describe('where S3 fails', () => {
    it('takes stores that know no annotations for ones that have none, and says when they are denied', async () => {
      const answers = {
        NoSuchKey: 404,
        MethodNotAllowed: 405,
        NotImplemented: 501,
        InvalidArgument: 400,
        AccessDenied: 403,
      }
      for (const [code, status] of Object.entries(answers)) {
        const { outcomes } = await tryOn({
          engine: { copyLimit: 1 },
          prepare: (bucket) => put(bucket, 'a.deb'),
          meanwhile: async () =>
            fixture.sandbox.faults.add(`s3:ListObjectAnnotations:1:code=${code},status=${status},message=No.`),
        })
        fixture.sandbox.faults.clear()
        expect(outcomes['a.deb']?.kind, code).to.equal(status === 403 ? 'failed' : 'rewritten')
      }
    })

    it('takes an error in an answer of 200 for what it is', async () => {
      for (const [operation, when] of [
        ['CopyObject', 'before'],
        ['CopyObject', 'after'],
        ['UploadPartCopy', 'before'],
        ['CompleteMultipartUpload', 'before'],
        ['CompleteMultipartUpload', 'after'],
      ] as const) {
        const tried = await tryOn({
          engine: operation === 'CopyObject' ? {} : { copyLimit: 1 },
          prepare: (bucket) => put(bucket, 'a_1_all.deb', { ServerSideEncryption: 'aws:kms', Metadata: { m: 'n' } }),
          meanwhile: async () => {
            fixture.sandbox.faults.clear()
            fixture.sandbox.faults.add(`s3:${operation}:1:${when}:code=InternalError,status=200,message=Try again.`)
          },
        })
        // Where a copy had its effect all the same, it is found to be right; a completion asked for twice answers twice.
        const kind = tried.outcomes['a_1_all.deb']?.kind
        const tells = `${operation} ${when}` === 'CopyObject after' ? 'right' : 'rewritten'
        expect(kind, `${operation} ${when}`).to.equal(tells)
        expectOnlyCacheControl(tried, ['ETag'])
      }
    })

    it('ends the copies in parts that a killed run has left, unless they have come to their end', async () => {
      const { client, sandbox } = fixture
      const Bucket = 'left-in-parts'
      await client.send(new S3.CreateBucketCommand({ Bucket }))
      const journal = new Journal(folder, Bucket)
      const s3 = leanFor(sandbox, Bucket)
      const { UploadId = '' } = await client.send(new S3.CreateMultipartUploadCommand({ Bucket, Key: 'a_1_all.deb' }))
      journal.copies.uploadBegun(UploadId, 'a_1_all.deb')
      journal.copies.uploadBegun('completed-long-ago', 'b_1_all.deb')
      await copyEngine({ s3, journal, aclOwner: undefined }).tidy()
      const { Uploads } = await client.send(new S3.ListMultipartUploadsCommand({ Bucket }))
      expect([Uploads ?? [], journal.copies.uploads()]).to.deep.equal([[], []])
      journal.close()
      s3.close()
    })

    it('says what failed for good, leaves the object as it was, and no part of a copy', async () => {
      for (const [operation, engine] of [
        ['CopyObject', {}],
        ['UploadPartCopy', { copyLimit: 1 }],
      ] as const) {
        const tried = await tryOn({
          engine,
          prepare: (bucket) => put(bucket, 'a_1_all.deb'),
          meanwhile: async () => fixture.sandbox.faults.add(`s3:${operation}:*:AccessDenied`),
        })
        expect(tried.outcomes['a_1_all.deb'], operation).to.have.property('kind', 'failed')
        expect(tried.after).to.deep.equal(tried.before)
        const { Uploads } = await fixture.client.send(new S3.ListMultipartUploadsCommand({ Bucket: tried.bucket }))
        expect(Uploads ?? []).to.deep.equal([])
        fixture.sandbox.faults.clear()
      }
    })
  })
})
