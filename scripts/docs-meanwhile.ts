/** What happens in the sessions of the documentation besides what is typed. Each is a sentence that readers see. */
import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'

import { ACMClient, RequestCertificateCommand } from '@aws-sdk/client-acm'
import {
  CloudFrontClient,
  GetCachePolicyConfigCommand,
  ListCachePoliciesCommand,
  ListDistributionsCommand,
  ListTagsForResourceCommand,
  TagResourceCommand,
  UpdateCachePolicyCommand,
} from '@aws-sdk/client-cloudfront'
import { CreateRoleCommand, type PutUserPolicyCommand } from '@aws-sdk/client-iam'
import {
  DeletePublicAccessBlockCommand,
  GetBucketPolicyCommand,
  PutBucketOwnershipControlsCommand,
  PutBucketPolicyCommand,
  PutObjectCommand,
  type PutObjectCommandInput,
} from '@aws-sdk/client-s3'
import { generateKey } from 'openpgp'

import { createSigner } from '../src/repositories/openpgp.ts'
import type { Sandbox } from '../src/sandbox/host/sandbox.ts'
import { aptRepository } from './demo-repository.ts'
import { bucket, everything, iamOf, policyOfUser, site, type Stage } from './docs-stage.ts'

type Happening = (stage: Stage) => Promise<void>

/** By the sentence, without its full stop. */
const happenings: Readonly<Record<string, Happening>> = {
  'Meanwhile, the lines above go into packagecloud.rb': pasteLines,
  'Meanwhile, packagecloud.rb says cloudfront_enabled = false': (stage) =>
    setLines(stage, ["packagecloud_rails['cloudfront_enabled'] = false"]),
  'Meanwhile, packagecloud.rb says cloudfront_enabled = true': (stage) =>
    setLines(stage, ["packagecloud_rails['cloudfront_enabled'] = true"]),
  'Meanwhile, eight days pass': eightDaysPass,
  'Meanwhile, packagecloud is restarted': async ({ sandbox }) => sandbox.front?.restart(),
  'Meanwhile, somebody takes s3:ListBucket out of the bucket policy': withoutListBucket,
  'Meanwhile, somebody has made a role named staging_cloudfront_auth': foreignRole,
  'Meanwhile, packages are served through CloudFront': serveThroughCloudFront,
  'Meanwhile, packagecloud.rb names the distribution again': nameDistribution,
  'Meanwhile, packagecloud.rb gets another secret': (stage) =>
    setLines(stage, [`packagecloud_rails['cloudfront_secret'] = '${anotherSecret}'`]),
  'Meanwhile, the user packagecloud may do just what `pc-ctl permissions bootstrap` says, but not kms:Decrypt': (
    stage,
  ) => grant(stage, { without: 'kms:Decrypt' }),
  'Meanwhile, the user packagecloud may do everything again': ({ sandbox }) => send(sandbox, policyOfUser(everything)),
  'Meanwhile, somebody lets the distribution cache for an hour whatever the objects say': cacheForAnHour,
  'Meanwhile, the user packagecloud may do just what `pc-ctl permissions bootstrap` says': (stage) => grant(stage),
  'Meanwhile, the user packagecloud may do just what `pc-ctl permissions bootstrap` says, but not kms:CreateKey': (
    stage,
  ) => grant(stage, { without: 'kms:CreateKey' }),
  'Meanwhile, the user packagecloud may do that, and iam:SimulatePrincipalPolicy, but not kms:CreateKey': (stage) =>
    grant(stage, { without: 'kms:CreateKey', and: 'iam:SimulatePrincipalPolicy' }),
  'Meanwhile, the statement above is added': addStatement,
  'Meanwhile, the bucket is opened for public ACLs, as all buckets were when the page was written': openForAcls,
  'Meanwhile, the bucket holds what was uploaded before there was CloudFront': fillFromBefore,
  'Meanwhile, ACM in us-east-1 issues a certificate for *.example.org': issueCertificate,
}

/** @throws Error for a sentence that is not known */
export async function happen(stage: Stage, sentence: string): Promise<void> {
  const happening = happenings[sentence.replace(/[.:]$/, '')]
  if (happening === undefined) throw new Error(`nobody knows how this happens: ${sentence}`)
  await happening(stage)
}

const anotherSecret = Buffer.from('another secret, just an example.').toString('base64').replace(/=+$/, '')

