import { lastPartOf } from '../../aws/arns.ts'
import type { Names } from '../../aws/names.ts'
import { shellQuoted } from '../../shell.ts'
import type { AwsCli, Takedown } from '../takedown.ts'
import type { BucketKey } from './bucket-key.ts'

interface Whose {
  readonly names: Pick<Names, 'sidPrefix'>
  readonly bucket: { readonly region: string }
}

/**
 * Writes the policy of the bucket's key back without the statements that are ours. KMS knows no version of a policy, so
 * the command compares it first with what it was when this was made.
 */
export function takedownOfKeyStatements(
  { names, bucket: { region } }: Whose,
  { arn, document, text }: BucketKey,
  cli: AwsCli,
): Takedown[] {
  const ours = document.Statement.flatMap(({ Sid }) => (Sid !== undefined && isOurs(names, Sid) ? Sid : []))
  if (ours.length === 0) return []
  const rest = document.Statement.filter(({ Sid }) => Sid === undefined || !ours.includes(Sid))
  const key = ['--key-id', arn, '--policy-name', 'default', '--region', region]
  const look = cli('kms', 'get-key-policy', ...key, '--query', 'Policy', '--output', 'text')
  const write = cli('kms', 'put-key-policy', ...key, '--policy', JSON.stringify({ ...document, Statement: rest }))
  const kept = `${lastPartOf(arn)}-policy.json`
  return [
    {
      title: `Take our statements out of the policy of the key ${lastPartOf(arn)}`,
      commands: [
        `policy="$(${look})"`,
        // The copy is made only of what is then changed: pasted twice, this leaves it as it is.
        `if test "$policy" = ${shellQuoted(text.trimEnd())}; then printf '%s\\n' "$policy" > ${kept} && ${write}; ` +
          `else echo 'The policy has changed since this runbook was made: make it anew.' >&2; false; fi`,
      ],
      expected: 'Nothing is printed. The policy as it was is kept in the file.',
      takes: 'a call',
      loses:
        `The statements ${ours.join(', ')}: CloudFront can not decrypt the objects any more. ` +
        `The other statements (${rest.length}) stay as they are.`,
      undo: `\`${cli('kms', 'put-key-policy', ...key, '--policy', `file://${kept}`)}\``,
    },
  ]
}

/** Not by the prefix alone: that of one installation may be the beginning of another's. */
const isOurs = ({ sidPrefix }: Pick<Names, 'sidPrefix'>, sid: string): boolean =>
  sid.startsWith(`${sidPrefix}OacDecrypt`) && /^[A-Z0-9]*$/.test(sid.slice(`${sidPrefix}OacDecrypt`.length))
