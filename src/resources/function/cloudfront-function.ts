import {
  CloudFrontClient,
  CreateFunctionCommand,
  type FunctionConfig,
  type FunctionRuntime,
  ListTagsForResourceCommand,
  TagResourceCommand,
  UpdateFunctionCommand,
} from '@aws-sdk/client-cloudfront'

import { arnOfCloudFrontFunction } from '../../aws/arns.ts'
import { nameOf } from '../../aws/absent.ts'
import type { Aws } from '../../aws/connect.ts'
import { edgeRegion, ownerOf } from '../../aws/names.ts'
import { patiently, spreading, type Talk } from '../../aws/patience.ts'
import { type EdgeRules, firstRules } from '../../edge/config.ts'
import { functionCode, functionRuntime, readFunctionCode } from '../../edge/function-code.ts'
import { messageOf } from '../../errors.ts'
import { create, type Decision, notOurs, refuse, type Resource, updateIf } from '../resource.ts'
import { requestedWith, tagChanges, tagList, type Tags, tagsIn, tagsWanted, type TagsWant } from '../tags.ts'
import { exportedFunction } from './function-export.ts'
import { contentChanges, type FunctionContent, type FunctionStage, readStage } from './function-stage.ts'
import { takedownOfFunction } from './function-takedown.ts'

export interface CloudFrontFunctionWant extends TagsWant {
  readonly accountId: string
  readonly adopt: boolean
  readonly storeArn: string
  /** The built code, without the line of its configuration. */
  readonly bundle: string
  /** How far ahead a URL may expire, in seconds; `undefined`: as it is. */
  readonly longestLife?: number | undefined
  /** Whether HMAC-SHA1 is accepted; `undefined`: as it is. */
  readonly sha1?: boolean | undefined
  /** What the other engine goes by, where that is in use; it counts before what this one was told. */
  readonly rulesInUse?: EdgeRules | undefined
  /** Why switching HMAC-SHA1 off would or might refuse downloads, if it would. */
  readonly whySha1?: string | undefined
}

export interface CloudFrontFunction {
  /** The same in both stages. */
  readonly arn: string
  readonly development: FunctionStage
  /** What edges run, if anything was ever published. */
  readonly live: FunctionStage | undefined
  /** What edges are to run. */
  readonly target: FunctionContent
  readonly tags: Tags
  readonly owner: string | undefined
}

/** What was chosen before: by what edges go by, whatever somebody tries in development. */
const rulesOf = ({ live, development }: Pick<CloudFrontFunction, 'live' | 'development'>): EdgeRules | undefined =>
  readFunctionCode(live?.code ?? '')?.rules ?? readFunctionCode(development.code)?.rules

function wantedRules(want: CloudFrontFunctionWant, live: CloudFrontFunction | undefined): EdgeRules {
  const { longestLife, sha1, rulesInUse } = want
  return {
    ...(rulesInUse ?? (live === undefined ? undefined : rulesOf(live)) ?? firstRules),
    ...(longestLife !== undefined && { longestLife }),
    ...(sha1 !== undefined && { sha1 }),
  }
}

const contentFor = (want: CloudFrontFunctionWant, live: CloudFrontFunction | undefined): FunctionContent => ({
  comment: want.names.mark,
  runtime: functionRuntime,
  stores: [want.storeArn],
  code: functionCode(want.bundle, wantedRules(want, live)),
})

/**
 * The CloudFront Function that checks signed URLs, in stage DEVELOPMENT: what is written here runs nowhere yet. Where edges
 * run what is wanted already, that stage is nobody's business, and is left as it is.
 */
