import { urlLife } from '../../edge/config.ts'
import { bootstrap, connect, costs, editFile, proven, reconfigure, restart } from './common.ts'
import { type Change, toDo } from './document.ts'
import { durations } from './durations.ts'
import { distributionOf, type Ground } from './look.ts'

/** Another secret, without a refused download. @throws CtlError of kind `configuration` without a distribution */
export function rotating(ground: Ground): Change {
  const { pcCtl, names, settings } = ground
  const { id } = distributionOf(ground)
  return {
    title: `Replace the secret that signs package URLs (${names.installation})`,
    purpose: [
      `Front servers sign with a new secret, and ${id} accepts nothing else in the end. In between the edge accepts both, so that ` +
        'no download is refused.',
    ],
    changes: [],
    steps: [
      toDo('Make a new secret, and keep the present one as the previous one', {
        notes: [
          `Both are written into ${settings.configFile} and shown nowhere. Take the same two lines over to all other front ` +
            'servers. Restart none of them yet.',
        ],
        commands: [pcCtl('generate-cloudfront-secret', '--force', '--write-config')],
        expected: 'The change of the file is shown without the secrets, and asked about.',
        duration: durations['a call'],
      }),
      reconfigure(['Front servers go on to sign with the old secret: they read it when they start.']),
      bootstrap(ground),
      toDo('Have the edge accept both secrets', {
        notes: ['This runs the command that bootstrap-cloudfront prints, with the ARN of the new version.'],
        commands: [`eval "$(${pcCtl('bootstrap-cloudfront')})"`],
        expected:
          'Exit code 0, after `Wait until all edges have it: Deployed`: before, no front server may be restarted.',
        duration: durations.deployment,
      }),
      restart(['From here on they sign with the new secret.']),
      toDo('Wait until no URL is in use that was signed with the old secret', {
        commands: [`sleep ${urlLife}`],
        expected: `URLs live ${urlLife} s, unless somebody has signed some for longer with \`pc-ctl sign-url\`.`,
        duration: durations.urls,
      }),
      editFile(ground, "Remove the line of packagecloud_rails['cloudfront_previous_secret']", []),
      reconfigure(),
      bootstrap(ground),
      {
        ...connect({ ...ground, seen: undefined }, 'Have the edge accept the new secret alone'),
        loses: 'URLs that were signed with the old secret are refused.',
      },
    ],
    validation: proven(ground),
    rollback: [
      editFile(
        ground,
        'Before step 7: swap the values of cloudfront_secret and cloudfront_previous_secret',
        [],
        'The edge accepts both, so that no download is refused.',
      ),
      reconfigure(),
      restart(),
    ],
    tell: [
      'Whoever signs URLs with the secret beside the front servers: scripts with `pc-ctl sign-url`, or the library.',
    ],
    cost: [costs(ground).none],
    irreversible: [
      'After step 10 URLs that were signed with the old secret are refused for good. Before, all steps can be taken back.',
    ],
  }
}
