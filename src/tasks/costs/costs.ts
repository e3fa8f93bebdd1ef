import type { Aws } from '../../aws/connect.ts'
import { explainError, isBadIdentity } from '../../aws/denial.ts'
import { namesOf, tagKey } from '../../aws/names.ts'
import {
  type Billed,
  type Cost,
  costAllocationTag,
  costForecast,
  costsByDay,
  type TagState,
} from '../../resources/costs.ts'
import { CtlError } from '../../errors.ts'
import { verbatim } from '../../text.ts'
import { prices } from './prices.ts'

/** What an installation costs this month. */
export interface CostReport {
  readonly installation: string
  /** `unknown`: AWS does not tell these credentials. */
  readonly tag: TagState | 'unknown'
  /** Of the month, in UTC, ISO 8601. */
  readonly firstDay: string
  readonly lastDay: string
  /** Such as `USD`. */
  readonly currency: string
  readonly services: readonly ServiceCost[]
  readonly total: number
  /** For the whole month; `null` where AWS has too little to go by, or does not tell it. */
  readonly forecast: number | null
  /** Whether AWS told it, as far as it could: why not is in `notTold`. */
  readonly isForecastTold: boolean
  readonly byDay: readonly { readonly day: string; readonly amount: number }[]
  /** What Cost Explorer was asked, and what that costs itself, in US dollars. */
  readonly questions: number
  readonly paidForAsking: number
  /** What could not be asked, in sentences. */
  readonly notTold: readonly string[]
}

interface ServiceCost {
  /** Such as `Lambda@Edge`. */
  readonly service: string
  readonly amount: number
}

/** What is told of, whether it costs something or not. */
const kinds: readonly { readonly service: string; readonly is: (cost: Cost) => boolean }[] = [
  { service: 'CloudFront', is: ({ service }) => service === 'Amazon CloudFront' },
  {
    service: 'Lambda@Edge',
    is: ({ service, usageType }) => service === 'AWS Lambda' && usageType.includes('Lambda-Edge'),
  },
  { service: 'KMS', is: ({ service }) => service === 'AWS Key Management Service' },
  {
    service: 'S3 requests',
    is: ({ service, usageType }) => service === 'Amazon Simple Storage Service' && /Requests-Tier\d/.test(usageType),
  },
]

/**
 * Asks Cost Explorer what an installation costs this month, by its tag.
 *
 * @param now - in milliseconds of Unix time
 * @throws CtlError of kind `configuration` where the tag is not active for billing, of kind `denied` where costs can't be
 *   asked for; that the rest can't is part of the answer
 */
export async function lookAtCosts(aws: Aws, installation: string, now: number): Promise<CostReport> {
  const names = namesOf(installation)
  const { first, today, tomorrow, next } = daysAround(now)
  const notTold: string[] = []
  const orUntold = async <T>(doing: string, ask: Promise<T>): Promise<T | undefined> => {
    try {
      return await ask
    } catch (error) {
      const explained = explainError(error, doing)
      if (isBadIdentity(error) || explained.failure === 'interrupted') throw explained
      notTold.push(explained.message)
      return undefined
    }
  }
  const tag = (await orUntold('Ask for the cost allocation tag', costAllocationTag(aws))) ?? 'unknown'
  if (tag === 'inactive' || tag === 'unseen') throw notActive(tag)
  const billed = await costsByDay(aws, names, { start: first, end: tomorrow }).catch((error: unknown) => {
    throw withEstimate(explainError(error, 'Ask Cost Explorer for the costs'))
  })
  const before = notTold.length
  const rest = await orUntold('Ask for the forecast', costForecast(aws, names, { start: today, end: next }))
  const isForecastTold = notTold.length === before
  const questions = billed.questions + 2
  const untilToday = sumOf(billed.costs.filter(({ day }) => day < today))
  return {
    installation,
    tag,
    firstDay: first,
    lastDay: today,
    currency: billed.unit,
    services: byService(billed.costs),
    total: sumOf(billed.costs),
    forecast: rest === undefined ? null : untilToday + rest,
    isForecastTold,
    byDay: byDay(billed),
    questions,
    paidForAsking: questions * prices.costExplorer.perQuestion,
    notTold,
  }
}

function byService(costs: readonly Cost[]): ServiceCost[] {
  const others = costs.filter((cost) => !kinds.some(({ is }) => is(cost)))
  return [
    ...kinds.map(({ service, is }) => ({ service, amount: sumOf(costs.filter(is)) })),
    ...[...new Set(others.map(({ service }) => service))].sort().map((service) => ({
      service: `${service}, other`,
      amount: sumOf(others.filter((cost) => cost.service === service)),
    })),
  ]
}

const byDay = ({ costs, days }: Billed): CostReport['byDay'] =>
  days.map((day) => ({ day, amount: sumOf(costs.filter((cost) => cost.day === day)) }))

const sumOf = (costs: readonly Cost[]): number => costs.reduce((sum, { amount }) => sum + amount, 0)

/** Days of UTC, as billing counts them: the month's first, today, tomorrow, the next month's first. */
function daysAround(now: number) {
  const date = new Date(now)
  const [year, month, day] = [date.getUTCFullYear(), date.getUTCMonth(), date.getUTCDate()]
  const iso = (ofMonth: number, ofDay: number): string =>
    new Date(Date.UTC(year, ofMonth, ofDay)).toISOString().slice(0, 10)
  return { first: iso(month, 1), today: iso(month, day), tomorrow: iso(month, day + 1), next: iso(month + 1, 1) }
}

function notActive(tag: 'inactive' | 'unseen'): CtlError {
  const why =
    tag === 'inactive'
      ? 'is not active as a cost allocation tag'
      : 'is not known to billing yet, up to a day after bootstrap'
  const activate = `aws ce update-cost-allocation-tags-status --cost-allocation-tags-status TagKey=${tagKey},Status=Active`
  return new CtlError('configuration', `The tag ${tagKey} ${why}: AWS can not tell what this installation costs.`, {
    hint: [
      'Activate it, in an organization with the management account; costs are told by it a day later, and not of the time before:',
      verbatim(activate),
      'What it would cost can be told from prices alone:',
      verbatim('pc-ctl costs --estimate --downloads 1000000 --gb 500'),
    ],
    code: 'CostAllocationTagNotActive',
  })
}

function withEstimate(error: CtlError): CtlError {
  const { failure, message, hint, code, cause } = error
  if (failure !== 'denied') return error
  const estimate = ['Without it there are prices:', verbatim('pc-ctl costs --estimate --downloads 1000000 --gb 500')]
  return new CtlError(failure, message, { hint: [...hint, ...estimate], code, cause })
}
