import { Flags } from '@oclif/core'

import { CtlError } from '../errors.ts'

/** An IAM policy that AWS or an account manages. */
const policyArn = /^arn:aws:iam::(aws|\d{12}):policy\/[\w+=,.@/-]+$/

/** Flag of commands that make the role of the edge function. */
export const boundaryFlag = {
  'permissions-boundary': Flags.custom({
    description: "permissions boundary of the edge function's role",
    helpValue: 'ARN',
    parse: async (arn) => {
      if (policyArn.test(arn)) return arn
      throw new CtlError('usage', `--permissions-boundary ${JSON.stringify(arn)} is not the ARN of an IAM policy.`, {
        hint: 'It looks like arn:aws:iam::999999999999:policy/NAME.',
      })
    },
  })(),
}
