/** What a runbook is filled in with: what is there now, seen by those that look for `status` and `doctor`. */
import type { Aws } from '../../aws/connect.ts'
import { explainError } from '../../aws/denial.ts'
import { type Names, namesOf } from '../../aws/names.ts'
import type { Engine } from '../../edge/engine.ts'
import { type AwsCli, awsCli } from '../../resources/takedown.ts'
import { optional, type Settings } from '../../settings/settings.ts'
import { commandLine } from '../../shell.ts'
import { CtlError } from '../../errors.ts'
import type { Chain, Conduct } from '../chain/chain.ts'
import { type Check, skipped } from '../doctor/check.ts'
import { complaint } from '../doctor/complaint.ts'
import { diagnose } from '../doctor/diagnose.ts'
import { withSecret } from '../enable/look.ts'
import { lookAtAll, type Status, type StatusLine } from '../status/status.ts'
import type { Look } from '../status/status-chain.ts'

/** What the operator has said. */
export interface RunbookWishes {
  readonly carried: readonly string[]
  readonly front: string | undefined
  readonly frontPath: string | undefined
  readonly token: string | undefined
  readonly alias: string | undefined
  readonly certificate: string | undefined
}

/** What AWS tells of the installation. */
export interface Seen {
  readonly status: Status
  readonly ctx: Look
  readonly chain: Chain<Look>
}

/** What there is to go by. */
export interface Ground {
  readonly aws: Aws
  readonly settings: Settings
  readonly names: Names
  readonly wishes: RunbookWishes
  /** `undefined` where AWS did not tell: the checks say why. */
  readonly seen: Seen | undefined
  /** Why it is not known. */
  readonly unseen: CtlError | undefined
  readonly checks: readonly Check[]
  /** A command line of pc-ctl, with the settings flags in use. */
  readonly pcCtl: (...words: readonly string[]) => string
  readonly cli: AwsCli
}

/**
 * Looks at AWS as `status` does. That it can't be seen is no failure yet: some changes need nothing of it.
 *
 * @throws CtlError of kind `configuration` where packagecloud.rb lacks something; of kind `interrupted`
 */
export async function survey(aws: Aws, settings: Settings, wishes: RunbookWishes, conduct: Conduct): Promise<Ground> {
  const ground = {
    aws,
    settings,
    names: namesOf(settings.installation.value),
    wishes,
    pcCtl: (...words: readonly string[]) => commandLine(['pc-ctl', ...words, ...wishes.carried]),
    cli: awsCli(settings.profile?.value),
  }
  const file = fileCheck(settings)
  try {
    const seen = await lookAtAll(aws, withSecret(settings), { carried: wishes.carried }, conduct)
    return { ...ground, seen, unseen: undefined, checks: [file, ...checksOf(seen.status, hasSecret(settings))] }
  } catch (error) {
    const failure = error instanceof CtlError ? error : explainError(error, 'Look at the installation')
    if (failure.failure !== 'denied' && failure.failure !== 'failed') throw failure
    const unseen = { id: 'status', title: 'The installation in AWS', ...couldNot(failure) }
    return { ...ground, seen: undefined, unseen: failure, checks: [file, unseen] }
  }
}

const couldNot = ({ message, hint }: CtlError): Pick<Check, 'status' | 'seen' | 'todo'> => ({
  status: 'skipped',
  seen: `could not be looked at. ${message}`,
  todo: hint,
})

const hasSecret = (settings: Settings): boolean => settings.cloudfrontSecret !== undefined

function fileCheck({ configFile, configFound, cloudfrontEnabled }: Settings): Check {
  const said = cloudfrontEnabled?.value === true ? 'sends clients to CloudFront' : 'does not send clients to CloudFront'
  return {
    id: 'config',
    title: 'packagecloud.rb',
    status: configFound ? 'ok' : 'skipped',
    seen: configFound ? `${configFile} ${said}` : `${configFile} is not here: see to it on the front servers`,
    todo: [],
  }
}

