/** The questions of Cost Explorer: what of them is understood. */
import { isObject, type JsonObject } from '../../json-object.ts'
import { AwsError } from '../contracts/service.ts'
import type { Charge } from './charges.ts'

export const validation = (message: string): AwsError => new AwsError(400, 'ValidationException', message)

export const texts = (value: unknown): string[] => (Array.isArray(value) ? value.map(String) : [])

/** @throws AwsError for a period that is none; its end is not included */
export function periodOf(body: JsonObject): { readonly start: string; readonly end: string } {
  const period = body['TimePeriod']
  const [start, end] = isObject(period) ? [period['Start'], period['End']].map(String) : []
  const isDay = (text: string | undefined): text is string => /^\d{4}-\d\d-\d\d$/.test(text ?? '')
  if (!isDay(start) || !isDay(end)) throw validation('Invalid TimePeriod: dates must be of the form yyyy-MM-dd')
  if (start >= end) throw validation('Start date (and hour) should be before end date (and hour)')
  return { start, end }
}

/** @throws AwsError for all filters but one of a tag: others are not modelled */
export function filterOf(body: JsonObject): { readonly key: string; readonly values: readonly string[] } {
  const filter = body['Filter']
  const tags = isObject(filter) && Object.keys(filter).length === 1 ? filter['Tags'] : undefined
  if (!isObject(tags) || typeof tags['Key'] !== 'string') throw validation('The sandbox filters costs by one tag only')
  return { key: tags['Key'], values: texts(tags['Values']) }
}

/** @throws AwsError for other groups than those of services and of kinds of usage */
export function groupsOf(charges: readonly Charge[], body: JsonObject): object[] {
  const wanted = Array.isArray(body['GroupBy']) ? (body['GroupBy'] as { Type?: unknown; Key?: unknown }[]) : []
  if (wanted.length > 2) throw validation('GroupBy can have two keys at most')
  const keysOf = (charge: Charge): string[] =>
    wanted.map(({ Type, Key }) => {
      if (Type === 'DIMENSION' && Key === 'SERVICE') return charge.service
      if (Type === 'DIMENSION' && Key === 'USAGE_TYPE') return charge.usageType
      throw validation('The sandbox groups costs by SERVICE and USAGE_TYPE only')
    })
  const groups = new Map<string, { Keys: string[]; amount: number }>()
  for (const charge of charges) {
    const Keys = keysOf(charge)
    const id = Keys.join('\n')
    const before = groups.get(id)?.amount ?? 0
    groups.set(id, { Keys, amount: before + charge.amount })
  }
  return [...groups.values()].map(({ Keys, amount }) => ({
    Keys,
    Metrics: { UnblendedCost: { Amount: String(amount), Unit: 'USD' } },
  }))
}
