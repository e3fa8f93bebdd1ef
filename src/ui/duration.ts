import { CtlError } from '../errors.ts'

const seconds: Readonly<Record<string, number>> = { s: 1, m: 60, h: 3600, d: 86_400 }

/**
 * Reads a duration as operators write it: `30s`, `5m`, `2h`, `1d`.
 *
 * @returns seconds, more than 0
 * @throws CtlError (usage) for anything else
 */
export function parseDuration(text: string): number {
  const [, count, unit = ''] = /^(\d{1,9})([smhd])$/.exec(text) ?? []
  const duration = Number(count) * (seconds[unit] ?? NaN)
  if (duration > 0) return duration
  throw new CtlError('usage', `${JSON.stringify(text)} is not a duration.`, { hint: 'Write it as 30s, 5m, 2h or 1d.' })
}

/**
 * Writes a duration as {@link parseDuration} reads it, in its largest unit that leaves no rest: `90s`, `5m`, `7d`.
 *
 * @param span - whole seconds, more than 0
 */
export function durationWord(span: number): string {
  const [unit, size] = Object.entries(seconds).findLast(([, each]) => span % each === 0) ?? ['s', 1]
  return `${span / size}${unit}`
}

/**
 * Writes a span of time for people, in its two largest units: `45 s`, `4 min 55 s`, `3 h 20 min`, `5 d 2 h`.
 *
 * @param span - seconds, 0 or more
 */
export function formatDuration(span: number): string {
  const whole = Math.floor(span)
  const units = [
    [Math.floor(whole / 86_400), 'd'],
    [Math.floor(whole / 3600) % 24, 'h'],
    [Math.floor(whole / 60) % 60, 'min'],
    [whole % 60, 's'],
  ] as const
  const first = units.findIndex(([count]) => count > 0)
  const shown = first === -1 ? units.slice(-1) : units.slice(first, first + 2).filter(([count]) => count > 0)
  return shown.map(([count, unit]) => `${count} ${unit}`).join(' ')
}
