import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'

import { DeleteObjectCommand } from '@aws-sdk/client-s3'
import { expect } from 'chai'

import type { RefreshReport } from '../../src/tasks/invalidate/text.ts'
import { bucket, edgeUrl, install, type Installation, objectKey, withInstallation } from '../support/installation.ts'
import { resultOf } from '../support/json-document.ts'
import { quick } from '../support/aws-under-test.ts'

const flat = (text: string): string => text.replace(/\s+/g, ' ')

describe('pc-ctl invalidate', function () {
  this.timeout(120_000)
  let place: Installation
  let id = ''
  let domain = ''
  before(async () => {
    place = await install({ timing: { ...quick, invalidation: 300 } })
    const { lines } = await place.connect()
    await place.paste("packagecloud_rails['cloudfront_enabled'] = true\n")
    id = /\['cloudfront_distribution_id'\] = '(\w+)'/.exec(lines)?.[1] ?? ''
    domain = edgeUrl(lines)
    for (const version of ['1.0', '1.0~rc2', '1.0~rc3', '2.0'])
      await place.put(`pool/hello_${version}_amd64.deb`, version)
  })
  after(() => place.close())
  afterEach(() => place.sandbox.faults.clear())

  const told = async (...args: string[]): Promise<RefreshReport> =>
    resultOf(await place.succeed(['invalidate', ...args, '--json'])) as RefreshReport

  it("waits until the installation's own edges have dropped a path, and says that this blocks nothing", async () => {
    const { code, stdout, stderr } = await place.run([
      'invalidate',
      objectKey.replace(/~.*/, '*'),
      'pool/hello_2.0_amd64.deb',
    ])
    expect(code, stderr).to.equal(0)
    expect(stdout).to.match(new RegExp(`cf://${id}/I\\w+ +Completed .* and \\d more\n`))
    expect(flat(stderr)).to.contain(
      'Warning: This blocks nothing: S3 still serves pool/hello_2.0_amd64.deb, and edges fetch it again',
    )
    expect(stderr).to.contain('package_cloud yank USER/REPO/DISTRO/VERSION FILE')
  })

  it('takes paths as URLs spell them, whole URLs whatever their token, keys of S3 and folders', async () => {
    const { paths, stillServed, gone, invalidations } = await told(
      `${domain}/pool/a%2Bb.deb?t=1700000000_ab`,
      `s3://${bucket}/pool/hello_1.0_amd64.deb`,
      'dists/stable/',
      '--no-wait',
    )
    expect(paths).to.have.members(['/pool/a%2Bb.deb', '/pool/a+b.deb', '/pool/hello_1.0_amd64.deb', '/dists/stable/*'])
    expect([stillServed, gone]).to.deep.equal([['pool/hello_1.0_amd64.deb'], ['pool/a+b.deb']])
    expect(invalidations.map(({ status }) => status)).to.deep.equal(['InProgress'])
  })

  it('says how to look where it does not wait, with a command that works', async () => {
    const { stdout, stderr } = await place.run(['invalidate', '/*', '--no-wait'])
    expect(stdout).to.contain('InProgress')
    expect(flat(stderr)).to.contain('Note: An invalidation blocks nothing')
    const look = /pc-ctl (cfinvalinfo \S+)/.exec(stderr)?.[1] ?? ''
    expect(await place.succeed([...look.split(' '), '--format', 'table'])).to.contain(`cf://${id}/`)
  })

  it('invalidates a path with ~ by the shortest wildcard, and says what else that hits', async () => {
    const args = ['pool/hello_1.0~rc2_amd64.deb', '--dry-run']
    const report = await told(...args)
    expect(report.paths).to.deep.equal(['/pool/hello_1.0*'])
    expect(report.alsoHit).to.deep.equal([
      {
        wildcard: '/pool/hello_1.0*',
        objects: 2,
        more: false,
        examples: ['pool/hello_1.0_amd64.deb', 'pool/hello_1.0~rc3_amd64.deb'],
      },
    ])
    expect(report.stillServed).to.deep.equal(['pool/hello_1.0~rc2_amd64.deb'])
    const { stdout, stderr } = await place.run(['invalidate', ...args])
    expect(stdout).to.match(new RegExp(`^\\+ cf://${id} \\(.+\\): 1 path\n {4}/pool/hello_1.0\\*\n$`))
    expect(flat(stderr))
      .to.contain("CloudFront can't invalidate a path with ~")
      .and.to.contain('/pool/hello_1.0* hits 2 other objects too')
    expect((await told('/pool/hello_1.0*', '--dry-run')).alsoHit, 'it was asked for').to.be.empty
  })

  it('says where S3 has nothing of what all was named of, and what may have been meant', async () => {
    const report = await told('/pol/*', `s3://${bucket}/pool/`, '/pool/hello_2*', '/*', '--dry-run')
    expect(report.nothingBelow).to.deep.equal(['pol/'])
    const { stderr } = await place.run(['invalidate', '/pol/*', `s3://${bucket}/pool/hellooo*`, '--dry-run'])
    expect(flat(stderr))
      .to.contain('Note: S3 has nothing that begins with pol/: unless that is a slip')
      .and.contain('Did you mean `pool/`?')
      .and.contain('S3 has nothing that begins with pool/hellooo: unless')
      .and.match(/There are pool\/hello_1\.0_amd64\.deb.*\./)
  })

  it('changes nothing under --dry-run', async () => {
    const changes = await place.changes(async () => {
      expect((await place.run(['invalidate', '/a', '--dry-run', '--exit-code'])).code).to.equal(6)
    })
    expect(changes).to.deep.equal([])
  })

  it('joins more paths than CloudFront takes at a time, but never to everything', async () => {
    const many = Array.from({ length: 3100 }, (_, index) => `/pool/x/${index}`)
    const file = await report({ keys: many.map((path) => path.slice(1)) })
    const joined = await told('--from-report', file, '/dists/stable/InRelease', '--dry-run')
    expect(joined.paths).to.include('/dists/stable/InRelease')
    expect(joined.paths.length).to.be.most(3000)
    expect(joined.paths.some((path) => path.startsWith('/pool/x/') && path.endsWith('*'))).to.equal(true)
    const tildes = Array.from({ length: 16 }, (_, index) => `${'abcdefghijklmnop'[index] ?? ''}~`)
    expect((await told(...tildes, '--dry-run')).paths)
      .to.have.length(16)
      .and.not.to.include('/*')
  })

  const report = async (
    republished: { keys?: readonly string[]; objects?: number; dropped?: boolean },
    more: object = {},
  ): Promise<string> => {
    const file = join(place.folder, 'report.json')
    const { keys = [], objects = keys.length, dropped = false } = republished
    const told = { objects, unproven: 0, keys: keys.slice(0, 1000), dropped }
    await writeFile(file, JSON.stringify({ bucket, republished: told, republishedKeys: keys, ...more }))
    return file
  }

  it('takes what a report tells of', async () => {
    const file = await report({ keys: ['pool/hello_1.0_amd64.deb', 'pool/a b?.deb'], dropped: true })
    const { code, stdout, stderr } = await place.run(['invalidate', '--from-report', file])
    expect(code, stderr).to.equal(0)
    expect(stdout).to.contain('Completed')
    expect(flat(stderr)).to.contain('has had edges drop them already').and.not.to.contain('blocks nothing')
    const nothing = await place.run(['invalidate', '--from-report', await report({})])
    expect([nothing.code, nothing.stdout]).to.deep.equal([0, ''])
    expect(nothing.stderr).to.contain('Nothing is to be dropped.')
  })

  it('takes the very report that reindex-everything writes', async () => {
    const file = join(place.folder, 'real.json')
    await place.succeed(['reindex-everything', '--attributes-only', '--report', file])
    expect((await told('--from-report', file)).paths).to.deep.equal([])
  })

  it('refuses a report of another bucket, one that has not all keys, and what is none', async () => {
    const elsewhere = await report({ keys: ['a'] }, { bucket: 'another' })
    expect((await place.run(['invalidate', '--from-report', elsewhere])).stderr).to.contain(
      'is about the bucket another',
    )
    const short = await report({ keys: ['a'], objects: 1001 }, { republishedKeys: undefined })
    expect(flat((await place.run(['invalidate', '--from-report', short])).stderr)).to.contain(
      'names only 1 of 1001 keys',
    )
    for (const text of ['<html>', '{}', '{"bucket":"b","republished":{"keys":[1]}}']) {
      await writeFile(short, text)
      const { code, stderr } = await place.run(['invalidate', '--from-report', short])
      expect([code, stderr.includes('pc-ctl reindex-everything --report report.json')], stderr).to.deep.equal([2, true])
    }
    expect((await place.run(['invalidate', '--from-report', '/nowhere'])).code).to.equal(2)
  })

  it('refuses what makes no sense, before anything is written', async () => {
    const changes = await place.changes(async () => {
      for (const [args, says] of [
        [[], "pc-ctl invalidate '/PATH'"],
        [[''], 'An empty path names nothing'],
        [['/a*b'], 'a * that is not at its end'],
        [['/100%'], 'begins no escape'],
        [['s3://another/a'], 'pc-ctl cfinval s3://another/a'],
        [[`cf://${id}`], 'finds that of the installation itself'],
        [['https://packages.example.org/user/repo/a.deb'], `is not a URL of cf://${id}`],
      ] as const) {
        const { stderr, code } = await place.run(['invalidate', ...args])
        expect([code, flat(stderr).includes(says)], stderr).to.deep.equal([2, true])
      }
    })
    expect(changes).to.deep.equal([])
  })

  it('goes on where S3 does not tell what it has, and says so', async () => {
    place.sandbox.faults.add('s3:HeadObject:*:code=AccessDenied')
    const { code, stderr } = await place.run(['invalidate', '/pool/a.deb'])
    expect(code, stderr).to.equal(0)
    expect(flat(stderr)).to.contain('S3 does not tell what it still serves')
  })

  it('says that front servers send clients elsewhere, and what S3 has no more', async () => {
    await place.clients.s3.send(new DeleteObjectCommand({ Bucket: bucket, Key: 'pool/hello_2.0_amd64.deb' }))
    await place.paste("packagecloud_rails['cloudfront_enabled'] = false\n")
    const { stderr } = await place.run(['invalidate', 'pool/hello_2.0_amd64.deb', '--dry-run'])
    expect(flat(stderr))
      .to.contain('S3 has no pool/hello_2.0_amd64.deb')
      .and.to.contain('cloudfront_enabled is false')
      .and.not.to.contain('This blocks nothing')
  })
})

describe('pc-ctl invalidate, where the installation has no distribution', () => {
  it('says what makes one, and which other installations there are; nothing is written', () =>
    withInstallation({}, async (place) => {
      const none = await place.run(['invalidate', '/a'])
      expect(none.code).to.equal(3)
      expect(flat(none.stderr)).to.contain(`"packagecloud" has no distribution that serves ${bucket}`)
      expect(none.stderr).to.contain('pc-ctl bootstrap-cloudfront\n')
      await place.connect('--installation', 'staging').catch(() => undefined)
      await place.succeed(['bootstrap-cloudfront', '--installation', 'staging'])
      const other = await place.run(['invalidate', '/a b'])
      expect(
        [other.code, other.stderr.includes("pc-ctl invalidate '/a b' --installation staging\n")],
        other.stderr,
      ).to.deep.equal([3, true])
    }))

  it('names no bucket, no configuration', () =>
    withInstallation({}, async (place) => {
      const { code, stderr } = await place.run(['invalidate', '/a'], {
        env: { PC_CTL_CONFIG: '/nowhere/packagecloud.rb' },
      })
      expect([code, stderr.includes('/nowhere/packagecloud.rb')], stderr).to.deep.equal([3, true])
    }))
})
