import { optional } from '../../settings/settings.ts'
import type { Conduct } from '../chain/chain.ts'
import { ctlHere, lookOut } from '../enable/look.ts'
import type { PageStep } from '../enable/page.ts'
import { noWishes } from '../reconfigure-cloudfront-distribution.ts'
import { backToS3, bootstrap, connect, costs, proven, reconfigure, restart } from './common.ts'
import { changesIn } from './changes.ts'
import { type Change, type RunbookStep, toDo } from './document.ts'
import { durations } from './durations.ts'
import type { Ground } from './look.ts'

/** The seven steps of packagecloud's page, and how far one has come. */
export async function enabling(ground: Ground, conduct: Conduct): Promise<Change> {
  const { pcCtl, seen, names } = ground
  const page = seen === undefined ? [] : await pageNow(ground, conduct)
  const steps = stepsOf(ground).map((step, index) => withState(step, page[index]))
  const whole = pcCtl('enable-cloudfront', '--write-config', ...frontWords(ground))
  return {
    title: `Enable CloudFront for packagecloud (${names.installation})`,
    purpose: [
      'Packages and indexes are served by CloudFront in place of S3. Clients keep their URLs: the front server redirects them to ' +
        'signed URLs of CloudFront, where a function checks each.',
      `All steps in one command, which can be stopped at any step and run again: \`${whole}\``,
    ],
    changes: seen === undefined ? [] : changesIn(seen.status),
    steps,
    validation: proven(ground),
    rollback: backToS3(ground),
    tell: [
      'Who looks after firewalls and proxies between clients and packages: clients will ask the packages domain too, by HTTPS ' +
        'on port 443. ' +
        (optional(ground.settings, 'cloudfrontPackagesDomain') === undefined
          ? 'Its name, below cloudfront.net, is known after step 5.'
          : ''),
      'Who looks after clients: nothing changes for them, but that downloads come from another host.',
    ],
    cost: [costs(ground).runs],
    irreversible: [
      'Nothing is lost: S3 goes on to hold all objects, and serves them again once CloudFront is disabled.',
      ...reindexed,
    ],
  }
}

const reindexed = [
  'Step 1 gives objects other Cache-Control headers, which S3 tells too: they are right without CloudFront as well.',
]

const frontWords = ({ wishes: { front } }: Ground): string[] => (front === undefined ? [] : ['--front', front])

/** Objects are not gone through for a ticket: a sample of them is, among the checks. */
async function pageNow({ aws, settings, seen }: Ground, conduct: Conduct): Promise<readonly PageStep[]> {
  const wish = { ...noWishes, boundary: undefined }
  const known = { objects: undefined, ctl: await ctlHere(undefined), isFrontThere: false }
  const { page } = await lookOut(aws, settings, wish, known, conduct)
  const sample = seen?.status.cacheControl
  const isRight = sample !== undefined && sample.looked > 0 && sample.wrong.length === 0
  const objects = { state: 'to do', note: isRight ? 'some objects were looked at, and are right' : '' } as const
  return page.map((step) => (step.number === 1 ? { ...step, ...objects } : step))
}

const withState = (step: RunbookStep, page: PageStep | undefined): RunbookStep => ({
  ...step,
  state: page?.state === 'done' ? 'done' : 'to do',
  notes: page === undefined || page.note === '' ? step.notes : [`Seen now: ${page.note}.`, ...step.notes],
})

const stepsOf = (ground: Ground): RunbookStep[] => [
  toDo('reindex-everything: all indexes anew, and the attributes that CloudFront goes by', {
    notes: [
      'In a screen or tmux session. It can be stopped and killed at any time: the same command goes on from there.',
    ],
    commands: [ground.pcCtl('reindex-everything')],
    expected: 'Exit code 0, and `Failed: 0`.',
    duration: durations.reindex,
  }),
  toDo('generate-cloudfront-secret, and add the secret to packagecloud.rb', {
    notes: [
      `It is written into ${ground.settings.configFile} and shown nowhere. Take the same line over to all other front servers.`,
    ],
    commands: [ground.pcCtl('generate-cloudfront-secret', '--write-config')],
    expected: 'The change of the file is shown without the secret, and asked about.',
    duration: durations['a call'],
  }),
  reconfigure(),
  bootstrap(ground),
  connect(ground, 'reconfigure-cloudfront-distribution, and add its lines to packagecloud.rb', [
    `The three lines that it prints go into ${ground.settings.configFile}, on every front server.`,
  ]),
  reconfigure(),
  restart(),
]
