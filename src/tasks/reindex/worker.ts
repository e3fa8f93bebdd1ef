/** What S3 Batch Operations needs to do reindex-everything's work: a function, and two roles. */
import { arnOfFunction, arnOfVersion, arnsOfOwnLogs } from '../../aws/arns.ts'
import type { Aws } from '../../aws/connect.ts'
import { checksumNames, jobNames, type Names, workerNames } from '../../aws/names.ts'
import type { PolicyDocument } from '../../aws/policy.ts'
import { jobNeeds, workerNeeds } from '../../reindex/needs.ts'
import { inlinePolicy } from '../../resources/iam/role-policy.ts'
import { role, type Role, type RoleUse, type RoleWant } from '../../resources/iam/role.ts'
import { edgeVersion, type EdgeVersion, untilVersionActive } from '../../resources/lambda/edge-version.ts'
import { workerFunction, type WorkerFunction, type WorkerFunctionWant } from '../../resources/lambda/worker-function.ts'
import { packWorker } from '../../resources/lambda/worker-package.ts'
import { policyOf } from '../../resources/policy-of-needs.ts'
import type { Need } from '../../resources/resource.ts'
import type { Tags } from '../../resources/tags.ts'
import type { AwsCli, Takedown } from '../../resources/takedown.ts'
import { takedownOf } from '../chain/ensure.ts'
import { type Chain, compute, ensure, together, wait } from '../chain/chain.ts'
import { checksumResources } from './checksum-role.ts'

/** What the steps hand on. */
export interface Worker {
  workerZip: Uint8Array
  workerRole: Role
  jobRole: Role
  workerPolicy: PolicyDocument
  jobPolicy: PolicyDocument
  worker: WorkerFunction
  workerVersion: EdgeVersion
}

export interface WorkerWishes {
  /** Where the bucket is: jobs and their functions are there, too. */
  readonly region: string
  readonly bucket: string
  readonly accountId: string
  /** How many of the function may run at once. */
  readonly concurrency: number
  readonly adopt: boolean
  readonly tags?: Tags | undefined
  /** ARN of the permissions boundary of both roles. */
  readonly boundary?: string | undefined
}

const madeBy = '`reindex-everything --run-on batch`'

const ofFunction: RoleUse = {
  services: 'lambda.amazonaws.com',
  description: 'Runs the function that reads and rewrites objects for packagecloud:enterprise',
  madeBy,
  called: "the function's role",
}

const ofJobs: RoleUse = {
  services: 'batchoperations.s3.amazonaws.com',
  sameAccount: true,
  description: 'Jobs of S3 Batch Operations that have the function read and rewrite objects, packagecloud:enterprise',
  madeBy,
  called: 'the role of jobs',
}

/** The resources, for a bucket. */
function workerResources(aws: Aws, names: Names, { region, bucket }: Pick<WorkerWishes, 'region' | 'bucket'>) {
  const ofWorker = workerNames(names, region)
  const policy = (role: RoleUse, of: (accountId: string) => readonly Need[], loses: string) =>
    inlinePolicy(aws, {
      document: ({ accountId }) => policyOf(of(accountId)),
      ties: () => [],
      ...{ loses, madeBy, role: role.called },
    })
  return {
    workerRole: role(aws, ofFunction),
    jobRole: role(aws, ofJobs),
    workerPolicy: policy(
      ofFunction,
      (accountId) => [...workerNeeds({ accountId, bucket }), logNeeds(ofWorker, accountId, region)],
      'The function, were it still there, could do nothing any more.',
    ),
    jobPolicy: policy(
      ofJobs,
      (accountId) => [...jobNeeds({ bucket }), invokeNeeds(ofWorker, accountId, region)],
      'Jobs that are still under way fail.',
    ),
    worker: workerFunction(aws, region),
  }
}

