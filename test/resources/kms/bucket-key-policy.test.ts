import { mkdtemp, readdir, rm, stat } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

import { expect } from 'chai'
import * as fc from 'fast-check'

import type { Aws } from '../../../src/aws/connect.ts'
import { namesOf } from '../../../src/aws/names.ts'
import { parseDocument, type PolicyStatement } from '../../../src/aws/policy.ts'
import type { BucketKey } from '../../../src/resources/kms/bucket-key.ts'
import {
  bucketKeyPolicy,
  type BucketKeyPolicyWant,
  decideBucketKeyPolicy,
  keyStatement,
} from '../../../src/resources/kms/bucket-key-policy.ts'
import { bucket } from '../cloudfront/distribution-configs.ts'

const arn = 'arn:aws:kms:eu-central-1:123456789012:key/1a2b3c4d-5e6f-4a7b-8c9d-000000000001'
const want: BucketKeyPolicyWant = {
  names: namesOf('packagecloud'),
  accountId: '123456789012',
  bucket: { ...bucket, encryption: 'aws:kms', kmsKey: arn },
  distributionArn: 'arn:aws:cloudfront::123456789012:distribution/E1',
  write: true,
  isNew: false,
  backups: '/dev/null/nowhere',
}
const root: PolicyStatement = { Effect: 'Allow', Principal: { AWS: '123456789012' }, Action: 'kms:*', Resource: '*' }
const keyWith = (...Statement: PolicyStatement[]): BucketKey => {
  const text = JSON.stringify({ Version: '2012-10-17', Statement })
  return { arn, state: 'Enabled', text, document: parseDocument(text) }
}
const allow = (more: Partial<PolicyStatement> = {}): PolicyStatement => ({
  ...keyStatement(want),
  Sid: 'Theirs',
  ...more,
})

describe('decideBucketKeyPolicy', () => {
  it('adds one statement, that decrypts for one distribution, and asks', () => {
    const decision = decideBucketKeyPolicy(want, keyWith(root))
    expect(decision).to.include({ do: 'update' })
    expect(decision.ask).to.include(arn)
    expect(decision.after.document.Statement).to.deep.equal([
      root,
      {
        Sid: 'PackagecloudEnterprisePackagecloudOacDecryptE1',
        Effect: 'Allow',
        Principal: { Service: 'cloudfront.amazonaws.com' },
        Action: 'kms:Decrypt',
        Resource: '*',
        Condition: { StringEquals: { 'AWS:SourceArn': want.distributionArn } },
      },
    ])
    expect(decideBucketKeyPolicy(want, decision.after)).to.include({ do: 'keep' })
  })

  it('without the flag asks nothing, and says which flag and what to paste', () => {
    const decision = decideBucketKeyPolicy({ ...want, write: false }, keyWith(root))
    expect(decision).to.include({ do: 'update', needsFlag: '--kms-key-policy' })
    expect(decision.ask).to.equal(undefined)
    expect(decision.hint?.join(' ')).to.include(JSON.stringify(keyStatement(want)))
  })

  it('goes by any statement that lets CloudFront decrypt for this distribution, and by no other', () => {
    const enough = [
      allow(),
      allow({ Action: ['kms:Encrypt', 'kms:Decrypt', 'kms:GenerateDataKey*'] }),
      allow({
        Action: 'kms:*',
        Condition: { StringLike: { 'aws:sourcearn': 'arn:aws:cloudfront::*:distribution/*' } },
      }),
      allow({ Condition: { StringEquals: { 'aws:SourceAccount': '123456789012' } } }),
      allow({ Principal: { Service: ['logs.amazonaws.com', 'cloudfront.amazonaws.com'] }, Condition: undefined }),
    ]
    for (const one of enough)
      expect(decideBucketKeyPolicy(want, keyWith(root, one)).do, JSON.stringify(one)).to.equal('keep')
    const others = [
      allow({ Effect: 'Deny' }),
      allow({ Action: 'kms:Encrypt' }),
      allow({ Principal: { Service: 'logs.amazonaws.com' } }),
      allow({ Condition: { StringEquals: { 'AWS:SourceArn': `${want.distributionArn}2` } } }),
      allow({ Condition: { StringEquals: { 'kms:ViaService': 's3.eu-central-1.amazonaws.com' } } }),
      root,
    ]
    for (const one of others) {
      expect(decideBucketKeyPolicy(want, keyWith(root, one)).do, JSON.stringify(one)).to.equal('update')
    }
  })

  it('puts back its own statement where it was changed, whoever else lets CloudFront in', () => {
    const changed = { ...keyStatement(want), Action: 'kms:*' }
    const decision = decideBucketKeyPolicy(want, keyWith(changed, root, allow()))
    expect(decision.because).to.deep.equal(['Statement.PackagecloudEnterprisePackagecloudOacDecryptE1 differs'])
    expect(decision.after.document.Statement).to.deep.equal([keyStatement(want), root, allow()])
  })

  it('gives each distribution and each installation a statement of its own', () => {
    const sids = ['a', 'a-oac', 'a-oac-decrypt', 'a-oac-decrypt-e1', 'ab'].flatMap((installation) =>
      ['E1', 'E2'].map(
        (id) =>
          keyStatement({ names: namesOf(installation), distributionArn: `arn:aws:cloudfront::1:distribution/${id}` })
            .Sid,
      ),
    )
    expect(new Set(sids).size).to.equal(sids.length)
  })

  it('keeps to KMS’s limit, without white space where it must', () => {
    const statement = (size: number): PolicyStatement => ({ ...root, Sid: 'x'.repeat(size) })
    const pretty = (size: number): BucketKey => {
      const text = JSON.stringify({ Statement: [statement(size)] }, undefined, 2)
      return { arn, state: 'Enabled', text, document: parseDocument(text) }
    }
    expect(decideBucketKeyPolicy(want, pretty(32_100)).do).to.equal('update')
    expect(decideBucketKeyPolicy(want, pretty(32_700))).to.include({ do: 'refuse' })
    expect(decideBucketKeyPolicy({ ...want, write: false }, pretty(32_700))).to.include({ do: 'keep' })
  })

  it('decides whatever the policy is like', () => {
    fc.assert(
      fc.property(fc.array(fc.dictionary(fc.string(), fc.jsonValue())), fc.boolean(), (statements, write) => {
        const live = keyWith(...(statements as unknown as PolicyStatement[]))
        const { after } = decideBucketKeyPolicy({ ...want, write }, live)
        expect(after.document.Statement.slice(0, statements.length)).to.deep.equal(live.document.Statement)
      }),
    )
  })
})

