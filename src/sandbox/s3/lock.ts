import type { Bucket } from './buckets.ts'
import { invalidArgument } from './answers.ts'
import type { Attributes, EventHold } from './index.ts'
import { childOf, element, field, malformedXml, onlyChildren, requiredText, textOf } from './xml.ts'
import type { XmlElement } from '../contracts/xml-document.ts'
import { AwsError } from '../contracts/service.ts'

export type Lock = NonNullable<Attributes['lock']>

const modes = ['GOVERNANCE', 'COMPLIANCE']
const untilHeader = 'x-amz-object-lock-retain-until-date'
const modeHeader = 'x-amz-object-lock-mode'
const holdHeader = 'x-amz-object-lock-legal-hold'
const eventHeader = 'x-amz-object-lock-event-hold'

const missingConfiguration = (): AwsError =>
  new AwsError(400, 'InvalidRequest', 'Bucket is missing Object Lock Configuration')

export function checkLockable({ objectLock }: Bucket): void {
  if (!objectLock) throw missingConfiguration()
}

/** The lock that a new object gets, by headers or by the bucket's default. Throws InvalidRequest, InvalidArgument. */
export function lockOf(
  headers: Readonly<Record<string, string>>,
  bucket: Bucket,
  now: number,
): Pick<Attributes, 'lock'> {
  const mode = headers[modeHeader]
  const until = headers[untilHeader]
  const legalHold = headers[holdHeader]
  const asksForHold = Object.keys(headers).some((name) => name === holdHeader || name.startsWith(eventHeader))
  if (mode === undefined && until === undefined && !asksForHold) return defaultRetention(bucket, now)
  checkLockable(bucket)
  if ((mode === undefined) !== (until === undefined)) {
    const message = `${untilHeader} and ${modeHeader} must both be supplied`
    throw invalidArgument(message, mode === undefined ? modeHeader : untilHeader)
  }
  if (mode !== undefined && !modes.includes(mode))
    throw invalidArgument('Unknown wormMode directive.', modeHeader, mode)
  if (legalHold !== undefined && legalHold !== 'ON' && legalHold !== 'OFF') {
    throw invalidArgument("Legal Hold must be either of 'ON' or 'OFF'", holdHeader, legalHold)
  }
  return {
    lock: {
      ...(mode === undefined ? defaultRetention(bucket, now).lock : { mode }),
      ...(until === undefined ? {} : { until: futureDate(until, untilHeader, now) }),
      ...(legalHold === undefined ? {} : { legalHold: legalHold === 'ON' }),
      ...eventHoldOf(headers),
    },
  }
}

function eventHoldOf(headers: Readonly<Record<string, string>>): Pick<Lock, 'eventHold'> {
  const hold = headers[eventHeader]
  if (hold !== undefined && hold !== 'ON' && hold !== 'OFF') {
    throw invalidArgument("Event Hold must be either of 'ON' or 'OFF'", eventHeader, hold)
  }
  const [[unit, count] = [], ...more] = (['Days', 'Years'] as const)
    .map((name) => [name, headers[`${eventHeader}-duration-${name.toLowerCase()}`]] as const)
    .filter(([, text]) => text !== undefined)
  if (more.length > 0) throw invalidArgument('A duration in both days and years', `${eventHeader}-duration-years`)
  if (hold !== 'ON') return {}
  return { eventHold: unit === undefined ? {} : { unit, count: Number(count) } }
}

/** What HeadObject and GetObject tell of an event hold. */
export const eventHoldHeaders = (hold: EventHold | undefined): Record<string, string> => ({
  ...(hold === undefined ? {} : { [eventHeader]: 'ON' }),
  ...(hold?.unit === undefined
    ? {}
    : { [`${eventHeader}-duration-${hold.unit.toLowerCase()}`]: String(hold.count ?? 0) }),
})

/** What GetObjectRetention tells of it. */
export const eventHoldMarkup = (hold: EventHold | undefined): string =>
  hold === undefined
    ? ''
    : field('EventHold', 'ON') +
      (hold.unit === undefined ? '' : element('EventHoldDuration', field(hold.unit, hold.count)))

