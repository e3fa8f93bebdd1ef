import { expect } from 'chai'

import type { Aws } from '../../src/aws/connect.ts'
import { namesOf, tagKey } from '../../src/aws/names.ts'
import type { PolicyDocument } from '../../src/aws/policy.ts'
import { cachePolicy } from '../../src/resources/cloudfront/cache-policy.ts'
import { decideDistribution, type DistributionWant } from '../../src/resources/cloudfront/distribution.ts'
import type { Distribution } from '../../src/resources/cloudfront/find-distribution.ts'
import { blankConfig, withWishes } from '../../src/resources/cloudfront/distribution-config.ts'
import {
  decideEdgeFunction,
  type EdgeFunction,
  type EdgeFunctionWant,
} from '../../src/resources/lambda/edge-function.ts'
import { edgeVersion } from '../../src/resources/lambda/edge-version.ts'
import { decideKey, type Key } from '../../src/resources/kms/key.ts'
import { originAccessControl, originAccessIdentity } from '../../src/resources/origin/origin-access.ts'
import { canonical, change, type Decision } from '../../src/resources/resource.ts'
import { decideRole, type Role } from '../../src/resources/iam/role.ts'
import { rolePolicy, type RolePolicyWant } from '../../src/resources/iam/role-policy.ts'
import type { Tags } from '../../src/resources/tags.ts'
import { wishes } from './cloudfront/distribution-configs.ts'

const names = namesOf('packagecloud')
const want = { names, accountId: '123456789012', adopt: false }
const adopting = { ...want, adopt: true }
const secret = 'c2VjcmV0LXRoYXQtbXVzdC1uZXZlci1iZS1zaG93bi4u'
/** Deciding is pure: it asks nothing of AWS. */
const nobody = { client: () => ({}), close: () => undefined } as unknown as Aws

const fields = ({ changes }: Decision<unknown>): string[] => changes.map(({ field }) => field)
const text = (decision: Decision<unknown>): string => JSON.stringify(decision)

/** A resource with another mark, or none. */
const ownedBy = <Live extends { tags?: Tags }>(ours: Live, owner: string | undefined): Live => ({
  ...ours,
  owner,
  ...(ours.tags && { tags: { team: 'web', ...(owner === undefined ? {} : { [tagKey]: owner }) } }),
})

/** What holds of every resource that has an owner: others' are refused, and taken over only with --adopt and a question. */
function guardsOwnership<Want, Live extends { owner: string | undefined; tags?: Tags }>(
  decide: (want: Want, live: Live | undefined) => Decision<Live>,
  { plain, adopt, ours }: { plain: Want; adopt: Want; ours: Live },
): void {
  it('refuses what is not marked, and says how to take it over', () => {
    const live = ownedBy(ours, undefined)
    const decision = decide(plain, live)
    expect(decision).to.include({ do: 'refuse', after: live })
    expect(decision.because.join()).to.include('exists but was not made for packagecloud')
    expect(decision.hint?.join()).to.include('--adopt')
  })

  it('refuses what belongs to another installation, and names that', () => {
    const decision = decide(plain, ownedBy(ours, 'acme'))
    expect(decision.do).to.equal('refuse')
    expect(decision.because.join()).to.include('belongs to the installation "acme"')
    expect(decision.hint?.join()).to.include('--installation acme')
  })

  it('takes over under --adopt, after asking', () => {
    for (const owner of [undefined, 'acme']) {
      const decision = decide(adopt, ownedBy(ours, owner))
      expect(decision).to.include({ do: 'update' })
      expect(fields(decision)).to.include('Tags.packagecloud:enterprise')
      expect(decision.ask).to.match(/^Take over .*\?$/)
      expect(decision.after.owner).to.equal('packagecloud')
    }
  })

  it('asks nothing about what is ours, also under --adopt', () => {
    const decision = decide(adopt, ours)
    expect(decision.do).to.equal('keep')
    expect(decision).to.not.have.property('ask')
  })

  it('keeps what is as it should be', () => {
    expect(decide(plain, ours)).to.deep.include({ do: 'keep', because: [], changes: [], after: ours })
  })
}

