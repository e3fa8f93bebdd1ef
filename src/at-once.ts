import { columnsOfHelp, helpPage, userAgent } from './ui/help-page.ts'
import { isResultSeen, result, resultScreen } from './ui/result.ts'
import { isTerminal, screenOf } from './ui/screen.ts'

/**
 * Prints what needs no command to be loaded: the version, and help.
 *
 * @param args - the command line
 * @param dist - the folder that `dist/help` is in; package.json is in the one above
 * @returns whether that was what is asked for, and could be told
 */
export async function printAtOnce(args: readonly string[], dist: URL): Promise<boolean> {
  const text = atOnce(args, dist)
  if (text === undefined) return false
  // Elsewhere nothing of the pager is loaded.
  if (isResultSeen()) await (await import('./ui/pager.ts')).printPaged(text.replace(/\n$/, '').split('\n'), true)
  else result.print(text)
  return true
}

function atOnce(args: readonly string[], dist: URL): string | undefined {
  const isVersion = args.length === 1 && args[0] === '--version'
  const commands = args.filter((word) => word !== '--help')
  const isHelp = args.length === 0 || commands.length === args.length - 1
  const [command] = commands
  if (!isVersion && !(isHelp && commands.length < 2 && (command === undefined || /^[a-z][a-z-]*$/.test(command)))) {
    return undefined
  }
  const agent = userAgent(new URL('../', dist))
  if (agent === undefined || isVersion) return agent && `${agent}\n`
  // A wish that only oclif knows of.
  if (process.env['OCLIF_COLUMNS'] !== undefined) return undefined
  const screen = resultScreen()
  const columns = columnsOfHelp(screen)
  // oclif colours nothing unless all that it may print can be coloured.
  const colour = screen.colour && screenOf({ isTTY: isTerminal(2) }).colour
  return helpPage({ folder: new URL('help/', dist), command, columns, colour, agent })
}
