import { expect } from 'chai'

import { cacheControl } from '../../../src/repositories/cache-control.ts'
import type { PolicyStatement } from '../../../src/aws/policy.ts'
import { CtlError } from '../../../src/errors.ts'
import { Verbatim } from '../../../src/text.ts'
import {
  debKey,
  deploy,
  type DeployedInstallation,
  findCheck,
  indexKey,
  otherSecret,
  secret,
  statusesOf,
} from './installation.ts'

const seconds = () => Date.now() / 1000

describe('doctor', () => {
  let place: DeployedInstallation
  before(async () => {
    place = await deploy()
  })
  after(() => place.close())

  it('finds nothing wrong where nothing is, and writes nothing', async () => {
    const last = place.sandbox.calls.list().at(-1)?.number ?? 0
    const diagnosis = await place.examine()
    expect(statusesOf(diagnosis)).to.deep.equal({
      dns: 'skipped',
      tls: 'skipped',
      reach: 'ok',
      clock: 'ok',
      objects: 'ok',
      signed: 'ok',
      unsigned: 'ok',
      expired: 'ok',
      tampered: 'ok',
      metadata: 'ok',
      package: 'ok',
      range: 'ok',
      content: 'ok',
      'key-plus': 'ok',
      'key-tilde': 'ok',
      'key-space': 'ok',
      'key-non-ascii': 'ok',
      missing: 'ok',
      'bucket-tls': 'ok',
    })
    expect(diagnosis.count).to.deep.equal({ ok: 17, failed: 0, warning: 0, skipped: 2 })
    expect(findCheck(diagnosis, 'dns').seen).to.include('rehearsal')
    expect(findCheck(diagnosis, 'unsigned').seen).to.equal('403 Forbidden (missing token)')
    expect(findCheck(diagnosis, 'expired').seen).to.match(/expired \d+ s ago/)
    expect(findCheck(diagnosis, 'tampered').seen).to.include('bad signature')
    expect(findCheck(diagnosis, 'metadata').seen).to.equal(
      `Miss, Miss, Miss for ${indexKey}, with Cache-Control ${cacheControl.metadata}`,
    )
    expect(place.sandbox.calls.list(({ number, changing }) => number > last && changing)).to.be.empty
  })

  it('says what each check saw and means, whatever came of it', async () => {
    for (const { title, seen, meaning, status } of (await place.examine()).checks) {
      expect(seen, title).not.to.be.empty
      if (status !== 'skipped') expect(meaning, title).to.be.a('string').that.is.not.empty
    }
  })

  it('names the keys that were given, and lists nothing', async () => {
    const last = place.sandbox.calls.list().at(-1)?.number ?? 0
    const diagnosis = await place.examine({ keys: [`/${indexKey}`] })
    expect(statusesOf(diagnosis)).to.include({
      signed: 'ok',
      metadata: 'ok',
      package: 'skipped',
      'key-plus': 'skipped',
    })
    expect(findCheck(diagnosis, 'package').seen).to.include('--key')
    // What the edge does to fetch an object is no call of ours.
    const listed = place.sandbox.calls.list(({ number, operation }) => number > last && operation.startsWith('List'))
    expect(listed).to.be.empty
  })

  it('refuses a key that nobody can ask for, and a front server that is no URL', async () => {
    for (const wrong of [{ keys: ['a/../b'] }, { keys: [''] }, { front: 'not a url' }]) {
      const thrown = await place.examine(wrong).catch((error: unknown) => error)
      expect(thrown).to.be.instanceOf(CtlError).with.property('failure', 'usage')
    }
  })

  it('takes the key that is named even if it is gone for what it is', async () => {
    const diagnosis = await place.examine({ keys: ['7/11/gone.deb'] })
    const { status, seen, meaning } = findCheck(diagnosis, 'signed')
    expect({ status, seen }).to.deep.equal({
      status: 'failed',
      seen: '404 Not Found: S3 says NoSuchKey for 7/11/gone.deb',
    })
    expect(meaning).to.include('no such object')
    expect(statusesOf(diagnosis)).to.include({ unsigned: 'ok', package: 'skipped', missing: 'skipped' })
  })

  it('notices another secret at the edge', async () => {
    await place.configure({ cloudfront_secret: otherSecret })
    try {
      const diagnosis = await place.examine()
      const { status, seen, meaning, todo } = findCheck(diagnosis, 'signed')
      expect({ status, seen }).to.deep.equal({ status: 'failed', seen: `403 Forbidden (bad signature) for ${debKey}` })
      expect(meaning).to.include('another secret')
      expect(JSON.stringify(todo))
        .to.include('pc-ctl show-config')
        .and.to.include('pc-ctl bootstrap-cloudfront --replace-secret')
      expect(statusesOf(diagnosis)).to.include({ unsigned: 'ok', expired: 'ok', metadata: 'skipped', range: 'skipped' })
      expect(JSON.stringify(diagnosis)).not.to.include(otherSecret).and.not.to.include(secret)
    } finally {
      await place.configure()
    }
  })

  it('mentions that the bucket takes requests without TLS, until its policy denies them', async () => {
    const before = findCheck(await place.examine(), 'bucket-tls')
    expect(before.seen).to.match(/^S3 takes them/)
    const [, add] = before.todo
    const statement = JSON.parse(add instanceof Verbatim ? add.lines.join('') : '') as PolicyStatement
    await place.withStatement(statement, async () => {
      const diagnosis = await place.examine()
      expect(findCheck(diagnosis, 'bucket-tls')).to.include({ status: 'ok', seen: 'its policy denies them' })
      expect(diagnosis.count.failed).to.equal(0)
    })
    place.sandbox.faults.add('s3:GetBucketPolicy:1:before:AccessDenied')
    const denied = findCheck(await place.examine(), 'bucket-tls')
    expect(denied.status).to.equal('skipped')
    expect(denied.seen).to.include('s3:GetBucketPolicy')
  })

  it('notices that the bucket lets CloudFront read but not list', async () => {
    await place.withoutStatements(
      ({ Action }) => Action === 's3:ListBucket',
      async () => {
        const diagnosis = await place.examine()
        const { status, seen, meaning } = findCheck(diagnosis, 'missing')
        expect(status).to.equal('failed')
        expect(seen).to.match(/^403 .*AccessDenied for .*InRelease\.does-not-exist-[0-9a-f]+$/)
        expect(meaning).to.include('s3:ListBucket')
        expect(diagnosis.count.failed).to.equal(1)
      },
    )
  })

  it('notices that the bucket does not let CloudFront in', async () => {
    await place.put('7/11/new.deb', 'not in any cache', cacheControl.package)
    await place.withoutStatements(
      ({ Action }) => Action === 's3:GetObject',
      async () => {
        const { status, seen, meaning } = findCheck(await place.examine({ keys: ['7/11/new.deb'] }), 'signed')
        expect({ status, seen }).to.deep.equal({
          status: 'failed',
          seen: '403 Forbidden: S3 says AccessDenied for 7/11/new.deb',
        })
        expect(meaning).to.include('S3 refused')
      },
    )
  })

  it('notices metadata that may be cached', async () => {
    const key = '7/11/debian/dists/old/InRelease'
    await place.put(key, 'an index', 'public, max-age=600')
    const diagnosis = await place.examine({ keys: [key] })
    const { status, seen, todo } = findCheck(diagnosis, 'metadata')
    expect(status).to.equal('failed')
    expect(seen).to.equal(`Hit from cloudfront for ${key}, with Cache-Control public, max-age=600`)
    expect(todo.join('\n')).to.include('reindex-everything').and.to.include(cacheControl.metadata)
  })

  it('warns of metadata that the edge keeps a copy of', async () => {
    for (const [key, control] of [
      ['7/11/debian/dists/kept/InRelease', 'no-cache'],
      ['7/11/debian/dists/bare/InRelease', undefined],
    ] as const) {
      await place.put(key, 'an index', control)
      const { status, seen, meaning } = findCheck(await place.examine({ keys: [key] }), 'metadata')
      expect(status).to.equal('warning')
      expect(seen).to.match(/^(Miss|RefreshHit), RefreshHit, RefreshHit for /)
      expect(seen).to.include(control === undefined ? 'with no Cache-Control' : 'with Cache-Control no-cache')
      expect(meaning).to.include('out of reach')
    }
  })

  it('notices a package that is never cached', async () => {
    const key = '7/11/debian/package_files/2.deb'
    await place.put(key, 'a package that nobody may keep', 'no-cache, no-store')
    const diagnosis = await place.examine({ keys: [key] })
    const { status, seen, todo } = findCheck(diagnosis, 'package')
    expect({ status, seen }).to.deep.equal({
      status: 'failed',
      seen: `Miss, Miss, Miss, Miss, Miss for ${key}, with Cache-Control no-cache, no-store`,
    })
    expect(todo.join('\n')).to.include('reindex-everything')
  })

  it('leaves Range alone where a package is too short', async () => {
    const key = '7/11/debian/package_files/3.deb'
    await place.put(key, 'short', cacheControl.package)
    expect(findCheck(await place.examine({ keys: [key] }), 'range')).to.include({ status: 'skipped' })
  })

  it('notices a clock that is behind, or ahead', async () => {
    const behind = await place.examine({}, () => seconds() - 600)
    expect(findCheck(behind, 'clock')).to.include({ status: 'failed', seen: "10 min behind AWS's" })
    const { status, seen, meaning } = findCheck(behind, 'signed')
    expect(status).to.equal('failed')
    expect(seen).to.match(/expired (299|300|301) s ago/)
    expect(meaning).to.include('clock')

    const ahead = await place.examine({}, () => seconds() + 600)
    expect(findCheck(ahead, 'clock')).to.include({ status: 'failed', seen: "10 min ahead of AWS's" })
    expect(statusesOf(ahead)).to.include({ signed: 'ok', expired: 'ok' })

    const little = await place.examine({}, () => seconds() - 60)
    expect(findCheck(little, 'clock')).to.include({ status: 'warning' })
    expect(little.count.failed).to.equal(0)
    expect(findCheck(await place.examine({}, () => seconds() - 20), 'clock')).to.include({ status: 'ok' })
  })

  it('asks for keys where it may not list, and goes on with what needs none', async () => {
    place.sandbox.faults.add('s3:ListObjectsV2:1:before:AccessDenied')
    const diagnosis = await place.examine()
    const { status, seen, todo } = findCheck(diagnosis, 'objects')
    expect(status).to.equal('warning')
    expect(seen).to.include('s3:ListBucket')
    expect(todo.join('\n')).to.include('--key')
    expect(statusesOf(diagnosis)).to.include({ signed: 'skipped', unsigned: 'ok', tampered: 'ok', metadata: 'skipped' })
    expect(statusesOf(diagnosis)).to.include({ missing: 'ok' })
    expect(diagnosis.count.failed).to.equal(0)
  })

  it('blames the network once where nobody answers', async () => {
    const diagnosis = await place.examine({ domain: '127.0.0.1:1' })
    expect(findCheck(diagnosis, 'reach').seen).to.match(/^no answer: .*ECONNREFUSED/)
    expect(diagnosis.count.failed).to.equal(1)
    expect(findCheck(diagnosis, 'signed')).to.include({
      status: 'skipped',
      seen: 'the packages domain does not answer',
    })
  })

  it('blames DNS once where the name is unknown', async () => {
    const diagnosis = await place.examine({ domain: 'no-such-host.invalid' })
    expect(findCheck(diagnosis, 'dns').seen).to.match(/ENOTFOUND|EAI_AGAIN/)
    expect(statusesOf(diagnosis)).to.include({ dns: 'failed', tls: 'skipped', reach: 'skipped', clock: 'skipped' })
    expect(diagnosis.count.failed).to.equal(1)
  })

  it('notices that it is not CloudFront that answers', async () => {
    const { host } = new URL(place.sandbox.endpoint)
    const { status, seen } = findCheck(await place.examine({ domain: host }), 'reach')
    expect(status).to.equal('failed')
    expect(seen).to.include('not from CloudFront')
  })

  it('tells of a Deny what to put in its place, for no command of ours outweighs it', async () => {
    const Resource = 'arn:aws:s3:::packages-example-org/*'
    const statement: PolicyStatement = {
      Sid: 'OnlyFromTheOffice',
      Effect: 'Deny',
      Principal: '*',
      Action: 's3:GetObject',
      Resource,
      Condition: { NotIpAddress: { 'aws:SourceIp': '192.0.2.0/24' } },
    }
    await place.put('7/11/denied_1.0_all.deb', 'not in any cache', cacheControl.package)
    await place.withStatement(statement, async () => {
      const { status, todo } = findCheck(await place.examine({ keys: ['7/11/denied_1.0_all.deb'] }), 'signed')
      expect(status).to.equal('failed')
      expect(todo.join('\n')).to.include('OnlyFromTheOffice').and.to.include('aws s3api put-bucket-policy')
    })
  })

  it('notices a page in place of a 404, and names the distribution that has it', async () => {
    await place.put('sorry.html', '<html>There is no such thing.</html>')
    const page = { ErrorCode: 404, ResponsePagePath: '/sorry.html', ResponseCode: '200', ErrorCachingMinTTL: 0 }
    await place.withDistribution(
      (config) => {
        config.CustomErrorResponses = { Quantity: 1, Items: [page] }
      },
      async () => {
        const { status, todo } = findCheck(await place.examine({ keys: [indexKey] }), 'missing')
        expect(status).to.equal('failed')
        expect(todo.join()).to.match(/distribution E\w+, tab Error pages: have 404 .* \/sorry\.html\./)
      },
    )
  })

  it('notices a distribution without the function', async () => {
    await place.withDistribution(
      ({ DefaultCacheBehavior: behavior }) => {
        if (behavior !== undefined) behavior.LambdaFunctionAssociations = { Quantity: 0 }
      },
      async () => {
        const diagnosis = await place.examine()
        expect(statusesOf(diagnosis)).to.include({ unsigned: 'failed', expired: 'failed', tampered: 'failed' })
        const { seen, meaning } = findCheck(diagnosis, 'unsigned')
        expect(seen).to.equal(`200 OK for ${debKey}`)
        expect(meaning).to.include('Anybody can download')
        // Where S3 refuses, it is not the function that refused.
        const gone = await place.examine({ keys: ['7/11/gone.deb'] })
        expect(findCheck(gone, 'unsigned').meaning).to.include('Not the function refused')
      },
    )
  })
})
