import { CtlError, messageOf } from '../errors.ts'
import { type Line, verbatim } from '../text.ts'
import { requestIdLines, statusOf } from './aws-error.ts'
import type { Profile, SharedConfiguration } from './shared-profile.ts'

interface InSsoProfile {
  readonly shared: SharedConfiguration
  readonly name: string
  readonly profile: Profile
  /** What the last call for credentials ended in. */
  readonly failure: unknown
}

/**
 * Says why a profile of IAM Identity Center gave no credentials. The SDK hides AWS's answer in its own error, so what is
 * known of the call itself tells more.
 *
 * @returns undefined where AWS could not be reached
 */
export function ssoFailure(error: unknown, { shared, name, profile, failure }: InSsoProfile): CtlError | undefined {
  const incomplete = flawOf(shared, name, profile)
  const trouble = (message: string, hint: readonly Line[], code: string): CtlError =>
    new CtlError('configuration', message, { hint, code, cause: error })
  if (incomplete !== undefined) {
    return trouble(incomplete, [verbatim(`aws configure sso --profile ${name}`)], 'SsoProfileIncomplete')
  }
  const login = verbatim(`aws sso login --profile ${name}`)
  const said = messageOf(error)
  const status = statusOf(failure)
  if (status === 403) {
    const { sso_account_id: account = '', sso_role_name: role = '' } = profile
    return trouble(
      `IAM Identity Center does not give you the role ${role} in account ${account} (profile ${name}).`,
      ['Whoever runs IAM Identity Center must assign it to you.', ...requestIdLines(failure)],
      'SsoForbidden',
    )
  }
  if (failure instanceof Error && status === undefined) return undefined
  if (/not found or is invalid|is invalid\b/.test(said) && status === undefined) {
    return trouble(`There is no session of IAM Identity Center for profile ${name}.`, [login], 'SsoSessionMissing')
  }
  return trouble(
    `The session of IAM Identity Center for profile ${name} is over.`,
    [login, ...requestIdLines(failure)],
    'SsoSessionOver',
  )
}

function flawOf({ ssoSessions }: SharedConfiguration, name: string, profile: Profile): string | undefined {
  const session = profile['sso_session']
  if (session !== undefined && ssoSessions[session] === undefined) {
    return `The profile ${name} names the sso-session ${session}, which the configuration does not have.`
  }
  const all: Profile = { ...profile, ...(session === undefined ? {} : ssoSessions[session]) }
  const missing = ['sso_start_url', 'sso_region', 'sso_account_id', 'sso_role_name'].filter(
    (key) => (all[key] ?? '') === '',
  )
  return missing.length === 0 ? undefined : `The profile ${name} lacks ${missing.join(', ')}.`
}
