import { CloudFrontClient, DescribeFunctionCommand, GetFunctionCommand } from '@aws-sdk/client-cloudfront'

import { absentAs } from '../../aws/absent.ts'
import type { Aws } from '../../aws/connect.ts'
import { edgeRegion } from '../../aws/names.ts'
import { readFunctionCode } from '../../edge/function-code.ts'
import type { Change } from '../../ui/plan.ts'
import { change } from '../resource.ts'

/** What a CloudFront Function is in one of its stages. An update always sends all of it: what is left out is taken away. */
export interface FunctionContent {
  readonly comment: string
  readonly runtime: string
  /** ARNs of the stores that it reads; CloudFront allows one. */
  readonly stores: readonly string[]
  readonly code: string
}

/** A stage as it was seen. */
export interface FunctionStage extends FunctionContent {
  /** Each stage has its own. */
  readonly etag: string
}

/** Stage as CloudFront calls it: what is edited and tested, and what edges run. */
export type StageName = 'DEVELOPMENT' | 'LIVE'

/** @returns `undefined` where there is no such function, or none that was published */
export async function readStage(
  aws: Aws,
  Name: string,
  Stage: StageName,
): Promise<(FunctionStage & { readonly arn: string }) | undefined> {
  const client = aws.client(CloudFrontClient, edgeRegion)
  const [described, got] = await Promise.all([
    absentAs('NoSuchFunctionExists', () => client.send(new DescribeFunctionCommand({ Name, Stage }))),
    absentAs('NoSuchFunctionExists', () => client.send(new GetFunctionCommand({ Name, Stage }))),
  ])
  if (described?.FunctionSummary === undefined || got === undefined) return undefined
  const { FunctionConfig: config, FunctionMetadata: metadata } = described.FunctionSummary
  return {
    arn: metadata?.FunctionARN ?? '',
    // Where the two differ somebody is changing it just now, and CloudFront takes no write against the older one.
    etag: described.ETag === got.ETag ? (got.ETag ?? '') : '',
    comment: config?.Comment ?? '',
    runtime: config?.Runtime ?? '',
    stores: (config?.KeyValueStoreAssociations?.Items ?? []).map(({ KeyValueStoreARN: arn = '' }) => arn),
    code: Buffer.from(got.FunctionCode ?? []).toString('utf8'),
  }
}

/** What differs, by field. What the code was told is told apart from the code. */
export function contentChanges(live: FunctionContent | undefined, wanted: FunctionContent): Change[] {
  const [before, after] = [live, wanted].map((content) => readFunctionCode(content?.code ?? ''))
  const told = [
    ...change('Comment', live?.comment, wanted.comment),
    ...change('Runtime', live?.runtime, wanted.runtime),
    ...change('KeyValueStoreAssociations', live?.stores, wanted.stores),
    ...change('Code', before?.hash.slice(0, 12), after?.hash.slice(0, 12)),
    ...change('LongestLife', before?.rules.longestLife, after?.rules.longestLife),
    ...change('Sha1', before?.rules.sha1, after?.rules.sha1),
  ]
  // Code that is none of ours may have nothing that can be told.
  return told.length > 0 || live?.code === wanted.code ? told : change('Code', 'another', 'ours')
}
