/** Flags whose value nobody may read off a terminal, or that is good once. */
const valued = new Set(['--token', '--mfa-code'])

/**
 * The words of a command line as they were typed, for a command that is to be typed again: without secrets, without what
 * is good once, and without `--json`.
 *
 * @param dropped - further flags without a value that are left out
 */
export const typedAgain = (argv: readonly string[], dropped: readonly string[] = []): string[] =>
  argv.filter((word, index) => {
    const [name = ''] = word.split('=')
    return !valued.has(name) && !valued.has(argv[index - 1] ?? '') && name !== '--json' && !dropped.includes(name)
  })
