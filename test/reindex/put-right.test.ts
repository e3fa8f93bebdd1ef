import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

import * as S3 from '@aws-sdk/client-s3'
import { expect } from 'chai'

import { createLeanS3, type LeanS3 } from '../../src/aws/s3-lean.ts'
import { grantHeaders } from '../../src/reindex/acl.ts'
import { planRewrite, reasons } from '../../src/reindex/attributes.ts'
import { lookAtBucket } from '../../src/reindex/bucket-facts.ts'
import { Journal } from '../../src/reindex/journal.ts'
import { Pace } from '../../src/reindex/pace.ts'
import { type Outcome, putRight } from '../../src/reindex/put-right.ts'
import { copyEngine, type CopyOptions } from '../../src/reindex/rewrite.ts'
import { scan } from '../../src/reindex/scan.ts'
import { chooseObjects } from '../../src/reindex/selection.ts'
import { cacheControl } from '../../src/repositories/cache-control.ts'
import { type S3Fixture, startS3 } from '../sandbox/s3-client.ts'
import { contentOf } from './bucket-under-test.ts'

describe('attributes put right in place', () => {
  let fixture: S3Fixture
  let folder: string
  let count = 0
  before(async () => {
    fixture = await startS3()
    folder = await mkdtemp(join(tmpdir(), 'pc-ctl-put-right-'))
  })
  after(async () => {
    await fixture.close()
    await rm(folder, { recursive: true, force: true })
  })

  const leanOf = (bucket: string): LeanS3 => {
    const { hostname, port } = new URL(fixture.sandbox.endpoint)
    return createLeanS3(
      bucket,
      { protocol: 'http:', hostname, port: Number(port), base: `/${bucket}`, region: 'us-east-1' },
      async () => fixture.sandbox,
      { slowDown: () => undefined, retry: () => undefined },
    )
  }

  interface Tried {
    readonly before: Record<string, unknown>
    readonly after: Record<string, unknown>
    readonly outcomes: Outcome[]
  }

  /** Makes a bucket, fills it, and puts it right. */
  const tryOn = async (
    options: Omit<S3.CreateBucketCommandInput, 'Bucket'>,
    prepare: (Bucket: string) => Promise<unknown>,
    engineOptions: Partial<CopyOptions> = {},
    meanwhile?: (Bucket: string) => Promise<unknown>,
  ): Promise<Tried> => {
    const Bucket = `put-right-${++count}`
    const { client } = fixture
    await client.send(new S3.CreateBucketCommand({ Bucket, ...options }))
    await prepare(Bucket)
    const before = await contentOf(client, Bucket)
    const s3 = leanOf(Bucket)
    const journal = new Journal(folder, Bucket)
    try {
      const ownership = options.ObjectOwnership ?? 'BucketOwnerEnforced'
      const facts = { name: Bucket, region: 'us-east-1', encryption: 'AES256', kmsKey: undefined, ownership }
      const { aclOwner } = await lookAtBucket(s3, facts)
      const signal = new AbortController().signal
      const shared = { s3, journal, choice: chooseObjects({}), formats: [], pace: new Pace(8), signal }
      await scan({ ...shared, seen: () => undefined })
      await meanwhile?.(Bucket)
      const outcomes: Outcome[] = []
      const engine = copyEngine({ s3, journal, aclOwner, ...engineOptions })
      await putRight({ ...shared, engine, done: (_row, outcome) => outcomes.push(outcome) })
      expect(journal.uploads()).to.deep.equal([])
      return { before, after: await contentOf(client, Bucket), outcomes }
    } finally {
      journal.close()
      s3.close()
    }
  }

  const put = (Bucket: string, Key: string, more: Partial<S3.PutObjectCommandInput> = {}): Promise<unknown> =>
    fixture.client.send(new S3.PutObjectCommand({ Bucket, Key, Body: Key, ContentType: 'x/y', ...more }))

  const expectOnlyCacheControl = ({ before, after }: Tried, changing: readonly string[] = []): void => {
    const without = (all: Record<string, unknown>): unknown =>
      Object.entries(all).map(([key, look]) => [
        key,
        Object.entries(look as object).filter(([name]) => name !== 'CacheControl' && !changing.includes(name)),
      ])
    expect(without(after)).to.deep.equal(without(before))
    for (const [key, look] of Object.entries(after)) {
      expect(look, key).to.include({ CacheControl: cacheControl.package })
    }
  }

  it('keeps access control lists where a bucket has them', async () => {
    const acls = ['private', 'public-read', 'public-read-write', 'authenticated-read'] as const
    const tried = await tryOn({ ObjectOwnership: 'ObjectWriter' }, async (Bucket) => {
      await fixture.client.send(new S3.DeletePublicAccessBlockCommand({ Bucket }))
      for (const ACL of acls) await put(Bucket, `${ACL}.deb`, { ACL })
    })
    expectOnlyCacheControl(tried)
    expect(
      new Set(Object.values(tried.after).map((look) => JSON.stringify((look as { Grants: unknown }).Grants))),
    ).to.have.property('size', 4)
  })

  it('keeps the key and bucket key of what is encrypted', async () => {
    const tried = await tryOn({}, async (Bucket) => {
      const kms = { ServerSideEncryption: 'aws:kms', SSEKMSKeyId: 'arn:aws:kms:us-east-1:111122223333:key/x' } as const
      await put(Bucket, 'with.deb', { ...kms, BucketKeyEnabled: true })
      await put(Bucket, 'without.deb', kms)
      await put(Bucket, 'plain.deb')
    })
    // What KMS has encrypted gets another ETag each time.
    expectOnlyCacheControl(tried, ['ETag', 'VersionId'])
  })

  it('copies in parts what is too large, with tags', async () => {
    const size = 12 * 1024 ** 2
    const tried = await tryOn(
      {},
      async (Bucket) => {
        const Body = Buffer.alloc(size, 'a')
        await put(Bucket, 'large.deb', {
          Body,
          Tagging: 'a%20b=c%2Bd&e=',
          Metadata: { m: 'n' },
          StorageClass: 'STANDARD_IA',
        })
        await put(Bucket, 'small.deb')
      },
      { copyLimit: 6 * 1024 ** 2, partSize: 5 * 1024 ** 2 },
    )
    expectOnlyCacheControl(tried, ['ETag'])
    expect((tried.after['large.deb'] as { ETag: string }).ETag).to.match(/-3"$/)
  })

  it('leaves what Object Lock holds, and says so', async () => {
    const tried = await tryOn({ ObjectLockEnabledForBucket: true }, async (Bucket) => {
      await put(Bucket, 'held.deb', { ObjectLockLegalHoldStatus: 'ON' })
    })
    expect(tried.outcomes).to.deep.equal([{ kind: 'skipped', reason: reasons.locked }])
    expect(tried.after).to.deep.equal(tried.before)
  })

  it('looks again at what somebody changed in between, and forgets what is gone', async () => {
    const tried = await tryOn(
      {},
      async (Bucket) => {
        await put(Bucket, 'changed.deb')
        await put(Bucket, 'gone.deb')
      },
      {},
      async (Bucket) => {
        await put(Bucket, 'changed.deb', { Body: 'new', CacheControl: cacheControl.package })
        await fixture.client.send(new S3.DeleteObjectCommand({ Bucket, Key: 'gone.deb' }))
      },
    )
    expect(tried.outcomes.map(({ kind }) => kind).sort()).to.deep.equal(['gone', 'right'])
    expect(Object.keys(tried.after)).to.deep.equal(['changed.deb'])
  })

  it('never writes over content that it has not seen', async () => {
    let stop: (() => void) | undefined
    const tried = await tryOn(
      {},
      (Bucket) => put(Bucket, 'a.deb'),
      {},
      async (Bucket) => {
        stop = fixture.sandbox.onCall(async (call, phase) => {
          if (call.operation !== 'CopyObject' || phase !== 'before') return undefined
          stop?.()
          await put(Bucket, 'a.deb', { Body: 'newer', Metadata: { by: 'another' } })
          return undefined
        })
      },
    )
    expect(tried.outcomes.map(({ kind }) => kind)).to.deep.equal(['rewritten'])
    expect(tried.after['a.deb']).to.deep.include({
      ContentLength: 5,
      Metadata: { by: 'another' },
      CacheControl: cacheControl.package,
    })
  })

  it('plans nothing that would lose something', () => {
    const wanted = { class: 'package', format: 'apt', cacheControl: cacheControl.package } as const
    const head = { etag: '"e"', 'content-length': '1', 'content-type': 'x/y' }
    const plan = (more: Record<string, string>) => planRewrite('a.deb', { ...head, ...more }, wanted)
    expect(plan({}).do).to.equal('rewrite')
    expect(plan({ 'cache-control': cacheControl.package }).do).to.equal('keep')
    const kept: Record<string, string>[] = [
      { 'x-amz-missing-meta': '1' },
      { 'x-amz-object-lock-mode': 'GOVERNANCE' },
      { 'x-amz-storage-class': 'DEEP_ARCHIVE' },
      { 'x-amz-storage-class': 'INTELLIGENT_TIERING', 'x-amz-archive-status': 'ARCHIVE_ACCESS' },
      { 'x-amz-server-side-encryption-customer-algorithm': 'AES256' },
    ]
    for (const more of kept) {
      expect(plan(more).do, JSON.stringify(more)).to.equal('skip')
    }
  })

  it('reads grants of all kinds', () => {
    const grant = (who: string, what: string): string =>
      `<Grant><Grantee>${who}</Grantee><Permission>${what}</Permission></Grant>`
    const acl = (...grants: string[]): string =>
      `<AccessControlPolicy><Owner><ID>me</ID></Owner><AccessControlList>${grants.join('')}</AccessControlList></AccessControlPolicy>`
    const mine = grant('<ID>me</ID>', 'FULL_CONTROL')
    expect(grantHeaders(acl(mine), 'me')).to.deep.equal({})
    expect(grantHeaders(acl(mine), 'somebody')).to.equal(undefined)
    expect(
      grantHeaders(
        acl(
          mine,
          grant('<ID>you</ID>', 'READ'),
          grant('<URI>http://g</URI>', 'READ'),
          grant('<ID>you</ID>', 'READ_ACP'),
        ),
        'me',
      ),
    ).to.deep.equal({
      'x-amz-grant-full-control': 'id="me"',
      'x-amz-grant-read': 'id="you", uri="http://g"',
      'x-amz-grant-read-acp': 'id="you"',
    })
  })
})
