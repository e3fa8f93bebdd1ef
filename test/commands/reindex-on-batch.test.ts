import { CreateRoleCommand } from '@aws-sdk/client-iam'
import { GetObjectCommand, ListObjectsV2Command, PutObjectCommand } from '@aws-sdk/client-s3'
import { expect } from 'chai'

import type { Fault } from '../../src/sandbox/host/faults.ts'
import { jobsAtOnce, jobsTrust } from '../support/batch-jobs.ts'
import { aws, boto, hasAws, hasBoto } from '../support/aws-and-boto.ts'
import { bucket, type Installation, shellWords, withInstallation } from '../support/installation.ts'

const words = ['reindex-everything', '--attributes-only']
const batch = [...words, '--run-on', 'batch']
const options = { timing: jobsAtOnce }

describe('pc-ctl reindex-everything --run-on batch, before anything is written', function () {
  this.timeout(60_000)

  for (const flags of [
    ['--run-on', 'batch', '--attributes-only'],
    ['--checksums', 'batch'],
  ]) {
    it(`is refused with ${flags.join(' ')} where nobody is there to agree`, () =>
      withInstallation(options, async (place) => {
        const run = place.run(['reindex-everything', ...flags])
        expect(await place.changes(() => run)).to.deep.equal([])
        const { code, stderr } = await run
        expect(code).to.equal(2)
        expect(stderr.replaceAll(/\s+/g, ' ')).to.contain(
          'This asks before it has S3 Batch Operations begin a job, and there is no terminal. Nothing was changed. ' +
            'Run it with --yes if the answer is yes.',
        )
        // A look asks nothing.
        expect((await place.run(['reindex-everything', ...flags, '--dry-run'])).code).to.equal(0)
      }))
  }

  it('is refused where something is not of pc-ctl, before the work is cut', () =>
    withInstallation(options, async (place) => {
      const { accountId } = place.sandbox
      const RoleName = 'packagecloud_batch_eu-central-1'
      const AssumeRolePolicyDocument = jobsTrust(accountId)
      await place.clients.iam.send(new CreateRoleCommand({ RoleName, AssumeRolePolicyDocument }))
      const run = place.run([...batch, '--yes'])
      // Its lock, which it gives back.
      expect(new Set(await place.changes(() => run))).to.deep.equal(new Set(['s3:PutObject']))
      const { code, stderr } = await run
      expect([code, stderr]).to.deep.equal([4, stderr])
      expect(stderr.replaceAll(/\s+/g, ' ')).to.contain(`IAM role ${RoleName}`).and.contain('nothing was changed')
      const ofBatch = new ListObjectsV2Command({ Bucket: bucket, Prefix: '.pc-ctl/batch/' })
      expect((await place.clients.s3.send(ofBatch)).KeyCount).to.equal(0)
    }))
})

