/**
 * Puts the ways in which help and the version are asked for into one: `help`, `help COMMAND`, `-h` and `version`
 * are what other programs have too.
 *
 * @param args - the command line, without the program
 */
export function normalWords(args: readonly string[]): string[] {
  const [first, ...rest] = args
  if (first === 'help' || first === '-h')
    return [...rest.filter((word) => word !== '-h' && word !== '--help'), '--help']
  if ((first === 'version' || first === '-V') && rest.length === 0) return ['--version']
  const end = args.indexOf('--')
  const before = end < 0 ? args : args.slice(0, end)
  if (!before.includes('-h')) return [...args]
  return [...before.filter((word) => word !== '-h'), '--help', ...(end < 0 ? [] : args.slice(end))]
}
