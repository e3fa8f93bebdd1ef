import { arnOfKeyValueStore, parseArn } from '../../aws/arns.ts'
import type { Aws } from '../../aws/connect.ts'
import { explainError } from '../../aws/denial.ts'
import { type Names, namesOf } from '../../aws/names.ts'
import type { PolicyDocument } from '../../aws/policy.ts'
import { keyValueStore } from '../../resources/function/key-value-store.ts'
import type { Settings } from '../../settings/settings.ts'
import { Blocks, hclBlock } from '../../ui/hcl.ts'
import { CtlError } from '../../errors.ts'

/** What is denied, and what should be known of it. */
interface Denial {
  readonly policy: PolicyDocument
  readonly terraform: string
  /** Sentences. */
  readonly notes: readonly string[]
}

/** What gives a secret away. `UpdateKeys` does not, and is rarely granted by the way, as reading is. */
const actions = ['cloudfront-keyvaluestore:GetKey', 'cloudfront-keyvaluestore:ListKeys'] as const
const Sid = 'PcCtlSecretsOfSignedUrls'
const variable = 'aws:PrincipalArn'

/**
 * What everybody else is to be denied: reading the secrets in the key value store, which policies that let people look at
 * everything often grant.
 *
 * @param account - where the store is, if nobody is to be asked for it
 * @param except - ARNs of users and roles, with wildcards, that it is not for
 * @throws CtlError of kind `usage` for what is no such ARN; where the store can't be looked up
 */
export async function denyOthers(
  aws: Aws,
  settings: Settings,
  { account, named, except }: { account: string; named: boolean; except: readonly string[] },
): Promise<Denial> {
  for (const arn of except) assertPrincipal(arn)
  const names = namesOf(settings.installation.value)
  const store = named ? undefined : await storeOf(aws, names, account)
  const arn = store ?? arnOfKeyValueStore(account)
  const condition = except.length === 0 ? undefined : { ArnNotLike: { [variable]: except } }
  const statement = { Sid, Effect: 'Deny', Action: actions, Resource: arn }
  return {
    policy: { Version: '2012-10-17', Statement: [{ ...statement, ...(condition && { Condition: condition }) }] },
    terraform: hclBlock('data', ['aws_iam_policy_document', 'pc_ctl_deny_others'], {
      statement: new Blocks({
        sid: Sid,
        effect: 'Deny',
        actions,
        resources: [arn],
        condition: new Blocks(...(condition ? [{ test: 'ArnNotLike', variable, values: except }] : [])),
      }),
    }),
    notes: [
      ...(store === undefined ? [`It is for all key value stores of the account: ${whyAll(named, names)}.`] : []),
      ...(except.length === 0 ? [forOthers] : []),
    ],
  }
}

const forOthers =
  'Attach it to the users, groups and roles that are not to read the secrets; those that run bootstrap-cloudfront, status and ' +
  'rotate-cloudfront-secret have to. For a service control policy, which is for all of an account, except them with --except ARN.'

const whyAll = (named: boolean, { functionName }: Names): string =>
  named
    ? `which one is ${functionName} was not asked, since --account was given`
    : `there is no ${functionName} yet, which \`pc-ctl bootstrap-cloudfront --engine function\` makes`

async function storeOf(aws: Aws, names: Names, accountId: string): Promise<string | undefined> {
  try {
    return (await keyValueStore(aws).describe({ names, accountId, adopt: false }))?.arn
  } catch (error) {
    throw explainError(error, 'Look up the key value store')
  }
}

function assertPrincipal(arn: string): void {
  const { service, resource = '' } = parseArn(arn) ?? {}
  if (service === 'iam' && /^(?:role|user)\/./.test(resource)) return
  throw new CtlError('usage', `"${arn}" is not the ARN of a user or role.`, {
    hint: [
      'Such as arn:aws:iam::999999999999:role/operators, also of those who have assumed it. Roles of IAM Identity Center:',
      'arn:aws:iam::999999999999:role/aws-reserved/sso.amazonaws.com/*/AWSReservedSSO_NAME_*',
    ],
  })
}
