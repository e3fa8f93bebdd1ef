import { proven, backToS3, bootstrap, connect, costs, nothingLost } from './common.ts'
import { changesIn } from './changes.ts'
import { copyOfFunction } from '../../resources/function/function-copy.ts'
import { type Change, type RunbookStep, toDo } from './document.ts'
import { durations } from './durations.ts'
import { distributionOf, type Ground, seenOf } from './look.ts'

/** New code at the edge, or new settings of a new pc-ctl. @throws CtlError of kind `configuration` without a distribution */
export function upgrading(ground: Ground, version: string): Change {
  const { pcCtl, names } = ground
  const distribution = distributionOf(ground)
  const { status } = seenOf(ground)
  const before = status.version.associated
  const changes = changesIn(status)
  return {
    title: `Bring CloudFront for packagecloud (${names.installation}) up to pc-ctl ${version}`,
    purpose: [
      `The function that checks URLs and the settings of ${distribution.id} become those of pc-ctl ${version}.`,
      changes.length === 0 ? 'They are already: there is nothing to do.' : '',
    ].filter((line) => line !== ''),
    changes,
    steps: [
      toDo('The version of pc-ctl that is installed', {
        commands: ['pc-ctl --version'],
        expected: `\`pc-ctl/${version}\`: another one makes other changes, so this runbook is to be made anew then.`,
        duration: durations['a call'],
      }),
      ...(before === undefined || status.engine !== 'function' ? [] : [keepLive(ground)]),
      bootstrap(ground),
      connect(ground, 'Have the distribution use it'),
    ].map((step) => (changes.length === 0 ? { ...step, state: 'done' } : step)),
    validation: proven(ground),
    rollback: [
      ...(before === undefined
        ? []
        : status.engine === 'function'
          ? [publishCopy(ground)]
          : [
              toDo('Have the distribution use the version that it uses now', {
                notes: [
                  'Versions of the function are never changed, so this one is as it was. The secret in it is that of its time.',
                ],
                commands: [pcCtl('reconfigure-cloudfront-distribution', before)],
                expected: 'Exit code 0, after `Wait until all edges have it: Deployed`.',
                duration: durations.deployment,
              }),
            ]),
      ...backToS3(ground),
    ],
    tell: [
      'Nobody: URLs, hosts and secrets stay. While edges change over, both versions of the function answer, and both accept the same URLs.',
    ],
    cost: [costs(ground).none],
    irreversible: [nothingLost],
  }
}

/** What edges run is gone once something else is published. */
const keepLive = ({ names, cli }: Ground): RunbookStep =>
  toDo('Keep a copy of the function that edges run now', {
    notes: [
      'A CloudFront Function has no versions, so this is the only way back to it. No secret is in it. The AWS CLI must mean ' +
        'the account above.',
    ],
    commands: copyOfFunction(names, cli).keep,
    expected: 'The ETag of what is live; then two files in this folder, its code and its configuration.',
    duration: durations['a call'],
  })

const publishCopy = ({ names, cli }: Ground): RunbookStep =>
  toDo('Publish the copy of the function again', {
    notes: [
      'In the folder with the two files. The secrets are in the key value store, and stay as they are. `status` says then that ' +
        'the function is to be changed: leave that until it is known what was wrong.',
    ],
    commands: copyOfFunction(names, cli).putBack,
    expected: 'Twice what AWS says of the function, at last with `"Stage": "LIVE"`. What is published is live at once.',
    duration: durations['a call'],
  })