function futureDate(text: string, name: string, now: number): string {
  if (!/^\d{4}-\d\d-\d\dT\d\d:\d\d/.test(text) || Number.isNaN(Date.parse(text))) {
    throw invalidArgument('The retain until date must be provided in ISO 8601 format', name, text)
  }
  if (Date.parse(text) <= now) throw invalidArgument('The retain until date must be in the future!', name, text)
  return text
}

function defaultRetention({ documents }: Bucket, now: number): Pick<Attributes, 'lock'> {
  const rule = documents['ObjectLock'] ?? ''
  const [, mode] = /<Mode>(\w+)<\/Mode>/.exec(rule) ?? []
  const [, unit, count] = /<(Days|Years)>(\d+)<\//.exec(rule) ?? []
  if (mode === undefined) return {}
  const until = new Date(now)
  if (unit === 'Years') until.setUTCFullYear(until.getUTCFullYear() + Number(count))
  else until.setUTCDate(until.getUTCDate() + Number(count))
  return { lock: { mode, until: until.toISOString() } }
}

/**
 * The rule of a PutObjectLockConfiguration, as markup without its element; empty where there is none. Throws
 * MalformedXML, InvalidArgument.
 */
export function lockRule(root: XmlElement): string {
  onlyChildren(root, ['ObjectLockEnabled', 'Rule'])
  if (textOf(root, 'ObjectLockEnabled') !== 'Enabled') throw malformedXml()
  const rule = childOf(root, 'Rule')
  if (rule === undefined) return ''
  const retention = childOf(rule, 'DefaultRetention')
  if (retention === undefined || rule.children.length !== 1) throw malformedXml()
  onlyChildren(retention, ['Mode', 'Days', 'Years'])
  const mode = requiredText(retention, 'Mode')
  const [unit, ...more] = ['Days', 'Years'].filter((name) => childOf(retention, name) !== undefined)
  if (!modes.includes(mode) || unit === undefined || more.length > 0) throw malformedXml()
  const count = requiredText(retention, unit)
  if (!/^\d+$/.test(count) || Number(count) === 0) {
    throw invalidArgument('Default retention period must be a positive integer value.', unit, count)
  }
  // "The maximum retention period is 100 years" (S3 User Guide, "Object Lock considerations").
  if (Number(count) > (unit === 'Days' ? 36_500 : 100)) {
    throw invalidArgument('Default retention period too large.', unit, count)
  }
  return element('DefaultRetention', field('Mode', mode) + field(unit, count))
}

/** The body of a PutObjectRetention; empty removes the retention. Throws MalformedXML, InvalidArgument. */
export function retentionIn(root: XmlElement, now: number): Pick<Lock, 'mode' | 'until'> {
  if (root.children.length === 0) return {}
  onlyChildren(root, ['Mode', 'RetainUntilDate'])
  const mode = requiredText(root, 'Mode').trim()
  const until = requiredText(root, 'RetainUntilDate').trim()
  if (!modes.includes(mode)) throw malformedXml()
  return { mode, until: futureDate(until, 'RetainUntilDate', now) }
}

/** Is a version protected from being deleted or from a shorter retention? `bypass`: as GOVERNANCE may be. */
export function isHeld(lock: Lock | undefined, now: number, bypass: boolean): boolean {
  if (lock?.until === undefined || Date.parse(lock.until) <= now) return false
  return !(bypass && lock.mode === 'GOVERNANCE')
}

export const held = (): AwsError =>
  new AwsError(403, 'AccessDenied', 'Access Denied because object protected by object lock.')

/** Would a new retention take away what the present one promises? */
export function isWeaker(next: Lock, present: Lock | undefined): boolean {
  const until = (lock: Lock | undefined): number => (lock?.until === undefined ? 0 : Date.parse(lock.until))
  return until(next) < until(present) || (present?.mode === 'COMPLIANCE' && next.mode !== 'COMPLIANCE')
}
