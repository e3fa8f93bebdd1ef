/** What a month would cost, from prices alone: nobody is asked. */
import type { Engine } from '../../edge/engine.ts'
import { prices } from './prices.ts'

/** A month of the clients. */
export interface Load {
  /** Files that clients fetch from the edges, indexes too. */
  readonly downloads: number
  /** What they weigh together. */
  readonly gigabytes: number
}

/** US dollars a month. */
export interface Estimated {
  /** As `--engine` has it. */
  readonly engine: Engine
  /** A flat-rate plan; without one, what is used is paid. */
  readonly plan: string | null
  readonly traffic: number
  readonly requests: number
  /** Checking signatures. */
  readonly check: number
  /** The KMS key. */
  readonly key: number
  /** Of the plan. */
  readonly flat: number
  readonly total: number
  /** Clauses: why it can't be had like this, if so. */
  readonly notPossible: readonly string[]
}

export interface Estimate extends Load {
  /** Of the prices, ISO 8601. */
  readonly pricesAsOf: string
  readonly sources: readonly string[]
  readonly ways: readonly Estimated[]
  /** S3's price of the requests of edges, if they had to ask for every download: what is cached costs nothing there. */
  readonly s3AtMost: number
}

/** A check takes so long, in a function of so much memory: milliseconds, and GB. */
const lambda = { milliseconds: 5, gigabytes: 128 / 1024 }

/** @param load - of a month; no negative numbers */
export function estimate(load: Load): Estimate {
  const { downloads, gigabytes } = load
  const { asOf, sources, s3 } = prices
  return {
    downloads,
    gigabytes,
    pricesAsOf: asOf,
    sources,
    ways: [payAsYouGo('lambda', load), payAsYouGo('function', load), ...prices.plans.map(onPlan(load))],
    s3AtMost: millions(downloads) * s3.perMillionGets,
  }
}

function payAsYouGo(engine: Estimated['engine'], { downloads, gigabytes }: Load): Estimated {
  const { free, perMillionHttpsRequests } = prices.cloudfront
  const parts = {
    traffic: trafficOf(beyond(gigabytes, free.gigabytes)),
    requests: millions(beyond(downloads, free.requests)) * perMillionHttpsRequests,
    check: engine === 'lambda' ? lambdaCheck(downloads) : functionCheck(downloads),
    key: engine === 'lambda' ? prices.kms.perKeyAndMonth : 0,
    flat: 0,
  }
  return { engine, plan: null, ...parts, total: sumOf(parts), notPossible: [] }
}

function lambdaCheck(downloads: number): number {
  const { perMillionRequests, perGigabyteSecond } = prices.lambdaEdge
  const each = (lambda.milliseconds / 1000) * lambda.gigabytes * perGigabyteSecond
  return millions(downloads) * perMillionRequests + downloads * each
}

function functionCheck(downloads: number): number {
  const { free, perMillionFunctionRuns, perMillionStoreReads } = prices.cloudfront
  return (
    millions(beyond(downloads, free.functionRuns)) * perMillionFunctionRuns +
    millions(beyond(downloads, free.storeReads)) * perMillionStoreReads
  )
}

/** On the lowest level that takes it all, else as the highest does not. */
const onPlan =
  ({ downloads, gigabytes }: Load) =>
  ({ name, store, ownCachePolicy, levels }: (typeof prices.plans)[number]): Estimated => {
    const all: readonly Level[] = levels
    const fits = all.find((one) => downloads <= one.requests && gigabytes <= one.gigabytes)
    const level = fits ?? all.at(-1) ?? { monthly: 0, requests: 0, gigabytes: 0 }
    const parts = { traffic: 0, requests: 0, check: 0, key: 0, flat: level.monthly }
    return {
      engine: 'function',
      plan: name,
      ...parts,
      total: sumOf(parts),
      notPossible: [
        ...(store ? [] : ['has no KeyValueStore, where the secrets are']),
        ...(ownCachePolicy ? [] : ["takes no cache policies but AWS's own"]),
        ...(downloads > level.requests
          ? [`takes ${millions(level.requests).toLocaleString('en-US')} M downloads`]
          : []),
        ...(gigabytes > level.gigabytes ? [`takes ${level.gigabytes.toLocaleString('en-US')} GB`] : []),
      ],
    }
  }

interface Level {
  readonly monthly: number
  readonly requests: number
  readonly gigabytes: number
}

/** What each step costs, of which the free part comes off first. */
function trafficOf(gigabytes: number): number {
  let [cost, begun] = [0, 0]
  for (const { upTo, perGigabyte } of prices.cloudfront.traffic) {
    cost += Math.max(0, Math.min(gigabytes, upTo) - begun) * perGigabyte
    begun = upTo
  }
  return cost
}

const beyond = (amount: number, free: number): number => Math.max(0, amount - free)
const millions = (amount: number): number => amount / 1_000_000

/** Cents are what is paid: the parts are told in full, their sum is that of the parts. */
const sumOf = (parts: Readonly<Record<string, number>>): number =>
  Object.values(parts).reduce((sum, part) => sum + part, 0)
