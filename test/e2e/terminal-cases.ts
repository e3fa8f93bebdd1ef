import { join } from 'node:path'

import { objectKey } from '../support/installation.ts'
import type { Stage } from './terminal-stage.ts'

/** How progress is shown on a terminal: as a live list of steps, or not at all. */
export type Progress = 'list' | 'none'

/** A way to run a command. */
export interface Way {
  /** What follows the command; `number` is another one each time, for what can be done only once. */
  readonly args: (number: number) => readonly string[]
  readonly env?: Record<string, string>
  readonly code?: number
}

export interface Success extends Way {
  /** All of stdout where it goes to a pipe, ids and times masked. */
  readonly prints: RegExp
  readonly progress: Progress
  /** Whether stdout is pasted or parsed as a whole: it is then the same on the narrowest terminal and with colours. */
  readonly verbatim?: true
  /** For what does not end by itself: what it says once it runs. It is then interrupted. */
  readonly untilSaid?: string
}

export interface Failure extends Way {
  readonly code: number
  readonly says: RegExp
}

/** Everything that one command does with its streams. */
export interface Case {
  /** Whether what others make and remove meanwhile would show. */
  readonly alone?: true
  readonly success: Success
  /** Of every command that has the flag. */
  readonly dryRun?: Success
  readonly failure: Failure
}

const noBucket = ['--bucket', 'there-is-no-such-bucket']
const noSuchBucket = { args: () => noBucket, code: 3, says: /"there-is-no-such-bucket" does not exist/ } as const
const noDistribution = (code: number, ...words: string[]): Failure => ({
  args: () => ['cf://ENOSUCHDISTRO', ...words],
  code,
  says: /ENOSUCHDISTRO/,
})

/** What each command of the command line is run as, by its name. */
export function casesOn(stage: Stage): Readonly<Record<string, Case>> {
  return { ...runbookCases(stage), ...lookCases(stage), ...s3cmdCases(stage), ...hostCases(stage) }
}

