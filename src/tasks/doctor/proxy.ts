import { networkOf } from '../../aws/network.ts'
import { proxiesOf } from '../../aws/proxy.ts'
import { ProxyFailure } from '../../aws/tunnel.ts'
import { baseUrlOf } from '../../edge/signature.ts'
import { CtlError } from '../../errors.ts'
import { type Examination, failed, ok } from './check.ts'
import type { Place } from './place.ts'

/** Whether what is between here and the packages domain is a proxy, for which there is a check of its own. */
export const isProxyFailure = (error: unknown): boolean =>
  error instanceof ProxyFailure || (error instanceof CtlError && error.code === 'ProxyUnusable')

export const behindProxy = 'the proxy of this machine does not let it through'

/**
 * What curl, apt, dnf and others take a proxy from, and what is asked here goes through too: a tunnel, in which TLS begins
 * here and ends where the proxy lets it. So what answers is CloudFront, unless the proxy opens TLS.
 */
export function examineProxy(
  { domain }: Pick<Place, 'domain'>,
  environment: NodeJS.ProcessEnv = process.env,
): Examination[] {
  const { protocol, hostname, port } = new URL(baseUrlOf(domain))
  // A rehearsal on this machine.
  if (protocol === 'http:') return []
  const proxies = proxiesOf(environment)
  const place = [hostname, Number(port || 443)] as const
  const examination = (look: Examination['look']): Examination[] => [
    { id: 'proxy', title: 'Proxy of this machine', look },
  ]
  let proxy
  try {
    proxy = proxies.for('https', ...place)
  } catch (error) {
    return examination(async () => {
      throw error
    })
  }
  if (proxy === undefined) return []
  const { name, variable } = proxy
  return examination(async () => {
    try {
      const socket = await networkOf(proxies).connect(...place)
      socket.destroy()
    } catch (error) {
      if (!(error instanceof ProxyFailure)) throw error
      return failed(error.message, 'Nothing can be asked from here through it.', ...error.hint)
    }
    return ok(
      `${name} (${variable}) opens tunnels (CONNECT), and all that follows is asked through them`,
      'Clients elsewhere may have another way.',
    )
  })
}
