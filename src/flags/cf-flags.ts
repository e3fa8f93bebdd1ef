import { Flags } from '@oclif/core'

import { changeFlags } from './change-flags.ts'
import { isResultSeen } from '../ui/result.ts'
import { tagFlag } from './tag-flags.ts'

/** s3cmd's lines, or a table for people. */
export type CfFormat = 's3cmd' | 'table'

/** How results are printed: labelled lines for scripts that read s3cmd's output, a table on a terminal. */
export const formatFlag = {
  format: Flags.option({ options: ['s3cmd', 'table'] as const })({
    description: 'how to print; table on a terminal, elsewhere s3cmd',
  }),
}

export const formatOf = ({ format }: { format?: CfFormat | undefined }): CfFormat =>
  format ?? (isResultSeen() ? 'table' : 's3cmd')

/** As {@link changeFlags}, with s3cmd's letter for a dry run. */
export const cfChangeFlags = {
  ...changeFlags,
  'dry-run': Flags.boolean({ char: 'n', description: 'show what would change, and change nothing' }),
}

/** Flags of commands that write a distribution's configuration, with s3cmd's names as aliases. */
export const editFlags = {
  comment: Flags.string({ aliases: ['cf-comment'], description: 'comment of the distribution', helpValue: 'TEXT' }),
  'default-root-object': Flags.string({
    aliases: ['cf-default-root-object'],
    description: 'object to serve for /, such as index.html',
    helpValue: 'KEY',
  }),
  'log-to': Flags.string({
    aliases: ['access-logging-target-prefix'],
    description: 'where to write access logs',
    helpValue: 's3://BUCKET/PREFIX',
  }),
  certificate: Flags.string({
    description: 'ACM certificate in us-east-1 for the aliases; by default a fitting one is searched for',
    helpValue: 'ARN',
  }),
  'price-class': Flags.option({ options: ['PriceClass_100', 'PriceClass_200', 'PriceClass_All'] as const })({
    description: 'edges to use',
  }),
  ...tagFlag,
  wait: Flags.boolean({ description: 'wait until all edges have it' }),
}