function runbookCases({ arn, fresh }: Stage): Record<string, Case> {
  return {
    'generate-cloudfront-secret': {
      success: {
        args: () => ['--config', fresh],
        prints: /^packagecloud_rails\['cloudfront_secret'\] = 'SECRET'\n$/,
        progress: 'none',
        verbatim: true,
      },
      failure: { args: () => [], code: 4, says: /cloudfront_secret'\] is already set/ },
    },
    'bootstrap-cloudfront': {
      success: {
        args: () => [],
        prints: new RegExp(`^pc-ctl reconfigure-cloudfront-distribution ${arn}\n$`),
        progress: 'list',
        verbatim: true,
      },
      dryRun: { args: () => [], prints: /^(= [^\n]+: unchanged\n)+$/, progress: 'list' },
      failure: noSuchBucket,
    },
    'reconfigure-cloudfront-distribution': {
      success: {
        args: () => [arn],
        prints: new RegExp(
          `^packagecloud_rails\\['cloudfront_enabled'\\] = true\npackagecloud_rails\\['cloudfront_distribution_id'\\] = 'ID'\npackagecloud_rails\\['cloudfront_packages_domain'\\] = 'HOST'\n$`,
        ),
        progress: 'list',
      },
      dryRun: { args: () => [arn], prints: /^(= [^\n]+: unchanged\n)+$/, progress: 'list' },
      failure: { ...noSuchBucket, args: () => [arn, ...noBucket] },
    },
    'reindex-everything': {
      success: {
        args: () => [],
        prints: /^REPOSITORY [^]*\n\d+ objects? in packages-example-org, [^\n]*\n$/,
        progress: 'list',
      },
      dryRun: {
        args: () => [],
        prints: /^REPOSITORY [^]*\n\d+ objects? in packages-example-org, [^\n]*\n$/,
        progress: 'list',
      },
      failure: noSuchBucket,
    },
  }
}

function lookCases({ domain }: Stage): Record<string, Case> {
  const key = ['--key', objectKey]
  return {
    status: {
      success: { args: () => [], prints: /^packagecloud in account \d+\n\n[^]*\n$/, progress: 'list' },
      failure: noSuchBucket,
    },
    doctor: {
      success: { args: () => key, prints: /^[✔–] [^]*\n\d+ ok, 0 failed, [^]*\n$/, progress: 'list' },
      failure: { args: () => ['--front', 'nonsense'], code: 2, says: /--front does not hold/ },
    },
    permissions: {
      success: { args: () => ['--check'], prints: /^[^]+\n$/, progress: 'list' },
      failure: { args: () => ['--account', '1'], code: 2, says: /"1" is not an AWS account/ },
    },
    'audit-cache-control': {
      success: {
        args: () => [],
        prints: /^All 1 [^\n]+ in packages-example-org [^\n]+ are cached right\.\n$/,
        progress: 'list',
      },
      failure: noSuchBucket,
    },
    costs: {
      success: {
        args: () => ['--estimate', '--downloads', '20000000', '--gb', '3000'],
        prints: /^A month with 20,000,000 downloads[^]*Lambda@Edge +\$\d[^]*$/,
        progress: 'none',
      },
      failure: { args: () => [], code: 3, says: /TagKey=packagecloud:enterprise,Status=Active/ },
    },
    runbook: {
      success: {
        args: () => ['--kind', 'remove', '--no-pager'],
        prints: /^# Take away [^]*\n## What can not be undone\n[^]*\n$/,
        progress: 'list',
        verbatim: true,
      },
      failure: { ...noSuchBucket, args: () => ['--kind', 'enable', ...noBucket] },
    },
    export: {
      success: {
        args: () => ['--format', 'terraform', '--no-pager'],
        prints: /^[^]*prevent_destroy = true[^]*\n$/,
        progress: 'list',
        verbatim: true,
      },
      failure: { ...noSuchBucket, args: () => ['--format', 'terraform', ...noBucket] },
    },
    'show-config': {
      success: { args: () => [], prints: /^NAME [^]*\ncloudfront_packages_domain +HOST [^]*\n$/, progress: 'none' },
      failure: { args: () => ['--config', '/nonexistent/packagecloud.rb'], code: 3, says: /\/nonexistent/ },
    },
    'sign-url': {
      success: {
        args: () => ['a/b.deb', 'c.rpm'],
        prints: /^http\S+\/a\/b\.deb\?t=TOKEN\nhttp\S+\/c\.rpm\?t=TOKEN\n$/,
        progress: 'none',
        verbatim: true,
      },
      failure: { args: () => ['a', '--expires', 'soon'], code: 2, says: /soon/ },
    },
    invalidate: {
      success: {
        args: (number) => [`a/${number}`],
        prints: /^INVALIDATION [^\n]+\ncf:[^\n]+\n$/,
        progress: 'list',
      },
      dryRun: { args: () => ['a/b'], prints: /^[^]*\/a\/b\n$/, progress: 'list' },
      failure: { args: () => ['a', ...noBucket], code: 3, says: /"there-is-no-such-bucket" does not exist/ },
    },
    'explain-url': {
      success: {
        args: () => [`http://${domain}/a/b.deb?t=1700000000_${'a'.repeat(64)}`],
        code: 1,
        prints: /^edge +would be refused: expired SPAN ago\n([a-z][^\n]*\n)+- The signature is bad [^\n]*\n$/,
        progress: 'none',
      },
      failure: { args: () => ['not a URL'], code: 2, says: /not a URL/ },
    },
    completion: {
      success: {
        args: () => ['bash'],
        prints: /^# Completion of pc-ctl for bash[^]*\ncomplete -F _pc_ctl pc-ctl\n$/,
        progress: 'none',
        verbatim: true,
      },
      failure: { args: () => ['tcsh'], code: 2, says: /tcsh/ },
    },
    sandbox: {
      success: {
        args: () => ['--bucket', 'rehearsal-example-org'],
        prints: /^(export \w+='[^']*'\n)+$/,
        progress: 'none',
        verbatim: true,
        untilSaid: 'Ctrl-C ends the sandbox.',
      },
      failure: { args: () => ['--fault', 'nonsense::::'], code: 2, says: /nonsense/ },
    },
  }
}

function s3cmdCases({ serving, changing, removing, buckets, place }: Stage): Record<string, Case> {
  const asTable = ['--format', 'table']
  const file = join(place.folder, 'packagecloud.rb')
  return {
    cflist: {
      alone: true,
      success: { args: () => asTable, prints: /^DISTRIBUTION [^\n]+\n(cf:\/\/ID [^\n]+\n)+$/, progress: 'list' },
      failure: { args: () => [], env: { AWS_ENDPOINT_URL: 'http://127.0.0.1:9' }, code: 1, says: /can't be reached/ },
    },
    cfinfo: {
      success: {
        args: () => [`cf://${serving}`, ...asTable],
        prints: /^Distribution +cf:\/\/ID\nDomain +HOST\n([A-Z][^\n]+\n)+$/,
        progress: 'list',
      },
      failure: noDistribution(1),
    },
    cfcreate: {
      success: {
        args: (number) => [`s3://${buckets[number] ?? ''}`, '--format', 's3cmd'],
        prints: /^Distribution created:\n(\w+: [^\n]*\n)+$/,
        verbatim: true,
        progress: 'list',
      },
      dryRun: {
        args: () => [`s3://${buckets.at(-1) ?? ''}`],
        prints: /^= CloudFront cache policy [^\n]+\n\+ CloudFront distribution for s3:[^\n]*: create\n$/,
        progress: 'list',
      },
      failure: { args: () => ['s3://there-is-no-such-bucket'], code: 1, says: /there-is-no-such-bucket/ },
    },
    cfmodify: {
      success: {
        args: (number) => [`cf://${changing}`, '--cf-comment', `comment ${number}`, '--format', 's3cmd'],
        prints: /^Distribution modified: cf:\/\/ID\n(\w+: [^\n]*\n)+$/,
        verbatim: true,
        progress: 'list',
      },
      dryRun: {
        args: () => [`cf://${changing}`, '--cf-comment', 'another'],
        prints: /^~ CloudFront distribution [^]*Comment: "[^"]*" → "another"\n$/,
        progress: 'list',
      },
      failure: noDistribution(1, '--cf-comment', 'x'),
    },
    cfremove: {
      success: {
        args: (number) => [`cf://${removing[number] ?? ''}`, '--yes'],
        prints: /^Distribution cf:\/\/\w+ deleted\n$/,
        progress: 'list',
      },
      dryRun: {
        args: () => [`cf://${removing.at(-1) ?? ''}`],
        prints: /^= CloudFront distribution ID: unchanged\n- CloudFront distribution ID: remove\n[^\n]+\n$/,
        progress: 'list',
      },
      failure: noDistribution(1, '--yes'),
    },
    cfinval: {
      success: {
        args: (number) => [`cf://${serving}`, `/a/${number}`, '--format', 's3cmd'],
        prints: /^URI: +cf:\/\/ID\n(\w[^\n]*: [^\n]*\n)+$/,
        verbatim: true,
        progress: 'list',
      },
      dryRun: { args: () => [`cf://${serving}`, '/a/b'], prints: /^[^]*\/a\/b\n$/, progress: 'list' },
      failure: noDistribution(1, '/a'),
    },
    cfinvalinfo: {
      success: {
        args: () => [`cf://${serving}`, '--limit', '1', ...asTable],
        prints: /^INVALIDATION [^\n]+\ncf:[^\n]+\n$/,
        progress: 'list',
      },
      failure: noDistribution(1),
    },
    put: {
      success: {
        args: () => [file, `s3://${buckets[0] ?? ''}/incoming/`],
        prints: /^upload: '[^']+' -> 's3:[^']+'[^\n]*\n[^]*$/,
        progress: 'list',
      },
      dryRun: {
        args: () => [file, `s3://${buckets[0] ?? ''}/incoming/`],
        prints: /^\+ upload: '[^']+' -> 's3:[^']+'\n$/,
        progress: 'list',
      },
      failure: { args: () => [file, 's3://there-is-no-such-bucket/'], code: 1, says: /there-is-no-such-bucket/ },
    },
  }
}

function hostCases({ ctl, place }: Stage): Record<string, Case> {
  const host = ['--ctl', ctl]
  const passedThrough = (command: string): Case => ({
    success: {
      args: () => host,
      prints: new RegExp(`^what packagecloud-ctl ${command} prints\n$`),
      progress: 'none',
      verbatim: true,
    },
    dryRun: { args: () => host, prints: new RegExp(`^${ctl} ${command}\n$`), progress: 'none' },
    failure: { args: () => ['--ctl', join(place.folder, 'no-ctl')], code: 3, says: /no-ctl/ },
  })
  return {
    'enable-cloudfront': {
      success: {
        args: () => [...host, '--yes', '--skip-reindex'],
        // Nothing is remembered, so that each run does the same.
        env: { XDG_STATE_HOME: '/dev/null/nowhere' },
        prints:
          /^what packagecloud-ctl reconfigure prints\nwhat packagecloud-ctl restart prints\n[✔–] [^]*\n\d+ ok, 0 failed, [^\n]*\n$/,
        progress: 'list',
      },
      dryRun: { args: () => host, prints: /^[✔→] 1\. [^]*7\. restart[^]*: unchanged\n$/, progress: 'list' },
      failure: { args: () => [...host, '--front', 'nonsense'], code: 2, says: /--front does not hold/ },
    },
    'rotate-cloudfront-secret': {
      // There is none to finish, which is so again each time.
      success: { args: () => ['--finish', '--yes'], prints: /^$/, progress: 'list' },
      dryRun: {
        args: () => [],
        prints: /^→ 1\. [^]*7\. --finish[^]*distribution [^\n]*: update\n[^]*$/,
        progress: 'list',
      },
      failure: { args: () => ['--front', 'nonsense'], code: 2, says: /--front does not hold/ },
    },
    reconfigure: passedThrough('reconfigure'),
    restart: passedThrough('restart'),
    'disable-cloudfront': {
      success: {
        args: () => [],
        prints: /^packagecloud_rails\['cloudfront_enabled'\] = false\n$/,
        progress: 'none',
        verbatim: true,
      },
      dryRun: {
        args: () => ['--run', ...host, '--config', join(place.folder, 'fresh.rb')],
        prints: new RegExp(`^${ctl} reconfigure\n${ctl} restart\n$`),
        progress: 'none',
        verbatim: true,
      },
      failure: { args: () => ['--run', ...host], code: 3, says: /cloudfront_enabled is still true/ },
    },
  }
}
