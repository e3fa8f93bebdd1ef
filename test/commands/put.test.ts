import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'

import {
  DeletePublicAccessBlockCommand,
  GetObjectCommand,
  HeadObjectCommand,
  ListMultipartUploadsCommand,
  ListObjectsV2Command,
  PutBucketOwnershipControlsCommand,
} from '@aws-sdk/client-s3'
import { expect } from 'chai'

import { bucket, install, type Installation } from '../e2e/installation.ts'
import { runCli } from '../run-cli.ts'

const mebibyte = 1024 ** 2

describe('put', function () {
  this.timeout(60_000)
  let place: Installation
  before(async () => {
    place = await install()
    await writeFile(join(place.folder, 'logo.jpg'), 'a logo')
    await writeFile(join(place.folder, 'hello_1.0+b1_all.deb'), 'a package')
  })
  after(() => place.close())
  afterEach(() => place.sandbox.faults.clear())

  const head = (Key: string) => place.clients.s3.send(new HeadObjectCommand({ Bucket: bucket, Key }))
  const uploads = async (): Promise<number> =>
    (await place.clients.s3.send(new ListMultipartUploadsCommand({ Bucket: bucket }))).Uploads?.length ?? 0
  const body = async (Key: string): Promise<Buffer> => {
    const { Body } = await place.clients.s3.send(new GetObjectCommand({ Bucket: bucket, Key }))
    return Buffer.from((await Body?.transformToByteArray()) ?? [])
  }

  it('uploads a file with its type, and packages with the Cache-Control of their class', async () => {
    const { stdout, stderr, code } = await place.run(['put', 'logo.jpg', `s3://${bucket}/example/logo.png`])
    expect(code, stderr).to.equal(0)
    expect(stdout).to.equal(`upload: 'logo.jpg' -> 's3://${bucket}/example/logo.png' (6 bytes, image/jpeg)\n`)
    const logo = await head('example/logo.png')
    expect([logo.ContentType, logo.CacheControl]).to.deep.equal(['image/jpeg', undefined])
    await place.succeed(['put', 'logo.jpg', 'hello_1.0+b1_all.deb', `s3://${bucket}/pool/`])
    const deb = await head('pool/hello_1.0+b1_all.deb')
    expect(deb.ContentType).to.equal('application/vnd.debian.binary-package')
    expect(deb.CacheControl).to.equal('public, max-age=31536000, immutable')
    expect((await head('pool/logo.jpg')).ContentLength).to.equal(6)
    await place.succeed([
      'put',
      '--add-header',
      'Cache-Control: max-age=60',
      'logo.jpg',
      `s3://${bucket}/brief/logo.jpg`,
    ])
    expect((await head('brief/logo.jpg')).CacheControl).to.equal('max-age=60')
  })

  it('says what it would do under --dry-run, and does nothing', async () => {
    const changes = await place.changes(async () => {
      const { stdout, code } = await place.run(['put', '-n', '--exit-code', 'logo.jpg', `s3://${bucket}/dry`])
      expect([stdout, code]).to.deep.equal([`+ upload: 'logo.jpg' -> 's3://${bucket}/dry'\n`, 6])
    })
    expect(changes).to.deep.equal([])
  })

  it('says clearly why an object cannot be public, and uploads none', async () => {
    const publicly = ['put', '--acl-public', 'logo.jpg', `s3://${bucket}/public/logo.jpg`]
    const off = await place.run(publicly)
    expect(off.code).to.equal(1)
    expect(off.stderr).to.contain(`The bucket ${bucket} has ACLs turned off (BucketOwnerEnforced)`)
    expect(off.stderr)
      .to.contain(`pc-ctl cfcreate --private s3://${bucket}`)
      .and.contain('put-bucket-ownership-controls')
    const Rules = [{ ObjectOwnership: 'BucketOwnerPreferred' as const }]
    await place.clients.s3.send(new PutBucketOwnershipControlsCommand({ Bucket: bucket, OwnershipControls: { Rules } }))
    const blocked = await place.run(publicly)
    expect(blocked.code).to.equal(1)
    expect(blocked.stderr)
      .to.contain('blocks public access by ACLs (BlockPublicAcls)')
      .and.contain('put-public-access-block')
    const { KeyCount } = await place.clients.s3.send(new ListObjectsV2Command({ Bucket: bucket, Prefix: 'public/' }))
    expect(KeyCount).to.equal(0)
  })

  it('prints the public URL, where everybody can read it', async () => {
    await place.clients.s3.send(new DeletePublicAccessBlockCommand({ Bucket: bucket }))
    const stdout = await place.succeed(['put', '-P', 'hello_1.0+b1_all.deb', `s3://${bucket}/public/`])
    const url = /^Public URL of the object is: (\S+)$/m.exec(stdout)?.[1] ?? ''
    expect(url).to.contain(`/${bucket}/public/hello_1.0%2Bb1_all.deb`)
    expect(await (await fetch(url)).text()).to.equal('a package')
    expect((await fetch(url.replace('public/hello_1.0%2Bb1_all.deb', 'example/logo.png'))).status).to.equal(403)
    const json = JSON.parse(
      await place.succeed(['put', '-P', 'logo.jpg', `s3://${bucket}/public/`, '--json']),
    ) as object
    expect(json).to.deep.equal({
      objects: [
        {
          file: 'logo.jpg',
          uri: `s3://${bucket}/public/logo.jpg`,
          size: 6,
          contentType: 'image/jpeg',
          cacheControl: null,
          url: `${place.sandbox.endpoint}/${bucket}/public/logo.jpg`,
        },
      ],
    })
  })

  it('uploads more than 16 MiB in parts, also from standard input', async () => {
    const large = Buffer.alloc(40 * mebibyte + 17)
    for (let at = 0; at < large.length; at += 4096) large.writeUInt32BE(at, at)
    await writeFile(join(place.folder, 'large.tar.gz'), large)
    // The second part is refused once, and sent again.
    place.sandbox.faults.add('s3:UploadPart:2:ServiceUnavailable')
    expect(await place.succeed(['put', 'large.tar.gz', `s3://${bucket}/large`])).to.contain(`${large.length} bytes`)
    expect((await body('large')).equals(large)).to.equal(true)
    expect((await head('large')).ETag).to.match(/-3"$/)
    const sent = await runCli(['put', '-', `s3://${bucket}/piped.txt`, '-m', 'text/x-log'], {
      env: place.env,
      input: large.toString('latin1'),
    })
    expect(sent.code, sent.stderr).to.equal(0)
    expect((await body('piped.txt')).toString('utf8')).to.equal(large.toString('latin1'))
    expect((await head('piped.txt')).ContentType).to.equal('text/x-log')
    expect(await uploads()).to.equal(0)
  })

  it('leaves no part behind when it fails', async () => {
    place.sandbox.faults.add('s3:UploadPart:3:AccessDenied')
    const { stdout, stderr, code } = await place.run(['put', 'large.tar.gz', `s3://${bucket}/failed`])
    expect([stdout, code], stderr).to.deep.equal(['', 5])
    expect(await uploads()).to.equal(0)
    expect(await head('failed').catch(() => 'none')).to.equal('none')
  })

  it('leaves no part behind when it is interrupted', async () => {
    place.sandbox.faults.add('s3:UploadPart:delay=20s')
    const child = spawn(
      process.execPath,
      ['bin/run.js', 'put', join(place.folder, 'large.tar.gz'), `s3://${bucket}/cut`],
      {
        env: { PATH: process.env['PATH'], ...place.env },
        stdio: 'ignore',
      },
    )
    while (!place.sandbox.calls.list().some(({ operation }) => operation === 'UploadPart')) await pause(50)
    const begun = Date.now()
    while ((await uploads()) === 0) await pause(50)
    child.kill('SIGINT')
    const [code] = (await once(child, 'close')) as [number]
    expect(code).to.equal(130)
    expect(Date.now() - begun).to.be.lessThan(10_000)
    expect(await uploads()).to.equal(0)
  })

  it('refuses a file that is not there before it asks AWS anything', async () => {
    const { stderr, code } = await place.run(['put', 'missing', `s3://${bucket}/x`], {
      env: { AWS_ENDPOINT_URL: 'http://127.0.0.1:1' },
    })
    expect(code).to.equal(2)
    expect(stderr).to.contain("missing can't be read")
  })
})

const pause = (milliseconds: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, milliseconds))
