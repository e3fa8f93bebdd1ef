/** Times things side by side: each in turn, round after round, so that a busy moment of the machine hits all alike. */

export interface Timed {
  readonly name: string
  readonly run: () => Promise<unknown>
  /** Not timed. */
  readonly before?: () => Promise<unknown>
  readonly after?: () => Promise<unknown>
}

export const median = (values: readonly number[]): number =>
  [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)] ?? Number.NaN

/**
 * @returns seconds of each, by name: of all rounds
 */
export async function sideBySide(things: readonly Timed[], rounds: number): Promise<Map<string, number[]>> {
  const seconds = new Map(things.map(({ name }): [string, number[]] => [name, []]))
  for (let round = 0; round < rounds; round++) {
    for (const { name, run, before, after } of things) {
      await before?.()
      const begun = performance.now()
      await run()
      seconds.get(name)?.push((performance.now() - begun) / 1000)
      await after?.()
    }
  }
  return seconds
}

const number = (value: number): string =>
  value >= 100 ? Math.round(value).toLocaleString('en-US') : value.toPrecision(3)

/** A line of the result. */
export function tell(name: string, values: readonly (readonly [value: number, unit: string])[], note = ''): void {
  const text = values.map(([value, unit]) => `${number(value).padStart(9)} ${unit}`).join('  ')
  process.stdout.write(`  ${name.padEnd(50)} ${text}${note === '' ? '' : `  ${note}`}\n`)
}

export const title = (text: string): void => void process.stdout.write(`\n${text}\n`)

let missed = 0

/** A line about a target of the project. */
export function target(name: string, value: number, least: number): void {
  const met = value >= least
  if (!met) missed++
  tell(name, [[value, '×']], `target ≥ ${String(least)} ×: ${met ? 'met' : 'MISSED'}`)
}

/** A line about a target with a unit. */
export function targetOf(name: string, value: number, unit: string, met: boolean, wanted: string): void {
  if (!met) missed++
  tell(name, [[value, unit]], `target ${wanted}: ${met ? 'met' : 'MISSED'}`)
}

/** Targets that were missed until now. */
export const misses = (): number => missed
