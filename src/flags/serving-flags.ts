import { Flags } from '@oclif/core'

import { priceClasses } from '../resources/cloudfront/distribution-config.ts'
import { repeatable } from './repeatable.ts'

/** Flags of commands that make the distribution: what is the operator's to choose of how it serves the bucket. */
export const servingFlags = {
  'origin-access': Flags.option({ options: ['oai', 'oac'] as const })({
    description:
      'how CloudFront reads the bucket: origin access identity or control; by default as it is, else what can',
  }),
  alias: Flags.string({
    description: 'domain name of your own to add (repeatable)',
    ...repeatable,
    helpValue: 'NAME',
  }),
  certificate: Flags.string({ description: 'ACM certificate in us-east-1 for the aliases', helpValue: 'ARN' }),
  'price-class': Flags.option({ options: priceClasses })({ description: 'edges to use' }),
  'kms-key-policy': Flags.boolean({
    description: "change the policy of the bucket's KMS key too, after asking; else the statement is printed",
  }),
}
