import { arnOfBucket } from '../../aws/arns.ts'
import type { Aws } from '../../aws/connect.ts'
import { Memory } from '../../aws/memory.ts'
import { namesOf } from '../../aws/names.ts'
import { runtimeWarning } from '../../edge/runtime.ts'
import { checkedBy } from '../../resources/cloudfront/distribution-config.ts'
import type { Accepted } from '../../resources/edge-engine.ts'
import { acceptedBy, compareFingerprints, engineBehind, type SecretComparison } from '../../resources/edge-engines.ts'
import { type LeftOverKeys, leftOverKeys, leftOverNeeds } from '../../resources/kms/key-left-over.ts'
import { type ObjectSample, sampleNeeds, sampleObjects } from '../../resources/s3/object-sample.ts'
import type { Bucket } from '../../resources/s3/bucket.ts'
import type { Settings } from '../../settings/settings.ts'
import type { PlanLine } from '../../ui/plan.ts'
import type { Line } from '../../text.ts'
import { associable, type Bootstrap, bootstrapCloudfront, followUpWords } from '../bootstrap-cloudfront.ts'
import { type Chain, compute, type Conduct, runChain, together } from '../chain/chain.ts'
import { type Node, nodesOf } from '../chain/survey.ts'
import type { InTheWay } from '../in-the-way.ts'
import { lookAtOwnName, type NameLook } from '../names/packages-name.ts'
import { otherInstallations } from '../other-installations.ts'
import { findExisting, noWishes, type Reconfigure, serve } from '../reconfigure-cloudfront-distribution.ts'
import { lookAtRotation } from '../rotation/look.ts'
import type { Rotation } from '../rotation/state.ts'
import { type Repair, repairsOf } from './repairs.ts'

/** The one that everything is for, which no runbook makes. */
export const bucketKind = 'S3 bucket'

/** Everything about an installation, on one screen. */
export interface Status {
  readonly installation: string
  readonly account: string
  readonly bucket: { readonly name: string; readonly region: string }
  readonly resources: readonly StatusLine[]
  readonly distribution: { readonly id: string; readonly domain: string; readonly status: string } | undefined
  /** The version that the distribution runs, and the newest that is published. */
  readonly version: { readonly associated: string | undefined; readonly published: string | undefined }
  readonly secret: SecretComparison
  /** How far the replacement of the secret is; `null` where none is under way. */
  readonly rotation: Rotation | null
  readonly originAccess: Reconfigure['access']
  readonly cacheControl: ObjectSample
  /** KMS keys of this installation that are not in use. */
  readonly leftOver: LeftOverKeys
  /** What is to be known of the Lambda runtime in use; `null` where that is nothing. */
  readonly runtimeWarning: string | null
  /** Whether KMS rotates the key that is in use; `null` where there is none, or KMS does not tell these credentials. */
  readonly keyRotation: boolean | null
  /** Whether a packages domain of the operator's own leads to the distribution; `null` where there is none. */
  readonly packagesDomain: NameLook | null
  /** Where there is nothing of this installation: the others of the account, first what may have been meant. */
  readonly otherInstallations: readonly string[]
  /** Clauses about what might be in the way, and could not be known. */
  readonly notDecided: readonly string[]
  /** Whether anything differs from what this configuration would make. */
  readonly drift: boolean
}

export interface StatusLine extends PlanLine {
  readonly state: 'ok' | 'missing' | 'drift' | 'not ours'
  /** The commands that put it right, to be run one after the other as they are. */
  readonly repair: Repair['repair']
  /** What else there is to do, or what to do where no command can put it right. */
  readonly todo: readonly Line[]
  /** What it depends on, among these resources and the bucket. */
  readonly dependsOn: readonly Dependency[]
  /** What others have set in it that keeps packages from being served, or from being guarded; also among `because`. */
  readonly inTheWay: readonly string[]
}

/** How one resource depends on another. */
interface Dependency {
  readonly kind: string
  readonly name: string
  /** As a verb, such as `runs as`. */
  readonly as: string
}

export interface Look extends Bootstrap, Reconfigure {
  associated: string | undefined
  accepted: Accepted | undefined
  rotation: Rotation | undefined
  sample: ObjectSample
  leftOver: LeftOverKeys
}

