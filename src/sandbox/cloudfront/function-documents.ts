import { byArn, cloudFrontArn, timestamp, type DistributionDocument } from './documents.ts'
import { functionConfig, type FunctionConfig, type Stage } from './function-shape.ts'
import { stateAtEdge, withState } from './spread.ts'
import type { RunnableFunction } from '../contracts/cloudfront-functions.ts'
import { itemsOf } from '../contracts/shape.ts'
import type { XmlContent } from '../contracts/xml-document.ts'
import type { Context } from '../contracts/service.ts'
import type { Collection } from '../contracts/store.ts'

/** A function as it was saved or published. */
export interface SavedFunction {
  config: FunctionConfig
  /** Base64, as it need not be text. */
  code: string
}

interface StageDocument extends SavedFunction {
  version: number
  /** Milliseconds since the epoch. */
  createdAt: number
  modifiedAt: number
}

export interface FunctionDocument {
  name: string
  development: StageDocument
  live?: StageDocument
  /** What was published, oldest first, as far back as an edge may have it. */
  published: (SavedFunction & { at: number })[]
  tags: Record<string, string>
}

export type FunctionDocuments = Collection<FunctionDocument>

export const functionArn = (context: Context, name: string): string => cloudFrontArn(context, 'function', name)

/** By its ARN. */
export const functionByArn = (context: Context, functions: FunctionDocuments, arn: string) =>
  byArn(functions, functionArn(context, ''), arn)

/** The stores that a function has in any of its stages. */
export const storesOf = ({ development, live }: FunctionDocument): string[] =>
  [development, ...(live === undefined ? [] : [live])].flatMap(({ config }) => storesIn(config))

const storesIn = (config: FunctionConfig): string[] =>
  itemsOf(config.KeyValueStoreAssociations).map(({ KeyValueStoreARN }) => KeyValueStoreARN)

/** What runs of it. */
export const runnable = (arn: string, { config, code }: SavedFunction): RunnableFunction => ({
  arn,
  runtime: config.Runtime,
  code: Buffer.from(code, 'base64').toString('utf8'),
  storeArn: storesIn(config)[0],
})

/** What one of the edges has of it. */
export function functionAtEdge(
  context: Context,
  functions: FunctionDocuments,
  arn: string,
): RunnableFunction | undefined {
  const published = stateAtEdge(context, functionByArn(context, functions, arn)?.published ?? [])
  return published === undefined ? undefined : runnable(arn, published)
}

const isSame = (one: SavedFunction, other: SavedFunction): boolean =>
  one.code === other.code && JSON.stringify(one.config) === JSON.stringify(other.config)

/** Copies what is in development to the stage LIVE; undefined where that has it already. */
export function publish(context: Context, document: FunctionDocument): FunctionDocument | undefined {
  const { development, live, published } = document
  if (live !== undefined && isSame(development, live)) return undefined
  const { config, code } = development
  const at = context.now()
  return {
    ...document,
    live: { config, code, version: (live?.version ?? 0) + 1, createdAt: live?.createdAt ?? at, modifiedAt: at },
    published: withState(context, published, { at, config, code }),
  }
}

/** FunctionSummary of a stage that is there. `associated` are the distributions that have the function. */
export function summary(
  context: Context,
  document: FunctionDocument,
  stage: Stage,
  associated: readonly DistributionDocument[],
): XmlContent {
  const { development, live, name } = document
  const shown = stage === 'LIVE' && live !== undefined ? live : development
  return {
    Name: name,
    Status: live !== undefined && isSame(shown, live) ? liveStatus(context, associated) : 'UNPUBLISHED',
    FunctionConfig: functionConfig.write(shown.config),
    FunctionMetadata: {
      FunctionARN: functionArn(context, name),
      Stage: stage,
      CreatedTime: timestamp(shown.createdAt),
      LastModifiedTime: timestamp(shown.modifiedAt),
    },
  }
}

function liveStatus(context: Context, associated: readonly DistributionDocument[]): string {
  if (associated.length === 0) return 'UNASSOCIATED'
  return associated.some(({ deployedAt }) => deployedAt > context.now()) ? 'IN_PROGRESS' : 'DEPLOYED'
}
