import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'

import {
  CreateAliasCommand,
  DisableKeyCommand,
  PutKeyPolicyCommand,
  ScheduleKeyDeletionCommand,
} from '@aws-sdk/client-kms'
import { expect } from 'chai'

import type { PolicyStatement } from '../../src/aws/policy.ts'
import {
  download,
  encryptBucket,
  encryptWith,
  expectServed,
  keyPolicyOf,
  keyPolicyText,
  kmsOf,
} from '../support/encrypted-bucket.ts'
import { inTurn, type Installation, objectKey, withInstallation, wordsOf } from '../support/installation.ts'

const repairsIn = (text: string): string[][] =>
  [...text.matchAll(/^ *repair: (.*)$/gm)].map(([, line = '']) => wordsOf(line))

/** Adds a statement to the policy of a key, as somebody else would. */
async function addStatement(place: Installation, KeyId: string, statement: PolicyStatement): Promise<void> {
  const policy = await keyPolicyOf(place, KeyId)
  const Policy = JSON.stringify({ ...policy, Statement: [...policy.Statement, statement] })
  await (await kmsOf(place)).send(new PutKeyPolicyCommand({ KeyId, PolicyName: 'default', Policy }))
}

const forCloudFront = { Principal: { Service: 'cloudfront.amazonaws.com' }, Action: 'kms:Decrypt', Resource: '*' }

async function expectDrift(place: Installation, why: RegExp): Promise<void> {
  const { stdout, stderr, code } = await place.run(['status', '--exit-code'])
  expect(code, stderr).to.equal(6)
  expect(stdout)
    .to.match(/drift +KMS key policy/)
    .and.to.match(why)
  expect(repairsIn(stdout)).to.deep.equal([])
}

