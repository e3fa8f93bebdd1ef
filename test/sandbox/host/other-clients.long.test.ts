import { execFile, spawnSync } from 'node:child_process'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'

import { expect } from 'chai'

import { startSandbox, type Sandbox } from '../../../src/sandbox/host/sandbox.ts'
import { aws, boto, hasAws, hasBoto } from '../../support/aws-and-boto.ts'

const runs = (command: string, ...args: string[]): boolean => spawnSync(command, args, { stdio: 'ignore' }).status === 0
const trust =
  '{"Version":"2012-10-17","Statement":{"Effect":"Allow","Principal":{"Service":"lambda.amazonaws.com"},"Action":"sts:AssumeRole"}}'

const script = `
import botocore.config, json
from botocore.exceptions import ClientError
iam, kms, sts = [boto3.client(name) for name in ('iam', 'kms', 'sts')]
# Buckets made since 2020 take no Signature Version 2, which boto3 still presigns with by default.
s3 = boto3.client('s3', config=botocore.config.Config(signature_version='s3v4'))
iam.create_role(RoleName='boto', AssumeRolePolicyDocument='${trust}')
role = iam.get_role(RoleName='boto')['Role']
key = kms.create_key(Tags=[{'TagKey': 'a', 'TagValue': 'b'}])['KeyMetadata']['Arn']
blob = kms.encrypt(KeyId=key, Plaintext=b'hello', EncryptionContext={'a': 'b'})['CiphertextBlob']
s3.create_bucket(Bucket='boto')
s3.put_object(Bucket='boto', Key='a+b c/~\\u00fc', Body=b'x' * 70000)
url = s3.generate_presigned_url('get_object', Params={'Bucket': 'boto', 'Key': 'a+b c/~\\u00fc'})
import urllib.request
try:
    iam.get_role(RoleName='absent')
except ClientError as error:
    refused = error.response['Error']
print(json.dumps({
  'principal': role['AssumeRolePolicyDocument']['Statement']['Principal'],
  'created': role['CreateDate'].tzinfo is not None,
  'plain': kms.decrypt(CiphertextBlob=blob, EncryptionContext={'a': 'b'})['Plaintext'].decode(),
  'account': sts.get_caller_identity()['Account'],
  'size': len(urllib.request.urlopen(url).read()),
  'refused': refused,
}))
`

describe('other clients of the sandbox', () => {
  let sandbox: Sandbox
  let folder: string
  before(async () => {
    sandbox = await startSandbox()
    folder = await mkdtemp(join(tmpdir(), 'clients-'))
  })
  after(async () => {
    await sandbox.close()
    await rm(folder, { recursive: true })
  })

  it('serves boto3', async function () {
    if (!hasBoto) this.skip()
    const { stdout } = await boto({ env: sandbox.environment }, script)
    expect(JSON.parse(stdout)).to.deep.equal({
      principal: { Service: 'lambda.amazonaws.com' },
      created: true,
      plain: 'hello',
      account: sandbox.accountId,
      size: 70_000,
      refused: {
        Type: 'Sender',
        Code: 'NoSuchEntity',
        Message: 'The role with name absent cannot be found.',
      },
    })
  }).timeout(60_000)

  it('serves aws', async function () {
    if (!hasAws) this.skip()
    const told = async (...args: string[]): Promise<string> =>
      (await aws({ env: sandbox.environment, cwd: folder }, ...args, '--output', 'text')).stdout.trim()
    expect(await told('sts', 'get-caller-identity', '--query', 'Account')).to.equal(sandbox.accountId)
    await told(
      'iam',
      'create-role',
      '--role-name',
      'cli',
      '--assume-role-policy-document',
      trust,
      '--tags',
      'Key=a,Value=b c',
    )
    expect(await told('iam', 'list-role-tags', '--role-name', 'cli', '--query', 'Tags')).to.equal('a\tb c')
    const id = await told('kms', 'create-key', '--query', 'KeyMetadata.KeyId')
    await told('kms', 'create-alias', '--alias-name', 'alias/cli', '--target-key-id', id)
    expect(await told('kms', 'describe-key', '--key-id', 'alias/cli', '--query', 'KeyMetadata.KeyId')).to.equal(id)
    await writeFile(join(folder, 'large'), Buffer.alloc(9_000_000, 'x'))
    await told('s3', 'mb', 's3://cli')
    await told('s3', 'cp', 'large', 's3://cli/a b+c')
    expect(
      await told('s3api', 'head-object', '--bucket', 'cli', '--key', 'a b+c', '--query', 'ContentLength'),
    ).to.equal('9000000')
  }).timeout(60_000)

  it('serves s3cmd', async function () {
    if (!runs('s3cmd', '--version')) this.skip()
    const { host } = new URL(sandbox.endpoint)
    const connection = [
      `--access_key=${sandbox.accessKeyId}`,
      `--secret_key=${sandbox.secretAccessKey}`,
      `--host=${host}`,
      `--host-bucket=${host}`,
      '--no-ssl',
      '--config=/dev/null',
    ]
    const s3cmd = async (...args: string[]): Promise<string> =>
      (await promisify(execFile)('s3cmd', [...connection, ...args], { cwd: folder })).stdout
    await writeFile(join(folder, 'small'), 'small')
    await s3cmd('mb', 's3://s3cmd')
    await s3cmd('put', 'small', 's3://s3cmd/a+b c')
    expect(await s3cmd('ls', 's3://s3cmd/')).to.match(/ 5 +s3:\/\/s3cmd\/a\+b c/)
  }).timeout(60_000)
})
