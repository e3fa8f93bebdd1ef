/** What pc-ctl never does: the commands of AWS's own that take an installation away, and what each loses. */
import type { Aws } from '../../aws/connect.ts'
import { explainError } from '../../aws/denial.ts'
import { namesOf } from '../../aws/names.ts'
import { type Engine, engineNames, otherThan } from '../../edge/engine.ts'
import { takedownOfDistribution } from '../../resources/cloudfront/distribution-takedown.ts'
import { taggedDistributions } from '../../resources/cloudfront/tagged-distributions.ts'
import type { TaggedDistribution } from '../../resources/cloudfront/live-distribution.ts'
import { scheduled } from '../../resources/kms/key-takedown.ts'
import { originAccessControl, originAccessIdentity } from '../../resources/origin/origin-access.ts'
import type { Need } from '../../resources/resource.ts'
import type { Takedown } from '../../resources/takedown.ts'
import { keysOf, rails } from '../../options.ts'
import { optional, type Settings } from '../../settings/settings.ts'
import type { PlanLine } from '../../ui/plan.ts'
import { talkNow } from '../../ui/step-talk.ts'
import { bootstrapCloudfront } from '../bootstrap-cloudfront.ts'
import { runChain } from '../chain/chain.ts'
import { takedownOf } from '../chain/ensure.ts'
import { takedownsOf } from '../chain/survey.ts'
import { withSecret } from '../enable/look.ts'
import { workerLookNeeds, workerTakedowns } from '../reindex/worker.ts'
import { noWishes } from '../reconfigure-cloudfront-distribution.ts'
import { disabling, toS3 } from './disable.ts'
import { type Change, type RunbookStep, toDo } from './document.ts'
import { durations } from './durations.ts'
import { type Ground, nothingThere, seenOf } from './look.ts'

/** The distributions that are to go, the one that the settings mean first. */
export interface Doomed {
  readonly settings: Settings
  readonly ours: readonly TaggedDistribution[]
  readonly isWhole: boolean
}

/** What a look for all that is to go needs beside that of `status`: both ways to read the bucket may be there. */
export function removalNeeds(aws: Aws, settings: Settings, accountId: string): Need[] {
  const want = { names: namesOf(settings.installation.value), accountId }
  const place = { accountId, region: optional(settings, 'region') ?? '*', bucket: optional(settings, 'bucket') ?? '*' }
  return [
    ...originAccessIdentity(aws).needs(want),
    ...originAccessControl(aws).needs(want),
    ...workerLookNeeds(aws, want.names, place),
  ]
}

/** What is taken away, and what is not, as sentences. */
interface Removal {
  readonly takedowns: readonly Takedown[]
  readonly leftAlone: readonly string[]
}

/**
 * What is there of the other engine, whether or not it was ever in use: a store without its function holds secrets still.
 *
 * @throws what AWS answers
 */
async function removalOfOther({ aws, settings, cli }: Ground, engine: Engine, signal: AbortSignal): Promise<Removal> {
  const chain = bootstrapCloudfront(aws, withSecret(settings), { ...noWishes, engine })
  const { ctx, report } = await runChain(chain, 'plan', { show: 'nothing', signal })
  const foreign = report.filter((line) => line.do === 'refuse' && line.ours !== true)
  const nodes = (await takedownsOf(chain, ctx, cli)).filter((node) => !isAmong(foreign, node))
  return { takedowns: nodes.flatMap(({ takedowns }) => takedowns), leftAlone: foreign.map(left) }
}

/** Whether something is one of what is not ours: a policy is its role's. */
const isAmong = (foreign: readonly PlanLine[], { title, kind }: { title: string; kind: string }): boolean =>
  foreign.some((line) => line.title === title || (line.kind === 'IAM role' && kind === 'IAM role policy'))

const left = ({ kind, name, because }: PlanLine): string => `Left alone: ${kind} ${name}, since ${because.join('; ')}.`

/** Settings to look by: of several distributions one is named, and none that is gone already. */
export async function doomedOf(aws: Aws, settings: Settings): Promise<Doomed> {
  const named = optional(settings, 'cloudfrontDistributionId')
  const { ours, isWhole } = await taggedDistributions(
    aws,
    namesOf(settings.installation.value),
    named === undefined || named === '' ? [] : [named],
  )
  const { cloudfrontDistributionId, ...rest } = settings
  const [first] = ours
  const meant = ours.find(({ id }) => id === named) ?? first
  const source = cloudfrontDistributionId?.source ?? ({ kind: 'default' } as const)
  return {
    settings: meant === undefined ? rest : { ...rest, cloudfrontDistributionId: { value: meant.id, source } },
    ours,
    isWhole,
  }
}

