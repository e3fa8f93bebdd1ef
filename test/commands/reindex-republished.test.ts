import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'

import { CreateDistributionCommand, type DistributionConfig } from '@aws-sdk/client-cloudfront'
import { DeleteObjectCommand, GetObjectCommand, HeadObjectCommand, PutObjectCommand } from '@aws-sdk/client-s3'
import { expect } from 'chai'

import { resultOf } from '../support/json-document.ts'
import type { Report } from '../../src/reindex/report.ts'
import { bucket, type Installation, install, wordsOf } from '../support/installation.ts'
import { fillRepositories, keyOfDeb, makeKey } from '../reindex/repositories-under-test.ts'
import { deb } from '../repositories/apt/packages-made.ts'
import { config } from '../support/cloudfront-fixture.ts'

const again = keyOfDeb('main/hello_1.0')
const forever = 'public, max-age=31536000, immutable'

/** A distribution of the bucket, or of a folder of it. */
function serving(OriginPath: string, reference: string): DistributionConfig {
  const S3OriginConfig = { OriginAccessIdentity: '' }
  const origin = { Id: 'bucket', DomainName: `${bucket}.s3.amazonaws.com`, OriginPath, S3OriginConfig }
  return config(reference, { Origins: { Quantity: 1, Items: [origin] } })
}

