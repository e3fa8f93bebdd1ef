import { createHash, randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { readFile } from 'node:fs/promises'
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'

import { CreateBucketCommand, PutObjectCommand } from '@aws-sdk/client-s3'
import { expect } from 'chai'

import { statusOf } from '../../../src/aws/denial.ts'
import { createLeanS3, type LeanS3, type S3Address } from '../../../src/aws/s3-lean.ts'
import { type About, type ReadJob, readPackage } from '../../../src/reindex/indexes/read-package.ts'
import { readInThreads, type Readers } from '../../../src/reindex/indexes/read-threads.ts'
import { s3Readers } from '../../../src/reindex/indexes/s3-readers.ts'
import { formatNamed } from '../../../src/repositories/formats.ts'
import { deb } from '../../repositories/apt/packages-made.ts'
import { type S3Fixture, startS3 } from '../../support/s3-client.ts'

const md5 = (bytes: Uint8Array): string => createHash('md5').update(bytes).digest('hex')
const sha256 = (bytes: Uint8Array): string => createHash('sha256').update(bytes).digest('hex')
/** 300 KB, however it is compressed. */
const incompressible = randomBytes(300_000).toString('hex')
const script = join(import.meta.dirname, '../../../src/reindex/indexes/read-worker.ts')

describe('packages read in threads', function () {
  this.timeout(60_000)
  const bucket = 'threads'
  let fixture: S3Fixture
  let s3: LeanS3
  const objects = new Map<string, Buffer>()
  const traffic = { slowDown: 0, retry: 0 }
  const count = {
    slowDown: () => {
      traffic.slowDown++
    },
    retry: () => {
      traffic.retry++
    },
  }
  const open: Readers[] = []

  before(async () => {
    fixture = await startS3()
    await fixture.client.send(new CreateBucketCommand({ Bucket: bucket }))
    objects.set('small_1_amd64.deb', deb({ fields: { Package: 'small' } }))
    objects.set('large_1_amd64.deb', deb({ fields: { Package: 'large' }, payload: incompressible }))
    objects.set('summed_1_amd64.deb', deb({ fields: { Package: 'summed' }, payload: incompressible }))
    objects.set('broken_1_amd64.deb', Buffer.from('no package'))
    const rpm = join(import.meta.dirname, '../../repositories/yum/fixtures/fix-tool.noarch.rpm')
    objects.set('fix-tool.noarch.rpm', await readFile(rpm))
    for (const [Key, Body] of objects) {
      const sum: object = Key.startsWith('summed') ? { ChecksumAlgorithm: 'SHA256' } : {}
      await fixture.client.send(new PutObjectCommand({ Bucket: bucket, Key, Body, ...sum }))
    }
    const { hostname, port } = new URL(fixture.sandbox.endpoint)
    const address = { protocol: 'http:', hostname, port: Number(port), base: `/${bucket}`, region: 'us-east-1' }
    s3 = createLeanS3(bucket, address, async () => fixture.sandbox, count)
  })
  afterEach(() => {
    for (const readers of open.splice(0)) readers.close()
  })
  after(() => fixture.close())

  const inThreads = (address: S3Address = s3.address): Readers => {
    const credentials = (): ReturnType<LeanS3['credentials']> => s3.credentials()
    const readers = readInThreads({ script, data: { bucket, address }, traffic: count, credentials, threads: 2 })
    open.push(readers)
    return readers
  }
  const jobOf = (key: string): ReadJob => {
    const body = objects.get(key) ?? Buffer.alloc(0)
    const format = key.endsWith('.rpm') ? 'yum' : 'apt'
    return { format, key, size: body.length, etag: md5(body), first: 1_700_000_000, known: {} }
  }

  it('gives what reading here gives', async () => {
    const readers = inThreads()
    for (const key of objects.keys()) {
      const job = jobOf(key)
      const here = await readPackage(s3, formatNamed(job.format), job)
      expect(await readers.read(job)).to.deep.equal(here)
      if (key.startsWith('broken')) {
        expect(here).to.have.property('bad')
        continue
      }
      const { digests } = JSON.parse('about' in here ? here.about : '{}') as About
      const body = objects.get(key) ?? Buffer.alloc(0)
      expect(digests).to.include({ md5: md5(body), sha256: sha256(body) })
    }
  })

  it('reads a small package in one request, and of a large one with a checksum only the header', async () => {
    const callsOf = async (job: ReadJob): Promise<number[]> => {
      const last = fixture.sandbox.calls.list().at(-1)?.number ?? 0
      await readPackage(s3, formatNamed(job.format), job)
      return fixture.sandbox.calls.list(({ number }) => number > last).map(({ number }) => number)
    }
    expect(await callsOf(jobOf('small_1_amd64.deb'))).to.have.length(1)
    expect(await callsOf(jobOf('summed_1_amd64.deb'))).to.have.length(2)
    expect(await callsOf({ ...jobOf('large_1_amd64.deb'), known: { sha256: 'a'.repeat(64) } })).to.have.length(1)
  })

  it('lets an error through with all that is told of it', async () => {
    const job = { ...jobOf('small_1_amd64.deb'), key: 'missing_1_amd64.deb' }
    const error: unknown = await inThreads()
      .read(job)
      .catch((thrown: unknown) => thrown)
    expect(error).to.include({ name: 'NoSuchKey' })
    expect(statusOf(error)).to.equal(404)
  })

  it('tells of retries, and ends what is under way when it is closed', async () => {
    let asked = 0
    const server: Server = createServer((_request, response) => {
      if (++asked === 1) response.writeHead(503).end()
      else server.emit('hanging')
    })
    const hanging = once(server, 'hanging')
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
    try {
      const { port } = server.address() as AddressInfo
      const [retries, slow] = [traffic.retry, traffic.slowDown]
      const readers = inThreads({ ...s3.address, port })
      const read = readers.read(jobOf('small_1_amd64.deb')).catch((thrown: unknown) => thrown)
      await hanging
      expect([traffic.retry - retries, traffic.slowDown - slow]).to.deep.equal([1, 1])
      readers.close()
      expect(await read).to.be.instanceOf(Error)
    } finally {
      server.closeAllConnections()
      server.close()
    }
  })

  it('fails at once, and does not wait for ever, where its threads have ended', async () => {
    const readers = inThreads()
    await readers.read(jobOf('small_1_amd64.deb'))
    readers.close()
    const errors = await Promise.all(
      [1, 2, 3].map(async () => {
        await new Promise((resolve) => setTimeout(resolve, 200))
        return readers.read(jobOf('small_1_amd64.deb')).catch((thrown: unknown) => thrown)
      }),
    )
    for (const error of errors) expect(error).to.be.instanceOf(Error)
  })

  it('takes over from reading here when there are many', async () => {
    const readers = s3Readers(s3, count)
    open.push(readers)
    const job = jobOf('small_1_amd64.deb')
    const results = await Promise.all(Array.from({ length: 230 }, () => readers.read(job)))
    expect(new Set(results.map((result) => JSON.stringify(result)))).to.have.property('size', 1)
  })
})
