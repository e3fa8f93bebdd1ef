import { originOf } from '../../edge/signature.ts'
import { type Examination, warning } from './check.ts'
import type { Place } from './place.ts'

/**
 * What curl, apt, dnf and others would take a proxy from. All that is asked here is asked without one, since a proxy's
 * cache and its own TLS would be tested instead of the edge.
 */
export function examineProxy(
  { domain }: Pick<Place, 'domain'>,
  environment: NodeJS.ProcessEnv = process.env,
): Examination[] {
  const { protocol, hostname } = new URL(originOf(domain))
  // A rehearsal on this machine.
  if (protocol === 'http:') return []
  const names = ['https_proxy', 'HTTPS_PROXY', 'all_proxy', 'ALL_PROXY']
  const set = names.find((name) => (environment[name] ?? '') !== '')
  if (set === undefined || isExempt(hostname, environment['no_proxy'] ?? environment['NO_PROXY'] ?? '')) return []
  return [
    {
      id: 'proxy',
      title: 'Proxy of this machine',
      look: () =>
        Promise.resolve(
          warning(
            `${set} is set, and not used here`,
            'What follows was asked directly. Clients that go through the proxy may be answered by it instead.',
            'If nothing can be reached from here without the proxy, run doctor on a machine where it can.',
          ),
        ),
    },
  ]
}

/** Names and domains, divided by commas; `*` is all. */
const isExempt = (hostname: string, exemptions: string): boolean =>
  exemptions
    .split(',')
    .map((entry) =>
      entry
        .trim()
        .toLowerCase()
        .replace(/^\*?\./, ''),
    )
    .some((entry) => entry === '*' || (entry !== '' && `.${hostname}`.endsWith(`.${entry}`)))
