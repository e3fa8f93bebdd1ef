/** What AWS bills for what carries the mark of an installation. Each question to Cost Explorer costs a cent. */
import {
  CostExplorerClient,
  GetCostAndUsageCommand,
  GetCostForecastCommand,
  ListCostAllocationTagsCommand,
  type Expression,
} from '@aws-sdk/client-cost-explorer'

import { nameOf } from '../aws/absent.ts'
import type { Aws } from '../aws/connect.ts'
import { edgeRegion, type Names, tagKey } from '../aws/names.ts'
import type { Need } from './resource.ts'

/** Whether costs can be told by our tag: `unseen` by billing until a day after something carries it first. */
export type TagState = 'active' | 'inactive' | 'unseen'

/** What was billed for one kind of usage on one day. */
export interface Cost {
  /** Of UTC, ISO 8601. */
  readonly day: string
  /** As AWS's bills have it, such as `AWS Lambda`. */
  readonly service: string
  /** Such as `US-Lambda-Edge-Request`. */
  readonly usageType: string
  readonly amount: number
}

/** What is billed: the days, and how many questions it took. */
export interface Billed {
  readonly costs: readonly Cost[]
  readonly days: readonly string[]
  /** Such as `USD`. */
  readonly unit: string
  readonly questions: number
}

/** Days, the last one not included. */
export interface Period {
  readonly start: string
  readonly end: string
}

/** Looking at costs; none of these actions knows resources. */
export const costNeeds: readonly Need[] = [
  { access: 'read', actions: ['ce:GetCostAndUsage'], resources: ['*'] },
  {
    access: 'read',
    actions: ['ce:ListCostAllocationTags'],
    resources: ['*'],
    optional: 'costs can not tell whether the tag is active for billing',
  },
  { access: 'read', actions: ['ce:GetCostForecast'], resources: ['*'], optional: 'costs can not tell the forecast' },
  {
    access: 'read',
    actions: ['tag:GetResources'],
    resources: ['*'],
    optional: 'costs can not name the other installations where this one costs nothing',
  },
]

const clientOf = (aws: Aws): CostExplorerClient => aws.client(CostExplorerClient, edgeRegion)

/** Asks whether our tag is a cost allocation tag. */
export async function costAllocationTag(aws: Aws): Promise<TagState> {
  const command = new ListCostAllocationTagsCommand({ TagKeys: [tagKey], Type: 'UserDefined' })
  const { CostAllocationTags = [] } = await clientOf(aws).send(command)
  const found = CostAllocationTags.find(({ TagKey }) => TagKey === tagKey)
  if (found === undefined) return 'unseen'
  return found.Status === 'Active' ? 'active' : 'inactive'
}

/** Asks what was billed for an installation, by day and kind of usage. */
export async function costsByDay(aws: Aws, names: Names, { start, end }: Period): Promise<Billed> {
  const costs: Cost[] = []
  const days = new Set<string>()
  let [unit, questions] = ['USD', 0]
  for (let NextPageToken: string | undefined; questions === 0 || NextPageToken !== undefined; questions++) {
    const answer = await clientOf(aws).send(
      new GetCostAndUsageCommand({
        TimePeriod: { Start: start, End: end },
        Granularity: 'DAILY',
        Metrics: ['UnblendedCost'],
        Filter: tagged(names),
        GroupBy: [
          { Type: 'DIMENSION', Key: 'SERVICE' },
          { Type: 'DIMENSION', Key: 'USAGE_TYPE' },
        ],
        ...(NextPageToken === undefined ? {} : { NextPageToken }),
      }),
    )
    for (const { TimePeriod, Groups = [] } of answer.ResultsByTime ?? []) {
      const day = TimePeriod?.Start ?? ''
      days.add(day)
      for (const { Keys: [service = '', usageType = ''] = [], Metrics } of Groups) {
        const { Amount, Unit } = Metrics?.['UnblendedCost'] ?? {}
        unit = Unit ?? unit
        costs.push({ day, service, usageType, amount: Number(Amount ?? 0) })
      }
    }
    NextPageToken = answer.NextPageToken
  }
  return { costs, days: [...days].sort(), unit, questions }
}

/**
 * Asks what AWS expects to bill. That it can be asked by tag AWS's API reference does not say; where it refuses, that is
 * an error.
 *
 * @param period - begins today
 * @returns `undefined` where it has too little to go by
 */
export async function costForecast(aws: Aws, names: Names, { start, end }: Period): Promise<number | undefined> {
  const command = new GetCostForecastCommand({
    TimePeriod: { Start: start, End: end },
    Granularity: 'MONTHLY',
    Metric: 'UNBLENDED_COST',
    Filter: tagged(names),
  })
  try {
    return Number((await clientOf(aws).send(command)).Total?.Amount ?? 0)
  } catch (error) {
    if (nameOf(error) === 'DataUnavailableException') return undefined
    throw error
  }
}

const tagged = ({ tag: { Key, Value } }: Names): Expression => ({ Tags: { Key, Values: [Value] } })
