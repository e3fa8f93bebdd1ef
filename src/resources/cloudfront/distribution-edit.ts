import type { DistributionConfig } from '@aws-sdk/client-cloudfront'

import { type PriceClass, wantedCertificate } from './distribution-config.ts'
import type { Change } from '../../ui/plan.ts'
import { change } from '../resource.ts'

/** Where CloudFront writes access logs (standard logging, the kind that writes to a bucket by ACL). */
export interface LogTarget {
  readonly bucket: string
  /** Without a leading slash. */
  readonly prefix: string
}

/** What an operator names to be changed in a distribution; everything else stays as it is. */
export interface DistributionEdit {
  /** In lower case; those that are there already are no change. */
  readonly addAliases: readonly string[]
  readonly removeAliases: readonly string[]
  readonly comment?: string | undefined
  readonly defaultRootObject?: string | undefined
  readonly enabled?: boolean | undefined
  readonly logging?: LogTarget | 'off' | undefined
  /** ARN of an ACM certificate. */
  readonly certificate?: string | undefined
  readonly priceClass?: PriceClass | undefined
}

/** The aliases that a distribution has after an edit, as they are spelled in it. */
export function aliasesAfter(config: DistributionConfig | undefined, edit: DistributionEdit): string[] {
  const present = config?.Aliases?.Items ?? []
  const known = new Set(present.map((alias) => alias.toLowerCase()))
  const added = [...new Set(edit.addAliases)].filter((alias) => !known.has(alias))
  return [...present.filter((alias) => !edit.removeAliases.includes(alias.toLowerCase())), ...added]
}

/** A configuration with an edit made. Members that the edit does not name are the very same values. */
export function withEdit(config: DistributionConfig, edit: DistributionEdit): DistributionConfig {
  const { comment, defaultRootObject, enabled, logging, certificate, priceClass } = edit
  const aliases = aliasesAfter(config, edit)
  const sameAliases = aliases.join() === (config.Aliases?.Items ?? []).join()
  return {
    ...config,
    ...(comment === undefined ? {} : { Comment: comment }),
    ...(defaultRootObject === undefined ? {} : { DefaultRootObject: defaultRootObject }),
    ...(enabled === undefined ? {} : { Enabled: enabled }),
    ...(priceClass === undefined ? {} : { PriceClass: priceClass }),
    ...(logging === undefined ? {} : { Logging: loggingOf(logging, config.Logging) }),
    ...(sameAliases
      ? {}
      : { Aliases: { Quantity: aliases.length, ...(aliases.length === 0 ? {} : { Items: aliases }) } }),
    ...wantedCertificate(config.ViewerCertificate, certificate),
  }
}

function loggingOf(target: LogTarget | 'off', live: DistributionConfig['Logging']): DistributionConfig['Logging'] {
  // CloudFront wants the members of disabled logging to be there, and empty.
  if (target === 'off')
    return live?.Enabled === true ? { Enabled: false, IncludeCookies: false, Bucket: '', Prefix: '' } : live
  return {
    IncludeCookies: false,
    ...(live?.Enabled === true ? live : {}),
    Enabled: true,
    Bucket: `${target.bucket}.s3.amazonaws.com`,
    Prefix: target.prefix,
  }
}

/** What an edit changes, field by field. */
export const editChanges = (before: DistributionConfig, after: DistributionConfig): Change[] =>
  editable.flatMap(({ field, of }) => change(field, of(before), of(after)))

const editable: readonly { field: string; of: (config: DistributionConfig) => unknown }[] = [
  { field: 'Enabled', of: ({ Enabled }) => Enabled },
  { field: 'Aliases', of: ({ Aliases }) => [...(Aliases?.Items ?? [])].sort() },
  { field: 'ViewerCertificate', of: ({ ViewerCertificate: of }) => of?.ACMCertificateArn ?? "CloudFront's own" },
  { field: 'Comment', of: ({ Comment }) => Comment },
  { field: 'DefaultRootObject', of: ({ DefaultRootObject }) => DefaultRootObject ?? '' },
  { field: 'PriceClass', of: ({ PriceClass }) => PriceClass },
  {
    field: 'Logging',
    of: ({ Logging }) =>
      Logging?.Enabled === true ? `s3://${Logging.Bucket?.split('.s3')[0] ?? ''}/${Logging.Prefix ?? ''}` : 'off',
  },
]