describe('The role', () => {
  const created = decideRole(want, undefined)
  const ours: Role = { ...created.after, arn: 'arn:aws:iam::123456789012:role/auth' }

  guardsOwnership(decideRole, { plain: want, adopt: adopting, ours })

  it('is created for both services, with a stand-in for its ARN', () => {
    expect(created.do).to.equal('create')
    expect(created.after.arn).to.equal('(role ARN, known after apply)')
    expect(text(created)).to.include('edgelambda.amazonaws.com').and.to.include('"lambda.amazonaws.com"')
  })

  it('has its trust policy put back, but not for another order of the same', () => {
    const trusting = (...Service: string[]): Role => ({
      ...ours,
      trust: {
        Version: '2012-10-17',
        Statement: [{ Effect: 'Allow', Principal: { Service }, Action: ['sts:AssumeRole'] }],
      },
    })
    expect(decideRole(want, trusting('edgelambda.amazonaws.com', 'lambda.amazonaws.com')).do).to.equal('keep')
    expect(fields(decideRole(want, trusting('lambda.amazonaws.com')))).to.deep.equal(['AssumeRolePolicyDocument'])
    expect(decideRole(want, { ...ours, trust: undefined }).do).to.equal('update')
  })
})

describe('The key', () => {
  const created = decideKey(want, undefined)
  const ours: Key = {
    arn: 'arn:aws:kms:us-east-1:1:key/1',
    state: 'Enabled',
    description: 'Encrypts the secret that signs package URLs for packagecloud:enterprise',
    hasAlias: true,
    tags: { [tagKey]: 'packagecloud' },
    owner: 'packagecloud',
  }

  guardsOwnership(decideKey, { plain: want, adopt: adopting, ours })

  it('is created with a stand-in for its ARN', () => {
    expect(created).to.include({ do: 'create' })
    expect(created.after.arn).to.equal('(key ARN, known after apply)')
  })

  it('that a run left without alias gets one, and no second key is made', () => {
    const decision = decideKey(want, { ...ours, hasAlias: false })
    expect(decision.do).to.equal('update')
    expect(decision.changes).to.deep.equal([
      { field: 'Alias', before: undefined, after: 'alias/packagecloud_cloudfront_auth' },
    ])
    expect(decision.after).to.deep.equal({ ...ours, rotates: true })
  })

  it('without alias is unfinished and gets rotation too; one with it is left as it is', () => {
    const unfinished = decideKey(want, { ...ours, hasAlias: false, rotates: false })
    expect(fields(unfinished)).to.deep.equal(['Rotation', 'Alias'])
    expect(unfinished.after).to.include({ rotates: true })
    expect(fields(decideKey(want, { ...ours, hasAlias: false, rotates: true }))).to.deep.equal(['Alias'])
    for (const rotates of [true, false]) {
      const finished = { ...ours, rotates }
      expect(decideKey(want, finished)).to.deep.include({ do: 'keep', after: finished })
    }
  })

  it('is refused while it can’t be used, with the commands that repair it', () => {
    const disabled = decideKey(want, { ...ours, state: 'Disabled' })
    expect(disabled.do).to.equal('refuse')
    expect(String(disabled.hint?.[0])).to.equal(`aws kms enable-key --region us-east-1 --key-id ${ours.arn}`)
    const doomed = decideKey(want, { ...ours, state: 'PendingDeletion' })
    expect(String(doomed.hint?.[0])).to.include('aws kms cancel-key-deletion')
    expect(String(doomed.hint?.[1])).to.include('aws kms enable-key')
  })
})

describe('The role policy', () => {
  const wanted = {
    names,
    accountId: '123456789012',
    roleArn: 'arn:aws:iam::123456789012:role/r',
    keyArn: 'arn:aws:kms:us-east-1:1:key/1',
  }
  const decide = (of: RolePolicyWant, live?: PolicyDocument) => rolePolicy(nobody).decide(of, live)

  it('is created, kept, and put back when somebody widened it or the key is another', () => {
    const created = decide(wanted)
    expect(created.do).to.equal('create')
    expect(decide(wanted, created.after).do).to.equal('keep')
    const wide = { Version: '2012-10-17', Statement: [{ Effect: 'Allow', Action: '*', Resource: '*' }] }
    expect(fields(decide(wanted, wide))).to.deep.equal(['PolicyDocument'])
    expect(decide({ ...wanted, keyArn: 'another' }, created.after).do).to.equal('update')
  })

  it('allows decryption with the one key and encryption context only', () => {
    const [decrypt] = decide(wanted).after.Statement
    expect(decrypt).to.deep.include({ Action: 'kms:Decrypt', Resource: wanted.keyArn })
    expect(JSON.stringify(decrypt?.Condition)).to.include('kms:EncryptionContext:packagecloud:enterprise')
  })
})

