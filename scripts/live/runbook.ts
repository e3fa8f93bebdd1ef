/** The runbook, as an operator goes it, and what can be seen of AWS on the way. */
import { createHash } from 'node:crypto'

import { GetDistributionConfigCommand, CloudFrontClient } from '@aws-sdk/client-cloudfront'
import { GetFunctionCommand, LambdaClient, PublishVersionCommand } from '@aws-sdk/client-lambda'
import { GetBucketPolicyCommand, S3Client } from '@aws-sdk/client-s3'

import { edgeRegion } from '../../src/aws/names.ts'
import { newestRuntime } from '../../src/edge/runtime.ts'
import { CtlError } from '../../src/errors.ts'
import { inSeconds } from './edge.ts'
import type { Answer, Live } from './place.ts'

export async function walkTheRunbook(live: Live): Promise<void> {
  if ((await live.settings()).cloudfrontSecret === undefined) {
    await live.pcCtl('generate-cloudfront-secret', '--write-config', '--yes')
  }
  const bootstrapped = await live.pcCtl('bootstrap-cloudfront')
  const next = bootstrapped.stdout.trim().split(' ').slice(1)
  const connected = await live.pcCtl(...next, '--write-config', '--yes')
  noteWaits(live, bootstrapped, connected)

  const again = await live.pcCtl('bootstrap-cloudfront')
  if (again.stdout !== bootstrapped.stdout) {
    throw new CtlError('failed', 'bootstrap-cloudfront printed something else the second time.')
  }
  await live.pcCtl(...next, '--dry-run', '--exit-code')
  await noteFunction(live)
  await notePolicy(live)
}

/** Only what was made just now was waited for. */
function noteWaits({ findings }: Live, bootstrapped: Answer, connected: Answer): void {
  const took = inSeconds(bootstrapped.seconds)
  if (/IAM role .*: created/.test(bootstrapped.stderr)) {
    findings.note('A14', `bootstrap-cloudfront took ${took} with a new role`, bootstrapped.seconds <= 120)
  } else findings.note('A14', 'the role was there already', undefined)
  if (/distribution.*: (?:created|updated)/.test(connected.stderr)) {
    findings.note('A15', `Deployed ${inSeconds(connected.seconds)} after the command began`, connected.seconds <= 360)
  } else findings.note('A15', 'the distribution was Deployed already', undefined)
}

async function noteFunction(live: Live): Promise<void> {
  const { aws, names, findings } = live
  const cloudfront = aws.client(CloudFrontClient, edgeRegion)
  const { value: Id } = (await live.settings()).cloudfrontDistributionId ?? { value: '' }
  const { DistributionConfig } = await cloudfront.send(new GetDistributionConfigCommand({ Id }))
  const [association] = DistributionConfig?.DefaultCacheBehavior?.LambdaFunctionAssociations?.Items ?? []
  const lambda = aws.client(LambdaClient, edgeRegion)
  const FunctionName = association?.LambdaFunctionARN
  const { Configuration, Code } = await lambda.send(new GetFunctionCommand({ FunctionName }))
  const { Runtime, MemorySize = 0, Timeout = 0, CodeSize = 0, CodeSha256, Version } = Configuration ?? {}
  findings.note('A1', `${Runtime ?? 'nothing'} at ${association?.EventType ?? 'no event'}`, Runtime === newestRuntime)
  findings.note(
    'A2',
    `${MemorySize} MB, ${Timeout} s, ${Math.ceil(CodeSize / 1024)} KiB`,
    MemorySize === 128 && Timeout === 5 && CodeSize < 1024 ** 2,
  )
  const zip = await fetch(Code?.Location ?? '', { signal: live.signal })
  const digest = createHash('sha256')
    .update(Buffer.from(await zip.arrayBuffer()))
    .digest('base64')
  findings.note(
    'A4',
    digest === CodeSha256 ? 'the same' : `${CodeSha256 ?? 'none'}, not ${digest}`,
    digest === CodeSha256,
  )
  const published = await lambda.send(new PublishVersionCommand({ FunctionName: names.functionName, CodeSha256 }))
  findings.note(
    'A5',
    published.Version === Version ? `version ${Version ?? ''} again` : `version ${published.Version ?? ''}`,
    published.Version === Version,
  )
}

async function notePolicy({ aws, bucket, region, findings }: Live): Promise<void> {
  const { Policy = '' } = await aws.client(S3Client, region).send(new GetBucketPolicyCommand({ Bucket: bucket }))
  const isArn = /"AWS":\s*"arn:aws:iam::cloudfront:user\/CloudFront Origin Access Identity \w+"/.test(Policy)
  const [principal = 'no principal'] = /"Principal":\s*\{[^}]*\}/.exec(Policy) ?? []
  findings.note('A11', principal, isArn)
}