export function cloudFrontFunction(aws: Aws): Resource<CloudFrontFunctionWant, CloudFrontFunction> {
  const client = () => aws.client(CloudFrontClient, edgeRegion)
  return {
    kind: 'CloudFront function',
    name: ({ names }) => names.functionName,
    id: ({ arn }) => arn,
    needs: (want) => {
      const resources = [arnOfCloudFrontFunction(want.names, want.accountId)]
      return [
        {
          access: 'read',
          actions: ['cloudfront:DescribeFunction', 'cloudfront:GetFunction', 'cloudfront:ListTagsForResource'],
          resources,
        },
        // IAM knows no resource of this action.
        { access: 'write', actions: ['cloudfront:CreateFunction'], resources: ['*'], condition: requestedWith(want) },
        { access: 'write', actions: ['cloudfront:TagResource'], resources, condition: requestedWith(want) },
        { access: 'write', actions: ['cloudfront:UpdateFunction'], resources },
      ]
    },
    pattern: created,
    ties: ({ storeArn }) => [{ to: storeArn, as: 'reads its secrets from' }],
    exported: ({ names }, live) => exportedFunction(names, live),
    takedown: ({ names }, _live, cli) => takedownOfFunction(names, cli),

    async describe({ names }) {
      const [development, live] = await Promise.all([
        readStage(aws, names.functionName, 'DEVELOPMENT'),
        readStage(aws, names.functionName, 'LIVE'),
      ])
      if (development === undefined) return undefined
      const { arn } = development
      const { Tags: listed } = await client().send(new ListTagsForResourceCommand({ Resource: arn }))
      const tags = tagsIn(listed?.Items)
      return { arn, development, live, target: live ?? development, tags, owner: ownerOf(tags) }
    },

    decide: decideCloudFrontFunction,

    async apply(want, live, talk) {
      const { names } = want
      const Name = names.functionName
      const target = contentFor(want, live)
      const tags = tagsWanted(want)
      const sent = { FunctionConfig: configOf(target), FunctionCode: Buffer.from(target.code) }
      if (live === undefined) {
        const command = new CreateFunctionCommand({ Name, ...sent, Tags: { Items: tagList(tags) } })
        const { FunctionSummary: summary, ETag } = await patientlyWritten(() => client().send(command), talk)
        const arn = summary?.FunctionMetadata?.FunctionARN ?? ''
        const development = { ...target, etag: ETag ?? '' }
        return { arn, development, live: undefined, target, tags, owner: names.installation }
      }
      if (tagChanges(live.tags, tags).length > 0) {
        await client().send(new TagResourceCommand({ Resource: live.arn, Tags: { Items: tagList(tags) } }))
      }
      const marked = { ...live, target, tags: { ...live.tags, ...tags }, owner: names.installation }
      if (inDevelopment(live, target).length === 0) return marked
      const command = new UpdateFunctionCommand({ Name, IfMatch: live.development.etag, ...sent })
      const { ETag } = await patientlyWritten(() => client().send(command), talk)
      return { ...marked, development: { ...target, etag: ETag ?? '' } }
    },
  }
}

/** What is to be changed in development, for it to be published; nothing where edges run it already. */
const inDevelopment = (live: CloudFrontFunction, target: FunctionContent) =>
  contentChanges(live.live, target).length === 0 ? [] : contentChanges(live.development, target)

const configOf = ({ comment, runtime, stores }: FunctionContent): FunctionConfig => ({
  Comment: comment,
  Runtime: runtime as FunctionRuntime,
  KeyValueStoreAssociations: {
    Quantity: stores.length,
    Items: stores.map((KeyValueStoreARN) => ({ KeyValueStoreARN })),
  },
})

/** The function as it would be made. */
function created(want: CloudFrontFunctionWant): CloudFrontFunction {
  const target = contentFor(want, undefined)
  return {
    // Known before it is made, in contrast to what others hand on: what is to be associated tells its engine by it.
    arn: arnOfCloudFrontFunction(want.names, want.accountId),
    development: { ...target, etag: '' },
    live: undefined,
    target,
    tags: tagsWanted(want),
    owner: want.names.installation,
  }
}

/** Pure. The function is ours by its tag; its code and configuration are wholly ours. */
function decideCloudFrontFunction(
  want: CloudFrontFunctionWant,
  live: CloudFrontFunction | undefined,
): Decision<CloudFrontFunction> {
  const { names, adopt } = want
  const before = want.rulesInUse ?? (live === undefined ? undefined : rulesOf(live))
  if (wantedRules(want, live).sha1 === false && before?.sha1 !== false && want.whySha1 !== undefined) {
    return refuse(
      live ?? created(want),
      want.whySha1,
      'Once all front servers sign with SHA-256, or with --force: run it again.',
    )
  }
  if (live === undefined) return create(created(want))
  const what = `CloudFront function ${names.functionName}`
  const foreign = live.owner !== names.installation
  if (foreign && !adopt) return notOurs(live, what, live.owner)
  const target = contentFor(want, live)
  const changes = inDevelopment(live, target)
  const tags = tagsWanted(want)
  return updateIf(
    {
      ...live,
      target,
      ...(changes.length === 0 ? {} : { development: { ...target, etag: live.development.etag } }),
      tags: { ...live.tags, ...tags },
      owner: names.installation,
    },
    [...tagChanges(live.tags, tags), ...changes],
    foreign ? `Take over ${what}?` : undefined,
  )
}

/** A store that was just made may not be known everywhere for a moment. */
const patientlyWritten = <T>(write: () => Promise<T>, talk: Talk): Promise<T> =>
  patiently(write, whyStoreNotYet, spreading, talk)

const whyStoreNotYet = (error: unknown): string | undefined =>
  nameOf(error) === 'InvalidArgument' && /KeyValueStore/i.test(messageOf(error))
    ? 'waiting until CloudFront knows the new store everywhere'
    : undefined
