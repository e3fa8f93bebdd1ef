/**
 * Help as it was laid out when pc-ctl was built, once for every width of a terminal: to lay it out takes all of oclif,
 * which takes three times as long as Node itself does to start. What the pages do not have is left to oclif.
 */
import type { Screen } from './screen.ts'

// Not imported, and not before they are needed: see src/ui/result.ts.
const { existsSync, readFileSync } = process.getBuiltinModule('node:fs')

/** The columns of a screen that pages are laid out for. Below the least oclif fails. */
export const pageColumns = { least: 40, most: 240 } as const

/** What oclif takes for the width where no terminal is. */
export const plainColumns = 80

/** For how many columns help is laid out on a screen: where there is no terminal it is a page as oclif has it. */
export const columnsOfHelp = ({ columns }: Screen): number =>
  Number.isFinite(columns) ? Math.max(columns, pageColumns.least) : plainColumns

/** Stands in a page for what only the machine knows that it is read on. */
export const agentMark = '\u{E000}'

/** A page at all its widths, in ascending order: each is as it is from so many columns on, in colour. */
export type Page = readonly (readonly [from: number, text: string])[]

/**
 * Where a page of help is, in the folder of pages; the one that names all commands has no name. What is asked for most
 * by programs, plain and where no terminal is, is there beside the rest, for to unpack that takes a while too.
 */
export const pageFile = (command = '_'): string => `${command}.page`
export const plainFile = (command = '_'): string => `${command}.txt`

/** What is shown, and where. */
export interface Reading {
  /** The folder of pages. */
  readonly folder: URL
  /** The command that help is asked for; none for that about all of them. */
  readonly command: string | undefined
  readonly columns: number
  readonly colour: boolean
  /** As {@link userAgent} has it. */
  readonly agent: string
}

/** The help of a command, as oclif would print it; nothing where the pages do not tell. */
export function helpPage({ folder, command, columns, colour, agent }: Reading): string | undefined {
  // Where this is to be wrapped, the page does not say how.
  if (columns > pageColumns.most || (command === undefined && agent.length > columns - 2)) return undefined
  try {
    const text =
      columns === plainColumns && !colour
        ? readFileSync(new URL(plainFile(command), folder), 'utf8')
        : textAt(columns, colour, readFileSync(new URL(pageFile(command), folder)))
    return text?.replace(agentMark, agent)
  } catch {
    // A page that can not be read is none.
    return undefined
  }
}

function textAt(columns: number, colour: boolean, packed: Uint8Array): string | undefined {
  const page = JSON.parse(process.getBuiltinModule('node:zlib').inflateRawSync(packed).toString()) as Page
  const text = page.findLast(([from]) => from <= columns)?.[1]
  if (text === undefined || colour) return text
  return process.getBuiltinModule('node:util').stripVTControlCharacters(text)
}

/**
 * Name and version of pc-ctl, the platform and the version of Node, as oclif tells them; nothing on Windows' Linux, of
 * which only oclif knows whether it is one.
 *
 * @param root - where package.json is
 */
export function userAgent(root: URL): string | undefined {
  const { arch, release } = process.getBuiltinModule('node:os')
  if (/microsoft/i.test(release()) || existsSync('/proc/sys/fs/binfmt_misc/WSLInterop')) return undefined
  const { name, version } = JSON.parse(readFileSync(new URL('package.json', root), 'utf8')) as Record<string, string>
  return `${name ?? ''}/${version ?? ''} ${process.platform}-${arch()} node-${process.version}`
}
