/**
 * How pc-ctl is told what it must know: flags that commands share, variables that stand for them, keys of packagecloud.rb,
 * and what holds where nothing is said. Flags, settings and the texts that name them are made of it.
 */

export interface Option {
  readonly description: string
  readonly helpValue?: string
  /** The variable of the environment that is taken where the flag is not given. */
  readonly variable: string
  readonly default?: string
}

/** By the name of the flag. */
export const options = {
  config: {
    description: 'packagecloud.rb to read',
    helpValue: 'FILE',
    variable: 'PC_CTL_CONFIG',
    default: '/etc/packagecloud/packagecloud.rb',
  },
  bucket: { description: 'S3 bucket that holds the packages', helpValue: 'NAME', variable: 'PC_CTL_BUCKET' },
  region: { description: 'region of the bucket', helpValue: 'REGION', variable: 'PC_CTL_REGION' },
  profile: {
    description: 'profile of the AWS shared configuration to use',
    helpValue: 'NAME',
    variable: 'PC_CTL_PROFILE',
  },
  'mfa-code': {
    description: 'code of the MFA device that the profile names; asked for on a terminal',
    helpValue: 'CODE',
    variable: 'PC_CTL_MFA_CODE',
  },
  installation: {
    description: 'name of this installation; part of the name and tag of every resource',
    helpValue: 'NAME',
    variable: 'PC_CTL_INSTALLATION',
    default: 'packagecloud',
  },
  front: {
    description: 'front server to look at, such as https://packages.example.org',
    helpValue: 'URL',
    variable: 'PC_CTL_FRONT',
  },
  token: {
    description: 'access token that it lets in; others on this machine see flags, so rather set the variable',
    helpValue: 'TOKEN',
    variable: 'PC_CTL_FRONT_TOKEN',
  },
  ctl: {
    description: 'packagecloud-ctl to run, if it is neither on PATH nor in /opt/packagecloud/bin',
    helpValue: 'PATH',
    variable: 'PC_CTL_PACKAGECLOUD_CTL',
  },
  'signing-key': {
    description:
      'OpenPGP secret keys that sign apt and yum repositories, perhaps only those below a prefix; several sign together (repeatable)',
    helpValue: '[PREFIX=]FILE',
    variable: 'PC_CTL_SIGNING_KEY',
  },
} as const satisfies Readonly<Record<string, Option>>

export type OptionName = keyof typeof options

/** Variables that no flag stands beside. */
export const variables = {
  /** In place of `--passphrase-file`; a passphrase itself is no flag, since others on the machine see those. */
  passphrase: 'PC_CTL_SIGNING_PASSPHRASE',
  noUpdateCheck: 'PC_CTL_NO_UPDATE_CHECK',
  /** Milliseconds that a key may take. */
  completionTimeout: 'PC_CTL_COMPLETION_TIMEOUT',
} as const

/** Both ways to say it, such as `--bucket or PC_CTL_BUCKET`. */
export const flagOrVariable = (name: OptionName): string => `--${name} or ${options[name].variable}`

/** The settings that packagecloud.rb gives, and the keys under which it may: the names of the first two are not public. */
export const keysOf = {
  bucket: ['s3_bucket', 'aws_bucket', 'bucket'],
  region: ['aws_region', 's3_region', 'region'],
  accessKey: ['aws_access_key'],
  secretKey: ['aws_secret_key'],
  awsHost: ['aws_host'],
  cloudfrontEnabled: ['cloudfront_enabled'],
  cloudfrontSecret: ['cloudfront_secret'],
  cloudfrontPreviousSecret: ['cloudfront_previous_secret'],
  cloudfrontDistributionId: ['cloudfront_distribution_id'],
  cloudfrontPackagesDomain: ['cloudfront_packages_domain'],
} as const

/** A setting that packagecloud.rb can give. */
export type SettingName = keyof typeof keysOf

export type RailsKey = (typeof keysOf)[SettingName][number]

/** A key as it is written in packagecloud.rb. */
export const rails = (key: RailsKey): string => `packagecloud_rails['${key}']`