/**
 * @throws CtlError of kind `configuration` where there is nothing of the installation; as the look, where AWS could not be
 *   asked
 */
export async function removing(ground: Ground, { ours, isWhole }: Doomed): Promise<Change> {
  const { names, pcCtl, settings, seen } = ground
  const { engine } = seenOf(ground).status
  const { takedowns, leftAlone } = await allTakedowns(ground, ours)
  if (takedowns.length === 0) throw nothingThere(ground)
  const keys = takedowns.filter(({ undo }) => /schedule-key|cancel-key/.test(undo ?? ''))
  const aliases = ours.flatMap(({ config }) => config.Aliases?.Items ?? [])
  const before = settings.cloudfrontEnabled?.value === true ? (await disabling(ground)).steps : []
  return {
    title: `Take away what serves packages by CloudFront (${names.installation})`,
    purpose: [
      'Everything that pc-ctl has made in AWS for this installation is deleted, with the AWS CLI: pc-ctl itself deletes nothing. ' +
        'The order is the one that AWS accepts, since it lets nothing go that something else refers to.',
      'The bucket and all objects in it stay, and so does whatever others have made.',
    ],
    changes: [],
    steps: [
      ...before,
      ...(before.length === 0 ? [] : [...toS3(ground), waitForUrls]),
      ...aliases.map(recordGone),
      whoIAm(ground),
      ...takedowns.map(asStep),
      linesGone(settings),
    ],
    validation: [
      toDo('Nothing of ours is left', {
        commands: [pcCtl('runbook', '--kind', 'remove')],
        expected: '`There is nothing of the installation`, and exit code 3.',
        duration: durations.look,
      }),
    ],
    rollback: [
      toDo('Make it anew', {
        notes: [
          'Until the distribution is disabled, nothing need be taken back. Afterwards all is made anew, under another name below cloudfront.net.',
        ],
        commands: [pcCtl('enable-cloudfront', ...(engine === 'lambda' ? [] : ['--engine', engine]))],
        expected: 'It says what is done and what is to do, and asks.',
        duration: durations.deployment,
      }),
    ],
    tell: [
      `Who looks after firewalls and proxies: ${ours.map(({ domain }) => domain).join(', ') || 'the packages domain'} answers nobody any more.`,
      'Who has their own name lead there: a name that leads to a deleted distribution can be taken by somebody else.',
    ],
    cost: [
      `Nothing is paid any more${keys.length === 0 ? '' : ': not for the key once its deletion is scheduled, nor for the rest once it is gone'}. Logs cost until they are deleted.`,
    ],
    irreversible: [
      ...takedowns.flatMap(({ title, undo, loses }) => (undo === null ? [`${title}. ${loses}`] : [])),
      ...keys.map(({ title, loses, undo }) => `${title}. ${loses} ${undo ?? ''}`),
      ...leftAlone,
      ...(isWhole
        ? []
        : [
            'Only the distribution that packagecloud.rb names was looked for: these credentials may not call tag:GetResources.',
          ]),
      ...('notChecked' in (seen?.status.leftOver ?? {}) ? ['Keys that are left over were not looked for.'] : []),
      `Stays: ${takedowns.some(({ takes }) => takes === 'replicas') ? serviceRoles : ''}certificates; records in the DNS.`,
    ],
  }
}

const serviceRoles =
  'the roles AWSServiceRoleForLambdaReplicator and AWSServiceRoleForCloudFrontLogger, which all of the account shares; '

