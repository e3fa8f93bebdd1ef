import { createHash } from 'node:crypto'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

import * as S3 from '@aws-sdk/client-s3'
import { expect } from 'chai'
import fc from 'fast-check'

import { failureOf, type S3Fixture, startS3 } from '../../support/s3-client.ts'

const bucket = 'packages'

describe("the sandbox's S3", () => {
  let fixture: S3Fixture
  let client: S3.S3Client
  const put = (
    Key: string,
    Body: string,
    more: Partial<S3.PutObjectCommandInput> = {},
  ): Promise<S3.PutObjectCommandOutput> => client.send(new S3.PutObjectCommand({ Bucket: bucket, Key, Body, ...more }))
  const head = (Key: string): Promise<S3.HeadObjectCommandOutput> =>
    client.send(new S3.HeadObjectCommand({ Bucket: bucket, Key }))
  const read = async (Key: string, more: Partial<S3.GetObjectCommandInput> = {}): Promise<string> => {
    const { Body } = await client.send(new S3.GetObjectCommand({ Bucket: bucket, Key, ...more }))
    return (await Body?.transformToString()) ?? ''
  }

  before(async () => {
    fixture = await startS3()
    client = fixture.client
    await client.send(new S3.CreateBucketCommand({ Bucket: bucket }))
  })
  after(() => fixture.close())

  it('asks for the key that an object is encrypted with (SSE-C), and for the right one', async () => {
    const key = { SSECustomerAlgorithm: 'AES256', SSECustomerKey: 'k'.repeat(32) }
    await put('by-customer', 'secret', key)
    expect(await read('by-customer', key)).to.equal('secret')
    const { ETag, SSECustomerAlgorithm } = await client.send(
      new S3.HeadObjectCommand({ Bucket: bucket, Key: 'by-customer', ...key }),
    )
    expect(SSECustomerAlgorithm).to.equal('AES256')
    expect(ETag).not.to.equal(`"${createHash('md5').update('secret').digest('hex')}"`)
    expect(await failureOf(read('by-customer'))).to.include({ status: 400, name: 'InvalidRequest' })
    const wrong = read('by-customer', { ...key, SSECustomerKey: 'x'.repeat(32) })
    expect(await failureOf(wrong)).to.include({ status: 403, name: 'AccessDenied' })
    await put('by-s3', 'plain')
    expect(await failureOf(read('by-s3', key))).to.include({ status: 400, name: 'InvalidRequest' })
    const copy = new S3.CopyObjectCommand({ Bucket: bucket, Key: 'copied', CopySource: `${bucket}/by-customer` })
    expect((await failureOf(client.send(copy))).status).to.equal(400)
  })

  describe('buckets', () => {
    it('live in one region', async () => {
      const ireland = fixture.clientOf('eu-west-1')
      const Bucket = 'in-ireland'
      const create = new S3.CreateBucketCommand({
        Bucket,
        CreateBucketConfiguration: { LocationConstraint: 'eu-west-1' },
      })
      await ireland.send(create)
      expect((await failureOf(ireland.send(create))).name).to.equal('BucketAlreadyOwnedByYou')
      expect(await ireland.send(new S3.HeadBucketCommand({ Bucket }))).to.include({ BucketRegion: 'eu-west-1' })
      expect(await client.send(new S3.GetBucketLocationCommand({ Bucket }))).to.include({
        LocationConstraint: 'eu-west-1',
      })
      expect(await failureOf(client.send(new S3.ListObjectsV2Command({ Bucket })))).to.include({
        name: 'PermanentRedirect',
        status: 301,
      })
      expect((await failureOf(client.send(new S3.HeadBucketCommand({ Bucket })))).status).to.equal(301)
      const location = await client.send(new S3.GetBucketLocationCommand({ Bucket: bucket }))
      expect(location.LocationConstraint).to.equal(undefined)
      const wrong = new S3.CreateBucketCommand({
        Bucket: 'elsewhere',
        CreateBucketConfiguration: { LocationConstraint: 'eu-central-1' },
      })
      expect((await failureOf(ireland.send(wrong))).name).to.equal('IllegalLocationConstraintException')
      const { Buckets } = await client.send(new S3.ListBucketsCommand({ Prefix: 'in-' }))
      expect(Buckets?.map(({ Name, BucketRegion }) => [Name, BucketRegion])).to.deep.equal([[Bucket, 'eu-west-1']])
    })

    it('are refused under names that S3 refuses', async () => {
      for (const Bucket of ['Upper', 'a_b', 'a..b', '192.168.0.1', '-a-b', 'xn--abc']) {
        const failure = await failureOf(client.send(new S3.CreateBucketCommand({ Bucket })))
        expect(failure.name, Bucket).to.equal('InvalidBucketName')
      }
    })

    it('have AWS’s defaults and its errors for what is not configured', async () => {
      const Bucket = bucket
      const failures = await Promise.all([
        failureOf(client.send(new S3.GetBucketPolicyCommand({ Bucket }))),
        failureOf(client.send(new S3.GetBucketWebsiteCommand({ Bucket }))),
        failureOf(client.send(new S3.GetBucketCorsCommand({ Bucket }))),
        failureOf(client.send(new S3.GetBucketLifecycleConfigurationCommand({ Bucket }))),
        failureOf(client.send(new S3.GetBucketTaggingCommand({ Bucket }))),
        failureOf(client.send(new S3.GetObjectLockConfigurationCommand({ Bucket }))),
        failureOf(client.send(new S3.HeadBucketCommand({ Bucket: 'no-such-bucket' }))),
        failureOf(client.send(new S3.GetBucketPolicyCommand({ Bucket: 'no-such-bucket' }))),
      ])
      expect(failures.map(({ name }) => name)).to.deep.equal([
        'NoSuchBucketPolicy',
        'NoSuchWebsiteConfiguration',
        'NoSuchCORSConfiguration',
        'NoSuchLifecycleConfiguration',
        'NoSuchTagSet',
        'ObjectLockConfigurationNotFoundError',
        'NotFound',
        'NoSuchBucket',
      ])
      const { OwnershipControls } = await client.send(new S3.GetBucketOwnershipControlsCommand({ Bucket }))
      expect(OwnershipControls?.Rules?.[0]?.ObjectOwnership).to.equal('BucketOwnerEnforced')
      const { PublicAccessBlockConfiguration } = await client.send(new S3.GetPublicAccessBlockCommand({ Bucket }))
      expect(PublicAccessBlockConfiguration?.RestrictPublicBuckets).to.equal(true)
      expect((await failureOf(put('x', 'x', { ACL: 'public-read' }))).name).to.equal('AccessControlListNotSupported')
    })

    it('are deleted only when empty', async () => {
      const Bucket = 'short-lived'
      await client.send(new S3.CreateBucketCommand({ Bucket }))
      await client.send(new S3.PutObjectCommand({ Bucket, Key: 'a', Body: 'a' }))
      expect((await failureOf(client.send(new S3.DeleteBucketCommand({ Bucket })))).name).to.equal('BucketNotEmpty')
      await client.send(new S3.DeleteObjectCommand({ Bucket, Key: 'a' }))
      await client.send(new S3.DeleteBucketCommand({ Bucket }))
    })

    it('encrypt by their default', async () => {
      const Bucket = 'encrypted'
      await client.send(new S3.CreateBucketCommand({ Bucket }))
      await client.send(
        new S3.PutBucketEncryptionCommand({
          Bucket,
          ServerSideEncryptionConfiguration: {
            Rules: [{ ApplyServerSideEncryptionByDefault: { SSEAlgorithm: 'aws:kms' }, BucketKeyEnabled: true }],
          },
        }),
      )
      const { ServerSideEncryptionConfiguration } = await client.send(new S3.GetBucketEncryptionCommand({ Bucket }))
      expect(ServerSideEncryptionConfiguration?.Rules?.[0]?.ApplyServerSideEncryptionByDefault?.SSEAlgorithm).to.equal(
        'aws:kms',
      )
      const stored = await client.send(new S3.PutObjectCommand({ Bucket, Key: 'a', Body: 'a' }))
      expect(stored).to.include({ ServerSideEncryption: 'aws:kms', BucketKeyEnabled: true })
      expect(stored.ETag).to.not.equal('"0cc175b9c0f1b6a831c399e269772661"')
    })
  })

  describe('objects', () => {
    it('keep every byte of any key and body', async () => {
      const key = fc
        .oneof(
          fc.string({ minLength: 1, unit: 'grapheme' }),
          fc.constantFrom('/a', 'a//b', './..', 'a+b%2B~ é', '%', '?x=1&y#z'),
        )
        // The SDK itself resolves dot segments and control characters are no matter of this test.

        .filter((text) => Buffer.byteLength(text) <= 1024 && !/[\u0000-\u001f\u007f\ufffe\uffff]/.test(text))
      await fc.assert(
        fc.asyncProperty(key, fc.uint8Array({ maxLength: 2000 }), async (Key, Body) => {
          await client.send(new S3.PutObjectCommand({ Bucket: bucket, Key, Body }))
          const got = await client.send(new S3.GetObjectCommand({ Bucket: bucket, Key }))
          expect(Buffer.from((await got.Body?.transformToByteArray()) ?? [])).to.deep.equal(Buffer.from(Body))
          const listed = await client.send(
            new S3.ListObjectsV2Command({ Bucket: bucket, Prefix: Key, EncodingType: 'url' }),
          )
          const keys = (listed.Contents ?? []).map((item) => decodeURIComponent((item.Key ?? '').replaceAll('+', ' ')))
          expect(keys).to.include(Key)
          await client.send(new S3.DeleteObjectCommand({ Bucket: bucket, Key }))
        }),
        { numRuns: 60 },
      )
    })

    it('keep their attributes', async () => {
      const attributes = {
        CacheControl: 'public, max-age=31536000, immutable',
        ContentType: 'application/x-debian-package',
        ContentDisposition: 'attachment',
        ContentEncoding: 'identity',
        ContentLanguage: 'en',
        Expires: new Date('2030-01-01T00:00:00Z'),
        StorageClass: 'STANDARD_IA',
        Metadata: { one: '1', name: '=?UTF-8?B?Wm/Dqw==?=' },
      } as const
      await put('attributes', 'x', { ...attributes, Tagging: 'a=b&c=%20d' })
      const found = await head('attributes')
      const { Expires, ...others } = attributes
      expect(found).to.deep.include(others)
      expect(Expires.toUTCString()).to.equal(found.ExpiresString)
      expect(found.ExpiresString).to.equal('Tue, 01 Jan 2030 00:00:00 GMT')
      const { TagSet } = await client.send(new S3.GetObjectTaggingCommand({ Bucket: bucket, Key: 'attributes' }))
      expect(TagSet).to.deep.equal([
        { Key: 'a', Value: 'b' },
        { Key: 'c', Value: ' d' },
      ])
      const tooMuch = await failureOf(put('big-meta', 'x', { Metadata: { m: 'x'.repeat(2048) } }))
      expect(tooMuch.name).to.equal('MetadataTooLarge')
    })

    it('are verified by every checksum that S3 knows', async () => {
      // The published check values of these algorithms, for the text 123456789.
      const expected = {
        CRC32: 'y/Q5Jg==',
        CRC32C: '4waSgw==',
        CRC64NVME: 'rosUhgp5mIg=',
        SHA1: '98O8HYCOBHMq32eZZczDTKeuNEE=',
        SHA256: 'FeKw08M4keuw8e9gnsQZQgwg4yDOlMZfvIwzEkSOsiU=',
      }
      for (const [algorithm, value] of Object.entries(expected)) {
        const header = { [`Checksum${algorithm}`]: value }
        await put('checked', '123456789', header)
        const found = await client.send(
          new S3.HeadObjectCommand({ Bucket: bucket, Key: 'checked', ChecksumMode: 'ENABLED' }),
        )
        expect(found, algorithm).to.include({ [`Checksum${algorithm}`]: value, ChecksumType: 'FULL_OBJECT' })
        expect((await failureOf(put('checked', '123456788', header))).name, algorithm).to.equal('BadDigest')
      }
    })

    it('answer ranges and conditions', async () => {
      await put('r', '0123456789')
      const { ETag = '' } = await head('r')
      expect(await read('r', { Range: 'bytes=2-4' })).to.equal('234')
      expect(await read('r', { Range: 'bytes=-2' })).to.equal('89')
      expect((await failureOf(read('r', { Range: 'bytes=10-' }))).status).to.equal(416)
      expect((await failureOf(read('r', { IfNoneMatch: ETag }))).status).to.equal(304)
      expect((await failureOf(read('r', { IfMatch: '"x"' }))).status).to.equal(412)
      expect(await read('r', { IfMatch: ETag })).to.equal('0123456789')
      expect((await failureOf(read('r', { IfModifiedSince: new Date() }))).status).to.equal(304)
    })

    it('are written under conditions', async () => {
      await put('w', '1')
      const { ETag = '' } = await head('w')
      expect((await failureOf(put('w', '2', { IfNoneMatch: '*' }))).name).to.equal('PreconditionFailed')
      expect((await failureOf(put('w', '2', { IfMatch: '"x"' }))).name).to.equal('PreconditionFailed')
      expect((await failureOf(put('w-new', '2', { IfMatch: ETag }))).name).to.equal('NoSuchKey')
      await put('w', '2', { IfMatch: ETag })
      const race = await Promise.allSettled(
        Array.from({ length: 5 }, (_, i) => put('race', String(i), { IfNoneMatch: '*' })),
      )
      expect(race.filter(({ status }) => status === 'fulfilled')).to.have.length(1)
    })

    it('say only to those who may list the bucket that a key is missing', async () => {
      expect((await failureOf(read('none'))).name).to.equal('NoSuchKey')
      const anonymous = await fetch(`${fixture.sandbox.endpoint}/${bucket}/none`)
      expect(anonymous.status).to.equal(403)
      expect(await anonymous.text()).to.contain('<Code>AccessDenied</Code>')
    })

    it('are served to everyone under a public policy, once public access is not blocked', async () => {
      const Bucket = 'public-bucket'
      await client.send(new S3.CreateBucketCommand({ Bucket }))
      await client.send(new S3.PutObjectCommand({ Bucket, Key: 'a b+c', Body: 'public' }))
      const policy = new S3.PutBucketPolicyCommand({
        Bucket,
        Policy: JSON.stringify({
          Version: '2012-10-17',
          Statement: [
            { Effect: 'Allow', Principal: '*', Action: 's3:GetObject', Resource: `arn:aws:s3:::${Bucket}/*` },
          ],
        }),
      })
      expect((await failureOf(client.send(policy))).name).to.equal('AccessDenied')
      await client.send(new S3.DeletePublicAccessBlockCommand({ Bucket }))
      await client.send(policy)
      expect((await client.send(new S3.GetBucketPolicyStatusCommand({ Bucket }))).PolicyStatus?.IsPublic).to.equal(true)
      // A literal plus is a space for S3.
      expect(await (await fetch(`${fixture.sandbox.endpoint}/${Bucket}/a+b%2Bc`)).text()).to.equal('public')
      expect((await fetch(`${fixture.sandbox.endpoint}/${Bucket}/missing`)).status).to.equal(403)
    })
  })

  describe('copies', () => {
    it('of an object onto itself must change something', async () => {
      await put('self', 'x', {
        CacheControl: 'old',
        Metadata: { kept: 'no' },
        Tagging: 'a=b',
        StorageClass: 'STANDARD_IA',
      })
      const before = await head('self')
      const copy = { Bucket: bucket, Key: 'self', CopySource: `${bucket}/self` }
      const illegal = await failureOf(client.send(new S3.CopyObjectCommand(copy)))
      expect(illegal).to.include({ name: 'InvalidRequest', status: 400 })
      expect(illegal.message).to.match(/^This copy request is illegal/)
      await client.send(
        new S3.CopyObjectCommand({
          ...copy,
          MetadataDirective: 'REPLACE',
          CacheControl: 'new',
          CopySourceIfMatch: before.ETag,
        }),
      )
      const after = await head('self')
      expect(after).to.include({
        CacheControl: 'new',
        ETag: before.ETag,
        TagCount: 1,
        ContentType: 'binary/octet-stream',
      })
      // Lost, as on AWS, because the request did not carry them.
      expect(after.Metadata).to.deep.equal({})
      expect(after.StorageClass).to.equal(undefined)
      const stale = { ...copy, MetadataDirective: 'REPLACE', CopySourceIfMatch: '"other"' } as const
      expect((await failureOf(client.send(new S3.CopyObjectCommand(stale)))).name).to.equal('PreconditionFailed')
    })

    it('take everything with them under COPY, but for what S3 resets', async () => {
      await put('src +~é', 'x', { CacheControl: 'c', Metadata: { kept: 'yes' }, WebsiteRedirectLocation: '/there' })
      const CopySource = `${bucket}/${encodeURIComponent('src +~é')}`
      await client.send(new S3.CopyObjectCommand({ Bucket: bucket, Key: 'dst', CopySource }))
      const copied = await head('dst')
      expect(copied).to.deep.include({ CacheControl: 'c', Metadata: { kept: 'yes' } })
      expect(copied.WebsiteRedirectLocation).to.equal(undefined)
      expect(await read('dst')).to.equal('x')
    })
  })

  describe('multipart uploads', () => {
    it('end as one object with the ETag of its parts', async () => {
      const target = { Bucket: bucket, Key: 'large' }
      const { UploadId } = await client.send(new S3.CreateMultipartUploadCommand({ ...target, CacheControl: 'c' }))
      const first = Buffer.alloc(5 * 1024 ** 2, 'a')
      const parts = await Promise.all(
        [first, Buffer.from('tail')].map(async (Body, index) => {
          const PartNumber = index + 1
          const { ETag } = await client.send(new S3.UploadPartCommand({ ...target, UploadId, PartNumber, Body }))
          return { PartNumber, ETag }
        }),
      )
      const listed = await client.send(new S3.ListPartsCommand({ ...target, UploadId }))
      expect(listed.Parts?.map(({ Size }) => Size)).to.deep.equal([first.length, 4])
      const complete = (Parts: S3.CompletedPart[]): Promise<S3.CompleteMultipartUploadCommandOutput> =>
        client.send(new S3.CompleteMultipartUploadCommand({ ...target, UploadId, MultipartUpload: { Parts } }))
      expect((await failureOf(complete([...parts].reverse()))).name).to.equal('InvalidPartOrder')
      expect((await failureOf(complete([{ PartNumber: 3, ETag: '"x"' }]))).name).to.equal('InvalidPart')
      const done = await complete(parts)
      expect(done.ETag).to.match(/^"[0-9a-f]{32}-2"$/)
      expect(await head('large')).to.include({ ContentLength: first.length + 4, CacheControl: 'c', ETag: done.ETag })
      expect(await read('large', { PartNumber: 2 })).to.equal('tail')
      // Who did not hear the answer asks again.
      expect({ ...(await complete(parts)), $metadata: done.$metadata }).to.deep.equal(done)
      expect((await failureOf(complete(parts.slice(0, 1)))).name).to.equal('NoSuchUpload')
      // A copy is a single part, so its ETag is another.
      await client.send(
        new S3.CopyObjectCommand({ ...target, CopySource: `${bucket}/large`, MetadataDirective: 'REPLACE' }),
      )
      expect((await head('large')).ETag).to.match(/^"[0-9a-f]{32}"$/)
    })

    it('can be copied part by part, and aborted', async () => {
      const target = { Bucket: bucket, Key: 'by-parts' }
      await put('digits', '0123456789')
      const { UploadId } = await client.send(new S3.CreateMultipartUploadCommand(target))
      const part = await client.send(
        new S3.UploadPartCopyCommand({
          ...target,
          UploadId,
          PartNumber: 1,
          CopySource: `${bucket}/digits`,
          CopySourceRange: 'bytes=3-5',
        }),
      )
      await client.send(
        new S3.CompleteMultipartUploadCommand({
          ...target,
          UploadId,
          MultipartUpload: { Parts: [{ PartNumber: 1, ETag: part.CopyPartResult?.ETag }] },
        }),
      )
      expect(await read('by-parts')).to.equal('345')
      const other = await client.send(new S3.CreateMultipartUploadCommand(target))
      await client.send(new S3.AbortMultipartUploadCommand({ ...target, UploadId: other.UploadId }))
      const uploads = await client.send(new S3.ListMultipartUploadsCommand({ Bucket: bucket }))
      expect(uploads.Uploads ?? []).to.deep.equal([])
    })
  })

  it('keeps versions where versioning is enabled', async () => {
    const Bucket = 'versioned'
    await client.send(new S3.CreateBucketCommand({ Bucket }))
    await client.send(new S3.PutBucketVersioningCommand({ Bucket, VersioningConfiguration: { Status: 'Enabled' } }))
    const write = (Body: string): Promise<S3.PutObjectCommandOutput> =>
      client.send(new S3.PutObjectCommand({ Bucket, Key: 'k', Body }))
    const one = await write('one')
    await write('two')
    const old = await client.send(new S3.GetObjectCommand({ Bucket, Key: 'k', VersionId: one.VersionId }))
    expect(await old.Body?.transformToString()).to.equal('one')
    const deleted = await client.send(new S3.DeleteObjectCommand({ Bucket, Key: 'k' }))
    expect(deleted.DeleteMarker).to.equal(true)
    expect((await failureOf(client.send(new S3.GetObjectCommand({ Bucket, Key: 'k' })))).name).to.equal('NoSuchKey')
    expect((await client.send(new S3.ListObjectsV2Command({ Bucket }))).KeyCount).to.equal(0)
    const versions = await client.send(new S3.ListObjectVersionsCommand({ Bucket }))
    expect([versions.Versions?.length, versions.DeleteMarkers?.length]).to.deep.equal([2, 1])
    await client.send(new S3.DeleteObjectCommand({ Bucket, Key: 'k', VersionId: deleted.VersionId }))
    const back = await client.send(new S3.GetObjectCommand({ Bucket, Key: 'k' }))
    expect(await back.Body?.transformToString()).to.equal('two')
  })

  it('deletes many at once', async () => {
    await Promise.all(['d1', 'd2'].map((key) => put(key, key)))
    const { Deleted } = await client.send(
      new S3.DeleteObjectsCommand({ Bucket: bucket, Delete: { Objects: ['d1', 'd2', 'd3'].map((Key) => ({ Key })) } }),
    )
    expect(Deleted?.map(({ Key }) => Key)).to.deep.equal(['d1', 'd2', 'd3'])
    expect((await failureOf(head('d1'))).status).to.equal(404)
  })
})

describe("the sandbox's S3, started again", () => {
  it('has what it had', async () => {
    const state = await mkdtemp(join(tmpdir(), 'pc-ctl-s3-'))
    try {
      const first = await startS3({ state })
      await first.client.send(new S3.CreateBucketCommand({ Bucket: bucket }))
      await first.client.send(new S3.PutObjectCommand({ Bucket: bucket, Key: 'k', Body: 'kept', CacheControl: 'c' }))
      await first.close()
      const second = await startS3({ state })
      const found = await second.client.send(new S3.GetObjectCommand({ Bucket: bucket, Key: 'k' }))
      expect([await found.Body?.transformToString(), found.CacheControl]).to.deep.equal(['kept', 'c'])
      await second.close()
    } finally {
      await rm(state, { recursive: true, force: true })
    }
  })
})