export interface StatusWishes {
  /** The settings flags in use, for the commands that it suggests. */
  readonly carried: readonly string[]
  /** The time, in milliseconds of Unix time. */
  readonly now?: () => number
}

/** The steps of the two runbooks that make what a status shows. */
interface Runbooks {
  readonly bootstrap: Chain<Bootstrap>
  readonly reconfigure: Chain<Look>
}

const runbooksOf = (aws: Aws, settings: Settings, carried: readonly string[] = []): Runbooks => ({
  bootstrap: bootstrapCloudfront(aws, settings, { ...noWishes, carried }),
  reconfigure: serve<Look>(aws, settings, noWishes, associable),
})

/** Everything that a status looks at, as a chain that is only ever planned. */
export const statusChain = (aws: Aws, settings: Settings, runbooks = runbooksOf(aws, settings)): Chain<Look> => {
  const names = namesOf(settings.installation.value)
  return [
    ...runbooks.bootstrap,
    together<Look>(
      'Look at what serves the bucket',
      findExisting(aws, settings, noWishes),
      compute('Cache-Control of some objects', {
        from: ({ bucket }) => sampleObjects(aws, bucket),
        as: 'sample',
        ahead: true,
        needs: ({ bucket }) => [sampleNeeds(bucket.name)],
      }),
    ),
    ...runbooks.reconfigure,
    compute('Version at the edge', {
      from: async ({ existing }) => (existing === undefined ? undefined : checkedBy(existing.config)),
      as: 'associated',
      ahead: true,
    }),
    compute('Secret at the edge', {
      from: async ({ associated, version, function: { codeSha256, fingerprints, rules } }) => {
        if (associated === undefined) return undefined
        const isNewest = associated === version.arn && codeSha256 === version.codeSha256
        return isNewest && fingerprints !== undefined ? { fingerprints, rules } : acceptedBy(aws, names, associated)
      },
      as: 'accepted',
      needs: ({ version: { arn } }) => engineBehind(arn).acceptedNeeds(arn),
    }),
    compute('Rotation of the secret', {
      from: async ({ existing, accepted, function: { fingerprints } }) =>
        (await lookAtRotation(aws, settings, { distribution: existing, latest: fingerprints, accepted }))?.rotation,
      as: 'rotation',
    }),
    compute('KMS keys that are left over', {
      from({ key, associated }, { signal }) {
        const deployed = [names.functionName, ...(associated === undefined ? [] : [associated])]
        return leftOverKeys(aws, names, { keyArn: key.arn, deployed }, signal)
      },
      as: 'leftOver',
      ahead: true,
      needs: () => [leftOverNeeds],
    }),
  ]
}

/** Looks at all resources of an installation; a plan of its runbooks, and what the plan doesn't tell. */
export const status = async (aws: Aws, settings: Settings, wishes: StatusWishes, conduct: Conduct): Promise<Status> =>
  (await lookAtAll(aws, settings, wishes, conduct)).status

/** A {@link status}, and what the steps of its chain have handed on. */
export async function lookAtAll(
  aws: Aws,
  settings: Settings,
  wishes: StatusWishes,
  conduct: Conduct,
): Promise<{ readonly status: Status; readonly ctx: Look; readonly chain: Chain<Look> }> {
  const runbooks = runbooksOf(aws, settings, wishes.carried)
  const chain = statusChain(aws, settings, runbooks)
  const { ctx, report } = await runChain(chain, 'plan', { memory: new Memory(), ...conduct })
  return { status: await toldOf(aws, settings, wishes, runbooks, { ctx, report }), ctx, chain }
}

