/** Have the installation's own edges drop what they hold: where that is, what it comes to, and what it does not do. */
import { arnOfDistribution, arnOfObject } from '../../aws/arns.ts'
import type { Aws } from '../../aws/connect.ts'
import { namesOf } from '../../aws/names.ts'
import type { Account } from '../../aws/account.ts'
import { bucketOrigin } from '../../resources/cloudfront/distribution-config.ts'
import { type Distribution, findDistribution } from '../../resources/cloudfront/find-distribution.ts'
import { answersTo } from '../../resources/cloudfront/live-distribution.ts'
import type { Bucket } from '../../resources/s3/bucket.ts'
import { optional, type Settings } from '../../settings/settings.ts'
import { CtlError } from '../../errors.ts'
import { commandLine } from '../../shell.ts'
import { verbatim } from '../../text.ts'
import { groupOf, type InvalidationGroup } from '../cf/invalidation.ts'
import type { Asked } from '../cf/invalidation-words.ts'
import { type Chain, compute, together } from '../chain/chain.ts'
import { configuredBucket } from '../configured-bucket.ts'
import { credentials } from '../credentials.ts'
import { forAnother, otherInstallations } from '../other-installations.ts'
import { type AtOrigin, lookAtOrigin, type Question } from './at-origin.ts'
import type { Named } from './words.ts'

/** What is to be dropped. */
export interface RefreshWishes {
  readonly named: readonly Named[]
  /** Keys of a report: whatever of them is not served is left out. */
  readonly reported: readonly string[]
  /** The words of this command, for those that are suggested, and the flags among them that any command takes. */
  readonly words: readonly string[]
  readonly carried: readonly string[]
}

export interface Refresh {
  account: Account
  bucket: Bucket
  distribution: Distribution
  group: InvalidationGroup
  origin: AtOrigin
}

/** Steps that find out what edges are to drop, and look at what S3 has of it; nothing is written. */
export const planRefresh = (aws: Aws, settings: Settings, wishes: RefreshWishes): Chain<Refresh> => [
  together<Refresh>('Check what is needed', credentials(aws), configuredBucket(aws, settings)),
  compute('Find the distribution', {
    from: (ctx) => theDistribution(aws, settings, ctx, wishes),
    as: 'distribution',
    tell: ({ id, domain }) => `cf://${id} (${domain})`,
    needs: ({ account }) => [
      { access: 'read', actions: ['cloudfront:ListDistributions'], resources: ['*'] },
      {
        access: 'read',
        actions: ['cloudfront:GetDistribution', 'cloudfront:ListTagsForResource'],
        resources: [arnOfDistribution(account.id)],
      },
      {
        access: 'read',
        actions: ['tag:GetResources'],
        resources: ['*'],
        optional: 'invalidate can not name the other installations where this one has no distribution',
      },
    ],
  }),
  compute('Work out the paths', {
    from: async ({ bucket, distribution }) => groupFor(distribution, bucket, wishes),
    as: 'group',
    tell: ({ paths }) => (paths.length === 1 ? (paths[0] ?? '') : `${paths.length} paths`),
  }),
  compute('Ask S3 what it has of them', {
    from: (ctx, { signal }) => lookAtOrigin(aws, questionOf(ctx, wishes), signal),
    as: 'origin',
    needs: ({ bucket }) => [
      {
        access: 'read',
        actions: ['s3:GetObject'],
        resources: [arnOfObject(bucket.name)],
        optional: 'invalidate can not tell whether S3 still serves an object',
      },
    ],
  }),
]

async function theDistribution(
  aws: Aws,
  settings: Settings,
  { account, bucket }: Refresh,
  wishes: RefreshWishes,
): Promise<Distribution> {
  const installation = settings.installation.value
  const id = optional(settings, 'cloudfrontDistributionId')
  const found = await findDistribution(aws, { names: namesOf(installation), accountId: account.id, bucket, id })
  if (found === undefined) throw await noneYet(aws, installation, bucket, wishes)
  if (bucketOrigin(found.config, bucket) !== undefined) return found
  throw new CtlError('configuration', `The distribution ${found.id} does not serve the bucket ${bucket.name}.`, {
    hint: ['See which does, and correct cloudfront_distribution_id in packagecloud.rb:', verbatim('pc-ctl cflist')],
  })
}