describe('a bucket that is encrypted with a KMS key of the operator’s own', function () {
  this.timeout(60_000)

  it('is not served until the policy of its key is changed, which is shown, told, and only done when it is asked for', () =>
    withInstallation({}, async (place) => {
      const key = await encryptBucket(place)
      const before = await keyPolicyText(place, key)
      const next = await place.bootstrap()
      const plan = await place.succeed([...next, '--dry-run'])
      expect(plan).to.match(new RegExp(`^~ KMS key policy ${key}: update, only with --kms-key-policy$`, 'm'))
      const { stdout: lines, stderr } = await place.run(next)
      await place.paste(lines)
      expect(await keyPolicyText(place, key)).to.equal(before)
      expect((await download(place)).status).to.equal(403)

      const { stdout, code } = await place.run(['status', '--exit-code'])
      expect(code).to.equal(6)
      const [repair = []] = repairsIn(stdout)
      expect(repair).to.deep.equal([...next, '--kms-key-policy'])
      expect(stderr).to.include(`\`pc-ctl ${repair.join(' ')}\`, which asks first`)
      const examined = await place.run(['doctor', '--key', objectKey])
      expect(examined.stdout).to.include(`encrypted with the KMS key ${key}, which CloudFront may not use`)
      expect(examined.stdout).to.include(`pc-ctl ${repair.join(' ')}`)
      const asked = await place.run(repair)
      expect([asked.code, asked.stdout]).to.deep.equal([2, ''])
      expect(asked.stderr).to.match(/Change the policy of the KMS key .*--yes/s)
      expect(await place.changes(() => place.succeed([...repair, '--yes']))).to.deep.equal(['kms:PutKeyPolicy'])
      await expectServed(place)
      const after = await keyPolicyText(place, key)
      expect(after.startsWith(before.slice(0, before.lastIndexOf('}\n  ]') + 1)), after).to.equal(true)
      const kept = join(place.folder, 'state/pc-ctl/key-policies')
      const copies = await Promise.all((await readdir(kept)).map((file) => readFile(join(kept, file), 'utf8')))
      expect(copies).to.deep.equal([before])
      expect((await place.run(['status', '--exit-code'])).code).to.equal(0)
      for (const words of [repair, next]) expect(await place.changes(() => place.succeed(words))).to.deep.equal([])
    }))

  it('is served at once where that was asked for, whatever the bucket calls its key, with DSSE-KMS too', async () => {
    const naming = async (place: Installation, arn: string): Promise<string> => {
      await (await kmsOf(place)).send(new CreateAliasCommand({ AliasName: 'alias/packages', TargetKeyId: arn }))
      return 'alias/packages'
    }
    const names = [(_place: Installation, arn: string) => arn.split('/')[1] ?? '', naming]
    await inTurn(names, (named) =>
      withInstallation({}, async (place) => {
        const key = await encryptBucket(place, { named: (arn) => named(place, arn), algorithm: 'aws:kms:dsse' })
        await place.connect('--kms-key-policy', '--yes')
        await expectServed(place)
        expect((await keyPolicyOf(place, key)).Statement).to.have.lengthOf(2)
        expect((await place.run(['status', '--exit-code'])).code).to.equal(0)
      }),
    )
  })

  it('goes by a statement of somebody else’s, and puts back its own where that was changed', () =>
    withInstallation({}, async (place) => {
      const key = await encryptBucket(place)
      const { next } = await place.connect()
      const { Statement } = await keyPolicyOf(place, key)
      expect(Statement).to.have.lengthOf(1)
      const Condition = { StringLike: { 'aws:SourceArn': 'arn:aws:cloudfront::111122223333:distribution/*' } }
      await addStatement(place, key, { Sid: 'Theirs', Effect: 'Allow', ...forCloudFront, Condition })
      await expectServed(place)
      expect(await place.changes(() => place.succeed([...next, '--kms-key-policy']))).to.deep.equal([])

      const plain = { ...(await keyPolicyOf(place, key)), Statement }
      const kms = await kmsOf(place)
      await kms.send(new PutKeyPolicyCommand({ KeyId: key, PolicyName: 'default', Policy: JSON.stringify(plain) }))
      await place.succeed([...next, '--kms-key-policy', '--yes'])
      const [, ours] = (await keyPolicyOf(place, key)).Statement
      const changed = { ...plain, Statement: [{ ...ours, Action: 'kms:*' }, ...Statement] }
      await kms.send(new PutKeyPolicyCommand({ KeyId: key, PolicyName: 'default', Policy: JSON.stringify(changed) }))
      expect((await place.run(['status'])).stdout).to.match(/drift +KMS key policy/)
      await place.succeed([...next, '--kms-key-policy', '--yes'])
      expect((await keyPolicyOf(place, key)).Statement).to.deep.equal([ours, ...Statement])
    }))

  it('tells of a statement that denies, and of objects that have another key', () =>
    withInstallation({}, async (place) => {
      const old = await encryptBucket(place)
      const key = await encryptBucket(place)
      await encryptWith(place.clients, old)
      await place.put(objectKey.replace('hello', 'another'), 'with the old one')
      await encryptWith(place.clients, key)
      const { next } = await place.connect('--kms-key-policy', '--yes')
      await addStatement(place, key, { Sid: 'Nobody', Effect: 'Deny', ...forCloudFront })
      expect((await download(place)).status).to.equal(403)
      await expectDrift(place, /the statement Nobody .* denies CloudFront kms:Decrypt/)
      await expectDrift(place, new RegExp(`objects such as \\S*another\\S* are encrypted with ${old}`))
      const { stderr } = await place.run(next)
      expect(stderr).to.include('Nobody').and.include(old).and.include('"kms:Decrypt"')
    }))
})

