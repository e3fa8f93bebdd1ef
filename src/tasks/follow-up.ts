/** A command line that a POSIX shell splits into just these words. */
export const commandLine = (words: readonly string[]): string => words.map(shellWord).join(' ')

const shellWord = (word: string): string =>
  /^[\w@%+=:,./-]+$/.test(word) ? word : `'${word.replaceAll("'", `'\\''`)}'`
