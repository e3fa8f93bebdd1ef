import * as S3 from '@aws-sdk/client-s3'
import { expect } from 'chai'

import { failureOf, type S3Fixture, startS3 } from '../../support/s3-client.ts'

const Bucket = 'annotated'
const Key = 'hello.deb'

describe('annotations of the sandbox', () => {
  let fixture: S3Fixture
  before(async () => {
    fixture = await startS3()
    await fixture.client.send(new S3.CreateBucketCommand({ Bucket }))
    const VersioningConfiguration = { Status: 'Enabled' as const }
    await fixture.client.send(new S3.PutBucketVersioningCommand({ Bucket, VersioningConfiguration }))
  })
  after(() => fixture.close())
  beforeEach(() => fixture.client.send(new S3.PutObjectCommand({ Bucket, Key, Body: 'hello' })))

  const put = (AnnotationName: string, AnnotationPayload: string | Uint8Array, more = {}) =>
    fixture.client.send(new S3.PutObjectAnnotationCommand({ Bucket, Key, AnnotationName, AnnotationPayload, ...more }))
  const list = (more: Partial<S3.ListObjectAnnotationsCommandInput> = {}) =>
    fixture.client.send(new S3.ListObjectAnnotationsCommand({ Bucket, Key, ...more }))
  const get = async (AnnotationName: string, more = {}): Promise<string | undefined> => {
    const command = new S3.GetObjectAnnotationCommand({ Bucket, Key, AnnotationName, ...more })
    return (await fixture.client.send(command)).AnnotationPayload?.transformToString()
  }
  const names = ({ Annotations }: S3.ListObjectAnnotationsCommandOutput): (string | undefined)[] =>
    (Annotations ?? []).map(({ AnnotationName }) => AnnotationName)

  it('are put, read, listed page by page and deleted, each by its name', async () => {
    for (const name of ['zoo', 'scan.result', 'scan.ä']) await put(name, `{"of":"${name}"}`)
    await put('zoo', 'anew')
    expect(await get('zoo')).to.equal('anew')
    const first = await list({ MaxAnnotationResults: 2 })
    expect(names(first)).to.deep.equal(['scan.result', 'scan.ä'])
    expect(first.Annotations?.[0]).to.include({ Size: 20, AnnotationName: 'scan.result' })
    expect(first.AnnotationCount).to.equal(2)
    const rest = await list({ MaxAnnotationResults: 2, ContinuationToken: first.NextContinuationToken })
    expect([names(rest), rest.NextContinuationToken]).to.deep.equal([['zoo'], undefined])
    expect(names(await list({ AnnotationPrefix: 'scan.' }))).to.have.length(2)
    await fixture.client.send(new S3.DeleteObjectAnnotationCommand({ Bucket, Key, AnnotationName: 'zoo' }))
    expect(await failureOf(get('zoo'))).to.have.property('name', 'NoSuchAnnotation')
  })

  it('are refused where S3 would not take them', async () => {
    expect(await failureOf(put('aws.x', 'x'))).to.have.property('name', 'InvalidAnnotationName')
    expect(await failureOf(put('x'.repeat(513), 'x'))).to.have.property('name', 'AnnotationNameTooLong')
    expect(await failureOf(put('x', Buffer.from([0xff])))).to.have.property('name', 'UnsupportedMediaType')
    expect(await failureOf(put('x', 'x', { ObjectIfMatch: '"other"' }))).to.have.property('name', 'PreconditionFailed')
    expect(await failureOf(list({ Key: 'none' }))).to.have.property('name', 'NoSuchKey')
  })

  it('belong to a version, go with CopyObject unless it excludes them, and are lost in a copy in parts', async () => {
    const { client } = fixture
    await put('by', 'scanner')
    const { VersionId } = await client.send(new S3.HeadObjectCommand({ Bucket, Key }))
    const copy = { Bucket, Key, CopySource: `${Bucket}/${Key}`, MetadataDirective: 'REPLACE' as const }
    await client.send(new S3.CopyObjectCommand(copy))
    expect(await get('by')).to.equal('scanner')
    await client.send(new S3.CopyObjectCommand({ ...copy, AnnotationDirective: 'EXCLUDE' }))
    expect(names(await list())).to.deep.equal([])
    expect(await get('by', { VersionId })).to.equal('scanner')
    await put('by', 'another')
    const { UploadId } = await client.send(new S3.CreateMultipartUploadCommand({ Bucket, Key }))
    const part = { Bucket, Key, UploadId, PartNumber: 1, CopySource: `${Bucket}/${Key}` }
    const { CopyPartResult } = await client.send(new S3.UploadPartCopyCommand(part))
    const MultipartUpload = { Parts: [{ PartNumber: 1, ETag: CopyPartResult?.ETag }] }
    await client.send(new S3.CompleteMultipartUploadCommand({ Bucket, Key, UploadId, MultipartUpload }))
    expect(names(await list())).to.deep.equal([])
  })
})
