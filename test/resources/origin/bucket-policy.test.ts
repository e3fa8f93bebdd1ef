import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

import { expect } from 'chai'
import * as fc from 'fast-check'

import type { Aws } from '../../../src/aws/connect.ts'
import { namesOf } from '../../../src/aws/names.ts'
import { parseDocument, type PolicyDocument, type PolicyStatement } from '../../../src/aws/policy.ts'
import {
  bucketPolicy,
  type BucketPolicyWant,
  decideBucketPolicy,
  type Reader,
  statementsLeftOver,
} from '../../../src/resources/origin/bucket-policy.ts'
import { bucket } from '../cloudfront/distribution-configs.ts'

const names = namesOf('packagecloud')
const oai: Reader = { kind: 'oai', id: 'E1IDENTITY', s3CanonicalUserId: 'c4n0n1c4l' }
const oac: Reader = { kind: 'oac', distributionArn: 'arn:aws:cloudfront::123456789012:distribution/E1' }
const wanting = (reader: Reader, of = names): BucketPolicyWant => ({
  names: of,
  bucket,
  reader,
  backups: '/dev/null/nowhere',
})

const after = (want: BucketPolicyWant, live?: PolicyDocument): PolicyDocument =>
  decideBucketPolicy(want, live && { document: live }).after.document
const sidsOf = (document: PolicyDocument) => document.Statement.map(({ Sid }) => Sid)

const word = fc.string({ maxLength: 8 })
const others = fc.array(
  fc.record(
    {
      Sid: fc.constantFrom('TheirOwn', 'PackagecloudEnterprisePackagecloudX', ''),
      Effect: fc.constantFrom('Allow', 'Deny'),
      Principal: fc.constantFrom(
        '*',
        { AWS: ['123456789012', 'AIDAEXAMPLE'] },
        { Service: 'logging.s3.amazonaws.com' },
      ),
      Action: fc.oneof(word, fc.array(word, { maxLength: 3 })),
      Resource: fc.array(word, { maxLength: 3 }),
      Condition: fc.dictionary(word, fc.dictionary(word, fc.uniqueArray(word, { maxLength: 3 }))),
      Whatever: fc.oneof(word, fc.boolean(), fc.constant(null), fc.array(fc.nat(9), { maxLength: 3 })),
    },
    { requiredKeys: ['Effect'] },
  ),
  { maxLength: 5 },
)
const reader = fc.constantFrom(oai, oac)

