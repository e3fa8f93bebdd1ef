/** What a rotation wants of packagecloud.rb. */
import { newSecret } from '../../settings/new-secret.ts'
import { optional, type Settings } from '../../settings/settings.ts'
import { verbatim } from '../../text.ts'
import { render } from '../../ui/template.ts'
import type { Awaited } from '../enable/await-file.ts'
import { fileSecrets } from '../rotation/look.ts'

/**
 * A new secret, and the present one as the previous. Nothing is published before they are there: the next bootstrap would
 * take it back.
 *
 * @param generate - the command that makes both, too
 */
export async function bothSecrets(settings: Settings, generate: string): Promise<Awaited> {
  const { lines, oldLine } = newSecret(settings, true, generate)
  const old = optional(settings, 'cloudfrontSecret') ?? ''
  const text = await render('cloudfront-secret.rb', { ...lines, previousSecret: old })
  const place = oldLine === undefined ? settings.configFile : `line ${oldLine} of ${settings.configFile}`
  return {
    wanted: new Map([
      ['cloudfront_secret', lines.secret],
      ['cloudfront_previous_secret', old],
    ]),
    lines: text.trimEnd().split('\n'),
    how: `Restart no front server until this says so. Put these two lines in place of ${place}, on every front server`,
    holds: (now) =>
      now.cloudfrontSecret !== undefined &&
      now.cloudfrontPreviousSecret?.value === old &&
      fileSecrets(now).previous !== undefined,
    instead: verbatim(generate),
  }
}

/** No previous secret. A line with an empty one says the same, and is there for the next rotation. */
export function currentAlone({ configFile, cloudfrontPreviousSecret: old }: Settings): Awaited {
  const where = old?.source.kind === 'config' ? `line ${old.source.line} of ${configFile}` : configFile
  return {
    wanted: new Map([['cloudfront_previous_secret', '']]),
    lines: [],
    how: `Take cloudfront_previous_secret out of ${where}, on every front server`,
    holds: (now) => fileSecrets(now).previous === undefined,
  }
}
