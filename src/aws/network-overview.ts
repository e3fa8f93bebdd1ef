import type { Shown } from '../settings/overview.ts'
import type { Settings } from '../settings/settings.ts'
import { CtlError } from '../errors.ts'
import { type AuthorityFile, readAuthorities } from './authorities.ts'
import { findAuthorities } from './network.ts'
import { showProxies } from './proxy.ts'

/** How connections get out and whom they trust, as it may be shown to anybody: passwords are masked. */
export async function networkOverview(
  settings: Pick<Settings, 'profile'>,
  environment: NodeJS.ProcessEnv = process.env,
): Promise<Shown[]> {
  const own = await findAuthorities(settings, environment)
  const extra = environment['NODE_EXTRA_CA_CERTS'] ?? ''
  return [
    ...showProxies(environment),
    own === undefined ? { name: 'AWS_CA_BUNDLE', value: null, source: null } : shownFile('AWS_CA_BUNDLE', own),
    extra === ''
      ? { name: 'NODE_EXTRA_CA_CERTS', value: null, source: null }
      : shownFile('NODE_EXTRA_CA_CERTS', { file: extra, source: 'NODE_EXTRA_CA_CERTS' }),
  ]
}

function shownFile(name: string, authorities: AuthorityFile): Shown {
  const { file, source } = authorities
  try {
    readAuthorities(authorities)
    return { name, value: file, source }
  } catch (error) {
    if (!(error instanceof CtlError)) throw error
    return { name, value: null, source, problem: error.message }
  }
}