/** Where there is no distribution there are no edges; maybe another installation was meant. */
async function noneYet(
  aws: Aws,
  installation: string,
  bucket: Bucket,
  { words, carried }: RefreshWishes,
): Promise<CtlError> {
  const others = await otherInstallations(aws, installation)
  return new CtlError(
    'configuration',
    `The installation "${installation}" has no distribution that serves ${bucket.name}: no edge holds anything of it.`,
    {
      hint: [
        ...forAnother(others, ['pc-ctl', 'invalidate', ...words, ...carried]),
        'To have one made:',
        verbatim(commandLine(['pc-ctl', 'bootstrap-cloudfront', ...carried])),
      ],
      code: 'NoSuchDistribution',
    },
  )
}

function groupFor(distribution: Distribution, bucket: Bucket, { named, reported }: RefreshWishes): InvalidationGroup {
  const target = `cf://${distribution.id}`
  const asked = (key: string): Asked => ({ kind: 'key', target, bucket: bucket.name, key })
  const words = named.map((one): Asked => {
    if (one.kind === 'key') return asked(one.key)
    if (one.kind === 'url') assertAnswersTo(one.host, one.word, distribution)
    return { kind: 'path', target, path: one.path }
  })
  return groupOf(
    distribution,
    [target],
    [...words, ...reported.map(asked)],
    { folder: undefined, root: undefined },
    { collapse: true, neverEverything: true, indexFolders: false, othersToo: named.length === 0 },
  )
}

/** Front servers have other paths than edges. */
function assertAnswersTo(host: string, word: string, { id, domain, config }: Distribution): void {
  const name = host.replace(/:\d+$/, '')
  if (answersTo(name, domain.replace(/:\d+$/, ''), config.Aliases)) return
  throw new CtlError('usage', `${word} is not a URL of cf://${id}, which answers to ${domain}.`, {
    hint: 'Give the path that the front server redirects to, or the key that the object has in S3.',
  })
}

/** What S3 is asked: of objects named one by one whether they are there, of wildcards of ours what else they name. */
function questionOf({ bucket, distribution, group }: Refresh, { named, reported }: RefreshWishes): Question {
  const path = bucketOrigin(distribution.config, bucket)?.OriginPath ?? ''
  const folder = path.replace(/^\//, '').replace(/(?<=.)$/, '/')
  const keyOf = (stem: string): string | undefined => decoded(stem.replace(/^\//, ''), folder)
  const keys = named.flatMap((one) => {
    if (one.kind === 'key') return one.key === '' || /[*/]$/.test(one.key) ? [] : [one.key]
    return one.path.endsWith('*') ? [] : (keyOf(one.path.replace(/\?.*$/s, '')) ?? [])
  })
  const asked = named.map((one) => (one.kind === 'key' ? `/${one.key}` : one.path.replace(/^(?!\/)/, '/')))
  const byPrefix = new Map<string, string>()
  for (const wildcard of group.paths.filter((one) => one.endsWith('*') && !asked.includes(one))) {
    const prefix = keyOf(wildcard.slice(0, -1))
    if (prefix !== undefined && !byPrefix.has(prefix)) byPrefix.set(prefix, wildcard)
  }
  const prefixes = named.flatMap((one) => {
    if (one.kind === 'key') return /[*/]$/.test(one.key) ? one.key.replace(/\*$/, '') : []
    return one.path.endsWith('*') ? (keyOf(one.path.slice(0, -1)) ?? []) : []
  })
  // All below a folder of keys is one of those that were asked for.
  for (const one of named) if (one.kind === 'key') byPrefix.delete(one.key.replace(/\*$/, ''))
  return {
    bucket: bucket.name,
    keys: [...new Set(keys)],
    wildcards: [...byPrefix].map(([prefix, wildcard]) => ({ path: wildcard, prefix })),
    prefixes: [...new Set(prefixes)].filter((prefix) => prefix !== folder),
    wanted: new Set([...keys, ...reported]),
  }
}

/** The key under a path; none where its escapes are not UTF-8. */
function decoded(path: string, folder: string): string | undefined {
  try {
    return folder + decodeURIComponent(path)
  } catch {
    return undefined
  }
}