/** The runbook, unseen. */
async function serveThroughCloudFront(stage: Stage): Promise<void> {
  const steps = ['generate-cloudfront-secret', 'bootstrap-cloudfront']
  for (const step of steps) await runAndPaste(stage, `pc-ctl ${step} 2>/dev/null`)
  const next = stage.last.find((line) => line.startsWith('pc-ctl ')) ?? ''
  await runAndPaste(stage, `${next} 2>/dev/null`)
  await stage.sandbox.front?.restart()
}

async function runAndPaste(stage: Stage, line: string): Promise<void> {
  await stage.run(line)
  await setLines(
    stage,
    stage.last.filter((shown) => shown.startsWith('packagecloud_rails[')),
  )
}

/** For what goes by the time that a rotation remembers. */
async function eightDaysPass({ sandbox }: Stage): Promise<void> {
  const { endpoint, accessKeyId, secretAccessKey } = sandbox
  const cloudfront = new CloudFrontClient({
    endpoint,
    region: 'us-east-1',
    credentials: { accessKeyId, secretAccessKey },
  })
  try {
    const { DistributionList } = await cloudfront.send(new ListDistributionsCommand({}))
    const Resource = DistributionList?.Items?.[0]?.ARN
    const { Tags } = await cloudfront.send(new ListTagsForResourceCommand({ Resource }))
    const Items = (Tags?.Items ?? []).map(({ Key, Value = '' }) => ({
      Key,
      Value: Value.replace(/(?<=since=)\S+/, (time) =>
        new Date(Date.parse(time) - 8 * 86_400_000).toISOString().replace(/\.\d+/, ''),
      ),
    }))
    await cloudfront.send(new TagResourceCommand({ Resource, Tags: { Items } }))
  } finally {
    cloudfront.destroy()
  }
}

async function nameDistribution(stage: Stage): Promise<void> {
  const id = stage.masks.unmask('E1EXAMPLE00001')
  await setLines(stage, [`packagecloud_rails['cloudfront_distribution_id'] = '${id}'`])
}

/** Lines that set the same key take each other's place. */
async function setLines({ folder }: Stage, lines: readonly string[]): Promise<void> {
  const file = join(folder, 'packagecloud.rb')
  const keyOf = (line: string): string | undefined => /^packagecloud_rails\['(\w+)'\]/.exec(line)?.[1]
  const kept = (await readFile(file, 'utf8')).trimEnd().split('\n')
  for (const line of lines) {
    const place = kept.findIndex((other) => keyOf(other) === keyOf(line))
    if (place === -1) kept.push(line)
    else kept[place] = line
  }
  await writeFile(file, `${kept.join('\n')}\n`)
}

async function pasteLines(stage: Stage): Promise<void> {
  const lines = stage.last.filter((line) => line.startsWith('packagecloud_rails['))
  if (lines.length === 0) throw new Error('there are no lines above')
  await setLines(stage, lines)
}

async function withoutListBucket({ s3 }: Stage): Promise<void> {
  const { Policy = '{}' } = await s3.send(new GetBucketPolicyCommand({ Bucket: bucket }))
  const policy = JSON.parse(Policy) as { Statement: { Action: string | string[] }[] }
  const Statement = policy.Statement.filter(({ Action }) => ![Action].flat().includes('s3:ListBucket'))
  const document = JSON.stringify({ ...policy, Statement })
  await s3.send(new PutBucketPolicyCommand({ Bucket: bucket, Policy: document }))
}

async function openForAcls({ s3 }: Stage): Promise<void> {
  const Rules = [{ ObjectOwnership: 'ObjectWriter' as const }]
  await s3.send(new PutBucketOwnershipControlsCommand({ Bucket: site, OwnershipControls: { Rules } }))
  await s3.send(new DeletePublicAccessBlockCommand({ Bucket: site }))
}

