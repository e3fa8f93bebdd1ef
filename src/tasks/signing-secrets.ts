import { checkSecret, need, optional, type Settings } from '../settings/settings.ts'

/**
 * The secrets that the edge accepts: the current one, then the previous one while a replacement is under way.
 *
 * @throws CtlError of kind `configuration` if the current one is missing or one of them is malformed
 */
export function signingSecrets(settings: Settings): readonly string[] {
  const current = need(settings, 'cloudfrontSecret')
  const previous = optional(settings, 'cloudfrontPreviousSecret')
  const secrets = previous === undefined || previous === '' || previous === current ? [current] : [current, previous]
  for (const secret of secrets) checkSecret(secret)
  return secrets
}
