/** What help and manual make of the words that commands are described in. */
import { listed } from '../text.ts'

type Optional<T> = { readonly [K in keyof T]?: T[K] | undefined }

interface Word {
  readonly name: string
  readonly hidden?: boolean | undefined
  readonly description?: string | undefined
  readonly options?: readonly string[] | undefined
  readonly required?: boolean | undefined
  readonly multiple?: boolean | undefined
}

type Flag = Word & { readonly type: string } & Optional<{
    helpValue: string | readonly string[]
    char: string
    aliases: readonly string[]
    env: string
    default: unknown
    allowNo: boolean
  }>

/** A command, as the manifest has it. */
export type Described = { readonly id: string } & Optional<{
  summary: string
  description: string
  aliases: readonly string[]
  usage: string | readonly string[]
  examples: string | readonly (string | { readonly command: string })[]
  args: Readonly<Record<string, Word>>
  flags: Readonly<Record<string, Flag>>
  strict: boolean
}>

/** What the value of a flag is called: `CLASS` of `--price-class`, unless the flag says it better. */
export function valueName({ name, helpValue }: Pick<Flag, 'name' | 'helpValue'>): string {
  return helpValue === undefined ? name.replace(/^.*-/s, '').toUpperCase() : [helpValue].flat().join(' ')
}

/** How a command is typed: its flags only where it can't do without them. */
export function usageOf({ id, args = {}, flags = {}, strict = true }: Described): string {
  const words = Object.values(args).flatMap(({ name, required, multiple, hidden }) => {
    if (hidden === true) return []
    const word = `${name.toUpperCase()}${multiple === true || !strict ? '...' : ''}`
    return required === true ? word : `[${word}]`
  })
  const needed = Object.values(flags).flatMap((flag) =>
    flag.required === true && flag.type === 'option' ? `--${flag.name} ${valueName(flag)}` : [],
  )
  return [id, ...words, ...needed, '[FLAGS]'].join(' ')
}

/** What a word may be, in front of what it is. */
export const withChoice = ({ description = '', options }: Pick<Word, 'description' | 'options'>): string =>
  options === undefined ? description : `(${listed(options, 'or')}) ${description}`

/** Text whose lines are broken as wide as it is shown: the source's own are kept only where they are indented. */
export function asParagraphs(text: string): string {
  const lines: string[] = []
  for (const line of text.split('\n')) {
    const last = lines.at(-1)
    const goesOn = last !== undefined && last !== '' && line !== '' && !/^ /.test(line) && !/^ /.test(last)
    if (goesOn) lines[lines.length - 1] = `${last} ${line}`
    else lines.push(line)
  }
  return lines.join('\n')
}