describe('The edge function', () => {
  const plain: EdgeFunctionWant = {
    ...want,
    roleArn: 'arn:aws:iam::123456789012:role/auth',
    keyArn: 'arn:aws:kms:us-east-1:1:key/1',
    code: new TextEncoder().encode('code'),
    secrets: [secret],
    runtime: 'nodejs22.x',
  }
  const created = decideEdgeFunction(plain, undefined)
  const ours: EdgeFunction = {
    ...created.after,
    arn: 'arn:aws:lambda:us-east-1:123456789012:function:packagecloud_cloudfront_auth',
    revision: 'r1',
    codeSha256: 'deployed',
    sealed: { region: 'us-east-1', keyArn: plain.keyArn, encryptionContext: {}, ciphertexts: ['x'] },
  }

  guardsOwnership(decideEdgeFunction, { plain, adopt: { ...plain, adopt: true }, ours })

  it('is created within the limits of viewer events', () => {
    expect(created.do).to.equal('create')
    expect(created.after.settings).to.deep.equal({
      Runtime: 'nodejs22.x',
      Handler: 'index.handler',
      Role: plain.roleArn,
      MemorySize: 128,
      Timeout: 5,
    })
  })

  it('is updated for another code, secret, number of secrets or key, and its hash then is not known yet', () => {
    const others: [Partial<EdgeFunctionWant>, string][] = [
      [{ code: new TextEncoder().encode('other') }, 'Code'],
      [{ secrets: ['b3RoZXI'], replaceSecret: true }, 'Secrets'],
      [{ secrets: [secret, 'cHJldmlvdXM'] }, 'Secrets'],
      [{ keyArn: 'another' }, 'Key'],
    ]
    for (const [other, field] of others) {
      const decision = decideEdgeFunction({ ...plain, ...other }, ours)
      expect(decision.do).to.equal('update')
      expect(fields(decision)).to.deep.equal([field])
      expect(decision.after.codeSha256).to.equal('(code hash, known after apply)')
    }
  })

  it('tells the current secret from the previous one', () => {
    const two = { ...plain, secrets: [secret, 'cHJldmlvdXM'] }
    const live = { ...ours, fingerprints: decideEdgeFunction(two, undefined).after.fingerprints }
    expect(decideEdgeFunction(two, live).do).to.equal('keep')
    expect(fields(decideEdgeFunction({ ...two, secrets: two.secrets.toReversed() }, live))).to.deep.equal(['Secrets'])
  })

  it('keeps a secret that may not be dropped, such as one that somebody else has published meanwhile', () => {
    const two = { ...plain, secrets: ['b3RoZXI', secret] }
    const [other = '', known = ''] = decideEdgeFunction(two, undefined).after.fingerprints ?? []
    const decide = (mayDrop: string[], fingerprints: string[]) =>
      decideEdgeFunction({ ...plain, mayDrop }, { ...ours, fingerprints })
    expect(decide([], [known]).do).to.equal('keep')
    expect(decide([], [other, known])).to.deep.include({ do: 'refuse', changes: [] })
    expect(decide([other], [other, known]).do).to.equal('update')
    expect(decide([other], ['yet another', known]).do).to.equal('refuse')
  })

  it('refuses to drop the secret that front servers may sign with, unless that is wished', () => {
    const [x = '', y = '', z = ''] =
      decideEdgeFunction({ ...plain, secrets: ['x', 'y', 'z'] }, undefined).after.fingerprints ?? []
    const decide = (secrets: string[], fingerprints: string[], more: Partial<EdgeFunctionWant> = {}) =>
      decideEdgeFunction({ ...plain, secrets, ...more }, { ...ours, fingerprints })
    const cases: [secrets: string[], deployed: string[], what: string][] = [
      [['x'], [x], 'keep'],
      [['x', 'y'], [y], 'update'],
      [['x'], [x, y], 'update'],
      [['y', 'x'], [x, y], 'update'],
      [['x', 'y'], [y, z], 'update'],
      [['x'], [], 'update'],
      [['y'], [x, y], 'refuse'],
      [['y'], [x], 'refuse'],
      [['z', 'y'], [x, y], 'refuse'],
    ]
    for (const [secrets, deployed, what] of cases) {
      const decision = decide(secrets, deployed)
      expect(decision.do, `${secrets.join()} over ${deployed.map((one) => one.slice(0, 4)).join()}`).to.equal(what)
      if (what !== 'refuse') continue
      expect(decision).to.deep.include({ ours: true, changes: [] })
      expect(decision.because[0]).to.include(`its fingerprint is ${x.slice(0, 8)}`)
      expect(fields(decide(secrets, deployed, { replaceSecret: true }))).to.deep.equal(['Secrets'])
      expect(decide(secrets, deployed, { mayDrop: [x] }).do).to.equal('update')
    }
  })

  it('is updated for other settings, with the code as it is', () => {
    const decision = decideEdgeFunction(
      { ...plain, runtime: 'nodejs24.x' },
      { ...ours, settings: { ...ours.settings, MemorySize: 512 } },
    )
    expect(decision.changes).to.deep.equal([
      { field: 'Runtime', before: 'nodejs22.x', after: 'nodejs24.x' },
      { field: 'MemorySize', before: 512, after: 128 },
    ])
    expect(decision.after.codeSha256).to.equal('deployed')
  })

  it('keeps the runtime and the rules that it has, unless others are wished for', () => {
    const nothing = { ...plain, runtime: undefined }
    expect(decideEdgeFunction(nothing, undefined).after).to.deep.include({
      settings: { ...ours.settings, Runtime: 'nodejs24.x' },
      rules: { longestLife: 604_800, sha1: true },
    })
    for (const rules of [{}, { longestLife: 600 }, { longestLife: 600, sha1: false }]) {
      expect(decideEdgeFunction(nothing, { ...ours, rules }).do).to.equal('keep')
    }
    const before = { ...ours, rules: { longestLife: 600, sha1: false } }
    const decision = decideEdgeFunction({ ...nothing, longestLife: 900 }, before)
    expect(decision.changes).to.deep.equal([{ field: 'LongestLife', before: 600, after: 900 }])
    expect(decision.after).to.deep.include({ rules: { longestLife: 900, sha1: false }, settings: ours.settings })
    expect(decision.after.codeSha256).to.equal('(code hash, known after apply)')
    expect(fields(decideEdgeFunction({ ...nothing, sha1: true }, before))).to.deep.equal(['Sha1'])
  })

  it('is not left on a runtime that does not run it', () => {
    const python = { ...ours, settings: { ...ours.settings, Runtime: 'python3.12' } }
    expect(decideEdgeFunction({ ...plain, runtime: undefined }, python).changes).to.deep.equal([
      { field: 'Runtime', before: 'python3.12', after: 'nodejs24.x' },
    ])
  })

  it('is refused without SHA-1 where the front server may need it, but not again once it is off', () => {
    const asked = { ...plain, sha1: false, whySha1: 'it signs with SHA-1' }
    for (const live of [undefined, ours]) {
      expect(decideEdgeFunction(asked, live)).to.deep.include({ do: 'refuse', because: ['it signs with SHA-1'] })
    }
    expect(decideEdgeFunction(asked, { ...ours, rules: { ...ours.rules, sha1: false } }).do).to.equal('keep')
    expect(decideEdgeFunction({ ...asked, whySha1: undefined }, ours).do).to.equal('update')
  })

  it('is updated where the deployed secrets can’t be decrypted any more', () => {
    expect(fields(decideEdgeFunction(plain, { ...ours, fingerprints: undefined }))).to.deep.equal(['Secrets'])
  })

  it('never shows a secret, in whatever decision', () => {
    const decisions = [
      created,
      decideEdgeFunction({ ...plain, secrets: ['b3RoZXI', secret] }, ours),
      decideEdgeFunction(plain, { ...ours, owner: undefined }),
    ]
    for (const decision of decisions) expect(text(decision)).to.not.include(secret).and.to.not.include('b3RoZXI')
  })
})

