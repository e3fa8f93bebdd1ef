import { CtlError, messageOf } from '../errors.ts'
import { flagOrVariable, type RailsKey } from '../options.ts'
import { type FileContent, isOpenToAll, NotReadable, readRegularFile } from './regular-file.ts'
import type { Note } from './ruby/note.ts'
import { nearFiles } from '../ui/near-files.ts'
import { type Found, readPlain, type Told } from './plain.ts'

export type { Found } from './plain.ts'

/** packagecloud.rb, read. */
export interface ConfigFile {
  readonly file: string
  readonly notes: readonly Note[]
  readonly isOpenToAll: boolean
  /** Which of some keys of `packagecloud_rails` are set, in this order. */
  find(keys: readonly RailsKey[]): Found[]
}

/**
 * Reads packagecloud.rb. Ruby's parser is loaded only if there is a file with more in it than plain values.
 *
 * @param asked - whether somebody named this file, so that it has to be there
 * @param environment - what `ENV` holds in the file
 * @returns `undefined` where there is none and none has to be
 * @throws CtlError of kind `configuration` for a file that is missing, cannot be read or is not Ruby
 */
export async function readConfigFile(
  file: string,
  asked: boolean,
  environment: NodeJS.ProcessEnv,
): Promise<ConfigFile | undefined> {
  const content = readIfThere(file, asked)
  if (content === undefined) return undefined
  const { bytes, mode } = content
  const told = readPlain(bytes) ?? (await evaluate(bytes, file, environment))
  const find = (keys: readonly RailsKey[]): Found[] => keys.flatMap((key) => told.find(key) ?? [])
  return { file, notes: told.notes, isOpenToAll: isOpenToAll(file, mode), find }
}

/** Has a file read by the parser, which is loaded only now. */
async function evaluate(content: Buffer, file: string, environment: NodeJS.ProcessEnv): Promise<Told> {
  const [{ readRuby }, { classOf, Unknown }] = await Promise.all([import('./ruby/read.ts'), import('./ruby/value.ts')])
  const ruby = await readRuby(content, file, environment)
  return {
    notes: ruby.notes,
    find(key) {
      const entry = ruby.get('packagecloud_rails', key)
      if (entry === undefined || entry.value === null) return undefined
      const { value, line } = entry
      const known = typeof value === 'string' || typeof value === 'boolean' ? value : undefined
      const unknown = value instanceof Unknown ? withLine(value.reason, value.line, line) : undefined
      const isDoubtful = ruby.doubts('packagecloud_rails', key)
      return { key, line, value: known, type: article(classOf(value)), unknown, isDoubtful }
    },
  }
}

/** The cause may stand elsewhere than the key. */
const withLine = (reason: string, cause: number, line: number): string =>
  cause === line || cause === 0 ? reason : `${reason} (line ${cause})`

const article = (type: string): string => (/^[a-z]/.test(type) ? type : `${/^[AI]/.test(type) ? 'an' : 'a'} ${type}`)

function readIfThere(file: string, asked: boolean): FileContent | undefined {
  try {
    return readRegularFile(file)
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? error.code : undefined
    if (code === 'ENOENT' && !asked) return undefined
    const why = error instanceof NotReadable ? error.message : whyUnreadable(code)
    throw new CtlError('configuration', `${file} ${why ?? `cannot be read: ${messageOf(error)}`}.`, {
      hint:
        code === 'EACCES'
          ? 'Run pc-ctl as a user who may read it, or give --bucket and --profile and leave the file out.'
          : [...nearFiles(file), `Name another file with ${flagOrVariable('config')}.`],
      cause: error,
    })
  }
}

function whyUnreadable(code: unknown): string | undefined {
  if (code === 'ENOENT' || code === 'ENOTDIR') return 'does not exist'
  if (code === 'EACCES') return 'cannot be read: permission denied'
  // Of a device that is not there, or a socket.
  return code === 'ENXIO' || code === 'ENODEV' ? 'is a device or a socket, not a file' : undefined
}
