import { createHash } from 'node:crypto'
import { gzipSync } from 'node:zlib'

import { CreateAccessKeyCommand, CreateUserCommand, IAMClient, PutUserPolicyCommand } from '@aws-sdk/client-iam'
import { CreateBucketCommand, PutObjectCommand, S3Client } from '@aws-sdk/client-s3'
import { expect } from 'chai'

import { type Aws, connect } from '../../../src/aws/connect.ts'
import { explainError } from '../../../src/aws/denial.ts'
import { CtlError } from '../../../src/errors.ts'
import { readInventoryPlace } from '../../../src/reindex/inventory/place.ts'
import { type Hints, readInventory } from '../../../src/reindex/inventory/read-inventory.ts'
import { inventoryNeeds } from '../../../src/reindex/needs.ts'
import type { Need } from '../../../src/resources/resource.ts'
import { policyOf } from '../../../src/resources/policy-of-needs.ts'
import { type AwsUnderTest, noSettings, startAws } from '../../support/aws-under-test.ts'
import { clientConfig } from '../../support/clients.ts'

const folder = 'daily/packages/all'
const word = `s3://reports/${folder}/2026-11-28T01-00Z/manifest.json`
const schema = 'Bucket, Key, Size'

const rowsOf = (count: number): string =>
  Array.from({ length: count }, (_row, index) => `"packages","7/11/a%20b/${index}.deb","1"\n`).join('')