/** Each resource by itself, and what no resource tells. */
function checksOf(status: Status, isSecretKnown: boolean): Check[] {
  const { secret, cacheControl, distribution, account, notDecided } = status
  const edge = secret === 'same' || secret === 'current only' ? 'ok' : 'failed'
  return [
    { id: 'account', title: 'Credentials', status: 'ok', seen: `account ${account}`, todo: [] },
    ...status.resources.map(resourceCheck),
    ...(distribution === undefined
      ? []
      : [
          {
            id: 'deployed',
            title: 'All edges have the present configuration',
            status: distribution.status === 'Deployed' ? 'ok' : 'warning',
            seen: `${distribution.id} is ${distribution.status}`,
            todo: [],
          } as const,
        ]),
    ...(!isSecretKnown || distribution === undefined || secret === 'unknown'
      ? []
      : [
          {
            id: 'secret',
            title: 'The secret at the edge is that of packagecloud.rb',
            status: edge,
            seen: secret,
            todo: [],
          } as const,
        ]),
    {
      id: 'cache-control',
      title: 'Cache-Control of some objects',
      ...(cacheControl.looked === 0
        ? skipped('no packages or indexes among the first keys of the bucket')
        : cacheControl.wrong.length === 0
          ? { status: 'ok', seen: `right on all of ${cacheControl.looked}`, todo: [] }
          : { status: 'warning', seen: `wrong on ${cacheControl.wrong.length} of ${cacheControl.looked}`, todo: [] }),
    },
    ...notDecided.map((clause): Check => ({
      id: 'not-decided',
      title: 'Not known',
      status: 'warning',
      seen: clause,
      todo: [],
    })),
  ]
}

const resourceStates = { ok: 'ok', missing: 'skipped', drift: 'warning', 'not ours': 'failed' } as const

const resourceCheck = ({ kind, name, state, because, todo, repair }: StatusLine): Check => ({
  id: 'resource',
  title: `${kind} \`${name}\``,
  status: resourceStates[state],
  seen: state === 'ok' ? 'as it should be' : state === 'missing' ? 'not there' : `${state}: ${because.join('; ')}`,
  todo: state === 'missing' ? [] : [...todo, ...(repair === undefined ? [] : [repair])],
})

/**
 * What `doctor` finds, where there is something to ask.
 *
 * @throws CtlError of kind `usage` for a front server that can't be asked
 */
export async function doctorChecks({ aws, settings, wishes }: Ground): Promise<Check[]> {
  const domain = optional(settings, 'cloudfrontPackagesDomain')
  const none = (why: string): Check[] => [{ id: 'doctor', title: 'What clients get', ...skipped(why) }]
  if (domain === undefined || !hasSecret(settings)) return none('packagecloud.rb names no packages domain yet')
  try {
    const asked = { keys: [], front: wishes.front, frontPath: wishes.frontPath, token: wishes.token }
    return [...(await diagnose(aws, settings, complaint(settings, asked, wishes.carried))).checks]
  } catch (error) {
    if (error instanceof CtlError && (error.failure === 'usage' || error.failure === 'interrupted')) throw error
    const failure = error instanceof CtlError ? error : explainError(error, 'Ask what clients ask')
    return [{ id: 'doctor', title: 'What clients get', ...couldNot(failure) }]
  }
}

/**
 * What AWS tells, where a runbook can't be written without.
 *
 * @throws CtlError as the look did
 */
export function seenOf({ seen, unseen }: Ground): Seen {
  if (seen !== undefined) return seen
  throw unseen ?? new Error('Nothing was looked at.')
}

/** Nothing of the installation is there: perhaps another one is meant. */
export function nothingThere(ground: Ground): CtlError {
  const { names, pcCtl } = ground
  const { account, otherInstallations: others } = seenOf(ground).status
  return new CtlError(
    'configuration',
    `There is nothing of the installation "${names.installation}" in account ${account}.`,
    {
      hint:
        others.length === 0
          ? `\`${pcCtl('runbook', '--kind', 'enable')}\` tells how it is made.`
          : `There is: ${others.join(', ')}. Name the one that is meant with --installation.`,
      code: 'NothingThere',
    },
  )
}

/** A distribution is needed. @throws CtlError of kind `configuration` where there is none */
export function distributionOf(ground: Ground): NonNullable<Status['distribution']> {
  const { distribution } = seenOf(ground).status
  if (distribution !== undefined) return distribution
  throw new CtlError(
    'configuration',
    `The installation "${ground.names.installation}" has no distribution yet, so there is nothing of it to change.`,
    { hint: ['This tells how it is made:', ground.pcCtl('runbook', '--kind', 'enable')], code: 'NotEnabled' },
  )
}

/** Where AWS was not looked at, what new installations get. */
export const engineInUse = ({ seen }: Ground): Engine => seen?.status.engine ?? 'lambda'