/** An apt repository without attributes, a signed one whose indexes have them, and what else is found in old buckets. */
async function fillFromBefore({ s3, folder }: Stage): Promise<void> {
  const put = (Key: string, Body: string | Buffer, more: Partial<PutObjectCommandInput> = {}): Promise<unknown> =>
    s3.send(new PutObjectCommand({ Bucket: bucket, Key, Body, ...more }))
  const { privateKey } = await generateKey({ userIDs: [{ name: 'packages' }], type: 'ecc', curve: 'ed25519Legacy' })
  await writeFile(join(folder, 'signing.asc'), privateKey)
  const signer = await createSigner({ key: Buffer.from(privateKey), name: 'signing.asc' })
  for (const { key, body } of aptRepository('8/3/debian/').objects) await put(key, body)
  for (const { key, body, cacheControl: CacheControl } of aptRepository('8/4/ubuntu/').objects) {
    await put(key, body, key.endsWith('.deb') ? {} : { CacheControl })
    if (!key.endsWith('/Release')) continue
    await put(key.replace(/Release$/, 'InRelease'), await signer.clear(body.toString()), { CacheControl })
    await put(`${key}.gpg`, await signer.detached(body), { CacheControl })
  }
  await put('8/3/debian/pool/main/c/cut-off/cut-off_1.0_all.deb', '!<arch>\ndebian-binary')
  await put('8/3/debian/pool/main/o/old/old_0.1_all.deb', 'in an archive', { StorageClass: 'GLACIER' })
  await put('notes.txt', 'neither a package nor metadata')
}

async function issueCertificate({ sandbox: { endpoint, accessKeyId, secretAccessKey } }: Stage): Promise<void> {
  const acm = new ACMClient({ endpoint, region: 'us-east-1', credentials: { accessKeyId, secretAccessKey } })
  await acm.send(new RequestCertificateCommand({ DomainName: '*.example.org' }))
  acm.destroy()
}

async function foreignRole({ sandbox }: Stage): Promise<void> {
  const iam = iamOf(sandbox)
  const trust = { Effect: 'Allow', Principal: { Service: 'ec2.amazonaws.com' }, Action: 'sts:AssumeRole' }
  const AssumeRolePolicyDocument = JSON.stringify({ Version: '2012-10-17', Statement: [trust] })
  await iam.send(new CreateRoleCommand({ RoleName: 'staging_cloudfront_auth', AssumeRolePolicyDocument }))
  iam.destroy()
}

async function cacheForAnHour({ sandbox }: Stage): Promise<void> {
  const { endpoint, accessKeyId, secretAccessKey } = sandbox
  const cloudfront = new CloudFrontClient({
    endpoint,
    region: 'us-east-1',
    credentials: { accessKeyId, secretAccessKey },
  })
  const { CachePolicyList } = await cloudfront.send(new ListCachePoliciesCommand({ Type: 'custom' }))
  const [policy] = CachePolicyList?.Items ?? []
  const Id = policy?.CachePolicy?.Id
  const { ETag, CachePolicyConfig: config } = await cloudfront.send(new GetCachePolicyConfigCommand({ Id }))
  if (config === undefined) throw new Error('there is no cache policy')
  const CachePolicyConfig = { ...config, MinTTL: 3600, DefaultTTL: 3600 }
  await cloudfront.send(new UpdateCachePolicyCommand({ Id, IfMatch: ETag, CachePolicyConfig }))
  cloudfront.destroy()
}

/** Gives the user that policy, but for an action, and one more, in place of the policy that it had. */
async function grant(stage: Stage, { without, and }: { without?: string; and?: string } = {}): Promise<void> {
  const printed = await stage.result('pc-ctl permissions bootstrap 2>/dev/null')
  const policy = JSON.parse(printed) as { Statement: { Action: string[] }[] }
  const Statement = policy.Statement.map((statement) => ({
    ...statement,
    Action: statement.Action.filter((action) => action !== without),
  })).filter(({ Action }) => Action.length > 0)
  const more = and === undefined ? [] : [{ Effect: 'Allow', Action: and, Resource: '*' }]
  await send(stage.sandbox, policyOfUser({ ...policy, Statement: [...Statement, ...more] }))
}

/** The last command said what statement is missing. */
async function addStatement({ sandbox, last }: Stage): Promise<void> {
  const statement = last.map((line) => line.trim()).find((line) => line.startsWith('{"Effect"'))
  if (statement === undefined) throw new Error('there is no statement above')
  const document: unknown = { Version: '2012-10-17', Statement: [JSON.parse(statement)] }
  await send(sandbox, policyOfUser(document, 'added'))
}

async function send(sandbox: Sandbox, command: PutUserPolicyCommand): Promise<void> {
  const iam = iamOf(sandbox)
  await iam.send(command)
  iam.destroy()
}
