import { mkdir, readFile, realpath, rename, stat, writeFile } from 'node:fs/promises'
import { dirname } from 'node:path'
import { Readable } from 'node:stream'
import { randomUUID } from 'node:crypto'

import { rails, type RailsKey } from '../options.ts'
import { accountArn } from '../sandbox/contracts/arns.ts'
import { privateFile, privateFolder } from '../sandbox/contracts/private-folder.ts'
import type { Sandbox } from '../sandbox/host/sandbox.ts'
import type { AwsRequest } from '../sandbox/contracts/service.ts'

/** What a rehearsal starts with, beside an empty AWS. */
export interface Stage {
  bucket: string | undefined
  region: string
  /** Where the sample packagecloud.rb goes. */
  config: string
}

/** A bucket could not be made; the message is S3's. */
export class StageError extends Error {}

/** What became of packagecloud.rb: a sample is new, has this run's credentials in place of another's, or was left. */
export type Prepared = 'written' | 'switched' | 'kept'

/**
 * Makes the bucket and writes the sample packagecloud.rb, both only if they are not there yet, and lets the front
 * server read it. Credentials of another run with the same state, in a file that is there, become this run's.
 *
 * @throws StageError if S3 refuses the bucket
 */
export async function prepareStage(sandbox: Sandbox, stage: Stage): Promise<{ config: Prepared }> {
  if (stage.bucket !== undefined) await createBucket(sandbox, stage.bucket, stage.region)
  await mkdir(dirname(stage.config), privateFolder)
  const config = await writeFile(stage.config, sampleConfig(sandbox, stage), { flag: 'wx', ...privateFile }).then(
    () => 'written' as const,
    async (error: unknown) => {
      if (!(error instanceof Error && 'code' in error && error.code === 'EEXIST')) throw error
      return (await switchCredentials(sandbox, stage.config)) ? 'switched' : 'kept'
    },
  )
  // Settings that are not complete yet are what the next steps are about; the server says so itself.
  await sandbox.front?.restart().catch(() => undefined)
  return { config }
}

/** pc-ctl prefers the file's keys to the environment's: with those of another run it would be somebody else. */
async function switchCredentials({ credentials, otherCredentials }: Sandbox, file: string): Promise<boolean> {
  const text = await readFile(file, 'utf8')
  let switched = text
  for (const { accessKeyId, secretAccessKey } of otherCredentials) {
    switched = switched
      .replaceAll(accessKeyId, credentials.accessKeyId)
      .replaceAll(secretAccessKey, credentials.secretAccessKey)
  }
  if (switched === text) return false
  await replace(file, switched)
  return true
}

/** Gives a file new contents; one that others can read is replaced by one that they can't, rather than told the keys. */
async function replace(file: string, text: string): Promise<void> {
  const target = await realpath(file)
  if (((await stat(target)).mode & 0o077) === 0) return writeFile(target, text)
  const temporary = `${target}.${randomUUID()}`
  await writeFile(temporary, text, { flag: 'wx', ...privateFile })
  await rename(temporary, target)
}

/** Straight to S3, in the name of the root user. */
async function createBucket(sandbox: Sandbox, bucket: string, region: string): Promise<void> {
  const body =
    region === 'us-east-1'
      ? ''
      : `<CreateBucketConfiguration><LocationConstraint>${region}</LocationConstraint></CreateBucketConfiguration>`
  const request: AwsRequest = {
    requestId: randomUUID(),
    service: 's3',
    region,
    method: 'PUT',
    rawPath: `/${encodeURIComponent(bucket)}`,
    query: new URLSearchParams(),
    headers: { host: new URL(sandbox.endpoint).host, 'content-length': String(body.length) },
    caller: {
      kind: 'root',
      accountId: sandbox.accountId,
      arn: accountArn(sandbox.accountId),
      accessKeyId: sandbox.accessKeyId,
    },
    body: Readable.from([Buffer.from(body)]),
    buffer: () => Promise.resolve(Buffer.from(body)),
    trailers: {},
  }
  const response = await sandbox.services.s3.serve(request)
  const answer = typeof response.body === 'string' ? response.body : ''
  if (response.status < 300 || answer.includes('BucketAlreadyOwnedByYou')) return
  throw new StageError(/<Message>(.*?)<\/Message>/s.exec(answer)?.[1] ?? `S3 answered ${response.status}`)
}

/** The lines that a packagecloud server with S3 has, before CloudFront. */
function sampleConfig(sandbox: Sandbox, { bucket, region }: Stage): string {
  const setting = (key: RailsKey, value: string): string => `${rails(key)} = '${value}'`
  const lines = [
    '# A packagecloud.rb for rehearsals: these credentials are good for the sandbox only.',
    setting('aws_access_key', sandbox.credentials.accessKeyId),
    setting('aws_secret_key', sandbox.credentials.secretAccessKey),
    setting('aws_region', region),
    bucket === undefined ? `# ${setting('s3_bucket', 'name-of-the-bucket')}` : setting('s3_bucket', bucket),
    '',
  ]
  return lines.join('\n')
}
