/** Where there is nothing of an installation, maybe another one of the account was meant. */
import type { Aws } from '../aws/connect.ts'
import { installationNames } from '../resources/installations.ts'
import { commandLine } from '../shell.ts'
import { nearest } from '../ui/near.ts'
import { type Line, verbatim } from '../text.ts'

/** The other installations of the account, first what may have been meant; none where AWS does not tell. */
export async function otherInstallations(aws: Aws, installation: string): Promise<string[]> {
  const others = (await installationNames(aws).catch(() => [])).filter((name) => name !== installation)
  return [...new Set([...nearest(installation, others), ...others])]
}

/** A list of them as a clause: `This account has the installation a`. */
export const accountHas = (others: readonly string[]): string =>
  `This account has the installation${others.length === 1 ? '' : 's'} ${others.join(', ')}`

/**
 * The same command for each of them; nothing where there are none.
 *
 * @param words - of the command, which may name an installation
 */
export function forAnother(others: readonly string[], words: readonly string[]): Line[] {
  if (others.length === 0) return []
  const rest = words.filter((word, index) => word !== '--installation' && words[index - 1] !== '--installation')
  return [
    `${accountHas(others)}. If that is meant:`,
    ...others.map((name) => verbatim(commandLine([...rest, '--installation', name]))),
  ]
}
