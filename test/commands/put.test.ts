import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdir, symlink, writeFile } from 'node:fs/promises'
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

import { resultOf } from '../support/json-document.ts'
import { bucket, install, type Installation } from '../support/installation.ts'
import { runQuickly } from '../support/run-here.ts'

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
    expect(off.stderr.replace(/\s+/g, ' ')).to.contain(
      `The bucket ${bucket} has ACLs turned off (BucketOwnerEnforced) and blocks public access by ACLs ` +
        "(BlockPublicAcls, IgnorePublicAcls), so --acl-public can't be used.",
    )
    expect(off.stderr).to.contain('put-public-access-block')
    expect(off.stderr)
      .to.contain(`pc-ctl cfcreate --private s3://${bucket}`)
      .and.contain('put-bucket-ownership-controls')
    const Rules = [{ ObjectOwnership: 'BucketOwnerPreferred' as const }]
    await place.clients.s3.send(new PutBucketOwnershipControlsCommand({ Bucket: bucket, OwnershipControls: { Rules } }))
    const blocked = await place.run(publicly)
    expect(blocked.code).to.equal(1)
    expect(blocked.stderr)
      .to.contain('blocks public access by ACLs (BlockPublicAcls, IgnorePublicAcls)')
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
    const json = resultOf(await place.succeed(['put', '-P', 'logo.jpg', `s3://${bucket}/public/`, '--json'])) as object
    expect(json).to.deep.equal({
      objects: [
        {
          file: 'logo.jpg',
          uri: `s3://${bucket}/public/logo.jpg`,
          size: 6,
          contentType: 'image/jpeg',
          cacheControl: null,
          url: `${place.sandbox.endpoint}/${bucket}/public/logo.jpg`,
          replaced: null,
        },
      ],
      invalidations: [],
    })
  })

  it('says what edges may hold of what was replaced, and nothing where nothing was', async () => {
    const target = `s3://${bucket}/pool/replaced_1.0_all.deb`
    const upload = async (text: string, ...flags: string[]) => {
      await writeFile(join(place.folder, 'replaced.deb'), text)
      const { stdout, stderr, code } = await place.run(['put', 'replaced.deb', target, ...flags])
      expect(code, stderr).to.equal(0)
      return { stdout, stderr: stderr.replace(/\s+/g, ' ') }
    }
    for (const same of ['one', 'one']) expect((await upload(same)).stderr).not.to.contain('Warning')
    const { stderr } = await upload('two')
    expect(stderr).to.contain(
      `${target} replaced another content under the same key, with Cache-Control public, max-age`,
    )
    expect(stderr).to.contain(`pc-ctl cfinval ${target}`)
    // What is never cached can't be stale.
    for (const text of ['one', 'two']) {
      await writeFile(join(place.folder, 'Packages'), text)
      const put = await place.run(['put', 'Packages', `s3://${bucket}/dists/x/`])
      expect(put.stderr).not.to.contain('Warning')
    }
  })

  it('says so too where a later file could not be uploaded', async () => {
    const target = `s3://${bucket}/pool/`
    const files = ['first_1.0_all.deb', 'second_1.0_all.deb']
    const write = (text: string) => Promise.all(files.map((file) => writeFile(join(place.folder, file), text)))
    await write('one')
    await place.succeed(['put', ...files, target])
    await write('two')
    place.sandbox.faults.add('s3:PutObject:2-99:code=AccessDenied,status=403,message=no')
    const { code, stderr } = await place.run(['put', ...files, target])
    place.sandbox.faults.clear()
    expect(code, stderr).to.equal(5)
    expect(stderr)
      .to.contain(`pc-ctl cfinval ${target}${files[0] ?? ''}`)
      .and.not.to.contain(`cfinval ${target}${files[1] ?? ''}`)
  })

  it('uploads all below a folder, with its name or without, and no links', async () => {
    await mkdir(join(place.folder, 'tree/deep/er'), { recursive: true })
    for (const name of ['a.deb', 'deep/b.deb', 'deep/er/ä+c.deb'])
      await writeFile(join(place.folder, 'tree', name), name)
    await symlink('a.deb', join(place.folder, 'tree/link.deb'))
    const keys = async (Prefix: string): Promise<string[]> => {
      const { Contents } = await place.clients.s3.send(new ListObjectsV2Command({ Bucket: bucket, Prefix }))
      return (Contents ?? []).map(({ Key = '' }) => Key.slice(Prefix.length))
    }
    const named = await place.run(['put', '--recursive', 'tree', `s3://${bucket}/named/`])
    expect([named.code, named.stderr.includes('left out, being links')]).to.deep.equal([0, true])
    expect(named.stderr).to.include('tree/link.deb')
    expect(await keys('named/')).to.deep.equal(['tree/a.deb', 'tree/deep/b.deb', 'tree/deep/er/ä+c.deb'])
    await place.succeed(['put', '-r', 'tree/', 'logo.jpg', `s3://${bucket}/bare/`])
    expect(await keys('bare/')).to.deep.equal(['a.deb', 'deep/b.deb', 'deep/er/ä+c.deb', 'logo.jpg'])
    const flat = await place.run(['put', '-r', 'tree', `s3://${bucket}/flat`])
    expect([flat.code, flat.stderr.includes('A folder needs a prefix that ends in /')]).to.deep.equal([2, true])
    await writeFile(Buffer.from(`${place.folder}/tree/b\xe4r.deb`, 'latin1'), 'x')
    const latin = await place.run(['put', '-r', 'tree', `s3://${bucket}/latin/`])
    expect([latin.code, latin.stderr.includes('its name is not UTF-8'), await keys('latin/')]).to.deep.equal([
      2,
      true,
      [],
    ])
    const without = await place.run(['put', 'tree', `s3://${bucket}/x/`])
    expect([without.code, without.stderr.includes('--recursive')]).to.deep.equal([2, true])
  })

  it('has the edges drop what it uploads with --cf-invalidate, and uploads nothing where none serve the bucket', async () => {
    const words = ['put', '--cf-invalidate', 'logo.jpg', `s3://${bucket}/inval/logo.jpg`]
    const calls = await place.changes(async () => {
      const { code, stderr } = await place.run(words)
      expect([code, stderr.includes('No CloudFront distribution in this account serves')], stderr).to.deep.equal([
        1,
        true,
      ])
    })
    expect(calls).to.deep.equal([])
    await place.connect()
    const { invalidations } = resultOf(await place.succeed([...words, '--json'])) as {
      invalidations: { paths: string[] }[]
    }
    expect(invalidations.map(({ paths }) => paths)).to.deep.equal([['/inval/logo.jpg']])
    expect(await place.succeed(words)).to.match(/^upload: .*\n(.*\n)*Info: +Check progress with: pc-ctl cfinvalinfo/)
  })

  it('names the bucket that was typed, not packagecloud.rb', async () => {
    const { stderr, code } = await place.run(['put', 'logo.jpg', 's3://no-such-bucket/logo.jpg'])
    expect(code).to.equal(1)
    expect(stderr.replace(/\s+/g, ' ')).to.contain(
      'The bucket "no-such-bucket", given as s3://no-such-bucket, does not',
    )
    expect(stderr).not.to.contain('packagecloud.rb')
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
    const sent = await runQuickly(['put', '-', `s3://${bucket}/piped.txt`, '-m', 'text/x-log'], {
      env: place.env,
      input: large.toString('latin1'),
    })
    expect(sent.code, sent.stderr).to.equal(0)
    expect((await body('piped.txt')).toString('utf8')).to.equal(large.toString('latin1'))
    expect((await head('piped.txt')).ContentType).to.equal('text/x-log')
    expect(await uploads()).to.equal(0)
  })

  it('leaves no part behind when it fails', async () => {
    place.sandbox.faults.add('s3:UploadPart:3-9:AccessDenied')
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
