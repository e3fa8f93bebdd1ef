import { changeLines } from '../ui/plan.ts'
import { table } from '../ui/table.ts'
import type { Status, StatusLine } from './status.ts'

const marks = { ok: '✔', missing: '✖', drift: '~', 'not ours': '!' } as const

/** A status as one screen of text. */
export function statusText(status: Status): string {
  const { distribution } = status
  const rows = status.resources.map((line) => [
    `${marks[line.state]} ${line.state}`,
    line.kind,
    line.name,
    line.state === 'missing' ? '' : shortId(line),
  ])
  const facts = [
    ['Distribution', distribution === undefined ? 'none yet' : `${distribution.status}, ${distribution.domain}`],
    ['Function version', versionText(status)],
    ['Secret at the edge', secretText(status)],
    ['CloudFront reads as', status.originAccess === 'oai' ? 'origin access identity' : 'origin access control'],
    ['Cache-Control', cacheControlText(status)],
  ]
  return [
    `${status.installation} in account ${status.account}, bucket ${status.bucket.name} in ${status.bucket.region}`,
    '',
    table(rows),
    '',
    table(facts),
    ...status.resources.flatMap(driftLines),
  ].join('\n')
}

/** The end of an ARN, where it tells more than the name; --json has all of it. */
function shortId({ id, name }: StatusLine): string {
  const end = id.split('/').at(-1) ?? ''
  const short = end.includes(':') ? end.split(':').slice(6).join(':') : end
  return short === name ? '' : short
}

function driftLines(line: StatusLine): string[] {
  if (line.state === 'ok') return []
  const what = line.changes.length > 0 ? changeLines(line.changes) : line.because.map((because) => `    ${because}`)
  return [
    '',
    `${line.kind} ${line.name}: ${line.state}`,
    ...what,
    ...(line.repair === undefined ? [] : [`    repair: ${line.repair}`]),
  ]
}

function versionText({ version: { associated, published } }: Status): string {
  const number = (arn: string | undefined): string => arn?.split(':').at(-1) ?? 'none'
  if (associated === undefined) return `none at the edge, ${number(published)} published`
  if (published === undefined) return `${number(associated)} at the edge; a newer one is to be published`
  if (associated === published) return `${number(associated)} at the edge, the newest`
  return `${number(associated)} at the edge, but ${number(published)} is the newest`
}

function secretText({ secret, distribution }: Status): string {
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
      return distribution === undefined ? 'none yet' : 'unknown: the deployed function holds none that can be decrypted'
  }
}

function cacheControlText({ cacheControl: { looked, right, wrong } }: Status): string {
  if (looked === 0) return 'no packages or indexes among the first keys of the bucket'
  if (wrong.length === 0) return `right on all of ${looked} objects looked at`
  return `right on ${right} of ${looked} objects looked at; wrong on ${wrong[0] ?? ''}: run pc-ctl reindex-everything`
}

/** A status as a Mermaid flowchart: what exists and how it is tied. */
export function statusGraph(status: Status): string {
  const node = (id: string, kind: string, line: StatusLine | undefined): string =>
    `  ${id}["${kind}<br/>${label(line)}"]${line?.state === 'ok' ? '' : ':::drift'}`
  const find = (kind: string): StatusLine | undefined => status.resources.find((line) => line.kind.includes(kind))
  return [
    'flowchart LR',
    '  client(["package manager"]) -->|"signed URL"| distribution',
    node('distribution', 'CloudFront distribution', find('distribution')),
    node('version', 'Lambda version', find('Lambda version')),
    node('function', 'Lambda function', find('Lambda function')),
    node('role', 'IAM role', find('IAM role')),
    node('key', 'KMS key', find('KMS key')),
    node('cachePolicy', 'cache policy', find('cache policy')),
    node('access', status.originAccess === 'oai' ? 'origin access identity' : 'origin access control', find('origin')),
    `  bucket[("S3 bucket<br/>${status.bucket.name}")]`,
    '  distribution -->|"viewer-request"| version',
    '  version -->|"published from"| function',
    '  function -->|"runs as"| role',
    '  role -->|"decrypts with"| key',
    '  distribution --> cachePolicy',
    '  distribution -->|"fetches as"| access',
    '  access -->|"bucket policy"| bucket',
    '  classDef drift stroke:#c00,stroke-width:3px',
  ].join('\n')
}

const label = (line: StatusLine | undefined): string =>
  line === undefined ? 'none' : line.state === 'ok' ? line.id || line.name : `${line.name} (${line.state})`
