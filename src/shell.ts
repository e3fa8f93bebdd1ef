/** Command lines that a person pastes into a POSIX shell. */

/** A word between quotes, whatever it holds but NUL, which no argument can. */
export const shellQuoted = (word: string): string => `'${word.replaceAll("'", `'\\''`)}'`

/** A word that a shell takes as it is; quoted only where it has to be. */
export const shellWord = (word: string): string => (/^[\w@%+=:,./-]+$/.test(word) ? word : shellQuoted(word))

/** A command line that a shell splits into just these words. */
export const commandLine = (words: readonly string[]): string => words.map(shellWord).join(' ')
