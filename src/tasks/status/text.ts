import { lastPartOf } from '../../aws/arns.ts'
import { engineNames } from '../../edge/engine.ts'
import { leftOverKey } from '../../resources/kms/key-left-over.ts'
import { keyNotRotated } from '../../resources/kms/key-rotation.ts'
import { differences } from '../../ui/plan.ts'
import { advice, type Block, heading, item, nested, table, verbatim, warning } from '../../text.ts'
import { forAnother } from '../other-installations.ts'
import { nameFact } from '../names/packages-name.ts'
import { rotationText } from '../rotation/text.ts'
import { publishedKind, type Status, type StatusLine } from './status.ts'

/** How the state of a resource is marked. */
export const stateMarks = { ok: 'ok', missing: 'failed', drift: 'update', 'not ours': 'refused' } as const

/** Whose status it is. */
export const statusTitle = ({ installation, account }: Status): string => `${installation} in account ${account}`

/**
 * A status as one screen of text.
 *
 * @param again - the command that shows it
 */
export const statusText = (status: Status, again: readonly string[]): Block[] => [
  heading(statusTitle(status)),
  '',
  ...statusBlocks(status, again),
]

/** What of a status stands below its title. */
export function statusBlocks(status: Status, again: readonly string[]): Block[] {
  const rows = status.resources.map((line) => [
    item(stateMarks[line.state], line.state),
    shortKind(line),
    whichOne(line),
  ])
  return [
    table(rows),
    '',
    table(statusFacts(status)),
    ...status.resources.flatMap(driftText),
    ...otherOnes(status, again),
    ...status.notDecided.flatMap((clause) => ['', warning(clause)]),
    ...(status.runtimeWarning === null ? [] : ['', warning(status.runtimeWarning)]),
    ...notRotated(status).flatMap((arn) => ['', warning(keyNotRotated(arn))]),
    ...keysLeftOver(status).flatMap(({ arn }) => ['', warning(leftOverKey(arn))]),
  ]
}

/** Where nothing is there, perhaps another installation was meant. */
function otherOnes({ otherInstallations: others }: Status, again: readonly string[]): Block[] {
  return others.length === 0 ? [] : ['', ...advice(forAnother(others, again))]
}

/** What is to be known beside the resources, by name. */
export function statusFacts(status: Status): string[][] {
  const { distribution, bucket } = status
  return [
    ['Bucket', `${bucket.name} in ${bucket.region}`],
    ['Distribution', distribution === undefined ? 'none yet' : `${distribution.status}, ${distribution.domain}`],
    ['Engine', engineNames[status.engine]],
    versionFact(status),
    ...otherEngineFact(status),
    ['Secret at the edge', secretText(status)],
    ...rotationOfSecret(status),
    ['CloudFront reads as', status.originAccess === 'oai' ? 'origin access identity' : 'origin access control'],
    ['Cache-Control', cacheControlText(status)],
    ...nameFact(status.packagesDomain),
    ...rotationFact(status),
    ...leftOverFact(status),
  ]
}

/** Whose resources these are needs no saying, but for S3's and IAM's policies. */
const shortKind = ({ kind }: StatusLine): string => kind.replace(/^CloudFront /, '')

/** The end of its ARN or id, which is what AWS's console shows; its name where there is none, or not yet. */
export function whichOne({ state, id, name }: StatusLine): string {
  if (state === 'missing' || id === '') return name
  const end = id.split('/').at(-1) ?? ''
  return end.includes(':') ? end.split(':').slice(6).join(':') : end
}

function driftText({ state, kind, name, changes, because, inTheWay, repair, todo }: StatusLine): Block[] {
  if (state === 'ok') return []
  return [
    '',
    `${kind} ${name}: ${state}`,
    nested([
      ...(changes.length > 0 ? [...differences(changes), ...inTheWay] : because),
      ...(repair?.lines ?? []).map((line) => verbatim(`repair: ${line}`)),
      ...advice(todo),
    ]),
  ]
}