describe('an inventory', () => {
  let under: AwsUnderTest
  let s3: S3Client
  before(async () => {
    under = await startAws()
    s3 = new S3Client({ ...clientConfig(under.sandbox), region: 'eu-west-1', forcePathStyle: true })
    const CreateBucketConfiguration = { LocationConstraint: 'eu-west-1' } as const
    await s3.send(new CreateBucketCommand({ Bucket: 'reports', CreateBucketConfiguration }))
  })
  after(() => under.close())

  const put = (Key: string, Body: string | Uint8Array) =>
    s3.send(new PutObjectCommand({ Bucket: 'reports', Key, Body }))
  /** Puts what S3 would have written, but for what a test says. */
  const write = async (files: readonly Buffer[], more: Record<string, unknown> = {}): Promise<void> => {
    const told = files.map((body, index) => ({
      key: `${folder}/data/${index}.csv.gz`,
      size: body.length,
      MD5checksum: createHash('md5').update(body).digest('hex'),
    }))
    await Promise.all(files.map((body, index) => put(told[index]?.key ?? '', body)))
    const manifest = {
      ...{ sourceBucket: 'packages', destinationBucket: 'arn:aws:s3:::reports', version: '2016-11-30' },
      ...{ creationTimestamp: '1795827600000', fileFormat: 'CSV', fileSchema: schema, files: told },
      ...more,
    }
    await put(`${folder}/2026-11-28T01-00Z/manifest.json`, JSON.stringify(manifest))
  }
  const read = (typed = word, prefix = '', signal = new AbortController().signal, aws = under.aws): Promise<Hints> => {
    const seen = (): void => undefined
    return readInventory(aws, readInventoryPlace(typed), { bucket: 'packages', prefix, signal, seen })
  }
  const failure = async (typed = word): Promise<CtlError> => {
    const error: unknown = await read(typed).catch((thrown: unknown) => thrown)
    if (error instanceof CtlError) return error
    throw error instanceof Error ? error : new Error('It was read.')
  }
  const packed = (text: string): Buffer => gzipSync(text, { level: 1 })

  it('in another region tells how many objects there were, and where to cut', async () => {
    await write([packed(rowsOf(25_000)), packed(rowsOf(5000).replaceAll('7/11', '8'))])
    const hints = await read()
    expect([hints.objects, hints.begun, hints.cuts.length]).to.deep.equal([30_000, 1795827600000, 2])
    expect(hints.cuts[0]).to.match(/^7\/11\/a b\/\d+\.deb$/)
    expect(await read(word, '8/')).to.include({ objects: 5000 })
  })

  it('is read with no more rights than on its objects, from wherever', async () => {
    await write([packed(rowsOf(10))])
    const iam = new IAMClient(clientConfig(under.sandbox))
    const become = async (UserName: string, needs: readonly Need[]): Promise<Aws> => {
      await iam.send(new CreateUserCommand({ UserName }))
      const PolicyDocument = JSON.stringify(policyOf(needs))
      if (needs.length > 0) await iam.send(new PutUserPolicyCommand({ UserName, PolicyName: 'pc-ctl', PolicyDocument }))
      const { AccessKey } = await iam.send(new CreateAccessKeyCommand({ UserName }))
      const source = { kind: 'default' } as const
      return connect({
        ...noSettings,
        accessKey: { value: AccessKey?.AccessKeyId ?? '', source },
        secretKey: { value: AccessKey?.SecretAccessKey ?? '', source },
      })
    }
    const place = readInventoryPlace(word)
    const [reader, stranger] = await Promise.all([become('reader', [inventoryNeeds(place)]), become('stranger', [])])
    expect((await read(word, '', undefined, reader)).objects).to.equal(10)
    const error: unknown = await read(word, '', undefined, stranger).catch((thrown: unknown) => thrown)
    const { failure: kind, message } = explainError(error, 'Read the inventory')
    expect([kind, message]).to.deep.equal([
      'denied',
      `Read the inventory: AWS denied s3:GetObject on arn:aws:s3:::reports/${place.key} because no identity-based policy allows the s3:GetObject action.`,
    ])
    reader.close()
    stranger.close()
  })

  it('that is of no use is refused with what to do', async () => {
    await write([packed('')], { sourceBucket: 'others' })
    expect(await failure()).to.include({
      failure: 'usage',
      message: `The inventory ${word} can't be used: it is of the bucket "others", and not of packages.`,
    })
    await write([packed('')], { fileFormat: 'Parquet', fileSchema: 'message s3.inventory { }' })
    expect((await failure()).hint[0]).to.contain('CSV')
    await write([packed('')], { destinationBucket: 'arn:aws:s3:::elsewhere' })
    expect((await failure()).message).to.contain('its files are in the bucket elsewhere')
    await write([packed('')], { fileSchema: 'Bucket, Size' })
    expect((await failure()).message).to.contain('no Bucket and Key')
    await write([packed('')], { files: [{ key: 'x', size: 1 }] })
    expect((await failure()).message).to.contain('file 1 of its manifest has no key, size and MD5checksum')
    expect((await failure('s3://reports/none/manifest.json')).message).to.contain('there is no none/manifest.json')
    expect((await failure('s3://no-such-reports/x/manifest.json')).message).to.contain('does not exist')
    await put(`${folder}/2026-11-28T01-00Z/manifest.json`, '<html>')
    expect((await failure()).message).to.contain('its manifest is no JSON')
    for (const typed of [
      'reports/x/manifest.json',
      's3://reports',
      's3://reports/x.csv.gz',
      's3://reports/hive/symlink.txt',
    ])
      expect(() => readInventoryPlace(typed), typed).to.throw(CtlError, 'There is no manifest')
  })

  it('whose files are damaged, missing or hostile is refused, each by its name', async () => {
    const good = packed(rowsOf(1000))
    const cases: readonly (readonly [Buffer, string])[] = [
      [good.subarray(0, good.length - 20), "0.csv.gz can't be read: it is damaged or cut off"],
      [Buffer.from(rowsOf(10)), 'it is damaged or cut off'],
      [packed(rowsOf(10).replaceAll('"packages"', '"others"')), 'row 1 is of another bucket'],
      [packed('"packages","%zz","1"\n'), 'keys that are not percent-encoded'],
      [packed('x'.repeat(3_000_000)), 'row 1 does not end'],
      [gzipSync(`"packages","k","1"\n`.repeat(4_000_000)), 'far more than a list of keys'],
    ]
    for (const [body, why] of cases) {
      await write([body])
      expect((await failure()).message).to.contain(why)
    }
    await write([good])
    await put(`${folder}/data/0.csv.gz`, packed(rowsOf(1001)))
    expect((await failure()).message).to.match(/0\.csv\.gz has \d+ bytes, and not \d+ as its manifest says/)
    const other = Buffer.from(good)
    other[4] = 1
    await put(`${folder}/data/0.csv.gz`, other)
    expect((await failure()).message).to.contain('its MD5 is another one')
    await write([good], { files: [{ key: `${folder}/data/none`, size: 1, MD5checksum: '0'.repeat(32) }] })
    const { message, hint } = await failure()
    expect(message).to.contain(`there is no ${folder}/data/none in reports`)
    expect(hint.join(' ')).to.contain('lifecycle rule')
  })

  it('is left when the operator stops', async () => {
    await write([packed(rowsOf(10))])
    const error: unknown = await read(word, '', AbortSignal.abort()).catch((thrown: unknown) => thrown)
    expect(error).to.have.property('failure', 'interrupted')
  })
})
