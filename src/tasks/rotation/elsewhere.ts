/** A packagecloud.rb that knows nothing of a rotation which was begun on another host. */
import { whatToDo } from '../../resources/lambda/outdated-secret.ts'
import { carriedFlags, type Flags } from '../../settings/settings.ts'
import { CtlError } from '../../errors.ts'

/**
 * The refusal to publish what stands in it.
 *
 * @param why - a clause
 * @param flags - of this command
 */
export const elsewhere = (why: string, flags: Flags): CtlError =>
  new CtlError('refused', `Refused, and nothing was changed: ${why}.`, {
    hint: whatToDo(carriedFlags(flags)),
    code: 'Elsewhere',
  })
