import { settingsFlags } from '../ui/command.ts'

/** What oclif's parser remembers of a command line. */
interface Token {
  readonly type: string
  readonly flag?: string
  readonly input: unknown
}

/** The flags that choose installation and account, as they were typed, for the next command of the runbook. */
export function carriedFlags(raw: readonly Token[]): string {
  const carried = new Set(Object.keys(settingsFlags))
  return raw
    .flatMap(({ type, flag, input }) =>
      type === 'flag' && flag !== undefined && carried.has(flag) ? ` --${flag} ${shellWord(String(input))}` : [],
    )
    .join('')
}

/** A word as a POSIX shell reads it back unchanged. */
export const shellWord = (word: string): string =>
  /^[\w@%+=:,./-]+$/.test(word) ? word : `'${word.replaceAll("'", `'\\''`)}'`
