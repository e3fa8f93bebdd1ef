import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

import * as S3 from '@aws-sdk/client-s3'
import { expect } from 'chai'

import { cacheControl } from '../../../src/repositories/cache-control.ts'
import { type S3Fixture, startS3 } from '../../support/s3-client.ts'
import { putRightOn, type Trial } from './put-right-under-test.ts'

describe('attributes put right where a bucket has versions', () => {
  let fixture: S3Fixture
  let folder: string
  before(async () => {
    fixture = await startS3()
    folder = await mkdtemp(join(tmpdir(), 'pc-ctl-versions-'))
  })
  after(async () => {
    await fixture.close()
    await rm(folder, { recursive: true, force: true })
  })

  const put = (Bucket: string, Key: string, more: Partial<S3.PutObjectCommandInput> = {}): Promise<unknown> =>
    fixture.client.send(new S3.PutObjectCommand({ Bucket, Key, Body: Key, ContentType: 'x/y', ...more }))

  /**
   * One object, and what others do to it as S3 begins with an operation of ours, or ends it.
   *
   * @param happens - once
   */
  async function tryWhile(
    engine: Trial['engine'] & object,
    [operation, when]: readonly [operation: string, when: 'before' | 'after'],
    happens: (bucket: string) => Promise<unknown>,
  ): ReturnType<typeof putRightOn> {
    let stop: (() => void) | undefined
    return putRightOn(fixture, folder, {
      engine,
      prepare: async (Bucket) => {
        const VersioningConfiguration = { Status: 'Enabled' as const }
        await fixture.client.send(new S3.PutBucketVersioningCommand({ Bucket, VersioningConfiguration }))
        await put(Bucket, 'a_1.0_amd64.deb')
      },
      meanwhile: async (bucket) => {
        stop = fixture.sandbox.onCall(async (call, phase) => {
          if (call.operation !== operation || phase !== when) return undefined
          stop?.()
          await happens(bucket)
          return undefined
        })
      },
    })
  }

  /** What others do at the last moment: after the look, right before the copy comes to be. */
  const lastMoments: Readonly<Record<string, (bucket: string) => Promise<unknown>>> = {
    'puts a delete marker': (Bucket) =>
      fixture.client.send(new S3.DeleteObjectCommand({ Bucket, Key: 'a_1.0_amd64.deb' })),
    'publishes another version': (bucket) =>
      put(bucket, 'a_1.0_amd64.deb', { Body: 'newer', Metadata: { by: 'another' } }),
    'deletes the version itself': async (Bucket) => {
      const { VersionId } = await fixture.client.send(new S3.HeadObjectCommand({ Bucket, Key: 'a_1.0_amd64.deb' }))
      await fixture.client.send(new S3.DeleteObjectCommand({ Bucket, Key: 'a_1.0_amd64.deb', VersionId }))
    },
    'deletes it and publishes it anew': async (Bucket) => {
      await fixture.client.send(new S3.DeleteObjectCommand({ Bucket, Key: 'a_1.0_amd64.deb' }))
      await put(Bucket, 'a_1.0_amd64.deb', { Body: 'newer', Metadata: { by: 'another' } })
    },
  }
  const copies = { CopyObject: {}, UploadPartCopy: { copyLimit: 1 }, CompleteMultipartUpload: { copyLimit: 1 } }

  for (const [what, happens] of Object.entries(lastMoments)) {
    it(`takes nothing back when somebody ${what} right before the copy`, async () => {
      for (const [operation, engine] of Object.entries(copies)) {
        const { bucket, outcomes, after } = await tryWhile(engine, [operation, 'before'], happens)
        const { Versions = [], DeleteMarkers = [] } = await fixture.client.send(
          new S3.ListObjectVersionsCommand({ Bucket: bucket }),
        )
        const { Uploads = [] } = await fixture.client.send(new S3.ListMultipartUploadsCommand({ Bucket: bucket }))
        expect(Uploads, operation).to.deep.equal([])
        if (/publishes/.test(what)) {
          expect(outcomes['a_1.0_amd64.deb']?.kind, operation).to.equal('rewritten')
          const { CacheControl, ContentLength, Metadata } = after['a_1.0_amd64.deb'] as Record<string, unknown>
          expect([CacheControl, ContentLength, Metadata]).to.deep.equal([cacheControl.package, 5, { by: 'another' }])
          // The first, theirs, and ours of theirs.
          expect(Versions, operation).to.have.length(3)
        } else {
          expect(outcomes, operation).to.deep.equal({ 'a_1.0_amd64.deb': { kind: 'gone' } })
          expect(after).to.deep.equal({})
          const marked = /marker/.test(what)
          expect([Versions.length, DeleteMarkers.length], operation).to.deep.equal(marked ? [1, 1] : [0, 0])
        }
      }
    })
  }

  it('takes over what somebody else gives the same content while it is copied in parts', async () => {
    const { outcomes, after } = await tryWhile({ copyLimit: 1 }, ['UploadPartCopy', 'after'], (bucket) =>
      put(bucket, 'a_1.0_amd64.deb', { Metadata: { by: 'another' } }),
    )
    expect(outcomes['a_1.0_amd64.deb']?.kind).to.equal('rewritten')
    expect(after['a_1.0_amd64.deb']).to.include({ CacheControl: cacheControl.package })
    expect(after['a_1.0_amd64.deb']).to.have.property('Metadata').that.deep.equals({ by: 'another' })
  })
})
