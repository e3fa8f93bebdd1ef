import { createServer } from 'node:net'

import type { CloudFrontOperation } from './config-resource.ts'
import { requireUpdateMembers, withDefaults } from './defaults.ts'
import { readDistribution, readTaggedDistribution } from './distribution-input.ts'
import { distributionConfig, type DistributionConfig } from '../contracts/distribution-shape.ts'
import {
  distributionArn,
  invalidArgument,
  listContent,
  newId,
  newVersion,
  nextVersion,
  noContent,
  pageOf,
  requireMatch,
  respond,
  timestamp,
  type DistributionDocument,
} from './documents.ts'
import { findDistribution, type DistributionParts } from './parts.ts'
import { itemsOf } from '../contracts/shape.ts'
import { tagMap } from './tags.ts'
import { writeConfig, type Kept } from './unknown.ts'
import { checkConfig, type References } from './validation.ts'
import type { XmlContent } from '../contracts/xml-document.ts'
import { AwsError, isListed, type AwsRequest } from '../contracts/service.ts'

const isDeployed = (distribution: DistributionDocument, now: number): boolean => now >= distribution.deployedAt

/** What the edge serves now. */
export const servedConfig = (distribution: DistributionDocument, now: number): DistributionConfig | undefined =>
  isDeployed(distribution, now) ? distribution.config : distribution.servedConfig

/** 500 distributions per account (developer guide, "Quotas"). */
const maxDistributions = 500

/** The operations on distributions, except invalidations and tags. */
export function distributionOperations(parts: DistributionParts): Record<string, CloudFrontOperation> {
  const { context, distributions } = parts
  const answer = (request: AwsRequest, distribution: DistributionDocument, status = 200) =>
    respond(request, 'Distribution', content(parts, distribution), {
      status,
      etag: distribution.etag,
      ...(status === 201 ? { location: `distribution/${distribution.id}` } : {}),
    })
  return {
    async CreateDistribution(request) {
      return answer(request, await create(parts, await readDistribution(request), {}), 201)
    },
    async CreateDistributionWithTags(request) {
      const asked = await readTaggedDistribution(request)
      return answer(request, await create(parts, asked, tagMap(asked.tags)), 201)
    },
    GetDistribution: (request, { id }) => answer(request, findDistribution(parts, id)),
    GetDistributionConfig(request, { id }) {
      const distribution = findDistribution(parts, id)
      return respond(request, 'DistributionConfig', configContent(distribution), { etag: distribution.etag })
    },
    async UpdateDistribution(request, { id }) {
      return answer(request, update(parts, request, id, await readDistribution(request)))
    },
    DeleteDistribution(request, { id }) {
      const distribution = findDistribution(parts, id)
      requireMatch(request, distribution)
      parts.requireNoPlan(id)
      if (distribution.config.Enabled || !isDeployed(distribution, context.now())) {
        const message = 'The distribution you are trying to delete has not been disabled.'
        throw new AwsError(409, 'DistributionNotDisabled', message)
      }
      distributions.delete(id)
      parts.changed(distribution)
      return noContent(request)
    },
    ListDistributions: (request) =>
      listOf(
        parts,
        request,
        distributions.list().filter(({ createdAt }) => isListed(context, createdAt ?? 0)),
      ),
    ListDistributionsByWebACLId(request, { id }) {
      const wanted = id === 'null' ? '' : id
      return listOf(
        parts,
        request,
        distributions.list().filter(({ config }) => config.WebACLId === wanted),
      )
    },
    ListDistributionsByCachePolicyId(request, { id }) {
      if (!parts.references.hasCachePolicy(id)) {
        throw new AwsError(404, 'NoSuchCachePolicy', 'The specified cache policy does not exist.')
      }
      const using = distributions
        .list()
        .filter(({ config }) => behaviorsOf(config).some((one) => one.CachePolicyId === id))
      const page = pageOf(request, using)
      return respond(
        request,
        'DistributionIdList',
        listContent(page, 'DistributionId', ({ id: one }) => one),
      )
    },
    ListConflictingAliases: (request) => conflictingAliases(parts, request),
  }
}

export const behaviorsOf = (config: DistributionConfig) => [
  config.DefaultCacheBehavior,
  ...itemsOf(config.CacheBehaviors),
]

async function create(
  parts: DistributionParts,
  { config: asked, unknown }: Kept<DistributionConfig>,
  tags: Record<string, string>,
): Promise<DistributionDocument> {
  const { context, distributions } = parts
  const port = await freePort(new Set(distributions.list().map((distribution) => distribution.port)))
  // From here on nothing waits, so that of two equal requests the second sees the first.
  const all = distributions.list()
  const same = all.find(({ config }) => config.CallerReference === asked.CallerReference)
  if (same !== undefined) {
    const message =
      'The caller reference that you are using to create a distribution is associated with another distribution.'
    throw new AwsError(409, 'DistributionAlreadyExists', `${message} Already exists: ${same.id}`)
  }
  if (all.length >= maxDistributions) {
    const message = 'Your request would cause you to exceed the maximum number of distributions allowed.'
    throw new AwsError(400, 'TooManyDistributions', message)
  }
  const config = withDefaults(asked)
  checkConfig(config, referencesFor(parts, undefined))
  const distribution: DistributionDocument = {
    id: newId('E'),
    config,
    unknown,
    servedConfig: undefined,
    createdAt: context.now(),
    modifiedAt: context.now(),
    deployedAt: context.now() + context.timing.deploy,
    port,
    tags,
    ...newVersion(),
  }
  distributions.put(distribution.id, distribution)
  parts.changed(distribution)
  return distribution
}