async function toldOf(
  aws: Aws,
  settings: Settings,
  { carried, now = Date.now }: StatusWishes,
  runbooks: Runbooks,
  { ctx, report }: { readonly ctx: Look; readonly report: readonly PlanLine[] },
): Promise<Status> {
  const [bootstrap, reconfigure] = [nodesOf(runbooks.bootstrap, ctx), nodesOf(runbooks.reconfigure, ctx)]
  const published = report.find(({ kind }) => kind === 'Lambda version')
  const repairs = repairsOf(
    { lines: linesOf(report, bootstrap), words: ['pc-ctl', 'bootstrap-cloudfront', ...carried] },
    {
      lines: linesOf(report, reconfigure),
      words: followUpWords(ctx, carried),
      // The ARN is only known once a version is published.
      known: published?.do === 'keep',
    },
  )
  const { existing, inTheWay = { found: [], notDecided: [] } } = ctx
  const secret = compareFingerprints(ctx.accepted?.fingerprints ?? [], ctx.secrets)
  const dependencies = dependenciesOf([...bootstrap, ...reconfigure], ctx.bucket)
  const resources = report.map((line) =>
    withHindrances(statusLine(line, repairs.get(line), dependencies.get(line.title)), inTheWay),
  )
  return {
    installation: settings.installation.value,
    account: ctx.account.id,
    bucket: { name: ctx.bucket.name, region: ctx.bucket.region },
    resources,
    distribution:
      existing === undefined ? undefined : { id: existing.id, domain: existing.domain, status: existing.status },
    version: { associated: ctx.associated, published: published?.do === 'keep' ? ctx.version.arn : undefined },
    secret,
    rotation: ctx.rotation ?? null,
    originAccess: ctx.access,
    cacheControl: ctx.sample,
    leftOver: ctx.leftOver,
    runtimeWarning: runtimeInUse(ctx, resources, now()) ?? null,
    keyRotation: (isThere('KMS key', resources) ? ctx.key.rotates : undefined) ?? null,
    packagesDomain: await lookAtOwnName(aws, settings, existing?.domain),
    otherInstallations: resources.some(isOfOurs) ? [] : await otherInstallations(aws, settings.installation.value),
    notDecided: inTheWay.notDecided,
    drift: resources.some(({ state }) => state !== 'ok') || /^(?:different|previous only)$/.test(secret),
  }
}

/** Of a function that is still to be made there is nothing to say. */
const runtimeInUse = ({ function: { settings } }: Look, lines: readonly StatusLine[], now: number) =>
  lines.some(({ kind, state }) => kind === 'Lambda function' && state !== 'missing')
    ? runtimeWarning(settings.Runtime, now)
    : undefined

/** The bucket's policy may have statements of others. */
export const isOfOurs = ({ state, kind }: Pick<StatusLine, 'state' | 'kind'>): boolean =>
  (state === 'ok' || state === 'drift') && kind !== 'S3 bucket policy'

const isThere = (kind: string, lines: readonly StatusLine[]): boolean =>
  lines.some((line) => line.kind === kind && line.state === 'ok')

/** The lines of a report that are about what a runbook makes. */
const linesOf = (report: readonly PlanLine[], nodes: readonly Node[]): PlanLine[] =>
  report.filter((line) => nodes.some(({ title }) => title === line.title))

/** What each resource depends on, by the title of its step. */
function dependenciesOf(nodes: readonly Node[], { name }: Bucket): Map<string, Dependency[]> {
  const ends = [...nodes, { kind: bucketKind, name, ids: [arnOfBucket(name)] }]
  return new Map(
    nodes.map(({ title, ties }) => [
      title,
      ties.flatMap(({ to, as }) => {
        const end = ends.find(({ ids }) => ids.includes(to))
        return end === undefined ? [] : { kind: end.kind, name: end.name, as }
      }),
    ]),
  )
}

const states = { keep: 'ok', create: 'missing', update: 'drift', remove: 'drift', refuse: 'not ours' } as const

const statusLine = (
  line: PlanLine,
  { repair, todo }: Repair = { repair: undefined, todo: [] },
  dependsOn: readonly Dependency[] = [],
): StatusLine => ({
  ...line,
  state: line.ours === true ? 'drift' : states[line.do],
  repair,
  todo,
  dependsOn,
  inTheWay: [],
})

function withHindrances(line: StatusLine, { found }: InTheWay): StatusLine {
  const ofIt = found.filter(({ of }) => of === line.kind)
  if (ofIt.length === 0) return line
  const inTheWay = ofIt.map(({ why }) => why)
  return {
    ...line,
    state: line.state === 'ok' ? 'drift' : line.state,
    because: [...line.because, ...inTheWay],
    todo: [...line.todo, ...ofIt.flatMap(({ todo }) => todo)],
    inTheWay,
  }
}
