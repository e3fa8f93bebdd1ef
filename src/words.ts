/**
 * Puts the ways in which help and the version are asked for into one: `help`, `help COMMAND`, `-h` and `version`
 * are what other programs have too.
 *
 * @param args - the command line, without the program
 */
export function normalWords(args: readonly string[]): string[] {
  const [first, ...rest] = args
  if (first === 'help' || first === '-h') {
    const about = rest.filter((word) => word !== '-h' && word !== '--help')
    // Both are words of ours that are no commands: what there is to tell of them, help itself tells.
    return [...about.filter((word) => word !== 'help' && word !== 'version'), '--help']
  }
  // Before a command -v can't be meant for one.
  if (first === 'version' || first === '-V' || first === '-v') {
    if (rest.every((word) => word === '--json')) return ['--version', ...rest]
    if (rest.every((word) => word === '--json' || word === '-h' || word === '--help')) {
      return [...rest.filter((word) => word === '--json'), '--help']
    }
  }
  const end = args.indexOf('--')
  const before = end < 0 ? args : args.slice(0, end)
  if (!before.includes('-h')) return [...args]
  return [...before.filter((word) => word !== '-h'), '--help', ...(end < 0 ? [] : args.slice(end))]
}
