import type { PlanLine } from '../../ui/plan.ts'
import { type Line, type Verbatim, verbatim } from '../../text.ts'
import { commandLine } from '../../shell.ts'

/** What puts one resource right. */
export interface Repair {
  /** Command lines to run one after the other, just as they are; `undefined` where no command can do it. */
  readonly repair: Verbatim | undefined
  /** What else there is to do, in sentences. */
  readonly todo: readonly Line[]
}

/** Resources that one command makes, and the words of that command. */
interface Group {
  readonly lines: readonly PlanLine[]
  readonly words: readonly string[]
}

/**
 * What puts each resource of the two runbooks right. A command does all of its resources or, where one is refused,
 * none: so those beside a refused one get the same commands, the refused one's first.
 *
 * @param reconfigure - the second runbook and its command, if that is known before the first one's is run
 */
export function repairsOf(bootstrap: Group, reconfigure: Group & { readonly known: boolean }): Map<PlanLine, Repair> {
  const first = repairOfGroup(bootstrap.lines, bootstrap.words)
  if (reconfigure.known) {
    return new Map([...first, ...repairOfGroup(reconfigure.lines, reconfigure.words)])
  }
  const needed = flagsOf(reconfigure.lines)
  const then = `Then run the command that it prints${needed.length === 0 ? '' : `, with ${needed.join(' ')}`}.`
  const others = bootstrap.lines.filter(isWrong)
  const shared = others.map((line) => first.get(line)).find((one) => one?.repair !== undefined)
  const rest = repairOfGroup(reconfigure.lines, reconfigure.words)
  for (const [line, one] of rest) {
    if (one.repair === undefined) continue
    if (shared === undefined) rest.set(line, { repair: undefined, todo: [putFirst(others)] })
    else rest.set(line, { repair: shared.repair, todo: [then] })
  }
  return new Map([...first, ...rest])
}

const isWrong = (line: PlanLine): boolean => line.do !== 'keep'

const flagsOf = (lines: readonly PlanLine[]): string[] => [
  ...new Set(lines.flatMap(({ remedy }) => remedy?.flags ?? [])),
]

function repairOfGroup(lines: readonly PlanLine[], words: readonly string[]): Map<PlanLine, Repair> {
  const wrong = lines.filter(isWrong)
  const hopeless = wrong.filter((line) => line.do === 'refuse' && line.remedy === undefined)
  const flags = flagsOf(wrong)
  const before = [...new Set(wrong.flatMap(({ remedy }) => remedy?.before ?? []))]
  const needsCommand = flags.length > 0 || wrong.some((line) => line.do !== 'refuse')
  const commands = [...before, ...(needsCommand ? [commandLine([...words, ...flags])] : [])]
  const shared: Repair = { repair: verbatim(...commands), todo: [] }
  return new Map(
    wrong.map((line): [PlanLine, Repair] => {
      if (hopeless.length === 0) return [line, shared]
      return [line, { repair: undefined, todo: hopeless.includes(line) ? (line.hint ?? []) : [putFirst(hopeless)] }]
    }),
  )
}

const putFirst = (lines: readonly PlanLine[]): string =>
  `First put right: ${lines.map(({ kind, name }) => `${kind} ${name}`).join(', ')}.`
