import { configOperations, type CloudFrontOperation } from './config-resource.ts'
import { behaviorsOf, distributionOperations, domainName, servedConfig } from './distributions.ts'
import { functionResources } from './function-resources.ts'
import type { DistributionParts } from './parts.ts'
import { distributionArn, namespace, type DistributionDocument, type InvalidationDocument } from './documents.ts'
import { inProgress, invalidationOperations, type Invalidations } from './invalidations.ts'
import { originAccessControls, originAccessIdentities, s3CanonicalUserId } from './origin-access.ts'
import type { CloudFrontPeers, CloudFrontService } from '../contracts/cloudfront-peers.ts'
import { cloudFrontPermissions } from './permissions.ts'
import { checkPlan, flatRatePlans, plansOf, requireNoPlan, type PlanQuestions } from './plans.ts'
import { cachePolicies, originRequestPolicies, responseHeadersPolicies } from './policies.ts'
import { cloudFrontRoute } from './routes.ts'
import { itemsOf } from '../contracts/shape.ts'
import { taggedIn, taggingOperations, type Tagged } from './tags.ts'
import { distributionUsers, hasFunction, type Users } from './users.ts'
import { xmlError } from '../wire/xml.ts'
import { AwsError, type Context } from '../contracts/service.ts'

/**
 * CloudFront's control plane: distributions and what they refer to. The edge that serves them listens to its changes.
 * Written from the CloudFront API reference (2020-05-31).
 */
export function createCloudFront(context: Context, peers: CloudFrontPeers): CloudFrontService {
  const distributions = context.store.collection<DistributionDocument>('cloudfront-distribution')
  const invalidations: Invalidations = context.store.collection('cloudfront-invalidation')
  const events = changeEvents(context)
  const usedBy = distributionUsers(context, distributions, events.changed)
  const resources = configResources(context, usedBy)
  const edgeFunctions = functionResources(context, peers.functions, usedBy(hasFunction))
  const tagged = (): Tagged[] => [
    ...taggedIn(
      'cloudfront:distribution',
      distributions,
      ({ id }) => id,
      (id) => distributionArn(context, id),
    ),
    ...edgeFunctions.tagged(),
  ]
  const plans = plansOf(context)
  const planQuestions: PlanQuestions = {
    isManagedPolicy: (id) =>
      [resources.cachePolicies, resources.originRequestPolicies, resources.responseHeadersPolicies].some(
        ({ managed }) => managed.some((one) => one.id === id),
      ),
    readsStore: (arn) => edgeFunctions.peers.liveFunction(arn)?.storeArn !== undefined,
  }
  const parts: DistributionParts = {
    context,
    distributions,
    references: {
      ...peers,
      accountId: context.accountId,
      hasOriginAccessIdentity: (id) => resources.identities.documents.get(id) !== undefined,
      hasOriginAccessControl: (id) => resources.controls.documents.get(id) !== undefined,
      hasCachePolicy: (id) => configOf(resources.cachePolicies, id) !== undefined,
      hasOriginRequestPolicy: (id) => configOf(resources.originRequestPolicies, id) !== undefined,
      hasResponseHeadersPolicy: (id) => configOf(resources.responseHeadersPolicies, id) !== undefined,
      hasLiveFunction: edgeFunctions.isLive,
    },
    requireInPlan: (id, config) => checkPlan(plans, id, config, planQuestions),
    requireNoPlan: (id) => requireNoPlan(plans, id),
    inProgressInvalidations: (id) => inProgress(invalidations, id, context.now()).length,
    changed: events.changed,
  }
  const operations = new Map<string, CloudFrontOperation>(
    Object.entries({
      ...distributionOperations(parts),
      ...taggingOperations(tagged),
      ...invalidationOperations(parts, invalidations, events.invalidated),
      ...edgeFunctions.operations,
      ...configOperations(context, resources.identities),
      ...configOperations(context, resources.controls),
      ...configOperations(context, resources.cachePolicies),
      ...configOperations(context, resources.originRequestPolicies),
      ...configOperations(context, resources.responseHeadersPolicies),
    }),
  )
  for (const distribution of distributions.list()) events.schedule(distribution)
  peers.lambda.protectReplicated((versionArn) =>
    distributions
      .list()
      .flatMap(({ config, servedConfig: served }) => [config, ...(served === undefined ? [] : [served])])
      .some((config) => functionsOf(config).includes(versionArn)),
  )
  return {
    names: ['cloudfront'],
    operations: [...operations.keys()],
    operation: (request) => cloudFrontRoute(request).operation,
    permissions: (request, operation) =>
      cloudFrontPermissions({ context, distributions, tagged, ...edgeFunctions.arns }, request, operation),
    async handle(request, operation) {
      const perform = operations.get(operation)
      if (perform === undefined) throw new AwsError(404, 'UnknownOperation', `Unknown operation ${operation}`)
      return perform(request, cloudFrontRoute(request))
    },
    error: (error, request) => xmlError(error, request, namespace),
    distributions: () =>
      distributions.list().map((distribution) => ({
        id: distribution.id,
        arn: distributionArn(context, distribution.id),
        domainName: domainName(distribution),
        port: distribution.port,
        deployedConfig: () => configAtAnEdge(distribution, context),
      })),
    ...flatRatePlans(parts, plans, planQuestions),
    onChange: events.onChange,
    onInvalidation: events.onInvalidation,
    cachePolicy: (id) => configOf(resources.cachePolicies, id),
    originRequestPolicy: (id) => configOf(resources.originRequestPolicies, id),
    responseHeadersPolicy: (id) => configOf(resources.responseHeadersPolicies, id),
    originAccessControl: (id) => configOf(resources.controls, id),
    originAccessIdentity: (id) =>
      resources.identities.documents.get(id) === undefined
        ? undefined
        : { id, s3CanonicalUserId: s3CanonicalUserId(id) },
    ...edgeFunctions.peers,
    originAccessIdentities: () =>
      resources.identities.documents
        .list()
        .map(({ id, createdAt }) => ({ id, createdAt, s3CanonicalUserId: s3CanonicalUserId(id) })),
    taggedResources: (region) =>
      region !== 'us-east-1' ? [] : tagged().filter(({ tags }) => Object.keys(tags).length > 0),
    close: () => events.close(),
  }
}

