import { CtlError } from '../../errors.ts'
import { render } from '../../ui/template.ts'
import { verbatim } from '../../text.ts'
import { costs, editFile, nothingLost, reconfigure, restart } from './common.ts'
import { type Change, type RunbookStep, toDo } from './document.ts'
import { durations } from './durations.ts'
import type { Ground } from './look.ts'

/**
 * The page's way back.
 *
 * @throws CtlError of kind `configuration` where packagecloud.rb says that CloudFront is not enabled
 */
export async function disabling(ground: Ground): Promise<Change> {
  const { settings, names, pcCtl } = ground
  const { configFile, configFound, cloudfrontEnabled, problems } = settings
  if (configFound && cloudfrontEnabled?.value !== true && problems.cloudfrontEnabled === undefined) {
    throw new CtlError(
      'configuration',
      `${configFile}: CloudFront is not enabled there, so there is nothing to disable.`,
      {
        hint: ['To take away what is in AWS:', verbatim(pcCtl('runbook', '--kind', 'remove'))],
        code: 'NotEnabled',
      },
    )
  }
  const set = (await render('disable-cloudfront.rb', {})).trimEnd()
  return {
    title: `Disable CloudFront for packagecloud (${names.installation})`,
    purpose: [
      'Clients are sent to S3 again. What is in AWS stays as it is, so that CloudFront can be enabled again at any time.',
    ],
    changes: [],
    steps: [editFile(ground, 'Set cloudfront_enabled to false', [set]), reconfigure(), restart()],
    validation: toS3(ground),
    rollback: [
      editFile(ground, 'Set cloudfront_enabled to true again', ["packagecloud_rails['cloudfront_enabled'] = true"]),
      reconfigure(),
      restart(),
    ],
    tell: [
      'Who looks after firewalls and proxies between clients and packages: clients ask the hosts of S3 again in place of the ' +
        'packages domain. Keep that one open until the last signed URL has expired.',
    ],
    cost: [costs(ground).stays, 'Traffic is paid at the prices of S3.'],
    irreversible: [nothingLost],
  }
}

/** What shows that clients are sent to S3; only the front server knows. */
export const toS3 = ({ pcCtl, wishes: { front, frontPath } }: Ground): RunbookStep[] => [
  front === undefined
    ? toDo('Clients are sent to S3', {
        notes: ['Install or download a package as a client does: it comes from S3.'],
        expected: 'The host of the redirect is one of S3.',
        duration: durations.look,
      })
    : toDo('Clients are sent to S3', {
        notes: ['The access token of a client goes into PC_CTL_FRONT_TOKEN.'],
        commands: [
          pcCtl('disable-cloudfront', '--front', front, ...(frontPath === undefined ? [] : ['--key', frontPath])),
        ],
        expected: `\`${front}/... redirects to S3\`, and exit code 0.`,
        duration: durations.restart,
      }),
]
