import { CtlError } from '../../errors.ts'
import { verbatim } from '../../text.ts'
import { kmsWarning } from '../connected.ts'
import { connecting, costs, proven } from './common.ts'
import { type Change, toDo } from './document.ts'
import { durations } from './durations.ts'
import { distributionOf, type Ground, seenOf } from './look.ts'

/**
 * From an origin access identity to an origin access control.
 *
 * @throws CtlError of kind `configuration` without a distribution, or where it has a control already
 */
export function changingAccess(ground: Ground): Change {
  const { pcCtl, names } = ground
  const { id } = distributionOf(ground)
  const { status, ctx } = seenOf(ground)
  if (status.originAccess === 'oac') {
    throw new CtlError(
      'configuration',
      `The distribution ${id} reads the bucket by an origin access control already.`,
      {
        hint: ['All there is:', verbatim(pcCtl('status'))],
        code: 'NothingToDo',
      },
    )
  }
  const kms = kmsWarning({ access: 'oac', distribution: ctx.distribution, bucket: ctx.bucket }, ctx.bucket.kmsKey)
  const { name } = status.bucket
  return {
    title: `Have CloudFront read ${name} by an origin access control (${names.installation})`,
    purpose: [
      'AWS recommends an origin access control in place of an identity: it signs with Signature Version 4, and works with SSE-KMS and in all regions.',
    ],
    changes: [],
    steps: [
      toDo('Look what would change', {
        commands: [`${connecting(ground, '--origin-access', 'oac')} --dry-run`],
        expected:
          'An origin access control to create, a statement in the policy of the bucket, and the origin of the distribution.',
        duration: durations.look,
      }),
      ...kms.map((text) =>
        toDo('Let CloudFront use the key of the bucket', {
          notes: [`${text.charAt(0).toUpperCase()}${text.slice(1)}`],
          expected: 'The policy of the key has that statement.',
          duration: durations['a call'],
        }),
      ),
      toDo('Change over', {
        notes: [
          'The bucket lets the control in before the distribution uses it, next to the identity: no request is refused.',
        ],
        commands: [connecting(ground, '--origin-access', 'oac')],
        expected:
          'Exit code 0, after `Wait until all edges have it: Deployed`. It warns of the statements of the identity, which stay.',
        duration: durations.deployment,
      }),
    ],
    validation: proven(ground),
    rollback: [
      toDo('Change back', {
        notes: ['The identity and its statements are still there.'],
        commands: [connecting(ground, '--origin-access', 'oai')],
        expected: 'Exit code 0, after `Wait until all edges have it: Deployed`.',
        duration: durations.deployment,
      }),
    ],
    tell: ['Nobody: hosts, URLs and secrets stay.'],
    cost: [costs(ground).none],
    irreversible: [
      'Nothing: the identity and its statements in the policy of the bucket stay, and keep the way back open. They cost nothing.',
    ],
  }
}