/** What one of the edges serves, any of them: of many, each takes a change at a moment of its own. */
function configAtAnEdge(distribution: DistributionDocument, context: Context): Config | undefined {
  const { config, deployedAt, servedConfig: before } = distribution
  const left = deployedAt - context.now()
  const isThere = context.edgeByEdge === true && before !== undefined && Math.random() * context.timing.deploy > left
  return isThere ? config : servedConfig(distribution, context.now())
}

type Config = DistributionDocument['config']

const functionsOf = (config: Config): string[] =>
  behaviorsOf(config)
    .flatMap((behavior) => itemsOf(behavior.LambdaFunctionAssociations))
    .map(({ LambdaFunctionARN }) => LambdaFunctionARN)

/** The config of a resource, AWS's own included. */
function configOf<C>(
  resource: {
    documents: { get(id: string): { config: C } | undefined }
    managed: readonly { id: string; config: C }[]
  },
  id: string,
): C | undefined {
  return resource.documents.get(id)?.config ?? resource.managed.find((one) => one.id === id)?.config
}

/** The resources that distributions refer to, each knowing who uses it. */
function configResources({ store }: Context, usedBy: ReturnType<typeof distributionUsers>) {
  const behavior = (member: 'CachePolicyId' | 'OriginRequestPolicyId' | 'ResponseHeadersPolicyId'): Users =>
    usedBy((config, id) => behaviorsOf(config).some((one) => one[member] === id))
  return {
    identities: originAccessIdentities(
      store,
      usedBy((config, id) =>
        itemsOf(config.Origins).some(({ S3OriginConfig }) => S3OriginConfig?.OriginAccessIdentity.endsWith(`/${id}`)),
      ),
    ),
    controls: originAccessControls(
      store,
      usedBy((config, id) => itemsOf(config.Origins).some((origin) => origin.OriginAccessControlId === id)),
    ),
    cachePolicies: cachePolicies(store, behavior('CachePolicyId')),
    originRequestPolicies: originRequestPolicies(store, behavior('OriginRequestPolicyId')),
    responseHeadersPolicies: responseHeadersPolicies(store, behavior('ResponseHeadersPolicyId')),
  }
}

type InvalidationListener = (distributionId: string, paths: readonly string[]) => void

/** Tells the edge of changes, and of deployments when their time has come. */
function changeEvents(context: Context) {
  const listeners = new Set<() => void>()
  const invalidationListeners = new Set<InvalidationListener>()
  const timers = new Set<NodeJS.Timeout>()
  const tell = (): void => {
    for (const listener of listeners) listener()
  }
  const tellIn = (wait: number, deployedAt: number): void => {
    const timer = setTimeout(() => {
      timers.delete(timer)
      // Timers go by another clock, and may be a millisecond early: then there is nothing to tell yet.
      const left = deployedAt - context.now()
      if (left > 0) tellIn(left, deployedAt)
      else tell()
    }, wait)
    timer.unref()
    timers.add(timer)
  }
  const schedule = ({ deployedAt }: DistributionDocument): void => {
    const wait = deployedAt - context.now()
    if (wait > 0) tellIn(wait, deployedAt)
  }
  return {
    schedule,
    changed: (distribution: DistributionDocument): void => {
      schedule(distribution)
      tell()
    },
    invalidated: ({ distributionId, batch }: InvalidationDocument): void => {
      for (const listener of invalidationListeners) listener(distributionId, itemsOf(batch.Paths))
    },
    onChange: (listener: () => void): (() => void) => {
      listeners.add(listener)
      return () => void listeners.delete(listener)
    },
    onInvalidation: (listener: InvalidationListener): (() => void) => {
      invalidationListeners.add(listener)
      return () => void invalidationListeners.delete(listener)
    },
    close: (): void => {
      for (const timer of timers) clearTimeout(timer)
      timers.clear()
    },
  }
}
