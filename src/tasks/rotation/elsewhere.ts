/** A packagecloud.rb that knows nothing of a rotation which was begun on another host. */
import { carriedFlags, type Flags, type Settings } from '../../settings/settings.ts'
import { CtlError } from '../../errors.ts'
import { commandLine } from '../../shell.ts'
import { verbatim } from '../../text.ts'

/**
 * The refusal to publish what stands in it.
 *
 * @param why - a clause
 * @param flags - of this command
 */
export const elsewhere = (why: string, { configFile }: Settings, flags: Flags): CtlError =>
  new CtlError('refused', `Refused, and nothing was changed: ${why}.`, {
    hint: [
      'To publish what stands here would have the edge refuse what front servers sign with.',
      `Copy the lines with cloudfront_secret and cloudfront_previous_secret into ${configFile} from the front server where ` +
        'that was begun, or from the copy of the old file beside it; this shows by fingerprints which they are:',
      verbatim(commandLine(['pc-ctl', 'show-config', ...carriedFlags(flags)])),
      'Then run the same command again.',
    ],
    code: 'Elsewhere',
  })
