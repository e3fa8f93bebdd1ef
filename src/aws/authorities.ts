import { X509Certificate } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { getCACertificates, setDefaultCACertificates } from 'node:tls'

import { CtlError, messageOf } from '../errors.ts'

/** A file of certificates to trust beside the well-known ones. */
export interface AuthorityFile {
  readonly file: string
  /** The variable, or the file and profile, that names it. */
  readonly source: string
}

/**
 * The file that AWS's own tools would take: AWS_CA_BUNDLE, else `ca_bundle` of the profile. NODE_EXTRA_CA_CERTS is Node's
 * matter, which has read it when it started.
 *
 * Source: AWS CLI User Guide, "Configuration and credential file settings", `ca_bundle`.
 */
export function authorityFile(
  profile: { readonly name: string; readonly caBundle: string | undefined },
  environment: NodeJS.ProcessEnv = process.env,
): AuthorityFile | undefined {
  const named = environment['AWS_CA_BUNDLE'] ?? ''
  if (named !== '') return { file: named, source: 'AWS_CA_BUNDLE' }
  if (profile.caBundle === undefined || profile.caBundle === '') return undefined
  return { file: profile.caBundle, source: `ca_bundle of profile ${profile.name}` }
}

/**
 * Reads a file of certificates.
 *
 * @returns each certificate in PEM
 * @throws CtlError of kind `configuration` if it can't be read or holds none
 */
export function readAuthorities({ file, source }: AuthorityFile): string[] {
  const failure = (why: string, cause?: unknown): CtlError =>
    new CtlError('configuration', `${source} names ${file}, ${why}.`, {
      hint: 'It must be a file of certificates in PEM, those of the authorities that your network signs with.',
      code: 'AuthoritiesUnusable',
      cause,
    })
  let text: string
  try {
    text = readFileSync(file, 'latin1')
  } catch (error) {
    throw failure(`which can't be read: ${messageOf(error)}`, error)
  }
  const found = text.match(/-----BEGIN (?:TRUSTED |X509 )?CERTIFICATE-----[^]+?-----END [A-Z0-9 ]+-----/g) ?? []
  if (found.length === 0) throw failure('which holds no certificate')
  try {
    for (const pem of found) new X509Certificate(pem)
  } catch (error) {
    throw failure('which holds something that is no certificate', error)
  }
  return [...found]
}

/** Trusts authorities beside the well-known ones, for all connections of this thread from now on. */
export function trust(authorities: readonly string[]): void {
  if (authorities.length > 0) setDefaultCACertificates([...getCACertificates('default'), ...authorities])
}