const versionFact = (status: Status): string[] =>
  status.engine === 'lambda' ? ['Function version', versionText(status)] : ['Function', functionText(status)]

function functionText({ version: { associated, published }, resources }: Status): string {
  if (published === undefined) return associated === undefined ? 'not published yet' : 'to be published'
  if (associated !== published) return 'published, but not at the edge'
  return resources.some(({ kind, state }) => kind === publishedKind && state === 'drift')
    ? 'at the edge as it is published, which is not as it should be'
    : 'at the edge as it is published'
}

/** Nothing where there is none. It costs next to nothing, and is the way back. */
function otherEngineFact({ otherEngine }: Status): string[][] {
  if (otherEngine === null) return []
  const { engine, arn } = otherEngine
  const what = { lambda: 'with its role and its KMS key', function: 'with its key value store' } as const
  return [
    [
      'Other engine',
      `${engineNames[engine]}: ${arn.split(/[:/]/).at(-1) ?? ''}, ${what[engine]}, is there and not in use`,
    ],
  ]
}

function versionText({ version: { associated, published } }: Status): string {
  const number = (arn: string | undefined): string => arn?.split(':').at(-1) ?? 'none'
  if (associated === undefined) return `none at the edge, ${number(published)} published`
  if (published === undefined) return `${number(associated)} at the edge; a newer one is to be published`
  if (associated === published) return `${number(associated)} at the edge, the newest`
  return `${number(associated)} at the edge, but ${number(published)} is the newest`
}

function secretText({ secret, distribution, version }: Status): string {
  switch (secret) {
    case 'same':
      return 'the one in packagecloud.rb'
    case 'current only':
      return 'the one in packagecloud.rb is accepted, but the previous one differs'
    case 'previous only':
      return 'the previous one only: do not restart front servers until the new one is there too'
    case 'different':
      return 'NOT the one in packagecloud.rb: what is signed with that is refused'
    case 'unknown':
      if (distribution === undefined) return 'none yet'
      return version.associated === undefined
        ? 'none: the distribution runs no function that checks signed URLs'
        : 'unknown: the deployed function has none that can be read'
  }
}

/** Nothing where none is under way. */
const rotationOfSecret = ({ rotation, engine }: Status): string[][] =>
  rotation === null ? [] : [['Rotation of it', rotationText(rotation, engine)]]

function cacheControlText({ cacheControl: { looked, right, wrong } }: Status): string {
  if (looked === 0) return 'no packages or indexes among the first keys of the bucket'
  if (wrong.length === 0) return `right on all of ${looked} objects looked at`
  return `right on ${right} of ${looked} objects looked at; wrong on ${wrong[0] ?? ''}: run \`pc-ctl reindex-everything\``
}

const keyInUse = ({ resources }: Status): StatusLine | undefined =>
  resources.find(({ kind, state }) => kind === 'KMS key' && state === 'ok')

const notRotated = (status: Status): string[] => (status.keyRotation === false ? [keyInUse(status)?.id ?? ''] : [])

/** Nothing where all is well. */
function rotationFact(status: Status): string[][] {
  if (status.keyRotation === true || keyInUse(status) === undefined) return []
  const untold = 'not checked: KMS does not tell these credentials (kms:GetKeyRotationStatus)'
  return [['Key rotation', status.keyRotation === false ? 'off' : untold]]
}

const keysLeftOver = ({ leftOver }: Status) => ('notChecked' in leftOver ? [] : leftOver.keys)

/** Nothing where there is nothing to say. */
function leftOverFact({ leftOver }: Status): string[][] {
  if ('notChecked' in leftOver) return [['Keys left over', `not checked: ${leftOver.notChecked}`]]
  const keys = leftOver.keys.map(({ arn, state }) => `${lastPartOf(arn)} (${state})`)
  return keys.length === 0 ? [] : [['Keys left over', keys.join(', ')]]
}