function update(
  parts: DistributionParts,
  request: AwsRequest,
  id: string,
  { config: asked, unknown }: Kept<DistributionConfig>,
): DistributionDocument {
  const { context, distributions } = parts
  const previous = findDistribution(parts, id)
  requireMatch(request, previous)
  if (asked.CallerReference !== previous.config.CallerReference) {
    throw new AwsError(400, 'IllegalUpdate', 'You cannot change the caller reference of a distribution.')
  }
  requireUpdateMembers(asked)
  const config = withDefaults(asked)
  checkConfig(config, referencesFor(parts, id))
  parts.requireInPlan(id, config)
  const distribution: DistributionDocument = {
    ...previous,
    config,
    unknown,
    servedConfig: servedConfig(previous, context.now()),
    modifiedAt: context.now(),
    deployedAt: context.now() + context.timing.deploy,
    ...nextVersion(previous),
  }
  distributions.put(id, distribution)
  parts.changed(distribution)
  return distribution
}

function referencesFor(parts: DistributionParts, id: string | undefined): References {
  return {
    ...parts.references,
    otherAliases() {
      const others = parts.distributions.list().filter((distribution) => distribution.id !== id)
      return new Set(others.flatMap(({ config }) => itemsOf(config.Aliases)).map((alias) => alias.toLowerCase()))
    },
  }
}

/** A loopback port that nobody listens on and no distribution has. */
async function freePort(taken: ReadonlySet<number>): Promise<number> {
  for (;;) {
    const server = createServer()
    const port = await new Promise<number>((resolve, reject) => {
      server.once('error', reject)
      server.listen(0, '127.0.0.1', () => {
        const address = server.address()
        resolve(typeof address === 'object' && address !== null ? address.port : 0)
      })
    })
    await new Promise((resolve) => server.close(resolve))
    if (!taken.has(port)) return port
  }
}

/** The members that a distribution and its summary share. */
function members({ context }: DistributionParts, distribution: DistributionDocument) {
  return {
    Id: distribution.id,
    ARN: distributionArn(context, distribution.id),
    Status: isDeployed(distribution, context.now()) ? 'Deployed' : 'InProgress',
    LastModifiedTime: timestamp(distribution.modifiedAt),
    DomainName: domainName(distribution),
  }
}

/** There is no DNS for cloudfront.net here: the name is an address. */
export const domainName = ({ port }: DistributionDocument): string => `127.0.0.1:${port}`

function content(parts: DistributionParts, distribution: DistributionDocument): XmlContent {
  const { DomainName, ...first } = members(parts, distribution)
  return {
    ...first,
    InProgressInvalidationBatches: parts.inProgressInvalidations(distribution.id),
    DomainName,
    ActiveTrustedSigners: { Enabled: false, Quantity: 0 },
    ActiveTrustedKeyGroups: { Enabled: false, Quantity: 0 },
    DistributionConfig: configContent(distribution),
  }
}

const configContent = (distribution: DistributionDocument): XmlContent =>
  writeConfig('DistributionConfig', distributionConfig, distribution)

/** Members of the config that a summary leaves out (API reference, DistributionSummary). */
const notInSummary = ['CallerReference', 'DefaultRootObject', 'Logging', 'ContinuousDeploymentPolicyId', 'TenantConfig']

/** What is not known of a config is left out of lists, whose clients can't write it back. */
function summary(parts: DistributionParts, distribution: DistributionDocument): XmlContent {
  const written = distributionConfig.write(distribution.config)
  const config = typeof written === 'object' && !Array.isArray(written) ? Object.entries(written) : []
  return {
    ...members(parts, distribution),
    ETag: distribution.etag,
    ...Object.fromEntries(config.filter(([name]) => !notInSummary.includes(name))),
  }
}

const listOf = (parts: DistributionParts, request: AwsRequest, all: DistributionDocument[]) =>
  respond(
    request,
    'DistributionList',
    listContent(pageOf(request, all), 'DistributionSummary', (one) => summary(parts, one)),
  )

/** Distributions whose aliases overlap with one; ids and accounts are half hidden (API reference). */
function conflictingAliases(parts: DistributionParts, request: AwsRequest) {
  const id = request.query.get('DistributionId') ?? ''
  const wanted = (request.query.get('Alias') ?? '').toLowerCase()
  if (wanted === '') throw invalidArgument('The parameter Alias is required.')
  findDistribution(parts, id)
  const conflicts = parts.distributions
    .list()
    .filter((other) => other.id !== id)
    .flatMap((other) => itemsOf(other.config.Aliases).map((alias) => ({ id: other.id, alias })))
    .filter(({ alias }) => overlaps(alias.toLowerCase(), wanted))
  const hidden = (value: string): string => '*'.repeat(7) + value.slice(7)
  return respond(request, 'ConflictingAliasesList', {
    MaxItems: 100,
    Quantity: conflicts.length,
    Items:
      conflicts.length === 0
        ? undefined
        : {
            ConflictingAlias: conflicts.map(({ id: other, alias }) => ({
              Alias: alias,
              DistributionId: hidden(other),
              AccountId: hidden(parts.context.accountId),
            })),
          },
  })
}

function overlaps(alias: string, wanted: string): boolean {
  const under = (name: string, pattern: string): boolean =>
    pattern.startsWith('*.') && name.slice(name.indexOf('.') + 1) === pattern.slice(2)
  return alias === wanted || under(alias, wanted) || under(wanted, alias)
}
