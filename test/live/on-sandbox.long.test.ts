import { spawn, spawnSync } from 'node:child_process'
import { chmod, mkdir, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { text } from 'node:stream/consumers'

import { expect } from 'chai'

import { assumptions } from '../../scripts/live/assumptions.ts'
import { expectPlainTalk } from '../support/installation.ts'
import { type Ended, idsIn, startSuite, type Suite } from './suite.ts'

const root = join(import.meta.dirname, '../..')
const administrator = JSON.stringify({
  Version: '2012-10-17',
  Statement: { Effect: 'Allow', Action: '*', Resource: '*' },
})

describe('test:live on the sandbox', function () {
  this.timeout(600_000)
  let suite: Suite
  let first: Ended
  before(async () => {
    suite = await startSuite({ policies: [administrator] })
    first = await suite.run(['--yes'])
  })
  after(() => suite.close())

  it('finds everything as assumed', async () => {
    expect(first.code, first.stderr).to.equal(0)
    expectPlainTalk(first.stderr)
    expect(idsIn(await suite.report(), 'as assumed')).to.deep.equal(Object.keys(assumptions))
  })

  it('writes a report that can be shared', async () => {
    const report = await suite.report()
    expect(first.stdout).to.match(new RegExp(`^${join(suite.folder, 'pc-ctl-live', 'live-report.md')}\n`))
    expect(report).not.to.contain(suite.sandbox.accountId)
    expect(report).not.to.match(/\bt=\d{10}_/)
    for (const secret of [suite.sandbox.secretAccessKey, suite.sandbox.credentials.secretAccessKey]) {
      expect(report + first.stdout + first.stderr).not.to.contain(secret)
    }
    expect(first.stdout + first.stderr).not.to.match(/cloudfront_secret'\] = '(?!\*)/)
  })

  it('makes nothing anew when it is run again', async () => {
    suite.changes()
    const again = await suite.run(['--yes'])
    expect(again.code, again.stderr).to.equal(0)
    expect(again.stderr).to.match(/^Goes on with the installation pc-ctl-live/)
    const made = /:(?:CreateRole|CreateKey|CreateAlias|CreateBucket|CreateCachePolicy|CreateOriginAccessControl)$/
    expect(suite.changes().filter((call) => made.test(call))).to.deep.equal([])
    expect(idsIn(await suite.report(), 'not seen')).to.deep.equal(['A14', 'A15'])
    expect(idsIn(await suite.report(), '**differs**')).to.deep.equal([])
  })

  it('prints the commands that remove what remains', async function () {
    if (spawnSync('aws', ['--version']).status !== 0) this.skip()
    const bin = join(suite.folder, 'bin')
    await mkdir(bin)
    // Debian's `aws` knows no AWS_ENDPOINT_URL.
    const real = spawnSync('sh', ['-c', 'command -v aws'], { encoding: 'utf8' }).stdout.trim()
    await writeFile(join(bin, 'aws'), `#!/bin/sh\nexec '${real}' --endpoint-url "$AWS_ENDPOINT_URL" "$@"\n`)
    await chmod(join(bin, 'aws'), 0o755)
    const commands = [...first.stdout.matchAll(/^```sh\n([^]*?)^```/gm)].map(([, block = '']) => block)
    expect(commands.length).to.equal(8)
    // The sandbox is in this process: whoever waits for the commands must let it answer.
    const child = spawn('sh', ['-euc', commands.join('')], {
      cwd: root,
      stdio: ['ignore', 'ignore', 'pipe'],
      env: {
        ...suite.sandbox.environment,
        PATH: [bin, dirname(process.execPath), process.env['PATH']].join(':'),
        HOME: suite.folder,
      },
    })
    const closed = new Promise((done) => child.once('close', done))
    const [stderr, status] = await Promise.all([text(child.stderr), closed])
    expect(status, stderr).to.equal(0)
    const after = await suite.run([])
    expect(after.stderr).to.match(/^Makes the installation/)
    const deleted = suite.changes().filter((call) => /:(?:Delete|ScheduleKey)/.test(call))
    expect(deleted).to.include.members([
      'cloudfront:DeleteDistribution',
      'cloudfront:DeleteCachePolicy',
      'cloudfront:DeleteCloudFrontOriginAccessIdentity',
      'lambda:DeleteFunction',
      'iam:DeleteRolePolicy',
      'iam:DeleteRole',
      'kms:ScheduleKeyDeletion',
      's3:DeleteBucket',
    ])
  })
})

describe('test:live on an AWS that is another than was thought', function () {
  this.timeout(600_000)

  it('reports what differs, goes on, and ends with 6', async () => {
    const suite = await startSuite({
      // A 404 stays, and another text for an ETag that is outdated; the runbook makes no update before.
      timing: { error: 6_000 },
      faults: ['cloudfront:UpdateDistribution:1:code=StaleVersion,status=412,message=Somebody was faster.'],
    })
    try {
      const { code, stderr } = await suite.run(['--yes'])
      expect(code, stderr).to.equal(6)
      const report = await suite.report()
      expect(idsIn(report, '**differs**')).to.deep.equal(['A9', 'A25'])
      expect(report).to.contain('StaleVersion: Somebody was faster.')
      expect(report).to.match(/\| A25 .*\| 200 [5-9](?:\.\d)? s after it was published/)
      expect(stderr).to.match(/Not as assumed\n.*A9 [^]*A25 /)
    } finally {
      await suite.close()
    }
  })
})

describe('test:live, killed', function () {
  this.timeout(600_000)

  it('goes on from wherever that was', async () => {
    const suite = await startSuite()
    try {
      // Before the tag of a bucket, within the runbook, within the rotation, and within the walk of s3cmd's page.
      const places = [
        's3:CreateBucket',
        'kms:CreateKey',
        'cloudfront:CreateDistributionWithTags',
        'lambda:UpdateFunctionCode',
        'cloudfront:DeleteDistribution',
      ]
      for (const place of places) {
        const killed = new AbortController()
        const stop = suite.sandbox.onCall(async ({ service, operation }, phase) => {
          if (phase === 'after' && `${service}:${operation}` === place) killed.abort()
          return undefined
        })
        expect((await suite.run(['--yes'], killed.signal)).code, place).to.equal(137)
        stop()
      }
      const { code, stderr } = await suite.run(['--yes'])
      expect(code, stderr).to.equal(0)
      expect(idsIn(await suite.report(), '**differs**')).to.deep.equal([])
      const names = suite.sandbox.calls
        .list(({ operation, status }) => operation === 'CreateBucket' && status === 200)
        .map(({ resource }) => resource)
      expect(names).to.have.length(new Set(names).size)
    } finally {
      await suite.close()
    }
  })
})
