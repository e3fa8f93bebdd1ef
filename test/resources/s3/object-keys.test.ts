import { CreateBucketCommand, PutObjectCommand, S3Client } from '@aws-sdk/client-s3'
import { expect } from 'chai'

import { listSomeObjects } from '../../../src/resources/s3/object-keys.ts'
import { type AwsUnderTest, startAws } from '../../support/aws-under-test.ts'

const Bucket = 'packages-example-org'

describe('some objects of a bucket', () => {
  let place: AwsUnderTest
  let s3: S3Client
  const put = (Key: string, more: { StorageClass?: 'GLACIER' } = {}) =>
    s3.send(new PutObjectCommand({ Bucket, Key, Body: 'x', ...more }))
  before(async () => {
    place = await startAws()
    s3 = place.aws.client(S3Client, 'us-east-1')
    await s3.send(new CreateBucketCommand({ Bucket }))
  })
  after(() => place.close())

  it('is nothing where there is nothing', async () => {
    expect(await listSomeObjects(place.aws, Bucket)).to.be.empty
  })

  it('leaves out folders and what is archived', async () => {
    await Promise.all([put('a/'), put('a/b'), put('a/c', { StorageClass: 'GLACIER' })])
    expect(await listSomeObjects(place.aws, Bucket)).to.deep.equal([{ key: 'a/b', size: 1 }])
  })

  it('sees other folders behind one with very many objects, in a few calls', async () => {
    const many = Array.from({ length: 1_030 }, (_, index) => `many/${String(index).padStart(5, '0')}`)
    for (let at = 0; at < many.length; at += 64) await Promise.all(many.slice(at, at + 64).map((key) => put(key)))
    await Promise.all([put('many/~last'), put('next/1'), put('z')])
    const last = place.sandbox.calls.list().at(-1)?.number ?? 0
    const keys = (await listSomeObjects(place.aws, Bucket)).map(({ key }) => key)
    expect(keys).to.include.members(['a/b', 'many/00000', 'next/1', 'z'])
    expect(keys).not.to.include('many/~last')
    expect(new Set(keys)).to.have.length(keys.length)
    expect(
      place.sandbox.calls.list(({ number, operation }) => number > last && operation === 'ListObjectsV2'),
    ).to.have.length(2)
  })
})
