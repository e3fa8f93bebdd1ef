import { baseUrlOf } from '../../edge/signature.ts'
import { renderProse } from '../../ui/template.ts'
import { advice, type Block, item, nested } from '../../text.ts'
import type { Check } from './check.ts'
import type { Diagnosis } from './diagnose.ts'

/** A line for each check, and beneath those that are not right what it means and what to do. */
export function diagnosisText({ checks, count }: Diagnosis): Block[] {
  return [...checks.flatMap(checkText), '', countText(count)]
}

/** How many checks came to what. */
export function countText({ ok, failed, warning, skipped }: Diagnosis['count']): string {
  return `${ok} ok, ${failed} failed, ${warning} ${warning === 1 ? 'warning' : 'warnings'}, ${skipped} skipped`
}

/** A check in a line, and beneath it what it means and what to do. */
export function checkText({ status, title, seen, meaning, todo }: Check): Block[] {
  const head = item(status, `${title}: ${seen}`)
  if (status === 'ok' || status === 'skipped') return [head, nested(advice(todo))]
  const steps = todo.map((step) => (typeof step === 'string' ? item('todo', step) : nested([step], 3)))
  return [head, nested([...(meaning === undefined ? [] : [meaning]), ...steps])]
}

/** What firewalls and proxies between clients and packages need to know. */
export interface PassageSettings {
  readonly allow: readonly { readonly name: string; readonly port: string; readonly scheme: string }[]
  /** The same for people, with the settings of apt-cacher-ng and squid. */
  readonly text: readonly Block[]
}

/**
 * @param domain - the packages domain
 * @param front - URL of the front server, where it is known: clients begin there
 */
export async function passageSettings(domain: string, front: string | undefined): Promise<PassageSettings> {
  const origins = [...(front === undefined ? [] : [new URL(front)]), new URL(baseUrlOf(domain))]
  const allow = origins.map(({ hostname, port, protocol }) => {
    const scheme = protocol.slice(0, -1)
    return { name: hostname, port: port || (scheme === 'https' ? '443' : '80'), scheme }
  })
  const text = await renderProse('doctor-proxies.txt', {
    hosts: allow,
    domains: [...new Set(allow.map(({ name }) => name))].join(' '),
    passThrough: `^(${allow.map(({ name, port }) => quoted(`${name}:${port}`)).join('|')})$`,
    refresh: `^https?://(${origins.map(({ host }) => quoted(host)).join('|')})/`,
  })
  return { allow, text }
}

const quoted = (text: string): string => text.replace(/[.*+?^${}()|[\]\\]/g, '\\$&')
