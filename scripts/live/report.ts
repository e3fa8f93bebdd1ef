/** The report of a run: what is assumed against what was seen. It can be shared: neither account nor secret is in it. */
import { readFileSync } from 'node:fs'
import { rename, writeFile } from 'node:fs/promises'
import { join } from 'node:path'

import type { Finding } from './findings.ts'
import type { Live } from './place.ts'
import type { Remainder } from './remains.ts'

/** How a phase ended. */
export interface Phase {
  readonly title: string
  readonly seconds: number
  /** Why it was not gone to its end, if so. */
  readonly failure: string | undefined
}

export interface Run {
  readonly begun: Date
  readonly phases: readonly Phase[]
  readonly findings: readonly Finding[]
  readonly remains: readonly Remainder[]
}

const marks = { 'as assumed': 'as assumed', differs: '**differs**', 'not seen': 'not seen' } as const

/** @returns the path of what was written */
export async function writeReport(live: Live, run: Run): Promise<string> {
  const file = join(live.folder, 'live-report.md')
  await writeFile(`${file}.new`, await shareable(live, reportText(live, run)), { mode: 0o600 })
  await rename(`${file}.new`, file)
  return file
}

function reportText({ names, region, account }: Live, { begun, phases, findings, remains }: Run): string {
  const endpoint = process.env['AWS_ENDPOINT_URL']
  const counted = (verdict: Finding['verdict']): number => findings.filter((one) => one.verdict === verdict).length
  return [
    '# What pc-ctl assumes of AWS, and what was seen',
    '',
    table(
      ['', ''],
      [
        ['begun', begun.toISOString()],
        ['pc-ctl', version()],
        [
          'AWS',
          endpoint === undefined
            ? `account ...${account.id.slice(-4)}`
            : 'not AWS itself, but what AWS_ENDPOINT_URL names',
        ],
        ['region of the buckets', region],
        ['installation', names.installation],
        ['as assumed', String(counted('as assumed'))],
        ['differs', String(counted('differs'))],
        ['not seen', String(counted('not seen'))],
      ],
    ),
    '',
    '## Assumed and seen',
    '',
    'Of each, docs/assumptions.md says where it is used and where it comes from.',
    '',
    table(
      ['id', 'assumed', 'seen', ''],
      findings.map(({ id, assumed, seen, verdict }) => [id, assumed, seen, marks[verdict]]),
    ),
    '',
    '## What was done',
    '',
    table(
      ['', 'took', ''],
      phases.map(({ title, seconds, failure }) => [title, `${seconds.toFixed(1)} s`, failure ?? 'done']),
    ),
    '',
    '## What remains',
    '',
    ...(remains.length === 0 ? ['Nothing.', ''] : []),
    ...remains.flatMap(remainderText),
  ].join('\n')
}

export function remainderText({ what, note, commands }: Remainder): string[] {
  const block = commands.length === 0 ? [] : ['```sh', ...commands, '```', '']
  return [`${what[0]?.toUpperCase() ?? ''}${what.slice(1)}.${note === undefined ? '' : ` ${note}`}`, '', ...block]
}

function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]): string => `| ${cells.map(cell).join(' | ')} |`
  return [line(head), line(head.map(() => '---')), ...rows.map(line)].join('\n')
}

const cell = (text: string): string => text.replaceAll(/\s+/g, ' ').replaceAll('|', '\\|')

const version = (): string =>
  (JSON.parse(readFileSync(join(import.meta.dirname, '../../package.json'), 'utf8')) as { version: string }).version

/** Without what may be nobody else's business: the account, and what opens something. */
async function shareable({ account, settings }: Live, text: string): Promise<string> {
  const { cloudfrontSecret, cloudfrontPreviousSecret } = await settings()
  const secrets = [cloudfrontSecret?.value, cloudfrontPreviousSecret?.value].filter((one) => one !== undefined)
  return secrets
    .filter((one) => one !== '')
    .reduce((masked, one) => masked.replaceAll(one, '(secret)'), text)
    .replaceAll(account.id, '(account)')
    .replaceAll(/\bt=\d{10}_[0-9a-f]+/g, 't=(signature)')
}
