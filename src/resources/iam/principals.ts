import { IAMClient, paginateListRoles, paginateListUsers } from '@aws-sdk/client-iam'

import type { Aws } from '../../aws/connect.ts'
import { edgeRegion } from '../../aws/names.ts'

/** The users and roles of the account, but for the roles that services of AWS keep for themselves. */
export async function principalArns(aws: Aws): Promise<string[]> {
  const [users, roles] = await Promise.all([usersOf(aws), rolesOf(aws)])
  return [...users, ...roles].sort()
}

async function usersOf(aws: Aws): Promise<string[]> {
  const arns: string[] = []
  for await (const { Users } of paginateListUsers({ client: aws.client(IAMClient, edgeRegion) }, {})) {
    arns.push(...(Users ?? []).flatMap(({ Arn }) => Arn ?? []))
  }
  return arns
}

async function rolesOf(aws: Aws): Promise<string[]> {
  const arns: string[] = []
  for await (const { Roles } of paginateListRoles({ client: aws.client(IAMClient, edgeRegion) }, {})) {
    arns.push(
      ...(Roles ?? []).flatMap(({ Arn, Path }) =>
        Arn === undefined || Path?.startsWith('/aws-service-role/') ? [] : Arn,
      ),
    )
  }
  return arns
}
