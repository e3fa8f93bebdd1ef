import { arnOfBucket, engineOf } from '../../aws/arns.ts'
import type { Aws } from '../../aws/connect.ts'
import { Memory } from '../../aws/memory.ts'
import type { Engine } from '../../edge/engine.ts'
import { runtimeWarning } from '../../edge/runtime.ts'
import { compareFingerprints, type SecretComparison } from '../../resources/edge-engines.ts'
import type { LeftOverKeys } from '../../resources/kms/key-left-over.ts'
import type { ObjectSample } from '../../resources/s3/object-sample.ts'
import type { Bucket } from '../../resources/s3/bucket.ts'
import type { Settings } from '../../settings/settings.ts'
import type { PlanLine } from '../../ui/plan.ts'
import type { Line } from '../../text.ts'
import { associable, followUpWords } from '../bootstrap-cloudfront.ts'
import { type Chain, type Conduct, runChain } from '../chain/chain.ts'
import { type Node, nodesOf } from '../chain/survey.ts'
import type { InTheWay } from '../hindrance.ts'
import { lookAtOwnName, type NameLook } from '../names/packages-name.ts'
import { otherInstallations } from '../other-installations.ts'
import type { Reconfigure } from '../reconfigure-cloudfront-distribution.ts'
import type { Rotation } from '../rotation/state.ts'
import { type Repair, repairsOf } from './repairs.ts'
import { type Look, type Runbooks, runbooksOf, statusChain } from './status-chain.ts'

/** The one that everything is for, which no runbook makes. */
export const bucketKind = 'S3 bucket'

/** What edges run of the engine of CloudFront Functions. */
export const publishedKind = 'Published CloudFront function'

/** Everything about an installation, on one screen. */
export interface Status {
  readonly installation: string
  readonly account: string
  readonly bucket: { readonly name: string; readonly region: string }
  readonly resources: readonly StatusLine[]
  readonly distribution: { readonly id: string; readonly domain: string; readonly status: string } | undefined
  /** What checks signed URLs. */
  readonly engine: Engine
  /** What is there of the other engine, and not in use: ARN of its function; `null` where there is none of ours. */
  readonly otherEngine: { readonly engine: Engine; readonly arn: string } | null
  /** What the distribution runs, and what was published last: by their ARNs. */
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

export interface StatusWishes {
  /** The settings flags in use, for the commands that it suggests. */
  readonly carried: readonly string[]
  /** The time, in milliseconds of Unix time. */
  readonly now?: () => number
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
  const published = publishedIn(report, ctx)
  const repairs = repairsOf(
    { lines: linesOf(report, bootstrap), words: ['pc-ctl', 'bootstrap-cloudfront', ...carried] },
    {
      lines: linesOf(report, reconfigure),
      words: followUpWords(ctx, carried),
      // The ARN is only known once a version is published.
      known: published !== undefined,
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
    engine: ctx.engine.engine,
    otherEngine: ctx.otherEngine === undefined ? null : { engine: engineOf(ctx.otherEngine), arn: ctx.otherEngine },
    version: { associated: ctx.associated, published },
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

/** What can be associated as it is: the newest version, if none is to be published; of a CloudFront Function any. */
function publishedIn(report: readonly PlanLine[], ctx: Look): string | undefined {
  const isThere: Readonly<Record<Engine, (line: PlanLine) => boolean>> = {
    lambda: (line) => line.kind === 'Lambda version' && line.do === 'keep',
    function: (line) => line.kind === publishedKind && /^(?:keep|update)$/.test(line.do),
  }
  return report.some(isThere[ctx.engine.engine]) ? associable(ctx) : undefined
}

/** Of a function that is still to be made there is nothing to say. */
const runtimeInUse = (ctx: Look, lines: readonly StatusLine[], now: number) =>
  lines.some(({ kind, state }) => kind === 'Lambda function' && state !== 'missing')
    ? runtimeWarning(ctx.function.settings.Runtime, now)
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
  const ends = [...nodes, { title: '', kind: bucketKind, name, ids: [arnOfBucket(name)] }]
  return new Map(
    nodes.map(({ title, ties }) => [
      title,
      ties.flatMap(({ to, as }) => {
        // What is published is called as what it is published from; a distribution runs the former.
        const end = ends.findLast((one) => one.ids.includes(to) && one.title !== title)
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
