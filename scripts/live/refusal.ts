/** What AWS refuses, in its words. */
import { nameOf } from '../../src/aws/absent.ts'
import { explainError, statusOf } from '../../src/aws/denial.ts'
import { isDenial } from '../../src/aws/aws-error.ts'
import { messageOf } from '../../src/errors.ts'

/**
 * Makes a call that AWS is assumed to refuse.
 *
 * @returns name and message of the refusal; `undefined` if it was carried out
 * @throws CtlError of kind `denied` where the credentials may not make it at all; others where AWS has not answered
 */
export async function refusalOf(call: () => Promise<unknown>): Promise<string | undefined> {
  try {
    await call()
    return undefined
  } catch (error) {
    if (isDenial(error) || statusOf(error) === undefined) throw explainError(error, 'See what AWS refuses')
    return `${nameOf(error)}: ${messageOf(error)}`
  }
}