describe('pc-ctl reindex-everything --run-on batch, while its job is at work', function () {
  this.timeout(120_000)
  const objects = 3
  const fill = async (place: Installation): Promise<void> => {
    for (let number = 1; number <= objects; number++) {
      await place.clients.s3.send(
        new PutObjectCommand({ Bucket: bucket, Key: `pool/hello_${number}.deb`, Body: `deb ${number}` }),
      )
    }
  }
  /** Holds the job up, and has AWS answer so when it is asked about it, the first times after the job has begun. */
  const answering = (place: Installation, calls: [number, number], what: Fault['what']): void => {
    place.sandbox.faults.add({ operation: 'CopyObject', what: { kind: 'delay', milliseconds: 1000 } })
    let isAtWork = false
    place.sandbox.onCall((call, phase) => {
      if (isAtWork || phase !== 'before' || call.operation !== 'CopyObject') return undefined
      isAtWork = true
      place.sandbox.faults.add({ operation: 'DescribeJob', calls, what })
      return undefined
    })
  }
  const run = (place: Installation) => place.run([...batch, '--yes', '--objects-per-shard', '1'])

  it('goes on waiting where AWS gives no answer for a while', () =>
    withInstallation(options, async (place) => {
      await fill(place)
      // More than calls are repeated.
      answering(place, [1, 12], { kind: 'error', code: 'InternalError' })
      const { code, stderr } = await run(place)
      expect([code, stderr]).to.deep.equal([0, stderr])
      expect(stderr).to.contain('AWS gives no answer about the job at the moment')
    }))

  it('says that the job goes on where AWS refuses to tell of it', () =>
    withInstallation(options, async (place) => {
      await fill(place)
      answering(place, [1, 1], { kind: 'error', code: 'ExpiredToken' })
      const { code, stderr } = await run(place)
      expect(code).to.equal(3)
      const told = stderr.replaceAll(/\s+/g, ' ')
      expect(told).to.match(/Warning: the job \S+ goes on by itself\. The same command waits for it again,/)
      expect(told).to.contain('The session is over')
      expect((await run(place)).code).to.equal(0)
    }))

  it('is told when it was stopped while S3 reads what the job is to do, and found again by the next run', () =>
    withInstallation(options, async (place) => {
      await fill(place)
      const operator = new AbortController()
      place.sandbox.onCall((call, phase) => {
        if (phase !== 'after') return undefined
        if (call.operation === 'CreateJob') {
          place.sandbox.faults.add({ operation: 'GetObject', calls: 1, what: { kind: 'delay', milliseconds: 2000 } })
        }
        if (call.operation === 'DescribeJob') operator.abort('SIGINT')
        return undefined
      })
      const { code, stderr } = await place.run([...batch, '--yes'], { signal: operator.signal })
      expect([code, stderr]).to.deep.equal([130, stderr])
      const [, id = ''] =
        /The job ([\w-]+) does nothing before it is confirmed/.exec(stderr.replaceAll(/\s+/g, ' ')) ?? []
      place.sandbox.faults.clear()
      const again = await run(place)
      expect([again.code, again.stderr]).to.deep.equal([0, again.stderr])
      expect(again.stderr).to.match(new RegExp(`Look for a job that is under way: ${id} is`))
    }))

  it('is of no more account once AWS has forgotten it, and that is told', () =>
    withInstallation(options, async (place) => {
      await fill(place)
      expect((await run(place)).code).to.equal(0)
      const read = new GetObjectCommand({ Bucket: bucket, Key: '.pc-ctl/lock' })
      const lock = JSON.parse((await (await place.clients.s3.send(read)).Body?.transformToString()) ?? '') as object
      const id = '00000000-0000-4000-8000-000000000000'
      const job = { id, accountId: place.sandbox.accountId, region: 'eu-central-1' }
      const Body = JSON.stringify({ ...lock, job })
      await place.clients.s3.send(new PutObjectCommand({ Bucket: bucket, Key: '.pc-ctl/lock', Body }))
      const { code, stderr } = await run(place)
      expect([code, stderr]).to.deep.equal([0, stderr])
      expect(stderr.replaceAll(/\s+/g, ' ')).to.contain(
        `AWS has forgotten the job ${id}, as it does 90 days after the end. What it had found out was taken in.`,
      )
    }))

  it('is cancelled where too much fails, with the reason', () =>
    withInstallation(options, async (place) => {
      await fill(place)
      place.sandbox.faults.add({ operation: 'CopyObject', what: { kind: 'error', code: 'AccessDenied' } })
      const { code, stderr } = await run(place)
      expect([code, stderr]).to.deep.equal([1, stderr])
      expect(stderr.replaceAll(/\s+/g, ' ')).to.match(
        /The job \S+ (was cancelled|is over): \d of \d shards have failed\. The first: .*AccessDenied/,
      )
      place.sandbox.faults.clear()
      expect((await run(place)).code).to.equal(0)
    }))

  it('begins none once another run holds the lock', () =>
    withInstallation(options, async (place) => {
      await fill(place)
      let isTaken = false
      place.sandbox.onCall(async (call, phase) => {
        if (isTaken || phase !== 'after' || call.operation !== 'PublishVersion') return undefined
        isTaken = true
        const Body = JSON.stringify({ run: 'x', owner: 'somebody', released: false })
        await place.clients.s3.send(new PutObjectCommand({ Bucket: bucket, Key: '.pc-ctl/lock', Body }))
        return undefined
      })
      const { code, stderr } = await run(place)
      expect(code).to.equal(4)
      expect(stderr.replaceAll(/\s+/g, ' ')).to.contain('Another run has taken over the lock of this bucket')
      expect(place.sandbox.calls.list().some(({ operation }) => operation === 'CreateJob')).to.equal(false)
      expect(isTaken).to.equal(true)
    }))
})

describe('pc-ctl reindex-everything --run-on batch, denied and cancelled', function () {
  this.timeout(180_000)

  it('tells what is denied, and what ends a job, which the AWS command line and boto3 do', async function () {
    if (!hasAws || !hasBoto) this.skip()
    await withInstallation(options, async (place) => {
      const { sandbox, env } = place
      const deniable = [
        's3control:ListJobs',
        'lambda:CreateFunction',
        's3control:CreateJob',
        's3control:UpdateJobStatus',
      ]
      for (const call of deniable) {
        sandbox.faults.add(`${call}:1:code=AccessDenied,status=403,message=no`)
        const { code, stderr } = await place.run([...batch, '--yes'])
        const action = call.replace('s3control', 's3')
        expect([code, stderr], call).to.deep.equal([5, stderr])
        expect(stderr, `${call}\n${stderr}`).to.contain(`AWS denied ${action}`).and.contain(`"Action":"${action}"`)
        sandbox.faults.clear()
      }
      // The job waits to be confirmed.
      const { code, stderr } = await place.run(words)
      expect([code, stderr]).to.deep.equal([4, stderr])
      const said = stderr.replaceAll(/\s+/g, ' ')
      const [, id = '', cancel = ''] = /The job ([\w-]+) of S3 .* To end it: `aws ([^`]+)`/.exec(said) ?? []
      // Both put the account before the host, where there is none: they take the sandbox for their proxy.
      const at = { env: { ...env, ...sandbox.environment, HTTP_PROXY: sandbox.endpoint }, cwd: place.folder }
      expect((await aws(at, ...shellWords(cancel))).stdout).to.match(/"Status": "Cancell(ed|ing)"/)
      const script = [
        'import sys',
        'jobs = boto3.client("s3control", region_name=sys.argv[1])',
        'print(jobs.describe_job(AccountId=sys.argv[2], JobId=sys.argv[3])["Job"]["Status"])',
      ]
      const described = await boto(at, script.join('\n'), 'eu-central-1', sandbox.accountId, id)
      expect(described.stdout.trim()).to.equal('Cancelled')
      const again = await place.run([...batch, '--yes'])
      expect([again.code, again.stderr]).to.deep.equal([0, again.stderr])
      expect(again.stderr.replaceAll(/\s+/g, ' ')).to.contain(`the job ${id} is over meanwhile, Cancelled`)
      expect((await place.run([...words, '--dry-run', '--exit-code'])).code).to.equal(0)
    })
  })
})