/** Makes what is missing, and brings up to date what is there. What a job uses that is under way stays as it is. */
export function workerChain<C extends Worker>(aws: Aws, names: Names, wishes: WorkerWishes): Chain<C> {
  const { region, accountId, concurrency, adopt, tags, boundary } = wishes
  const [ofWorker, ofJob] = [workerNames(names, region), jobNames(names, region)]
  const resources = workerResources(aws, names, wishes)
  const makeRole = (title: string, called: Names, as: 'workerRole' | 'jobRole') =>
    ensure<C, typeof as, RoleWant>(title, {
      resource: resources[as],
      want: () => ({ names: called, accountId, adopt, tags, boundary }),
      as,
    })
  const workerRole = makeRole('Create the IAM role that the function runs as', ofWorker, 'workerRole')
  const jobRole = makeRole('Create the IAM role of jobs', ofJob, 'jobRole')
  const makeFunction = ensure<C, 'worker', WorkerFunctionWant>('Create the function that does the work', {
    resource: resources.worker,
    want: ({ workerRole, workerZip }) => ({
      ...{ names: ofWorker, accountId, roleArn: workerRole.arn, zip: workerZip },
      ...{ concurrency, adopt, tags },
    }),
    as: 'worker',
  })
  return [
    compute('Code of the function', {
      from: packWorker,
      as: 'workerZip',
      tell: ({ length }) => `${(length / 1e6).toFixed(1)} MB`,
      suppose: () => new Uint8Array(),
    }),
    together('Create the IAM roles', workerRole, jobRole),
    together(
      'Say what the roles allow',
      ensure("Allow the function to read and rewrite the bucket's objects", {
        resource: resources.workerPolicy,
        want: ({ workerRole }) => ({ names: ofWorker, accountId, roleArn: workerRole.arn, boundary }),
        as: 'workerPolicy',
        within: workerRole,
      }),
      ensure('Allow jobs to invoke the function', {
        resource: resources.jobPolicy,
        want: ({ jobRole }) => ({ names: ofJob, accountId, roleArn: jobRole.arn, boundary }),
        as: 'jobPolicy',
        within: jobRole,
      }),
      makeFunction,
    ),
    ensure('Publish a numbered version: a job runs that one to its end', {
      resource: edgeVersion(aws, region),
      want: ({ worker }) => ({ names: ofWorker, accountId, function: worker }),
      as: 'workerVersion',
      basedOn: [makeFunction],
      within: makeFunction,
    }),
    wait('Wait until the version is Active', async ({ workerVersion }, talk) => {
      if (workerVersion.isActive !== true) await untilVersionActive(aws, ofWorker, workerVersion, talk, region)
      return `version ${workerVersion.number}`
    }),
  ]
}

const logNeeds = (names: Names, accountId: string, region: string): Need => ({
  access: 'write',
  actions: ['logs:CreateLogGroup', 'logs:CreateLogStream', 'logs:PutLogEvents'],
  resources: arnsOfOwnLogs(names, accountId, region),
})

/** Any version: a job of before may still be under way, with the one that it began with. */
const invokeNeeds = (names: Names, accountId: string, region: string): Need => ({
  access: 'write',
  actions: ['lambda:InvokeFunction'],
  resources: [arnOfVersion(arnOfFunction(names, accountId, region), '*')],
})

/** Where something was made for jobs. */
export interface WorkerPlace {
  readonly accountId: string
  readonly region: string
  readonly bucket: string
}

/**
 * How what is there of it, and for jobs that compute checksums, is taken away: the function before the roles, since nothing goes that something else needs.
 * What is somebody else's is left.
 *
 * @throws what AWS answers
 */
export async function workerTakedowns(
  aws: Aws,
  names: Names,
  { accountId, ...place }: WorkerPlace,
  cli: AwsCli,
): Promise<Takedown[]> {
  const { workerRole, workerPolicy, jobRole, jobPolicy, worker } = workerResources(aws, names, place)
  const { checksumRole, checksumPolicy } = checksumResources(aws, place.bucket)
  const isOurs = (live: { readonly owner: string | undefined } | undefined) => live?.owner === names.installation
  const wanted = { accountId, adopt: false, roleArn: '', zip: new Uint8Array(), concurrency: 0 }
  const ofFunction = { ...wanted, names: workerNames(names, place.region) }
  const takedowns: Takedown[] = []
  if (isOurs(await worker.describe(ofFunction))) takedowns.push(...((await takedownOf(worker, ofFunction, cli)) ?? []))
  for (const [role, policy, want] of [
    [jobRole, jobPolicy, { ...wanted, names: jobNames(names, place.region) }],
    [workerRole, workerPolicy, ofFunction],
    [checksumRole, checksumPolicy, { ...wanted, names: checksumNames(names, place.region) }],
  ] as const) {
    if (!isOurs(await role.describe(want))) continue
    takedowns.push(...((await takedownOf(policy, want, cli)) ?? []), ...((await takedownOf(role, want, cli)) ?? []))
  }
  return takedowns
}

/** What it takes to look for that. */
export function workerLookNeeds(aws: Aws, names: Names, { accountId, ...place }: WorkerPlace): Need[] {
  const { workerRole, workerPolicy, jobRole, jobPolicy, worker } = workerResources(aws, names, place)
  const { checksumRole, checksumPolicy } = checksumResources(aws, place.bucket)
  const wanted = { accountId, adopt: false, roleArn: '*', zip: new Uint8Array(), concurrency: 0 }
  const ofWorker = { ...wanted, names: workerNames(names, place.region) }
  const ofJob = { ...wanted, names: jobNames(names, place.region) }
  const ofChecksums = { ...wanted, names: checksumNames(names, place.region) }
  return [
    ...[worker, workerRole, workerPolicy].flatMap((one) => one.needs(ofWorker)),
    ...[jobRole, jobPolicy].flatMap((one) => one.needs(ofJob)),
    ...[checksumRole, checksumPolicy].flatMap((one) => one.needs(ofChecksums)),
  ]
    .filter(({ access }) => access === 'read')
    .map((need) => ({
      ...need,
      optional: 'runbook can not tell what reindex-everything has made for S3 Batch Operations',
    }))
}
