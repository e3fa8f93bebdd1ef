import { isObject } from '../../json-object.ts'
import { BadPackageError } from '../format.ts'
import { isProjectName } from './names.ts'

/** What a package says of itself: of core metadata, what indexes tell. */
export interface CoreMetadata {
  /** Not normalised. */
  readonly name: string
  readonly version: string
  readonly requiresPython?: string
}

const longestValue = 1000

/**
 * Reads METADATA of a wheel or PKG-INFO of a source distribution.
 *
 * @throws BadPackageError
 * @see https://packaging.python.org/en/latest/specifications/core-metadata/
 */
export function readCoreMetadata(bytes: Uint8Array, file: string): CoreMetadata {
  const fields = headersIn(Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength), file)
  const name = fields.get('name')
  const version = fields.get('version')
  if (name === undefined || !isProjectName(name)) throw new BadPackageError(`its ${file} has no name of a project`)
  if (version === undefined || !isVersion(version)) {
    throw new BadPackageError(`its ${file} has no version`)
  }
  const requiresPython = fields.get('requires-python')
  return { name, version, ...(requiresPython === undefined || requiresPython === '' ? {} : { requiresPython }) }
}

const isVersion = (version: string): boolean => /^[\w.!+ -]{1,200}$/.test(version)

const controls = /[\u0000-\u001f\u007f]/

/** Is it what {@link readCoreMetadata} has read? */
export function isCoreMetadata(said: unknown): said is CoreMetadata {
  if (!isObject(said)) return false
  const { name, version, requiresPython } = said
  const isPythons = (text: unknown): boolean =>
    typeof text === 'string' && text !== '' && text.length <= longestValue && !controls.test(text)
  return (
    typeof name === 'string' &&
    isProjectName(name) &&
    typeof version === 'string' &&
    isVersion(version) &&
    (requiresPython === undefined || isPythons(requiresPython))
  )
}

const wanted = new Set(['name', 'version', 'requires-python'])

/** The first of each field that is wanted: as e-mails have them, folded lines too, up to the first empty line. */
function headersIn(bytes: Buffer, file: string): Map<string, string> {
  const fields = new Map<string, string>()
  let field: string | undefined
  for (let at = 0; at < bytes.length;) {
    const feed = bytes.indexOf(0x0a, at)
    const end = feed === -1 ? bytes.length : feed
    const line = bytes
      .subarray(at, Math.min(end, at + 4 * longestValue))
      .toString('utf8')
      .trimEnd()
    at = end + 1
    if (line === '') break
    if (/^[ \t]/.test(line)) {
      if (field !== undefined) fields.set(field, `${fields.get(field) ?? ''} ${line.trim()}`)
    } else {
      const [, name, value = ''] = /^([!-9;-~]+):(.*)$/.exec(line) ?? []
      field = name?.toLowerCase()
      if (field === undefined || !wanted.has(field) || fields.has(field)) field = undefined
      else fields.set(field, value.trim())
    }
    const now = field === undefined ? '' : (fields.get(field) ?? '')
    if (now.length > longestValue || controls.test(now)) {
      throw new BadPackageError(`the ${field ?? ''} in its ${file} is too long, or holds control characters`)
    }
  }
  return fields
}