describe('pc-ctl reindex-everything, packages that are published again under their key', function () {
  this.timeout(120_000)
  let place: Installation
  let words: string[]
  beforeEach(async () => {
    place = await install()
    const key = await makeKey()
    const file = join(place.folder, 'key.asc')
    await writeFile(file, key.armored)
    await fillRepositories(place.clients.s3, bucket, key.signer)
    words = ['reindex-everything', '--signing-key', file]
  })
  afterEach(() => place.close())

  const put = (Key: string, payload: string): Promise<unknown> =>
    place.clients.s3.send(
      new PutObjectCommand({
        Bucket: bucket,
        Key,
        Body: deb({ fields: { Package: 'hello', Version: '1.0' }, payload }),
        CacheControl: forever,
      }),
    )
  const report = async (...more: string[]): Promise<Report> =>
    resultOf(await place.succeed([...words, ...more, '--json'])) as Report
  const cacheControl = async (Key: string): Promise<string | undefined> =>
    (await place.clients.s3.send(new HeadObjectCommand({ Bucket: bucket, Key }))).CacheControl
  const invalidated = (): string[] =>
    place.sandbox.calls
      .list()
      .filter(({ operation }) => operation === 'CreateInvalidation')
      .map(() => 'CreateInvalidation')

  it('tells of them until edges were told to drop them, and lets them be cached no more without asking', async () => {
    await report()
    await put(again, 'the same version, built anew and somewhat longer than before')
    const { republished, failed } = await report()
    expect(failed).to.equal(0)
    expect(republished).to.deep.equal({ objects: 1, unproven: 0, keys: [again], dropped: false })
    expect(await cacheControl(again))
      .to.include('no-cache')
      .and.not.to.include('immutable')
    expect(await cacheControl(keyOfDeb('main/hello_1.1'))).to.equal(forever)
    const said = await place.succeed(words)
    expect(said.replace(/\s+/g, ' ')).to.include('1 package was published again under the same key')
    const command = /^ *(pc-ctl cfinval .*)$/m.exec(said)?.[1] ?? ''
    expect(command).to.equal(`pc-ctl cfinval s3://${bucket}/${again}`)
    await place.succeed(['cfcreate', '--private', `s3://${bucket}`, '--wait'])
    await place.succeed(wordsOf(command))
    expect((await report()).republished.objects, 'nobody tells that it was done by hand').to.equal(1)
    const told = await report('--invalidate')
    expect(told.republished).to.deep.equal({ objects: 1, unproven: 0, keys: [again], dropped: true })
    expect(invalidated()).to.have.length(2)
    expect((await report('--invalidate')).republished).to.deep.equal({
      objects: 0,
      unproven: 0,
      keys: [],
      dropped: true,
    })
    expect(invalidated(), 'nothing is left to be dropped').to.have.length(2)
    expect(await cacheControl(again), 'it changes under its key').not.to.include('immutable')
  })

  it('knows by its content what has the same size', async () => {
    await put(again, 'one')
    await report()
    await put(again, 'two')
    expect((await report()).republished).to.deep.include({ objects: 1, unproven: 0, keys: [again] })
    expect(await cacheControl(again)).not.to.include('immutable')
  })

  it('knows what comes back as another content after a run that saw nothing there', async () => {
    const remove = (Key: string) => place.clients.s3.send(new DeleteObjectCommand({ Bucket: bucket, Key }))
    const same = keyOfDeb('main/hello_1.1')
    const { Body } = await place.clients.s3.send(new GetObjectCommand({ Bucket: bucket, Key: same }))
    const body = (await Body?.transformToByteArray()) ?? new Uint8Array()
    await report()
    for (const key of [again, same]) await remove(key)
    await report('--allow-shrink')
    await put(again, 'another payload')
    await place.clients.s3.send(new PutObjectCommand({ Bucket: bucket, Key: same, Body: body, CacheControl: forever }))
    expect((await report()).republished).to.deep.include({ objects: 1, unproven: 0, keys: [again] })
    expect(await cacheControl(again)).not.to.include('immutable')
    expect(await cacheControl(same)).to.equal(forever)
  })

  it('knows without a journal what the present index lists otherwise', async () => {
    await put(again, 'not what the list says')
    const rpm = await readFile(join(import.meta.dirname, '../repositories/yum/fixtures/fix-data.noarch.rpm'))
    await place.clients.s3.send(new PutObjectCommand({ Bucket: bucket, Key: 'el/8/fix-tool.noarch.rpm', Body: rpm }))
    const plan = await report('--dry-run')
    expect(plan.overwritable[0]?.examples).to.deep.equal([again, 'el/8/fix-tool.noarch.rpm'])
    const done = await report()
    for (const { repositories, total } of [plan, done]) {
      expect(total.rewritten, 'each is counted once').to.equal(plan.objects - plan.neither.objects)
      for (const [index, { packages, overwritable }] of [...repositories].entries()) {
        for (const kind of ['packages', 'overwritable'] as const) {
          const [now, planned] = [{ packages, overwritable }[kind], [...plan.repositories][index]?.[kind]]
          // What the run itself has made is right from the beginning.
          expect([now.rewritten, now.objects - now.right]).to.deep.equal([planned?.objects, planned?.objects])
        }
      }
    }
    const { republished } = done
    expect(republished.keys).to.deep.equal([again, 'el/8/fix-tool.noarch.rpm'])
    for (const key of republished.keys) expect(await cacheControl(key)).not.to.include('immutable')
  })

  it('says nothing of what is written again as it was, or could not be kept by anybody', async () => {
    await report()
    const body = deb({ fields: { Package: 'hello', Version: '1.0' }, payload: 'main/hello_1.0' })
    await place.clients.s3.send(
      new PutObjectCommand({ Bucket: bucket, Key: again, Body: body, CacheControl: 'no-store' }),
    )
    expect((await report()).republished.objects).to.equal(0)
  })

  it('has the edges of all distributions drop what they serve, and prints a command that finds the same journal', async () => {
    const state = ['--state-dir', join(place.folder, 'other journal'), '--prefix', 'apt/']
    const keys = Array.from({ length: 11 }, (_, number) => `apt/pool/other/o${number}_1.0_amd64.deb`)
    for (const key of keys) await put(key, 'one')
    await report(...state)
    for (const key of [...keys, again]) await put(key, 'another one, and longer')
    const said = await place.succeed([...words, ...state])
    const command = /^ *(pc-ctl reindex-everything --attributes-only --invalidate .*)$/m.exec(said)?.[1] ?? ''
    const made = ['', '/apt/pool/other', '/elsewhere'].map((OriginPath, number) =>
      place.clients.cloudfront.send(
        new CreateDistributionCommand({ DistributionConfig: serving(OriginPath, String(number)) }),
      ),
    )
    await Promise.all(made)
    expect(await place.succeed(wordsOf(command))).not.to.include('published again')
    const invalidations = place.sandbox.calls.list().filter(({ operation }) => operation === 'CreateInvalidation')
    expect(invalidations).to.have.length(2)
  })

  it('refuses --invalidate before it begins where no distribution serves the bucket', async () => {
    const { code, stderr } = await place.run([...words, '--invalidate'])
    expect(code, stderr).to.equal(1)
    expect(stderr).to.include('No CloudFront distribution in this account serves')
    expect(await cacheControl(again)).not.to.equal(forever)
  })
})