describe('bucketKeyPolicy', () => {
  const talk = { tell: () => undefined, signal: new AbortController().signal }

  /** KMS's side of it: shows the policies in turn, the last one for ever, until one is put. */
  function bench(...shown: string[]): {
    aws: Aws
    put: { Policy?: string; BypassPolicyLockoutSafetyCheck?: boolean }[]
  } {
    const put: { Policy?: string }[] = []
    let looks = 0
    const send = async (command: { constructor: { name: string }; input: { Policy?: string } }): Promise<unknown> => {
      switch (command.constructor.name) {
        case 'DescribeKeyCommand':
          return { KeyMetadata: { Arn: arn, KeyState: 'Enabled', KeyManager: 'CUSTOMER' } }
        case 'GetKeyPolicyCommand':
          return { Policy: put.at(-1)?.Policy ?? shown[Math.min(looks++, shown.length - 1)] }
        default:
          put.push(command.input)
          return {}
      }
    }
    return { put, aws: { client: () => ({ send }), close: () => undefined } as unknown as Aws }
  }
  const failure = (call: Promise<unknown>): Promise<unknown> =>
    call.then(
      () => undefined,
      (error: unknown) => error,
    )

  it('writes nothing over a policy that is not the one it has seen', async () => {
    const live = keyWith(root)
    const { aws, put } = bench(keyWith(root, allow({ Sid: 'Newcomer', Action: 'kms:Encrypt' })).text)
    expect(await failure(bucketKeyPolicy(aws).apply(want, live, talk))).to.have.property(
      'name',
      'ConcurrentModification',
    )
    expect(put).to.deep.equal([])
  })

  it('writes it once, with KMS’s check, and is content where somebody else was faster', async () => {
    const live = keyWith(root)
    const { aws, put } = bench(live.text)
    await bucketKeyPolicy(aws).apply(want, live, talk)
    expect(put.map(({ BypassPolicyLockoutSafetyCheck: bypass }) => bypass)).to.deep.equal([undefined])
    const other = bench(keyWith(root, keyStatement(want)).text)
    await bucketKeyPolicy(other.aws).apply(want, live, talk)
    expect(other.put).to.deep.equal([])
  })

  it('notices that somebody else has written right after', async () => {
    const live = keyWith(root)
    const { aws, put } = bench(live.text)
    const forgetful = {
      ...aws,
      client: () => ({
        send: async (command: { constructor: { name: string }; input: object }) => {
          const { send } = (aws as unknown as { client: () => { send: (one: object) => Promise<object> } }).client()
          const answer = await send(command)
          return command.constructor.name === 'GetKeyPolicyCommand' ? { Policy: live.text } : answer
        },
      }),
    } as unknown as Aws
    const error = await failure(bucketKeyPolicy(forgetful).apply(want, live, talk))
    expect(error).to.have.property('name', 'ConcurrentModification')
    expect(put).to.have.length(1)
  })

  it('keeps the policy as it was in a file of the owner’s alone, or says that it could not', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'policies-'))
    try {
      const live = keyWith(root)
      const kept = join(folder, 'kept')
      await bucketKeyPolicy(bench(live.text).aws).apply({ ...want, backups: kept }, live, talk)
      const [file = ''] = await readdir(kept)
      expect((await stat(join(kept, file))).mode & 0o777).to.equal(0o600)
      const told: string[] = []
      const loud = { ...talk, tell: (text: string) => told.push(text) }
      await bucketKeyPolicy(bench(live.text).aws).apply({ ...want, backups: '/dev/null/x' }, live, loud)
      expect(told.join()).to.include('could not be kept')
    } finally {
      await rm(folder, { recursive: true })
    }
  })
})
