import { setTimeout as sleep } from 'node:timers/promises'

import { PutBucketEncryptionCommand } from '@aws-sdk/client-s3'
import { expect } from 'chai'

import { endState } from '../support/end-state.ts'
import { bucket, type Installation, objectBody, objectKey, withInstallation, wordsOf } from '../support/installation.ts'

/** Status of a bucket that no identity can read, before there is a control. */
async function expectControlMissing(place: Installation, next: readonly string[]): Promise<void> {
  const { stdout, stderr, code } = await place.run(['status', '--exit-code'])
  expect(code, stderr).to.equal(6)
  expect(stdout)
    .to.match(/^✖ missing +origin access control/m)
    .and.to.match(/^CloudFront reads as +origin access control$/m)
  expect(stdout).not.to.include('origin access identity')
  const repairs = [...stdout.matchAll(/^ *repair: (.*)$/gm)].map(([, line = '']) => wordsOf(line))
  expect(repairs).not.to.deep.equal([])
  for (const words of repairs) expect(words).to.deep.equal(next)
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

  it('refuses an identity for a bucket that is encrypted with KMS, and bootstrap prints the flag', () =>
    withInstallation({}, async (place) => {
      await place.clients.s3.send(
        new PutBucketEncryptionCommand({
          Bucket: bucket,
          ServerSideEncryptionConfiguration: {
            Rules: [{ ApplyServerSideEncryptionByDefault: { SSEAlgorithm: 'aws:kms' } }],
          },
        }),
      )
      const next = await place.bootstrap()
      expect(next.slice(2)).to.deep.equal(['--origin-access', 'oac'])
      await expectControlMissing(place, next)
      const calls = await place.changes(async () => {
        const { stderr, stdout, code } = await place.run(next.slice(0, 2))
        expect([stdout, code], stderr).to.deep.equal(['', 4])
        expect(stderr).to.include('encrypted with KMS').and.include('--origin-access oac')
      })
      expect(calls).to.deep.equal([])
      const { stderr, code } = await place.run(next)
      expect(code).to.equal(0)
      expect(stderr).to.include('AllowCloudFrontServicePrincipalDecrypt')
    }))

  it('refuses an identity in a region that CloudFront has none for', () =>
    withInstallation({ region: 'ap-east-1' }, async (place) => {
      const next = await place.bootstrap()
      expect(next.slice(2)).to.deep.equal(['--origin-access', 'oac'])
      await expectControlMissing(place, next)
      const calls = await place.changes(async () => {
        const { stderr, code } = await place.run([...next.slice(0, 2), '--origin-access', 'oai'])
        expect(code).to.equal(4)
        expect(stderr).to.include('ap-east-1').and.include('--origin-access oac')
      })
      expect(calls).to.deep.equal([])
      await place.paste(await place.succeed(next))
      const answer = await fetch((await place.succeed(['sign-url', objectKey])).trim())
      expect([answer.status, await answer.text()]).to.deep.equal([200, objectBody])
    }))
})