/** What is not ours is left out, and told. */
async function allTakedowns(ground: Ground, ours: readonly TaggedDistribution[]): Promise<Removal> {
  const { aws, cli, names } = ground
  const { ctx, chain, status } = seenOf(ground)
  const refused = status.resources.filter(({ state }) => state === 'not ours')
  const nodes = (await takedownsOf(chain, ctx, cli)).filter((node) => !isAmong(refused, node))
  const account = { names, accountId: ctx.account.id }
  const other =
    ctx.access === 'oai'
      ? await takedownOf(originAccessControl(aws), account, cli)
      : await takedownOf(originAccessIdentity(aws), account, cli)
  const distributions = ours.flatMap((live) => takedownOfDistribution(live, cli))
  const rest = nodes.filter(({ kind }) => kind !== 'CloudFront distribution')
  const first = rest.filter(({ kind }) => kind === 'S3 bucket policy')
  const last = rest.filter(({ kind }) => kind !== 'S3 bucket policy')
  const others = await othersOf(ground)
  const ofJobs = await ofJobsIn(ground)
  const keys = 'keys' in status.leftOver ? status.leftOver.keys.map(({ arn }) => scheduled(arn, cli)) : []
  return {
    takedowns: [
      ...distributions,
      ...first.flatMap(({ takedowns }) => takedowns),
      ...(other ?? []),
      ...last.flatMap(({ takedowns }) => takedowns),
      ...others.takedowns,
      ...ofJobs.takedowns,
      ...keys,
    ],
    leftAlone: [...refused.map(left), ...others.leftAlone, ...ofJobs.leftAlone],
  }
}

/** What is there of jobs of S3 Batch Operations. As {@link othersOf}. */
async function ofJobsIn(ground: Ground): Promise<Removal> {
  const { aws, cli, names } = ground
  const { account, bucket } = seenOf(ground).ctx
  try {
    const place = { accountId: account.id, region: bucket.region, bucket: bucket.name }
    return { takedowns: await workerTakedowns(aws, names, place, cli), leftAlone: [] }
  } catch (error) {
    const { failure, message } = explainError(error, 'Look for it')
    if (failure === 'interrupted') throw error
    const what = 'What reindex-everything has made for S3 Batch Operations'
    return { takedowns: [], leftAlone: [`${what} is not told, and may be left. ${message}`] }
  }
}

/** That it may not be looked for is told. */
async function othersOf(ground: Ground): Promise<Removal> {
  const engine = otherThan(seenOf(ground).status.engine)
  try {
    return await removalOfOther(ground, engine, talkNow().signal)
  } catch (error) {
    const { failure, message } = explainError(error, 'Look for it')
    if (failure === 'interrupted') throw error
    const why = `What is there of ${engineNames[engine]} is not told, and may be left. ${message}`
    return { takedowns: [], leftAlone: [why] }
  }
}

const waitForUrls = toDo('Wait until no signed URL is in use', {
  expected: 'Downloads that have begun go on.',
  duration: durations.urls,
})

const recordGone = (alias: string): RunbookStep =>
  toDo(`Remove the record of ${alias} from the DNS`, {
    notes: ['Before the distribution goes: a name that leads to one that is gone can be taken over by somebody else.'],
    commands: [`dig +short ${alias}`],
    expected: 'Nothing is printed.',
    duration: durations.dns,
    loses: `${alias} leads nowhere.`,
  })

/** Credentials of packagecloud.rb are not those that the AWS CLI uses. */
const whoIAm = ({ cli, seen }: Ground): RunbookStep =>
  toDo('See that the AWS CLI means the same account', {
    notes: [
      'These credentials need permission to delete, which none of the policies that `pc-ctl permissions` prints has.',
    ],
    commands: ["export AWS_PAGER=''", cli('sts', 'get-caller-identity', '--query', 'Account', '--output', 'text')],
    expected: `\`${seen?.status.account ?? ''}\``,
    duration: durations['a call'],
  })

const asStep = ({ title, commands, expected, takes, loses, undo }: Takedown): RunbookStep =>
  toDo(title, { commands, expected, duration: durations[takes], loses, undo: undo ?? 'It can not be taken back.' })

/** The lines by their numbers; what stands in them may be secret. */
function linesGone(settings: Settings): RunbookStep {
  const places = (
    [
      'cloudfrontEnabled',
      'cloudfrontSecret',
      'cloudfrontPreviousSecret',
      'cloudfrontDistributionId',
      'cloudfrontPackagesDomain',
    ] as const
  ).flatMap((name) => {
    const source = settings[name]?.source
    return source?.kind === 'config' ? [`line ${source.line} (\`${rails(keysOf[name][0])}\`)`] : []
  })
  return toDo('Remove the lines from packagecloud.rb, on every front server', {
    notes: [
      places.length === 0
        ? `${settings.configFile} has none of them here.`
        : `In ${settings.configFile} here: ${places.join(', ')}.`,
    ],
    commands: ['packagecloud-ctl reconfigure'],
    expected: 'It ends with exit code 0.',
    duration: durations.reconfigure,
    loses: 'The secret. It is of no use without the function.',
    undo: 'generate-cloudfront-secret makes another one.',
  })
}
