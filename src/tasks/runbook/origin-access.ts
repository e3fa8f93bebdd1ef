import { CtlError } from '../../errors.ts'
import { isEncryptedWithKms } from '../../resources/kms/bucket-key.ts'
import { keyPolicyFlag } from '../../resources/kms/bucket-key-policy.ts'
import { verbatim } from '../../text.ts'
import { hasControl } from '../origin-access-choice.ts'
import { backToS3, connecting, costs, proven } from './common.ts'
import { type Change, type RunbookStep, toDo } from './document.ts'
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
  if (hasControl({ existing: ctx.existing, bucket: ctx.bucket })) {
    throw new CtlError(
      'configuration',
      `The distribution ${id} reads the bucket by an origin access control already.`,
      {
        hint: ['All there is:', verbatim(pcCtl('status'))],
        code: 'NothingToDo',
      },
    )
  }
  const isEncrypted = isEncryptedWithKms(ctx.bucket)
  const flags = ['--origin-access', 'oac', ...(isEncrypted ? [keyPolicyFlag] : [])]
  const { name } = status.bucket
  return {
    title: `Have CloudFront read ${name} by an origin access control (${names.installation})`,
    purpose: [
      'AWS recommends an origin access control in place of an identity: it signs with Signature Version 4, and works with SSE-KMS and in all regions.',
    ],
    changes: [],
    steps: [
      toDo('Look what would change', {
        commands: [`${connecting(ground, ...flags)} --dry-run`],
        expected:
          'An origin access control to create, a statement in the policy of the bucket, and the origin of the distribution.',
        duration: durations.look,
      }),
      toDo('Change over', {
        notes: [
          'The bucket lets the control in before the distribution uses it, next to the identity: no request is refused.',
          ...(isEncrypted ? [aboutKey] : []),
        ],
        commands: [connecting(ground, ...flags)],
        expected:
          'Exit code 0, after `Wait until all edges have it: Deployed`. It warns of the statements of the identity, which stay.',
        duration: durations.deployment,
      }),
    ],
    validation: proven(ground),
    rollback: isEncrypted ? backToS3(ground) : backToIdentity(ground),
    tell: ['Nobody: hosts, URLs and secrets stay.'],
    cost: [costs(ground).none],
    irreversible: [
      'Nothing: the identity and its statements in the policy of the bucket stay, and keep the way back open. They cost nothing.',
    ],
  }
}

const aboutKey =
  "It asks before it changes the policy of the bucket's KMS key, and keeps a copy of it. Where somebody else has to do that, " +
  `leave ${keyPolicyFlag} out: it prints the statement then.`

/** An identity can't read what is encrypted with a KMS key. */
const backToIdentity = (ground: Ground): RunbookStep[] => [
  toDo('Change back', {
    notes: ['The identity and its statements are still there.'],
    commands: [connecting(ground, '--origin-access', 'oai')],
    expected: 'Exit code 0, after `Wait until all edges have it: Deployed`.',
    duration: durations.deployment,
  }),
]
