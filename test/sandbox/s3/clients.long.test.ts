import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

import { expect } from 'chai'

import { aws, boto, hasAws, hasBoto } from '../../support/aws-and-boto.ts'
import { type S3Fixture, startS3 } from '../../support/s3-client.ts'

describe("the sandbox's S3 and other clients", function () {
  this.timeout(300_000)
  let fixture: S3Fixture
  let folder: string
  before(async () => {
    fixture = await startS3()
    folder = await mkdtemp(join(tmpdir(), 'pc-ctl-clients-'))
  })
  after(async () => {
    await fixture.close()
    await rm(folder, { recursive: true, force: true })
  })

  it('works with aws', async function () {
    if (!hasAws) this.skip()
    const told = async (...args: string[]): Promise<string> =>
      (await aws({ env: fixture.sandbox.environment, cwd: folder }, ...args)).stdout
    const large = Buffer.alloc(9 * 1024 ** 2, 'pc-ctl')
    await writeFile(join(folder, 'large'), large)
    await told('s3', 'mb', 's3://from-aws')
    await told('s3', 'cp', '--quiet', 'large', 's3://from-aws/a+b c~é/large')
    expect(await told('s3', 'ls', '--recursive', 's3://from-aws')).to.match(/ 9437184 a\+b c~é\/large\n$/)
    await told('s3', 'cp', '--quiet', 's3://from-aws/a+b c~é/large', 'copy')
    expect((await readFile(join(folder, 'copy'))).equals(large)).to.equal(true)
    const head = JSON.parse(
      await told('s3api', 'head-object', '--bucket', 'from-aws', '--key', 'a+b c~é/large'),
    ) as unknown
    expect(head).to.have.property('ETag').that.matches(/-2"$/)
  })

  it('works with boto3', async function () {
    if (!hasBoto) this.skip()
    const script = [
      's3 = boto3.client("s3")',
      's3.create_bucket(Bucket="from-boto")',
      'keys = sorted(["%20", "/lead", "a//b", "a+b~é", "x y"], key=lambda key: key.encode())',
      'for key in keys:',
      '    s3.put_object(Bucket="from-boto", Key=key, Body=key.encode(), CacheControl="no-cache")',
      '    got = s3.get_object(Bucket="from-boto", Key=key)',
      '    assert got["Body"].read() == key.encode() and got["CacheControl"] == "no-cache", key',
      'for name in ["list_objects", "list_objects_v2"]:',
      '    pages = s3.get_paginator(name).paginate(Bucket="from-boto", PaginationConfig={"PageSize": 2})',
      '    listed = [item["Key"] for page in pages for item in page["Contents"]]',
      '    assert listed == keys, (name, listed)',
      'ireland = boto3.client("s3", region_name="eu-west-1")',
      'ireland.create_bucket(Bucket="boto-ireland", CreateBucketConfiguration={"LocationConstraint": "eu-west-1"})',
      // boto3 follows the redirect to the bucket's region by itself.
      'assert s3.list_objects_v2(Bucket="boto-ireland")["KeyCount"] == 0',
    ]
    await boto({ env: fixture.sandbox.environment }, script.join('\n'))
  })
})
