import { lastPartOf } from '../../aws/arns.ts'
import { edgeRegion } from '../../aws/names.ts'
import type { AwsCli, Takedown } from '../takedown.ts'
import type { Key } from './key-search.ts'

/** KMS deletes no key at once: it waits 7 to 30 days (AWS KMS Developer Guide, "Delete an AWS KMS key"). */
const waitingDays = 30

export const takedownOfKey = (alias: string, { arn, hasAlias }: Key, cli: AwsCli): Takedown[] => [
  ...(hasAlias
    ? [
        {
          title: 'Delete the alias of the key',
          commands: [cli('kms', 'delete-alias', '--region', edgeRegion, '--alias-name', alias)],
          expected: 'Nothing is printed.',
          takes: 'a call',
          loses: `The name ${alias}; the key itself stays as it is.`,
          undo: `\`${cli('kms', 'create-alias', '--region', edgeRegion, '--alias-name', alias, '--target-key-id', arn)}\``,
        } as const,
      ]
    : []),
  scheduled(arn, cli),
]

/** Of any key of the installation. */
export const scheduled = (arn: string, cli: AwsCli): Takedown => {
  const id = ['--region', edgeRegion, '--key-id', lastPartOf(arn)]
  return {
    title: `Schedule the deletion of the key ${lastPartOf(arn)}`,
    commands: [cli('kms', 'schedule-key-deletion', ...id, '--pending-window-in-days', String(waitingDays))],
    expected: '`PendingDeletion`, with the date. It costs nothing from then on. 7 days are the least that KMS takes.',
    takes: 'a call',
    loses:
      `All that this key has encrypted, for good once the ${waitingDays} days are over: the secret in each version of the ` +
      'function, deployed or kept elsewhere. packagecloud.rb has the secret itself.',
    undo:
      `Within the ${waitingDays} days: \`${cli('kms', 'cancel-key-deletion', ...id)}\`, then ` +
      `\`${cli('kms', 'enable-key', ...id)}\`. Afterwards it can not be had back.`,
  }
}