describe('decideBucketPolicy', () => {
  it('makes a policy where there is none: reading and listing, for the identity alone', () => {
    const decision = decideBucketPolicy(wanting(oai), undefined)
    const Principal = { CanonicalUser: 'c4n0n1c4l' }
    const Sid = 'PackagecloudEnterprisePackagecloudOai'
    expect(decision).to.include({ do: 'create' })
    expect(decision.changes.map(({ field }) => field)).to.deep.equal([
      `Statement.${Sid}GetObject`,
      `Statement.${Sid}ListBucket`,
    ])
    expect(decision.after.document).to.deep.equal({
      Version: '2012-10-17',
      Statement: [
        {
          Sid: `${Sid}GetObject`,
          Effect: 'Allow',
          Principal,
          Action: 's3:GetObject',
          Resource: 'arn:aws:s3:::acme-packages/*',
        },
        {
          Sid: `${Sid}ListBucket`,
          Effect: 'Allow',
          Principal,
          Action: 's3:ListBucket',
          Resource: 'arn:aws:s3:::acme-packages',
        },
      ],
    })
  })

  it('lets the service in for the one distribution only', () => {
    for (const statement of after(wanting(oac)).Statement) {
      expect(statement.Principal).to.deep.equal({ Service: 'cloudfront.amazonaws.com' })
      expect(statement.Condition).to.deep.equal({
        StringEquals: { 'AWS:SourceArn': 'arn:aws:cloudfront::123456789012:distribution/E1' },
      })
    }
  })

  it('keeps all other statements, byte for byte and in their order', () => {
    fc.assert(
      fc.property(others, reader, fc.nat(5), (statements, who, at) => {
        const [ours] = after(wanting(who)).Statement
        const live = {
          Version: '2008-10-17',
          Id: 'theirs',
          Statement: (statements as PolicyStatement[]).toSpliced(at, 0, ...(ours === undefined ? [] : [ours])),
        }
        const document = after(wanting(who), live)
        const kept = document.Statement.filter(({ Sid }) => !/Oa[ic](GetObject|ListBucket)$/.test(Sid ?? ''))
        expect(JSON.stringify(kept)).to.equal(JSON.stringify(statements))
        expect(document).to.include({ Version: '2008-10-17', Id: 'theirs' })
        expect(document.Statement).to.have.length(statements.length + 2)
      }),
    )
  })

  it('changes nothing a second time', () => {
    fc.assert(
      fc.property(others, reader, (Statement, who) => {
        const document = after(wanting(who), { Statement })
        expect(decideBucketPolicy(wanting(who), { document })).to.deep.include({ do: 'keep', changes: [] })
        expect(after(wanting(who), document)).to.deep.equal(document)
      }),
    )
  })

  it('finds its own statements by their Sid, and puts back what somebody changed in them, in place', () => {
    const written = after(wanting(oai))
    const [get, list] = written.Statement
    const theirs: PolicyStatement = { Sid: 'Theirs', Effect: 'Deny', Principal: '*', Action: 's3:*', Resource: '*' }
    const changed = { ...get, Effect: 'Allow', Action: ['s3:GetObject', 's3:PutObject'] }
    const live = parseDocument(JSON.stringify({ ...written, Statement: [changed, theirs, list] }))
    const decision = decideBucketPolicy(wanting(oai), { document: live })
    expect(decision).to.include({ do: 'update' })
    expect(decision.because).to.deep.equal(['Statement.PackagecloudEnterprisePackagecloudOaiGetObject differs'])
    expect(decision.changes).to.have.length(1)
    expect(decision.after.document.Statement).to.deep.equal([get, theirs, list])
  })

  it('adds what is missing at the end', () => {
    const [get] = after(wanting(oai)).Statement
    const live = parseDocument(JSON.stringify({ Statement: [get, { Sid: 'Theirs', Effect: 'Deny' }] }))
    expect(sidsOf(after(wanting(oai), live))).to.deep.equal([
      'PackagecloudEnterprisePackagecloudOaiGetObject',
      'Theirs',
      'PackagecloudEnterprisePackagecloudOaiListBucket',
    ])
  })

  it('takes a policy whose only statement stands in no list', () => {
    const theirs = { Sid: 'Theirs', Effect: 'Deny', Principal: '*', Action: 's3:*', Resource: '*' }
    const live = parseDocument(JSON.stringify({ Version: '2012-10-17', Statement: theirs }))
    expect(after(wanting(oai), live).Statement[0]).to.deep.equal(theirs)
    expect(after(wanting(oai), live).Statement).to.have.length(3)
  })

  describe('with the spellings that S3 has for an identity', () => {
    const spelled = (Principal: unknown): PolicyDocument => {
      const document = after(wanting(oai))
      return { ...document, Statement: document.Statement.map((statement) => ({ ...statement, Principal })) }
    }
    const arn = (id: string): string => `arn:aws:iam::cloudfront:user/CloudFront Origin Access Identity ${id}`
    const verdict = (Principal: unknown): string =>
      decideBucketPolicy(wanting(oai), { document: spelled(Principal) }).do

    it('keeps the canonical user and the ARN, alone or in a list', () => {
      expect(verdict({ CanonicalUser: 'c4n0n1c4l' })).to.equal('keep')
      expect(verdict({ AWS: arn('E1IDENTITY') })).to.equal('keep')
      expect(verdict({ AWS: [arn('E1IDENTITY')] })).to.equal('keep')
    })

    it('does not keep another identity, further principals, or the id of one that may be deleted', () => {
      for (const other of [
        { CanonicalUser: 'another' },
        { AWS: arn('E2OTHER') },
        { AWS: [arn('E1IDENTITY'), arn('E2OTHER')] },
        { AWS: 'AIDAEXAMPLE' },
        '*',
        undefined,
      ]) {
        expect(verdict(other), JSON.stringify(other)).to.equal('update')
      }
    })
  })

  it('does not mistake an identity for the service, nor one distribution for another', () => {
    const document = after(wanting(oac))
    const other: Reader = { kind: 'oac', distributionArn: 'arn:aws:cloudfront::123456789012:distribution/E2' }
    expect(decideBucketPolicy(wanting(other), { document }).do).to.equal('update')
    expect(after(wanting(oai), document).Statement).to.have.length(4)
  })

  it('refuses a policy that S3 would find too long, and writes nothing of it', () => {
    const room = 20_480 - Buffer.byteLength(JSON.stringify(after(wanting(oai), { Statement: [] })))
    const padded = (bytes: number): PolicyDocument => ({
      Statement: [{ Effect: 'Deny', Padding: 'ä'.repeat(Math.floor(bytes / 2)) + 'x'.repeat(bytes % 2) }],
    })
    const frame = Buffer.byteLength('{"Effect":"Deny","Padding":""},')
    const fits = { document: padded(room - frame) }
    expect(Buffer.byteLength(JSON.stringify(after(wanting(oai), fits.document)))).to.equal(20_480)
    expect(decideBucketPolicy(wanting(oai), fits).do).to.equal('update')

    const tooLong = { document: padded(room - frame + 1) }
    const decision = decideBucketPolicy(wanting(oai), tooLong)
    expect(decision).to.include({ do: 'refuse', after: tooLong })
    expect(decision.because.join()).to.include('20481 bytes').and.to.include('20480')
    expect(decision.hint).to.not.be.empty
  })

  it('gives no two installations a statement of the same name', () => {
    const installations = ['a', 'a-oai', 'a-oac', 'aoai', 'a-oai-get-object', 'a-oac-list-bucket', 'a-b', 'ab']
    const sids = installations.flatMap((installation) =>
      [oai, oac].flatMap((who) => sidsOf(after(wanting(who, namesOf(installation))))),
    )
    expect(new Set(sids).size).to.equal(installations.length * 4)
  })
})