describe('a bucket whose KMS key CloudFront can’t be let use', function () {
  this.timeout(60_000)

  it('is refused where the key is AWS’s own and nothing is served yet, else told of', () =>
    withInstallation({}, async (place) => {
      const next = await place.bootstrap()
      await encryptWith(place.clients, undefined)
      const calls = await place.changes(async () => {
        const { code, stdout, stderr } = await place.run(next)
        expect([code, stdout]).to.deep.equal([4, ''])
        expect(stderr).to.include('alias/aws/s3').and.include('aws kms create-key').and.include('put-bucket-encryption')
      })
      expect(calls).to.deep.equal([])
      const key = await encryptBucket(place)
      await place.paste(await place.succeed([...next, '--kms-key-policy', '--yes']))
      await encryptWith(place.clients, 'alias/aws/s3')
      await expectDrift(place, /a key that AWS manages/)
      const { code, stderr } = await place.run(next)
      expect([code, stderr.includes('aws kms create-key')]).to.deep.equal([0, true])
      // What was encrypted before goes on to be served.
      await expectServed(place)
      expect((await keyPolicyOf(place, key)).Statement).to.have.lengthOf(2)
    }))

  it('is not refused where the key is another account’s, which has to be told what to add', () =>
    withInstallation({}, async (place) => {
      const next = await place.bootstrap()
      const key = 'arn:aws:kms:eu-central-1:999988887777:key/1a2b3c4d-5e6f-4a7b-8c9d-000000000001'
      await encryptWith(place.clients, key)
      const refused = await place.run([...next, '--kms-key-policy'])
      expect(refused.code).to.equal(4)
      expect(refused.stderr).to.include('belongs to the account 999988887777').and.include('without --kms-key-policy')
      const { code, stderr } = await place.run(next)
      expect(code).to.equal(0)
      expect(stderr).to.match(
        /Warning: .*999988887777.*another account.*"AWS:SourceArn":"arn:aws:cloudfront::\d+:distribution\/E/,
      )
      const calls = place.sandbox.calls.list(({ service }) => service === 'kms')
      expect(calls.filter(({ operation }) => /KeyPolicy/.test(operation))).to.deep.equal([])
      expect((await place.run(['status', '--exit-code'])).stdout).to.include('another account')
    }))

  const broken: readonly (readonly [
    what: string,
    spoil: (place: Installation, key: string) => Promise<unknown>,
    todo: RegExp,
  ])[] = [
    [
      'Disabled',
      async (place, KeyId) => (await kmsOf(place)).send(new DisableKeyCommand({ KeyId })),
      /aws kms enable-key --region eu-central-1/,
    ],
    [
      'PendingDeletion',
      async (place, KeyId) => (await kmsOf(place)).send(new ScheduleKeyDeletionCommand({ KeyId })),
      /aws kms cancel-key-deletion --region eu-central-1/,
    ],
    [
      'no such key',
      async ({ clients }) =>
        encryptWith(clients, 'arn:aws:kms:eu-central-1:111122223333:key/1a2b3c4d-5e6f-4a7b-8c9d-000000000009'),
      /put-bucket-encryption/,
    ],
  ]
  for (const [what, spoil, todo] of broken) {
    it(`is told of where the key is not there or can’t be used: ${what}`, () =>
      withInstallation({}, async (place) => {
        const key = await encryptBucket(place)
        const { next } = await place.connect('--kms-key-policy', '--yes')
        await spoil(place, key)
        await expectDrift(place, new RegExp(what))
        const { code, stderr } = await place.run(next)
        expect(code, stderr).to.equal(0)
        expect(stderr).to.match(todo)
        expect((await place.run([...next, '--kms-key-policy'])).code).to.equal(4)
      }))
  }

  it('is no reason to stop where looking at the key is denied, unless its policy is to be written', () =>
    withInstallation({}, async (place) => {
      const key = await encryptBucket(place)
      const next = await place.bootstrap()
      const what = { kind: 'error', code: 'AccessDeniedException', status: 400 } as const
      place.sandbox.faults.add({ service: 'kms', operation: 'GetKeyPolicy', what })
      const denied = await place.run([...next, '--kms-key-policy', '--yes'])
      expect(denied.code, denied.stderr).to.equal(5)
      expect(denied.stderr).to.include('kms:GetKeyPolicy')
      place.sandbox.faults.clear()
      place.sandbox.faults.add({ service: 'kms', operation: 'GetKeyPolicy', what })
      const { code, stderr } = await place.run(next)
      expect(code, stderr).to.equal(0)
      expect(stderr).to.match(/Warning: whether the policy of the KMS key .* was not checked/)
      expect(stderr).to.include(key).and.include('"kms:Decrypt"')
      expect((await place.run(['status'])).stdout).to.include('was not checked')
    }))
})
