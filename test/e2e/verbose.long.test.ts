import { expect } from 'chai'

import { resultOf } from '../support/json-document.ts'
import { deb } from '../repositories/apt/packages-made.ts'
import { bucket, expectPlainTalk, install, type Installation, nameOfCall, secret } from '../support/installation.ts'

/** `aws SERVICE:OPERATION REGION: STATUS…, N attempt(s), N ms, request id ID` */
const traced = /^ *aws (\S+) (\S+): (\d{3})[^,]*, (\d+) attempts?, (\d+) ms, request id (\S+)$/gm

describe('--verbose', function () {
  this.timeout(300_000)
  let place: Installation
  let next: string[]

  before(async () => {
    place = await install()
    next = await place.bootstrap()
    await place.put('apt/dists/stable/Release', 'Suite: stable\nArchitectures: amd64\nComponents: main\n')
    await place.put('apt/dists/stable/main/binary-amd64/Packages', '\n')
    // So many that threads read them.
    for (let number = 0; number < 203; number++) {
      await place.put(`apt/pool/main/p/p${number}_1_amd64.deb`, deb({ fields: { Package: `p${number}` } }))
    }
  })
  after(() => place.close())

  /** Runs a command; answers the calls that AWS has heard of and those that were told, by request id. */
  async function callsOf(args: readonly string[]): Promise<{ heard: string[]; told: string[]; stderr: string }> {
    const last = place.sandbox.calls.list().at(-1)?.number ?? 0
    const { code, stderr } = await place.run([...args, '--verbose'])
    expect(code, stderr).to.equal(0)
    expectPlainTalk(stderr)
    expect(stderr).not.to.include(secret).and.not.to.include(place.sandbox.secretAccessKey)
    const caller = place.sandbox.accountId
    const heard = place.sandbox.calls.list(
      ({ number, caller: by }) => number > last && by === `arn:aws:iam::${caller}:root`,
    )
    return {
      heard: heard
        .map((one) => `${nameOfCall(one).replace(/^tagging:/, 'tag:')} ${one.status ?? 0} ${one.requestId}`)
        .sort(),
      told: [...stderr.matchAll(traced)]
        .map(([, action = '', , status = '', , , id = '']) => `${action} ${status} ${id}`)
        .sort(),
      stderr,
    }
  }

  it('tells every call of AWS that a command makes', async () => {
    const seen = new Set<string>()
    for (const args of [
      next,
      ['status'],
      ['reindex-everything'],
      ['cflist'],
      ['put', place.config, `s3://${bucket}/x`],
    ]) {
      const { heard, told } = await callsOf(args)
      expect(told, args.join(' ')).to.deep.equal(heard)
      expect(heard, args.join(' ')).not.to.be.empty
      for (const call of heard) seen.add(call.split(':')[0] ?? '')
    }
    expect([...seen]).to.include.members(['sts', 'iam', 'kms', 'lambda', 'cloudfront', 's3'])
  })

  it('tells how often a call was tried', async () => {
    place.sandbox.faults.add('cloudfront:ListDistributions:1:throttle')
    place.sandbox.faults.add('s3:ListObjectsV2:1:SlowDown')
    const { stderr } = await callsOf(['cflist']).then(async ({ stderr: first }) => {
      const { stderr: second } = await callsOf(['audit-cache-control'])
      return { stderr: first + second }
    })
    expect(stderr).to.match(/^aws cloudfront:ListDistributions us-east-1: 200, 2 attempts, /m)
    expect(stderr).to.match(/^ *aws s3:ListObjectsV2 eu-central-1: 200, 2 attempts, /m)
  })

  it('without it, an error has its request id, and with it no stack trace', async () => {
    for (const more of [[], ['--verbose']]) {
      place.sandbox.faults.add({
        service: 'cloudfront',
        operation: 'ListDistributions',
        calls: 1,
        what: { kind: 'error', code: 'StrangeFailure', status: 400, message: 'something strange' },
      })
      const { code, stderr } = await place.run(['cflist', ...more])
      expect(code).to.equal(1)
      const { requestId = '' } = place.sandbox.calls.list().at(-1) ?? {}
      expect(stderr).to.include(`request id ${requestId}.`)
      expectPlainTalk(stderr)
      expect(stderr.includes('caused by StrangeFailure: something strange')).to.equal(more.length > 0)
    }
  })

  it('leaves the result alone', async () => {
    const { stdout } = await place.run(['cflist', '--json', '--verbose'])
    expect(resultOf(stdout)).to.have.property('distributions')
  })
})
