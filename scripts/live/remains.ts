/** What is there after a run, and what removes it: pc-ctl itself deletes nothing but distributions that are named. */
import { commandLine } from '../../src/shell.ts'
import { edgeRegion } from '../../src/aws/names.ts'
import { cfcreateNames } from '../../src/resources/cloudfront/bucket-distribution.ts'
import type { Live } from './place.ts'
import { walkedDistribution } from './s3cmd.ts'

export interface Remainder {
  readonly what: string
  /** In the order in which AWS takes them. */
  readonly commands: readonly string[]
  /** What to wait for before. */
  readonly note?: string
}

/** The part of `status --json` that is read. */
interface StatusDocument {
  readonly error?: { readonly message: string }
  readonly result?: {
    readonly resources: readonly {
      readonly kind: string
      readonly name: string
      readonly id: string
      readonly state: string
    }[]
  }
}

/** @param buckets - whether they are there */
export async function whatRemains(live: Live, buckets: boolean): Promise<Remainder[]> {
  const { stdout } = await live.quietly('status', '--json')
  const { result, error } = JSON.parse(stdout) as StatusDocument
  const there = (result?.resources ?? []).filter(({ state }) => state === 'ok' || state === 'drift')
  const idOf = (kind: string): string | undefined => there.find((one) => one.kind === kind)?.id
  const ofWalk = await walkedDistribution(live)
  const aws: Aws = (...words) =>
    commandLine(['aws', ...(live.wishes.profile === undefined ? [] : ['--profile', live.wishes.profile]), ...words])
  return [
    ...(error === undefined ? [] : [unknown(live, error.message)]),
    ...(there.length === 0 ? [] : [ticket(live)]),
    ...[idOf('CloudFront distribution'), ofWalk].flatMap((id) => (id === undefined ? [] : [distribution(live, id)])),
    ...refersTo(aws, idOf('CloudFront cache policy'), idOf('CloudFront origin access identity')),
    ...functionAndRole(aws, live, (kind) => idOf(kind) !== undefined),
    ...key(aws, idOf('KMS key')),
    ...(buckets ? [ofBuckets(aws, live), shared] : []),
  ]
}

/** Makes a command line of AWS's own client. */
type Aws = (...words: readonly string[]) => string

/** With the ETag of the moment, which the shell asks for. */
const withEtag = (aws: Aws, words: readonly string[], get: readonly string[]): string =>
  `${aws(...words)} --if-match "$(${aws(...get, '--query', 'ETag', '--output', 'text')})"`

/** It only reads. */
const ticket = ({ config, names, wishes: { profile } }: Live): Remainder => ({
  what: 'the installation: this writes a change ticket with what each step of its removal loses',
  commands: [
    commandLine([
      ...['node', 'bin/run.js', 'runbook', '--kind', 'remove', '--config', config],
      ...['--installation', names.installation, ...(profile === undefined ? [] : ['--profile', profile])],
    ]),
  ],
})

/** Nobody should take it for nothing. */
const unknown = ({ config, names }: Live, why: string): Remainder => ({
  what: `what there is of the installation could not be looked up (${why.replace(/\.$/, '')})`,
  note: 'This tells, once that is put right:',
  commands: [commandLine(['node', 'bin/run.js', 'status', '--config', config, '--installation', names.installation])],
})

const distribution = ({ config, names, wishes: { profile } }: Live, id: string): Remainder => ({
  what: `the distribution ${id}`,
  commands: [
    commandLine([
      ...['node', 'bin/run.js', 'cfremove', '--force', '--yes', '--config', config],
      ...['--installation', names.installation, ...(profile === undefined ? [] : ['--profile', profile]), `cf://${id}`],
    ]),
  ],
})

function refersTo(aws: Aws, policy: string | undefined, identity: string | undefined): Remainder[] {
  const cloudfront = (verb: string, what: string, id: string): string[] => ['cloudfront', `${verb}-${what}`, '--id', id]
  const removal = (what: string, id: string): string =>
    withEtag(aws, cloudfront('delete', what, id), cloudfront('get', what, id))
  return [
    ...(policy === undefined
      ? []
      : [{ what: `the cache policy ${policy}`, commands: [removal('cache-policy', policy)] }]),
    ...(identity === undefined
      ? []
      : [
          {
            what: `the origin access identity ${identity}`,
            commands: [removal('cloud-front-origin-access-identity', identity)],
          },
        ]),
  ]
}

function functionAndRole(aws: Aws, { names }: Live, isThere: (kind: string) => boolean): Remainder[] {
  const logGroup = `/aws/lambda/${edgeRegion}.${names.functionName}`
  const RoleName = ['--role-name', names.roleName]
  return [
    ...(isThere('Lambda function')
      ? [
          {
            what: `the function ${names.functionName} with its versions`,
            note: 'Some hours after the distribution is gone, once Lambda has removed its replicas.',
            commands: [aws('lambda', 'delete-function', '--region', edgeRegion, '--function-name', names.functionName)],
          },
          {
            what: `its logs, ${logGroup}, in each Region where it ran`,
            note: 'CloudWatch Logs keeps them for good.',
            commands: [],
          },
        ]
      : []),
    ...(isThere('IAM role')
      ? [
          {
            what: `the role ${names.roleName}`,
            commands: [
              aws('iam', 'delete-role-policy', ...RoleName, '--policy-name', names.rolePolicyName),
              aws('iam', 'delete-role', ...RoleName),
            ],
          },
        ]
      : []),
  ]
}

const key = (aws: Aws, arn: string | undefined): Remainder[] => {
  const id = arn?.split('/').at(-1)
  if (id === undefined) return []
  const command = [
    'kms',
    'schedule-key-deletion',
    '--region',
    edgeRegion,
    '--key-id',
    id,
    '--pending-window-in-days',
    '7',
  ]
  return [{ what: `the KMS key ${id}, which costs nothing from then on`, commands: [aws(...command)] }]
}

const ofBuckets = (aws: Aws, { bucket, site, region }: Live): Remainder => ({
  what: `the buckets ${bucket} and ${site} with all that is in them`,
  commands: [bucket, site].map((name) => aws('s3', 'rb', '--region', region, '--force', `s3://${name}`)),
})

/** They are found by their names; AWS lets none of them go that a distribution uses. */
const shared: Remainder = {
  what: `the origin access control "${cfcreateNames.originAccess}" and the cache policy ${cfcreateNames.policy}`,
  note: 'All that cfcreate makes shares them, and they cost nothing: they may stay.',
  commands: [],
}
