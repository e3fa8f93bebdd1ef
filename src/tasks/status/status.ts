import type { Aws } from '../../aws/connect.ts'
import { Memory } from '../../aws/memory.ts'
import { namesOf } from '../../aws/names.ts'
import { runtimeWarning } from '../../edge/runtime.ts'
import { checkedBy } from '../../resources/cloudfront/distribution-config.ts'
import {
  associationNeeds,
  compareFingerprints,
  compareSecrets,
  type SecretComparison,
} from '../../resources/lambda/edge-association.ts'
import { type LeftOverKeys, leftOverKeys, leftOverNeeds } from '../../resources/kms/key-left-over.ts'
import { type ObjectSample, sampleNeeds, sampleObjects } from '../../resources/s3/object-sample.ts'
import type { Settings } from '../../settings/settings.ts'
import type { PlanLine } from '../../ui/plan.ts'
import type { Line } from '../../text.ts'
import { type Bootstrap, bootstrapCloudfront, followUpWords } from '../bootstrap-cloudfront.ts'
import { type Chain, compute, type Conduct, runChain, together } from '../chain/chain.ts'
import type { InTheWay } from '../in-the-way.ts'
import { lookAtOwnName, type NameLook } from '../names/packages-name.ts'
import { findExisting, noWishes, type Reconfigure, serve } from '../reconfigure-cloudfront-distribution.ts'
import { type Repair, repairsOf } from './repairs.ts'

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
  /** What others have set in it that keeps packages from being served, or from being guarded; also among `because`. */
  readonly inTheWay: readonly string[]
}

export interface Look extends Bootstrap, Reconfigure {
  associated: string | undefined
  secret: SecretComparison
  sample: ObjectSample
  leftOver: LeftOverKeys
}

export interface StatusWishes {
  /** The settings flags in use, for the commands that it suggests. */
  readonly carried: readonly string[]
  /** The time, in milliseconds of Unix time. */
  readonly now?: () => number
}

/** Everything that a status looks at, as a chain that is only ever planned. */
export const statusChain = (aws: Aws, settings: Settings): Chain<Look> => {
  const names = namesOf(settings.installation.value)
  return [
    ...bootstrapCloudfront(aws, settings, noWishes),
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
    ...serve<Look>(aws, settings, { ...noWishes, orControl: true }, ({ version }) => version.arn),
    compute('Version at the edge', {
      from: async ({ existing }) => (existing === undefined ? undefined : checkedBy(existing.config)),
      as: 'associated',
      ahead: true,
    }),
    compute('Secret at the edge', {
      from: async ({ associated, secrets, version, function: { codeSha256, fingerprints } }) => {
        if (associated === undefined) return 'unknown'
        const isNewest = associated === version.arn && codeSha256 === version.codeSha256
        return isNewest && fingerprints !== undefined
          ? compareFingerprints(fingerprints, secrets)
          : compareSecrets(aws, names, associated, secrets)
      },
      as: 'secret',
      needs: ({ version }) => [associationNeeds(version.arn)],
    }),
    compute('KMS keys that are left over', {
      from({ key, associated }, { signal }) {
        const deployed = [names.functionName, ...(associated === undefined ? [] : [associated])]
        return leftOverKeys(aws, names, { keyArn: key.arn, deployed }, signal)
      },
      as: 'leftOver',
      needs: () => [leftOverNeeds],
    }),
  ]
}

/** Looks at all resources of an installation; a plan of its runbooks, and what the plan doesn't tell. */
export async function status(
  aws: Aws,
  settings: Settings,
  { carried, now = Date.now }: StatusWishes,
  conduct: Conduct,
): Promise<Status> {
  const { ctx, report } = await runChain(statusChain(aws, settings), 'plan', {
    memory: new Memory(),
    ...conduct,
  })
  const published = report.find(({ kind }) => kind === 'Lambda version')
  const ofServing = report.findIndex(({ kind }) => kind === 'Lambda version') + 1
  const repairs = repairsOf(
    { lines: report.slice(0, ofServing), words: ['pc-ctl', 'bootstrap-cloudfront', ...carried] },
    {
      lines: report.slice(ofServing),
      words: followUpWords(ctx, carried),
      // The ARN is only known once a version is published.
      known: published?.do === 'keep',
    },
  )
  const { existing, inTheWay = { found: [], notDecided: [] } } = ctx
  const resources = report.map((line) => withHindrances(statusLine(line, repairs.get(line)), inTheWay))
  return {
    installation: settings.installation.value,
    account: ctx.account.id,
    bucket: { name: ctx.bucket.name, region: ctx.bucket.region },
    resources,
    distribution:
      existing === undefined ? undefined : { id: existing.id, domain: existing.domain, status: existing.status },
    version: { associated: ctx.associated, published: published?.do === 'keep' ? ctx.version.arn : undefined },
    secret: ctx.secret,
    originAccess: ctx.access,
    cacheControl: ctx.sample,
    leftOver: ctx.leftOver,
    runtimeWarning: runtimeInUse(ctx, resources, now()) ?? null,
    keyRotation: (isThere('KMS key', resources) ? ctx.key.rotates : undefined) ?? null,
    packagesDomain: await lookAtOwnName(aws, settings, existing?.domain),
    notDecided: inTheWay.notDecided,
    drift: resources.some(({ state }) => state !== 'ok') || /^(?:different|previous only)$/.test(ctx.secret),
  }
}

/** Of a function that is still to be made there is nothing to say. */
const runtimeInUse = ({ function: { settings } }: Look, lines: readonly StatusLine[], now: number) =>
  lines.some(({ kind, state }) => kind === 'Lambda function' && state !== 'missing')
    ? runtimeWarning(settings.Runtime, now)
    : undefined

const isThere = (kind: string, lines: readonly StatusLine[]): boolean =>
  lines.some((line) => line.kind === kind && line.state === 'ok')

const states = { keep: 'ok', create: 'missing', update: 'drift', remove: 'drift', refuse: 'not ours' } as const

const statusLine = (line: PlanLine, { repair, todo }: Repair = { repair: undefined, todo: [] }): StatusLine => ({
  ...line,
  state: states[line.do],
  repair,
  todo,
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
