import type { Meter } from '../contracts/billing-peers.ts'
import type { TaggedResource, TaggedResources } from '../contracts/lambda-peers.ts'
import { AwsError, type AwsRequest, type Context, type Service } from '../contracts/service.ts'
import type { JsonObject } from '../../json-object.ts'
import { json11Error, json11Response, readJson, targetOperation } from '../wire/json.ts'
import { type Charge, day, total, Usage } from './charges.ts'
import { filterOf, groupsOf, periodOf, texts, validation } from './questions.ts'

/** A tag key that an account has activated for billing, and when. */
interface ActiveTag {
  readonly key: string
  readonly since: string
}

export type Billing = Service & Meter

/**
 * Cost Explorer, over the tagged resources of the other services. Written from its API reference (2017-10-25).
 *
 * @param sources - whose tagged resources cost something
 */
export function createBilling(context: Context, sources: readonly TaggedResources[]): Billing {
  const usage = new Usage()
  const tags = context.store.collection<ActiveTag>('billing-tags')
  const today = (): string => day(context.now())
  const resources = (): TaggedResource[] => sources.flatMap((source) => source.taggedResources('us-east-1'))

  /** Only a key that is active, and that a resource has, is something that costs can be told by. */
  const charged = (body: JsonObject): Charge[] => {
    const { key, values } = filterOf(body)
    if (tags.get(key) === undefined) return []
    const { start, end } = periodOf(body)
    const of = resources().filter(({ tags: has }) => values.includes(has[key] ?? ''))
    return usage.charges(of, { start, end, today: today() })
  }

  const operations: Readonly<Record<string, (body: JsonObject) => object>> = {
    ListCostAllocationTags(body) {
      const wanted = texts(body['TagKeys'])
      const keys = new Set(resources().flatMap((one) => Object.keys(one.tags)))
      const found = [...keys].filter((key) => wanted.length === 0 || wanted.includes(key)).sort()
      return {
        CostAllocationTags: found.map((TagKey) => {
          const active = tags.get(TagKey)
          const date = {
            LastUpdatedDate: active?.since ?? `${today()}T00:00:00Z`,
            LastUsedDate: `${today()}T00:00:00Z`,
          }
          return { TagKey, Type: 'UserDefined', Status: active === undefined ? 'Inactive' : 'Active', ...date }
        }),
      }
    },

    UpdateCostAllocationTagsStatus(body) {
      const list: unknown = body['CostAllocationTagsStatus']
      if (!Array.isArray(list) || list.length === 0) throw validation('CostAllocationTagsStatus must not be empty')
      for (const { TagKey, Status } of list as { TagKey: string; Status: string }[]) {
        if (Status === 'Active') tags.put(TagKey, { key: TagKey, since: `${today()}T00:00:00Z` })
        else tags.delete(TagKey)
      }
      return { Errors: [] }
    },

    GetCostAndUsage(body) {
      if (body['Granularity'] !== 'DAILY') throw validation('The sandbox tells costs by day only')
      const charges = charged(body)
      const { start, end } = periodOf(body)
      const ResultsByTime = usage.daysOf(start, end).map((date, index, days) => ({
        TimePeriod: { Start: date, End: days[index + 1] ?? end },
        Total: {},
        Groups: groupsOf(
          charges.filter((one) => one.date === date),
          body,
        ),
        Estimated: true,
      }))
      return { ResultsByTime, DimensionValueAttributes: [] }
    },

    GetCostForecast(body) {
      const { start, end } = periodOf(body)
      if (start < today()) throw validation('Start date must be equal to or no later than the current date')
      const first = `${start.slice(0, 8)}01`
      const seen = usage.daysOf(first, start).length
      const spent = total(charged({ ...body, TimePeriod: { Start: first, End: start } }))
      if (spent === 0)
        throw new AwsError(
          400,
          'DataUnavailableException',
          'Insufficient amount of historical data to generate forecast.',
        )
      const mean = String((spent / seen) * usage.daysOf(start, end).length)
      return {
        Total: { Amount: mean, Unit: 'USD' },
        ForecastResultsByTime: [{ TimePeriod: { Start: start, End: end }, MeanValue: mean }],
      }
    },
  }
  return {
    names: ['ce'],
    operations: Object.keys(operations),
    operation: (request: AwsRequest) => targetOperation(request, 'AWSInsightsIndexService'),
    async handle(request, operation) {
      const perform = operations[operation]
      if (perform === undefined) throw new AwsError(400, 'UnknownOperationException', '')
      return json11Response(request, perform(await readJson(request)))
    },
    error: json11Error,
    served: (arn) => usage.count(arn, today(), { requests: 1, functionRuns: 0 }),
    checked: (arn) => usage.count(arn, today(), { requests: 0, functionRuns: 1 }),
  }
}
