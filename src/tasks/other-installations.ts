/** Where there is nothing of an installation, maybe another one of the account was meant. */
import type { Aws } from '../aws/connect.ts'
import { installationNames } from '../resources/installations.ts'
import { commandLine } from '../shell.ts'
import { didYouMean, nearest } from '../ui/near.ts'
import type { PlanLine } from '../ui/plan.ts'
import { advice, type Line, verbatim, warning } from '../text.ts'
import type { Beside } from './chain/change.ts'

/** The other installations of the account, first what may have been meant; none where AWS does not tell. */
export const otherInstallations = async (aws: Aws, installation: string): Promise<string[]> =>
  othersIn(await installationsOf(aws), installation)

/** None where AWS does not tell: nobody needs the right to be asked whether he meant another one. */
const installationsOf = (aws: Aws): Promise<readonly string[]> => installationNames(aws).catch(() => [])

function othersIn(names: readonly string[], installation: string): string[] {
  const others = names.filter((name) => name !== installation)
  return [...new Set([...nearest(installation, others), ...others])]
}

/**
 * What is said and asked where a plan would make all of an installation, beside others of the account: its name may be a
 * slip, and may have been left out.
 *
 * @param again - the words of the same command
 */
export async function newBeside(
  aws: Aws,
  installation: string,
  plan: readonly PlanLine[],
  again: readonly string[],
): Promise<Beside | undefined> {
  // The bucket's policy may have statements of others.
  if (plan.some(({ kind, do: what }) => kind !== 'S3 bucket policy' && what !== 'create')) return undefined
  const names = await installationsOf(aws)
  const others = othersIn(names, installation)
  // It may have something that the plan is not about.
  if (others.length === 0 || names.includes(installation)) return undefined
  return {
    said: [
      warning(`${installation} is a new installation: there was nothing of it before.`),
      ...advice(didYouMean(installation, others)),
      ...advice(forAnother(others, again)),
    ],
    question: `${accountHas(others)}. Have ${installation} made beside?`,
  }
}

/** A list of them as a clause: `This account has the installation a`. */
const accountHas = (others: readonly string[]): string =>
  `This account has the installation${others.length === 1 ? '' : 's'} ${others.join(', ')}`

/**
 * The same command for each of them; nothing where there are none.
 *
 * @param words - of the command, which may name an installation
 */
export function forAnother(others: readonly string[], words: readonly string[]): Line[] {
  if (others.length === 0) return []
  const rest = words.filter(
    (word, index) => !/^--installation(?:=|$)/.test(word) && words[index - 1] !== '--installation',
  )
  return [
    `${accountHas(others)}. If that is meant:`,
    ...others.map((name) => verbatim(commandLine([...rest, '--installation', name]))),
  ]
}
