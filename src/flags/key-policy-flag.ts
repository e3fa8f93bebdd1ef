import { Flags } from '@oclif/core'

/** Flag of commands that connect a bucket, which may be encrypted with a KMS key. */
export const keyPolicyFlag = {
  'kms-key-policy': Flags.boolean({
    description: "change the policy of the bucket's KMS key too, after asking; else the statement is printed",
  }),
}