describe('The edge version', () => {
  const resource = edgeVersion(nobody)
  const settings = { Runtime: 'nodejs22.x', Handler: 'index.handler', Role: 'r', MemorySize: 128, Timeout: 5 }
  const of = {
    arn: 'arn:f',
    revision: '',
    codeSha256: 'a',
    settings,
    code: '',
    fingerprints: [],
    sealed: undefined,
    rules: undefined,
    tags: {},
    owner: 'x',
  }
  const wanted = { ...want, function: of }
  const live = { arn: 'arn:f:3', number: 3, codeSha256: 'a', settings }

  it('is published where there is none, and where code or settings are not those of the newest', () => {
    expect(resource.decide(wanted, undefined)).to.deep.include({ do: 'create', because: [] })
    expect(resource.decide(wanted, { ...live, codeSha256: 'b' })).to.deep.include({
      do: 'create',
      because: ['code or secrets changed since version 3'],
    })
    expect(resource.decide(wanted, { ...live, settings: { ...settings, Timeout: 3 } }).because).to.deep.equal([
      'Timeout changed since version 3',
    ])
    expect(resource.decide(wanted, { ...live, codeSha256: 'b' }).after.arn).to.equal('arn:f:4')
  })

  it('is kept where it is the same', () => {
    expect(resource.decide(wanted, live)).to.deep.equal({ do: 'keep', because: [], changes: [], after: live })
  })
})

