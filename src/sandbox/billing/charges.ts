import type { TaggedResource } from '../contracts/lambda-peers.ts'

/** What one resource costs on one day, as a bill names it. */
export interface Charge {
  readonly date: string
  readonly service: string
  readonly usageType: string
  /** US dollars. */
  readonly amount: number
}

/** Requests that a distribution has answered on a day. */
interface Requests {
  readonly requests: number
  readonly functionRuns: number
}

interface Period {
  readonly start: string
  /** Not included. */
  readonly end: string
  readonly today: string
}

/** US dollars each. Sources: the price pages of CloudFront, Lambda and KMS, United States. */
const priceOf = { request: 0.000_001, functionRun: 0.000_000_63, keyAndDay: 1 / 30 }

/** A day of UTC, ISO 8601. */
export const day = (milliseconds: number): string => new Date(milliseconds).toISOString().slice(0, 10)

export const total = (charges: readonly Charge[]): number => charges.reduce((sum, { amount }) => sum + amount, 0)

/** What is used, and what that costs. */
export class Usage {
  /** By ARN and day; in memory, for it would be a write to the disk with each request. */
  readonly #requests = new Map<string, Requests>()

  count(arn: string, date: string, more: Requests): void {
    const id = `${arn} ${date}`
    const { requests, functionRuns } = this.#requests.get(id) ?? { requests: 0, functionRuns: 0 }
    this.#requests.set(id, {
      requests: requests + more.requests,
      functionRuns: functionRuns + more.functionRuns,
    })
  }

  /** The days of a period, the last one not included. */
  daysOf(start: string, end: string): string[] {
    const days: string[] = []
    for (let at = Date.parse(start); day(at) < end; at += 86_400_000) days.push(day(at))
    return days
  }

  charges(resources: readonly TaggedResource[], { start, end, today }: Period): Charge[] {
    const days = this.daysOf(start, end).filter((date) => date <= today)
    return days.flatMap((date) => resources.flatMap((one) => this.#chargesOf(one, date)))
  }

  #chargesOf({ arn, type }: TaggedResource, date: string): Charge[] {
    if (type === 'kms:key') {
      const service = 'AWS Key Management Service'
      return [{ date, service, usageType: 'us-east-1-KMS-Keys', amount: priceOf.keyAndDay }]
    }
    const { requests = 0, functionRuns = 0 } = this.#requests.get(`${arn} ${date}`) ?? {}
    const served = { date, service: 'Amazon CloudFront', usageType: 'US-Requests-Tier2-HTTPS' }
    const checked = { date, service: 'AWS Lambda', usageType: 'US-Lambda-Edge-Request' }
    return [
      ...(requests === 0 ? [] : [{ ...served, amount: requests * priceOf.request }]),
      ...(functionRuns === 0 ? [] : [{ ...checked, amount: functionRuns * priceOf.functionRun }]),
    ]
  }
}
