// What is looked up only where it is needed, because it is not there yet when Node has started: node:tty brings sockets.
const { fstatSync } = process.getBuiltinModule('node:fs')
const tty = () => process.getBuiltinModule('node:tty')

/** What can be shown where a stream is read. */
export interface Screen {
  /** How many columns a line may take; `Infinity` where no terminal is, so that nothing is wrapped. */
  readonly columns: number
  readonly colour: boolean
  /** Whether it shows more than ASCII. */
  readonly unicode: boolean
}

/** As much of a stream as tells. */
export interface Shown {
  readonly isTTY?: boolean
  readonly columns?: number
}

type Environment = Readonly<Record<string, string | undefined>>

/** Where a terminal does not tell its size. */
const usualColumns = 80
/** Below this words would stand alone; rather the terminal breaks lines itself. */
const leastColumns = 20

/** Whether a stream, given by its number, is a terminal. */
export function isTerminal(stream: number): boolean {
  try {
    return fstatSync(stream).isCharacterDevice() && tty().isatty(stream)
  } catch {
    return false
  }
}

/** A file or a program: lines as long as they are, no colour, all characters. */
export const noTerminal: Screen = { columns: Infinity, colour: false, unicode: true }

/** What a stream can show, as it is now: terminals change their size. */
export const screenOf = (stream: Shown, environment: Environment = process.env): Screen => ({
  columns: stream.isTTY === true ? Math.max(columnsOf(stream, environment), leastColumns) : Infinity,
  colour: showsColour(stream, environment),
  unicode: /utf-?8/i.test(localeOf(environment)),
})

/** `COLUMNS` comes before what the terminal says, as POSIX has it (Base Definitions, 8.3). */
function columnsOf({ columns = 0 }: Shown, { COLUMNS = '' }: Environment): number {
  const wished = /^\d+$/.test(COLUMNS) ? Number(COLUMNS) : 0
  return wished > 0 ? wished : columns > 0 ? columns : usualColumns
}

/**
 * `FORCE_COLOR`, then `NO_COLOR` if it is not empty (no-color.org), then whether there is a terminal that has colours. What
 * `FORCE_COLOR` and `TERM` mean is left to Node.
 */
function showsColour({ isTTY }: Shown, environment: Environment): boolean {
  const { FORCE_COLOR, NO_COLOR = '' } = environment
  // Without NO_COLOR beside it, of which Node would say in a warning that it is overruled.
  if (FORCE_COLOR !== undefined) return hasColours({ FORCE_COLOR })
  return isTTY === true && NO_COLOR === '' && hasColours({ ...environment, NO_COLOR: undefined })
}

const hasColours = (environment: Environment): boolean =>
  tty().WriteStream.prototype.getColorDepth.call(undefined, defined(environment)) > 1

/** Node takes a variable that is there, even as `undefined`, for one that is set. */
const defined = (environment: Environment): Environment =>
  Object.fromEntries(Object.entries(environment).filter(([, value]) => value !== undefined))

/** The locale of characters: the first variable that is set and not empty (POSIX, Base Definitions, 8.2). */
const localeOf = ({ LC_ALL = '', LC_CTYPE = '', LANG = '' }: Environment): string =>
  [LC_ALL, LC_CTYPE, LANG].find((value) => value !== '') ?? 'C'
