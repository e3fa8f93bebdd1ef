import type { Names } from '../../aws/names.ts'
import type { PolicyDocument } from '../../aws/policy.ts'
import { shellQuoted } from '../../shell.ts'
import type { AwsCli, Takedown } from '../takedown.ts'
import { sidsFor } from './bucket-policy-sids.ts'

interface Whose {
  readonly names: Pick<Names, 'sidPrefix'>
  readonly bucket: { readonly name: string; readonly region: string }
}

/**
 * Writes the policy back without the statements that are ours; all others stay as they are. S3 knows no version of a
 * policy, so the command compares it first with what it was when this was made.
 */
export function takedownOfStatements(
  { names, bucket: { name, region } }: Whose,
  { document, text = JSON.stringify(document) }: { readonly document: PolicyDocument; readonly text?: string },
  cli: AwsCli,
): Takedown[] {
  const sids = [...Object.values(sidsFor(names, 'oai')), ...Object.values(sidsFor(names, 'oac'))]
  const rest = document.Statement.filter(({ Sid }) => Sid === undefined || !sids.includes(Sid))
  const ours = document.Statement.flatMap(({ Sid }) => (Sid !== undefined && sids.includes(Sid) ? Sid : []))
  if (ours.length === 0) return []
  const bucket = ['--bucket', name, '--region', region]
  const look = cli('s3api', 'get-bucket-policy', ...bucket, '--query', 'Policy', '--output', 'text')
  // A policy without statements is none that S3 takes.
  const write =
    rest.length === 0
      ? cli('s3api', 'delete-bucket-policy', ...bucket)
      : cli('s3api', 'put-bucket-policy', ...bucket, '--policy', JSON.stringify({ ...document, Statement: rest }))
  const kept = `${name}-policy.json`
  return [
    {
      title: `Take our statements out of the policy of the bucket ${name}`,
      commands: [
        `policy="$(${look})"`,
        // The copy is made only of what is then changed: pasted twice, this leaves it as it is.
        `if test "$policy" = ${shellQuoted(text)}; then printf '%s\\n' "$policy" > ${kept} && ${write}; ` +
          `else echo 'The policy has changed since this runbook was made: make it anew.' >&2; false; fi`,
      ],
      expected: 'Nothing is printed. The policy as it was is kept in the file.',
      takes: 'a call',
      loses:
        `The statements ${ours.join(', ')}: CloudFront may not read the bucket any more. ` +
        (rest.length === 0 ? 'There are no others in it.' : `The other statements (${rest.length}) stay as they are.`),
      undo: `\`${cli('s3api', 'put-bucket-policy', ...bucket, '--policy', `file://${kept}`)}\``,
    },
  ]
}
