import type { Aws } from '../aws/connect.ts'
import { type Account, lookUpAccount } from '../aws/account.ts'
import { compute, type Step } from './chain/chain.ts'

/** The step that says whose credentials are in use, and hands on their account. */
export const credentials = (
  aws: Aws,
  tell = ({ id, caller }: Account): string => `account ${id}, as ${caller}`,
): Step<{ account: Account }> =>
  compute('Credentials', { from: () => lookUpAccount(aws), as: 'account', ahead: true, tell })
