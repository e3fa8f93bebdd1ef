import { CreateRoleCommand, IAMClient, PutRolePolicyCommand } from '@aws-sdk/client-iam'
import {
  CancelKeyDeletionCommand,
  CreateAliasCommand,
  CreateKeyCommand,
  DecryptCommand,
  DescribeKeyCommand,
  DisableKeyCommand,
  EnableKeyCommand,
  EnableKeyRotationCommand,
  EncryptCommand,
  GenerateDataKeyCommand,
  GetKeyPolicyCommand,
  GetKeyRotationStatusCommand,
  KMSClient,
  ListAliasesCommand,
  ListKeysCommand,
  ListResourceTagsCommand,
  PutKeyPolicyCommand,
  ScheduleKeyDeletionCommand,
  TagResourceCommand,
  UpdateAliasCommand,
} from '@aws-sdk/client-kms'
import { expect } from 'chai'
import fc from 'fast-check'

import { startSandbox, type Sandbox } from '../../../src/sandbox/host/sandbox.ts'
import { clientConfig, failureOf, nameOf } from '../../support/clients.ts'

describe('the sandbox’s KMS', () => {
  let sandbox: Sandbox
  let kms: KMSClient
  let elsewhere: KMSClient
  let KeyId: string
  before(async () => {
    sandbox = await startSandbox({ timing: { principal: 1000 } })
    kms = new KMSClient({ ...clientConfig(sandbox), maxAttempts: 1 })
    elsewhere = new KMSClient({ ...clientConfig(sandbox, sandbox, 'eu-west-1'), maxAttempts: 1 })
    KeyId = await newKey()
  })
  after(() => sandbox.close())

  const newKey = async (): Promise<string> => (await kms.send(new CreateKeyCommand())).KeyMetadata?.KeyId ?? ''
  const bytes = (text: string): Uint8Array => Buffer.from(text)

  it('describes keys by id, ARN and alias, in their own region only', async () => {
    const Tags = [{ TagKey: 'packagecloud:enterprise', TagValue: 'x' }]
    const { KeyMetadata } = await kms.send(new CreateKeyCommand({ Description: 'd', Tags }))
    const id = KeyMetadata?.KeyId ?? ''
    await kms.send(new CreateAliasCommand({ AliasName: 'alias/own', TargetKeyId: id }))
    const arn = `arn:aws:kms:us-east-1:${sandbox.accountId}:key/${id}`
    for (const name of [id, arn, 'alias/own', `arn:aws:kms:us-east-1:${sandbox.accountId}:alias/own`]) {
      const found = await kms.send(new DescribeKeyCommand({ KeyId: name }))
      expect(found.KeyMetadata).to.deep.include({ Arn: arn, Description: 'd', KeyState: 'Enabled', MultiRegion: false })
      expect(await nameOf(elsewhere.send(new DescribeKeyCommand({ KeyId: name }))), name).to.equal('NotFoundException')
    }
    expect((await kms.send(new ListResourceTagsCommand({ KeyId: id }))).Tags).to.deep.equal(Tags)
    expect(await nameOf(kms.send(new GetKeyPolicyCommand({ KeyId: 'alias/own' })))).to.equal('NotFoundException')
  })

  it('gives an alias to one key and lists it with its key', async () => {
    const [first, second] = [await newKey(), await newKey()]
    await kms.send(new CreateAliasCommand({ AliasName: 'alias/moved', TargetKeyId: first }))
    const again = new CreateAliasCommand({ AliasName: 'alias/moved', TargetKeyId: second })
    expect(await failureOf(kms.send(again))).to.equal(
      `AlreadyExistsException: An alias with the name arn:aws:kms:us-east-1:${sandbox.accountId}:alias/moved already exists`,
    )
    await kms.send(new UpdateAliasCommand({ AliasName: 'alias/moved', TargetKeyId: second }))
    const aliasesOf = async (id: string): Promise<unknown> =>
      (await kms.send(new ListAliasesCommand({ KeyId: id }))).Aliases?.map(({ AliasName }) => AliasName)
    expect([await aliasesOf(first), await aliasesOf(second)]).to.deep.equal([[], ['alias/moved']])
    expect(await nameOf(kms.send(new CreateAliasCommand({ AliasName: 'x', TargetKeyId: first })))).to.equal(
      'ValidationException',
    )
    expect(await nameOf(kms.send(new CreateAliasCommand({ AliasName: 'alias/aws/x', TargetKeyId: first })))).to.equal(
      'NotAuthorizedException',
    )
  })

  it('decrypts what it encrypted, with the same context in any order, and never encrypts the same twice', async () => {
    const context = fc.dictionary(fc.stringMatching(/^[a-z]{1,5}$/), fc.string(), { maxKeys: 3 })
    await fc.assert(
      fc.asyncProperty(
        fc.uint8Array({ minLength: 1, maxLength: 200 }),
        context,
        async (Plaintext, EncryptionContext) => {
          const encrypt = async (): Promise<Uint8Array> =>
            (await kms.send(new EncryptCommand({ KeyId, Plaintext, EncryptionContext }))).CiphertextBlob ?? bytes('')
          const [first, second] = [await encrypt(), await encrypt()]
          expect(Buffer.compare(first, second)).not.to.equal(0)
          const reversed = Object.fromEntries(Object.entries(EncryptionContext).reverse())
          const opened = await kms.send(new DecryptCommand({ CiphertextBlob: first, EncryptionContext: reversed }))
          expect(Buffer.from(opened.Plaintext ?? [])).to.deep.equal(Buffer.from(Plaintext))
          const other = { CiphertextBlob: first, EncryptionContext: { ...EncryptionContext, more: 'x' } }
          expect(await nameOf(kms.send(new DecryptCommand(other)))).to.equal('InvalidCiphertextException')
        },
      ),
      { numRuns: 15 },
    )
  })

  it('refuses ciphertexts that are damaged, of another key, or of another region', async () => {
    const { CiphertextBlob = bytes('') } = await kms.send(new EncryptCommand({ KeyId, Plaintext: bytes('x') }))
    const damaged = Buffer.from(CiphertextBlob)
    damaged.writeUInt8(damaged.readUInt8(damaged.length - 1) ^ 1, damaged.length - 1)
    expect(await nameOf(kms.send(new DecryptCommand({ CiphertextBlob: damaged })))).to.equal(
      'InvalidCiphertextException',
    )
    expect(await nameOf(kms.send(new DecryptCommand({ CiphertextBlob: bytes('no') })))).to.equal(
      'InvalidCiphertextException',
    )
    const otherKey = new DecryptCommand({ CiphertextBlob, KeyId: await newKey() })
    expect(await nameOf(kms.send(otherKey))).to.equal('IncorrectKeyException')
    expect(await nameOf(elsewhere.send(new DecryptCommand({ CiphertextBlob })))).to.equal('AccessDeniedException')
    const large = new EncryptCommand({ KeyId, Plaintext: Buffer.alloc(4097) })
    expect(await nameOf(kms.send(large))).to.equal('ValidationException')
  })

  it('gives out data keys that it can decrypt', async () => {
    const made = await kms.send(new GenerateDataKeyCommand({ KeyId, KeySpec: 'AES_256' }))
    const opened = await kms.send(new DecryptCommand({ CiphertextBlob: made.CiphertextBlob }))
    expect(Buffer.from(opened.Plaintext ?? [])).to.deep.equal(Buffer.from(made.Plaintext ?? []))
    expect(made.Plaintext).to.have.length(32)
  })

  it('rotates keys that are enabled', async () => {
    const id = await newKey()
    const turnOn = (): Promise<string> => nameOf(kms.send(new EnableKeyRotationCommand({ KeyId: id })))
    const rotated = async () => (await kms.send(new GetKeyRotationStatusCommand({ KeyId: id }))).KeyRotationEnabled
    await kms.send(new DisableKeyCommand({ KeyId: id }))
    expect([await turnOn(), await rotated()]).to.deep.equal(['DisabledException', false])
    await kms.send(new EnableKeyCommand({ KeyId: id }))
    expect([await turnOn(), await rotated()]).to.deep.equal(['none', true])
    await kms.send(new ScheduleKeyDeletionCommand({ KeyId: id, PendingWindowInDays: 7 }))
    expect([await turnOn(), await rotated()]).to.deep.equal(['KMSInvalidStateException', false])
    await kms.send(new CancelKeyDeletionCommand({ KeyId: id }))
    expect(await rotated()).to.equal(true)
  })

  it('refuses to use keys that are disabled or pending deletion', async () => {
    const id = await newKey()
    const use = (): Promise<string> => nameOf(kms.send(new EncryptCommand({ KeyId: id, Plaintext: bytes('x') })))
    await kms.send(new DisableKeyCommand({ KeyId: id }))
    expect(await use()).to.equal('DisabledException')
    await kms.send(new EnableKeyCommand({ KeyId: id }))
    expect(await use()).to.equal('none')
    await kms.send(new ScheduleKeyDeletionCommand({ KeyId: id, PendingWindowInDays: 7 }))
    expect(await use()).to.equal('KMSInvalidStateException')
    const tag = new TagResourceCommand({ KeyId: id, Tags: [{ TagKey: 'a', TagValue: 'b' }] })
    expect(await nameOf(kms.send(tag))).to.equal('KMSInvalidStateException')
  })

  it('lists in pages', async () => {
    const all = (await kms.send(new ListKeysCommand({ Limit: 1000 }))).Keys?.length ?? 0
    const first = await kms.send(new ListKeysCommand({ Limit: all - 1 }))
    const rest = await kms.send(new ListKeysCommand({ Limit: all, Marker: first.NextMarker }))
    expect([first.Truncated, rest.Truncated, rest.Keys?.length]).to.deep.equal([true, false, 1])
  })

  describe('key policies', () => {
    const statement = (principal: string): object => ({
      Effect: 'Allow',
      Principal: { AWS: principal },
      Action: 'kms:*',
      Resource: '*',
    })
    const put = (...principals: string[]): Promise<unknown> =>
      kms.send(
        new PutKeyPolicyCommand({
          KeyId,
          Policy: JSON.stringify({ Version: '2012-10-17', Statement: principals.map(statement) }),
        }),
      )

    it('name principals that exist and have had time to be noticed', async () => {
      const root = `arn:aws:iam::${sandbox.accountId}:root`
      const role = `arn:aws:iam::${sandbox.accountId}:role/named`
      const refusal =
        'MalformedPolicyDocumentException: Policy contains a statement with one or more invalid principals.'
      expect(await failureOf(put(root, role))).to.equal(refusal)
      const document = {
        Version: '2012-10-17',
        Statement: [{ Effect: 'Allow', Principal: { Service: 'lambda.amazonaws.com' }, Action: 'sts:AssumeRole' }],
      }
      await new IAMClient(clientConfig(sandbox)).send(
        new CreateRoleCommand({ RoleName: 'named', AssumeRolePolicyDocument: JSON.stringify(document) }),
      )
      expect(await failureOf(put(root, role))).to.equal(refusal)
      await new Promise((resolve) => setTimeout(resolve, 1050))
      await put(root, role)
      expect(await failureOf(put(role))).to.match(
        /^MalformedPolicyDocumentException: The new key policy will not allow you/,
      )
    })

    it('are refused with what KMS says', async () => {
      const root = { AWS: `arn:aws:iam::${sandbox.accountId}:root` }
      const putting = (...statements: object[]): Promise<string> => {
        const Policy = JSON.stringify({ Version: '2012-10-17', Statement: statements })
        return failureOf(kms.send(new PutKeyPolicyCommand({ KeyId, Policy })))
      }
      const own = { Effect: 'Allow', Principal: root, Action: 'kms:*', Resource: '*' }
      const invalid =
        'MalformedPolicyDocumentException: Policy contains a statement with one or more invalid principals.'
      expect(await putting(own, { ...own, Principal: { Service: 'cloudfront.amazonaws.com' } })).to.equal('none')
      expect(await putting(own, { ...own, Principal: { Service: 'cloudfrnt.amazonaws.com' } })).to.equal(invalid)
      expect(await putting(own, { ...own, Principal: { CanonicalUser: 'abc' } })).to.equal(invalid)
      expect(await putting(own, { ...own, Principal: { AWS: `${root.AWS}/x` } })).to.equal(invalid)
      expect(await putting(own, { ...own, Principal: undefined })).to.match(/no principal\.$/)
      expect(await putting(own, { ...own, Resource: undefined })).to.match(/no resource\.$/)
      expect(await putting(own, { ...own, Condition: { Sounds: { 'aws:x': 'y' } } })).to.match(/Syntax errors/)
      const lockedOut =
        /^MalformedPolicyDocumentException: The new key policy will not allow you to update the key policy/
      expect(await putting({ ...own, Action: 'kms:Decrypt' })).to.match(lockedOut)
      expect(await putting(own, { ...own, Effect: 'Deny', Action: 'kms:Put*' })).to.match(lockedOut)
      const Policy = JSON.stringify({ Version: '2012-10-17', Statement: [{ ...own, Action: 'kms:Decrypt' }] })
      expect(await failureOf(kms.send(new CreateKeyCommand({ Policy })))).to.match(lockedOut)
      await kms.send(new CreateKeyCommand({ Policy, BypassPolicyLockoutSafetyCheck: true }))
    })

    it('leave a role to its own policies where they name the account', async () => {
      const arn = `arn:aws:iam::${sandbox.accountId}:role/named`
      const id = await newKey()
      const { CiphertextBlob } = await kms.send(
        new EncryptCommand({ KeyId: id, Plaintext: bytes('x'), EncryptionContext: { app: 'a' } }),
      )
      const client = new KMSClient({
        ...clientConfig(sandbox, sandbox.services.sts.startSession(arn, 'session')),
        maxAttempts: 1,
      })
      const decrypt = (): Promise<string> =>
        nameOf(client.send(new DecryptCommand({ CiphertextBlob, EncryptionContext: { app: 'a' } })))
      expect(await decrypt()).to.equal('AccessDeniedException')
      const grant = (app: string): Promise<unknown> => {
        const Condition = { StringEquals: { 'kms:EncryptionContext:app': app } }
        const own = {
          Version: '2012-10-17',
          Statement: [{ Effect: 'Allow', Action: 'kms:Decrypt', Resource: '*', Condition }],
        }
        return new IAMClient(clientConfig(sandbox)).send(
          new PutRolePolicyCommand({ RoleName: 'named', PolicyName: 'p', PolicyDocument: JSON.stringify(own) }),
        )
      }
      await grant('b')
      expect(await decrypt()).to.equal('AccessDeniedException')
      await grant('a')
      expect(await decrypt()).to.equal('none')
    })
  })
})
