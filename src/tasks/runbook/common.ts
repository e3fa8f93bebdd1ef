/** Steps that several changes have. */
import { prices } from '../costs/prices.ts'
import { dollars } from '../costs/dollars.ts'
import { shellWord } from '../../shell.ts'
import { type RunbookStep, toDo } from './document.ts'
import { durations } from './durations.ts'
import { engineInUse, type Ground } from './look.ts'

export const reconfigure = (notes: readonly string[] = []): RunbookStep =>
  toDo('reconfigure, on every front server', {
    notes,
    commands: ['packagecloud-ctl reconfigure'],
    expected: 'It ends with exit code 0.',
    duration: durations.reconfigure,
  })

export const restart = (notes: readonly string[] = []): RunbookStep =>
  toDo('restart, on every front server', {
    notes: ['Clients can not log in or be redirected while a server starts: one server after the other.', ...notes],
    commands: ['packagecloud-ctl restart'],
    expected: '`ok: run:` for each service.',
    duration: durations.restart,
  })

export const editFile = (
  { settings: { configFile } }: Ground,
  title: string,
  lines: readonly string[],
  ...notes: string[]
) =>
  toDo(title, {
    notes: [
      `In ${configFile}, on every front server. Where something generates that file (Chef, Puppet, a chart), change it there too.`,
      ...notes,
    ],
    lines,
    expected: 'The file says so on every front server.',
    duration: durations.edit,
  })

/** The command that connects the newest version: with its ARN where that is known, else as the bootstrap prints it. */
export function connecting({ seen, pcCtl }: Ground, ...flags: readonly string[]): string {
  const published = seen?.status.version.published
  return published === undefined
    ? [`eval "$(${pcCtl('bootstrap-cloudfront')})"`, ...flags.map(shellWord)].join(' ')
    : pcCtl('reconfigure-cloudfront-distribution', published, ...flags)
}

export const connect = (ground: Ground, title: string, notes: readonly string[] = [], ...flags: readonly string[]) =>
  toDo(title, {
    notes: [
      ...notes,
      ...(ground.seen?.status.version.published === undefined
        ? ['This runs the command that bootstrap-cloudfront prints, with the ARN of what it has published.']
        : []),
    ],
    commands: [connecting(ground, ...flags)],
    expected:
      'It ends with exit code 0, after `Wait until all edges have it: Deployed`, and prints lines for packagecloud.rb.',
    duration: durations.deployment,
  })

const publishing = {
  lambda: { whenSeen: 'Clients see nothing of it yet.', duration: durations.bootstrap },
  function: {
    whenSeen: 'Once the function has passed its test it is live at once where the distribution runs it already.',
    duration: durations.function,
  },
} as const

export const bootstrap = (ground: Ground, notes: readonly string[] = []): RunbookStep =>
  toDo('bootstrap-cloudfront: publish the function that checks URLs', {
    notes: [publishing[engineInUse(ground)].whenSeen, ...notes],
    commands: [ground.pcCtl('bootstrap-cloudfront', '--dry-run'), ground.pcCtl('bootstrap-cloudfront')],
    expected:
      'First what changes, then the `pc-ctl reconfigure-cloudfront-distribution` command with the ARN of what is published.',
    duration: publishing[engineInUse(ground)].duration,
  })

/** What shows that all is well with CloudFront. */
export const proven = ({ pcCtl, wishes: { front } }: Ground): RunbookStep[] => [
  toDo('All resources are as they should be', {
    commands: [pcCtl('status', '--exit-code')],
    expected: 'Exit code 0, and `ok` before each resource.',
    duration: durations.look,
  }),
  toDo('Clients get what they ask for', {
    notes: [
      front === undefined
        ? 'With --front and the URL of a front server, and an access token in PC_CTL_FRONT_TOKEN, that is asked too.'
        : 'The access token of a client goes into PC_CTL_FRONT_TOKEN.',
    ],
    commands: [pcCtl('doctor', ...(front === undefined ? [] : ['--front', front]))],
    expected: 'Exit code 0, and `0 failed`.',
    duration: durations.look,
  }),
]

/** The way back that always works. */
export const backToS3 = (ground: Ground): RunbookStep[] => [
  editFile(ground, 'Send clients to S3 again', ["packagecloud_rails['cloudfront_enabled'] = false"]),
  reconfigure(),
  restart(['AWS resources stay as they are.']),
]

const key = dollars(prices.kms.perKeyAndMonth)

const paid = {
  lambda: {
    runs: `Lambda@Edge by requests, KMS ${key} a month for the key`,
    stays: `the key costs ${key} a month, and all else nothing`,
  },
  function: {
    runs: 'CloudFront Functions and reads of the key value store by requests',
    stays: 'nothing of it costs anything',
  },
} as const

export const costs = (ground: Ground) => costsOf(ground, paid[engineInUse(ground)])

const costsOf = ({ pcCtl }: Ground, { runs, stays }: (typeof paid)[keyof typeof paid]) => ({
  none: `Nothing beside what is paid already. \`${pcCtl('costs')}\` tells how much that is.`,
  runs:
    `CloudFront by traffic and requests, ${runs} (prices as of ` +
    `${prices.asOf}). \`pc-ctl costs --estimate --downloads N --gb N\` estimates it, \`${pcCtl('costs')}\` tells it later.`,
  stays: `While CloudFront serves nobody, ${stays}.`,
})

export const nothingLost = 'Nothing: all steps can be taken back.'