describe('The origin access and the cache policy', () => {
  it('are created, kept, put back, and refused where the name is taken by somebody', () => {
    const identity = originAccessIdentity(nobody)
    expect(identity.decide(want, undefined).after.id).to.equal('(identity id, known after apply)')
    expect(identity.decide(want, { id: 'E1', s3CanonicalUserId: 'x' }).do).to.equal('keep')

    const control = originAccessControl(nobody)
    const made = control.decide(want, undefined)
    expect(made.do).to.equal('create')
    expect(control.decide(want, made.after).do).to.equal('keep')
    const unsigned = { ...made.after, config: { ...made.after.config, SigningBehavior: 'never' as const } }
    expect(fields(control.decide(want, unsigned))).to.deep.equal(['SigningBehavior'])
    expect(control.decide(want, { ...made.after, config: { ...made.after.config, Description: 'mine' } }).do).to.equal(
      'refuse',
    )

    const policy = cachePolicy(nobody)
    const cached = policy.decide(want, undefined)
    expect(cached.after.config).to.include({ MinTTL: 0, DefaultTTL: 0, MaxTTL: 31_536_000 })
    expect(policy.decide(want, cached.after).do).to.equal('keep')
    const stale = { ...cached.after, config: { ...cached.after.config, MinTTL: 1 } }
    expect(policy.decide(want, stale).changes).to.deep.equal([{ field: 'MinTTL', before: 1, after: 0 }])
    expect(policy.decide(want, { ...cached.after, config: { ...cached.after.config, Comment: '' } }).do).to.equal(
      'refuse',
    )
  })
})

describe('The distribution', () => {
  const plain: DistributionWant = { ...want, ...wishes, id: undefined }
  const ours: Distribution = {
    id: 'E1',
    arn: 'arn:aws:cloudfront::123456789012:distribution/E1',
    domain: 'd1.cloudfront.net',
    status: 'Deployed',
    etag: 'v1',
    config: withWishes(blankConfig(plain), plain),
    tags: { [tagKey]: 'packagecloud' },
    owner: 'packagecloud',
  }

  guardsOwnership(decideDistribution, { plain, adopt: { ...plain, adopt: true }, ours })

  it('is created with stand-ins for what CloudFront chooses', () => {
    const created = decideDistribution(plain, undefined)
    expect(created.do).to.equal('create')
    expect(created.after).to.include({ id: '(distribution id, known after apply)', status: 'InProgress' })
  })

  it('is updated to another function version', () => {
    const decision = decideDistribution({ ...plain, functionArn: plain.functionArn.replace(/7$/, '8') }, ours)
    expect(fields(decision)).to.deep.equal(['DefaultCacheBehavior.LambdaFunctionAssociations.viewer-request'])
  })

  it('is refused where it does not serve the bucket, and where something is in the way', () => {
    const elsewhere = decideDistribution({ ...plain, bucket: { ...plain.bucket, name: 'another' } }, ours)
    expect(elsewhere.because.join()).to.include('does not serve the bucket another')

    const busy = {
      ...ours,
      config: withWishes(ours.config, { ...plain, functionArn: 'arn:aws:lambda:us-east-1:1:function:x:1' }),
    }
    expect(decideDistribution(plain, busy).because.join()).to.include("can't check signatures")
  })

  it('is refused names without a certificate, whether it is there or not', () => {
    const named = { ...plain, aliases: ['p.example.com'] }
    for (const live of [undefined, ours]) {
      const decision = decideDistribution(named, live)
      expect(decision.do).to.equal('refuse')
      expect(decision.hint?.join()).to.include('--certificate')
      expect(
        decideDistribution({ ...named, certificate: 'arn:aws:acm:us-east-1:1:certificate/1' }, live).do,
      ).to.not.equal('refuse')
    }
  })
})

describe('change', () => {
  it('compares by value, whatever the order of members, and takes undefined for absent', () => {
    expect(change('x', { a: 1, b: [1, 2] }, { b: [1, 2], a: 1 })).to.deep.equal([])
    expect(change('x', { a: 1, b: undefined }, { a: 1 })).to.deep.equal([])
    expect(change('x', [1, 2], [2, 1])).to.have.length(1)
    expect(change('x', undefined, 0)).to.deep.equal([{ field: 'x', before: undefined, after: 0 }])
    expect(canonical({ b: { d: 1, c: 2 }, a: 0 })).to.equal(canonical({ a: 0, b: { c: 2, d: 1 } }))
  })
})
