/** The parts of a fault of the sandbox, one after the other: `SERVICE:OPERATION[:CALLS][:before|after]:WHAT`. */
import type { FaultWords } from './manifest.ts'

const moments = ['before', 'after']

/**
 * The words that a fault may go on as; each ends in a colon where something must follow.
 *
 * @param begun - the fault as far as it is typed
 */
export function faultWords(begun: string, { services, mishaps }: FaultWords): string[] {
  const parts = begun.split(':')
  const before = parts.slice(0, -1)
  const next = nextOf(before, { services, mishaps })
  return next.map((word) => [...before, word].join(':'))
}

function nextOf(before: readonly string[], { services, mishaps }: FaultWords): string[] {
  const [service, operation, ...more] = before
  if (service === undefined) return [...Object.keys(services), '*'].map(open)
  const operations = service === '*' ? Object.values(services).flat() : (services[service] ?? [])
  if (operation === undefined) return [...new Set([...operations, '*'])].map(open)
  // How many calls is a number, of which there are too many to tell.
  const [last] = more.slice(/^(?:\*|[\d-]+)$/.test(more[0] ?? '') ? 1 : 0)
  if (last === undefined) return [...moments.map(open), ...mishaps]
  return moments.includes(last) ? [...mishaps] : []
}

const open = (word: string): string => `${word}:`
