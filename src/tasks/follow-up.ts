import { shellWord } from '../ui/template.ts'

/** A command line that a POSIX shell splits into just these words. */
export const commandLine = (words: readonly string[]): string => words.map(shellWord).join(' ')