describe('statementsLeftOver', () => {
  const both = after(wanting(oac), after(wanting(oai)))

  it('names those of the other way', () => {
    const sid = 'PackagecloudEnterprisePackagecloud'
    expect(statementsLeftOver(names, both, 'oai')).to.deep.equal([`${sid}OacGetObject`, `${sid}OacListBucket`])
    expect(statementsLeftOver(names, both, 'oac')).to.deep.equal([`${sid}OaiGetObject`, `${sid}OaiListBucket`])
  })

  it('is empty where only one way is in use', () => {
    expect(statementsLeftOver(names, after(wanting(oai)), 'oai')).to.deep.equal([])
  })

  it('never names the statements of an installation whose name only begins the same', () => {
    for (const installation of ['packagecloud-oac', 'packagecloud-oacle', 'packagecloud-oai']) {
      const theirs = after(wanting(oai, namesOf(installation)), after(wanting(oac, namesOf(installation))))
      expect(statementsLeftOver(names, theirs, 'oai'), installation).to.deep.equal([])
      expect(statementsLeftOver(names, theirs, 'oac'), installation).to.deep.equal([])
    }
  })
})

describe('bucketPolicy', () => {
  const talk = { tell: () => undefined, signal: new AbortController().signal }

  /** S3's side of it: takes the policy, and shows it as `show` has it; until then the one that was there `before`. */
  function bench(show: (policy: string) => string, before?: object): { aws: Aws; put: string[] } {
    const put: string[] = []
    const send = async (command: { input: { Policy?: string } }): Promise<unknown> => {
      const last = put.at(-1)
      if (command.input.Policy === undefined)
        return { Policy: last === undefined ? JSON.stringify(before) : show(last) }
      put.push(command.input.Policy)
      return {}
    }
    return { put, aws: { client: () => ({ send }), close: () => undefined } as unknown as Aws }
  }

  it('is content when S3 shows a new identity by its bare id for a moment', async () => {
    const { aws, put } = bench((policy) =>
      policy.replaceAll('{"CanonicalUser":"c4n0n1c4l"}', '{"AWS":"AIDAEXAMPLE123"}'),
    )
    await bucketPolicy(aws).apply(wanting(oai), undefined, talk)
    expect(put).to.have.length(1)
  })

  it('notices that somebody else has written meanwhile, so that it is looked at again', async () => {
    const { aws, put } = bench(() => '{"Version":"2012-10-17","Statement":[]}')
    const error: unknown = await bucketPolicy(aws)
      .apply(wanting(oai), undefined, talk)
      .catch((thrown: unknown) => thrown)
    expect(error).to.have.property('name', 'ConcurrentModification')
    expect(put).to.have.length(1)
  })

  it('writes nothing over a policy that is not the one it has seen', async () => {
    const { aws, put } = bench((policy) => policy, { Statement: [{ Sid: 'Newcomer', Effect: 'Deny' }] })
    const error: unknown = await bucketPolicy(aws)
      .apply(wanting(oai), { document: { Statement: [] } }, talk)
      .catch((thrown: unknown) => thrown)
    expect(error).to.have.property('name', 'ConcurrentModification')
    expect(put).to.deep.equal([])
  })

  it('keeps the policy as it was in a file of the owner’s alone, before it writes', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'policies-'))
    try {
      const live = { document: { Version: '2012-10-17', Statement: [{ Sid: 'Theirs', Effect: 'Deny' }] } }
      const { aws } = bench((policy) => policy, live.document)
      await bucketPolicy(aws).apply({ ...wanting(oai), backups: join(folder, 'kept') }, live, talk)
      const [file = '', ...more] = await readdir(join(folder, 'kept'))
      expect(more).to.deep.equal([])
      expect(JSON.parse(await readFile(join(folder, 'kept', file), 'utf8'))).to.deep.equal(live.document)
    } finally {
      await rm(folder, { recursive: true })
    }
  })

  it('goes on where the policy as it was can’t be kept, and says so', async () => {
    const told: string[] = []
    const live = { document: { Statement: [{ Sid: 'Theirs', Effect: 'Deny' }] } }
    const { aws, put } = bench((policy) => policy, live.document)
    const want = { ...wanting(oai), backups: '/dev/null/backups' }
    await bucketPolicy(aws).apply(want, live, { ...talk, tell: (text) => told.push(text) })
    expect(put).to.have.length(1)
    expect(told.join()).to.include('could not be kept')
  })
})
