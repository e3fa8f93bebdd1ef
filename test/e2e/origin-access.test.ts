import { setTimeout as sleep } from 'node:timers/promises'

import { expect } from 'chai'

import { encryptBucket } from '../support/encrypted-bucket.ts'
import { endState } from '../support/end-state.ts'
import { type Installation, objectBody, objectKey, withInstallation, wordsOf } from '../support/installation.ts'

/** Status of a bucket that no identity can read, before there is a control. */
async function expectControlMissing(place: Installation, next: readonly string[], why: RegExp): Promise<void> {
  const { stdout, stderr, code } = await place.run(['status', '--exit-code'])
  expect(code, stderr).to.equal(6)
  expect(stdout)
    .to.match(/^✖ missing +origin access control/m)
    .and.to.match(/^CloudFront reads as +origin access control$/m)
    .and.to.match(why)
  expect(stdout).not.to.match(/missing +origin access identity/)
  const repairs = [...stdout.matchAll(/^ *repair: (.*)$/gm)].map(([, line = '']) => wordsOf(line))
  expect(repairs).not.to.deep.equal([])
  for (const words of repairs) expect(words).to.deep.equal(next)
}

/** The flag that asks for what can't be is refused before anything is written. */
async function expectIdentityRefused(place: Installation, next: readonly string[], why: RegExp): Promise<void> {
  const calls = await place.changes(async () => {
    const { stderr, stdout, code } = await place.run([...next, '--origin-access', 'oai'])
    expect([stdout, code], stderr).to.deep.equal(['', 4])
    expect(stderr).to.match(why).and.include('without --origin-access oai')
  })
  expect(calls).to.deep.equal([])
}

describe('how CloudFront reads the bucket', function () {
  this.timeout(60_000)

  it('by an origin access control from the beginning', () =>
    withInstallation({}, async (place) => {
      const next = await place.bootstrap()
      const lines = await place.succeed([...next, '--origin-access', 'oac'])
      await place.paste(lines)
      const { counts } = await endState(place.clients)
      expect(counts).to.include({ controls: 1, identities: 0, distributions: 1, statements: 2 })
      const answer = await fetch((await place.succeed(['sign-url', objectKey])).trim())
      expect([answer.status, await answer.text()]).to.deep.equal([200, objectBody])
      // Without the flag it stays as it is.
      expect(await place.changes(() => place.succeed(next))).to.deep.equal([])
    }))

  it('changes over from an identity to a control without one refused request', () =>
    withInstallation({ built: true }, async (place) => {
      const { next, lines } = await place.connect()
      const url = (await place.succeed(['sign-url', objectKey])).trim()
      const statuses: number[] = []
      let over = false
      const ask = async (): Promise<void> => {
        while (!over) {
          statuses.push((await fetch(url)).status)
          await sleep(5)
        }
      }
      const asking = ask()
      const calls = await place.changes(async () => {
        const { stdout, stderr, code } = await place.run([...next, '--origin-access', 'oac'])
        expect([stdout, code], stderr).to.deep.equal([lines, 0])
        expect(stderr).to.match(/Warning: .*PackagecloudEnterprisePackagecloudOaiGetObject/)
      })
      // A little longer, until the edge has certainly taken the change up.
      await sleep(300)
      over = true
      await asking
      expect(calls).to.deep.equal([
        'cloudfront:CreateOriginAccessControl',
        's3:PutBucketPolicy',
        'cloudfront:UpdateDistribution',
      ])
      expect(statuses.length).to.be.greaterThan(20)
      expect(new Set(statuses)).to.deep.equal(new Set([200]))
      expect((await endState(place.clients)).counts).to.include({ statements: 4, distributions: 1 })
    }))

  it('takes a control by itself for a bucket that is encrypted with KMS, and says why', () =>
    withInstallation({}, async (place) => {
      await encryptBucket(place)
      const next = await place.bootstrap()
      expect(next).to.have.lengthOf(2)
      await expectControlMissing(place, [...next, '--kms-key-policy'], /is encrypted with KMS/)
      await expectIdentityRefused(place, next, /is encrypted with KMS/)
      const { stderr, code } = await place.run(next)
      expect(code).to.equal(0)
      expect(stderr)
        .to.match(/reads the bucket: origin access control, for the bucket .* is encrypted with KMS/)
        .and.include('--kms-key-policy')
    }))

  it('takes a control by itself in a region that CloudFront has no identities for, and stays with it', () =>
    withInstallation({ region: 'ap-east-1' }, async (place) => {
      const next = await place.bootstrap()
      expect(next).to.have.lengthOf(2)
      await expectControlMissing(place, next, /no origin access identities for buckets in ap-east-1/)
      await expectIdentityRefused(place, next, /ap-east-1/)
      await place.paste(await place.succeed(next))
      const answer = await fetch((await place.succeed(['sign-url', objectKey])).trim())
      expect([answer.status, await answer.text()]).to.deep.equal([200, objectBody])
      expect(await place.changes(() => place.succeed(next))).to.deep.equal([])
    }))

  it('changes over by itself once the bucket is encrypted with KMS', () =>
    withInstallation({}, async (place) => {
      const { next } = await place.connect()
      await encryptBucket(place)
      const calls = await place.changes(() => place.succeed(next))
      expect(calls).to.deep.equal([
        'cloudfront:CreateOriginAccessControl',
        's3:PutBucketPolicy',
        'cloudfront:UpdateDistribution',
      ])
    }))
})
