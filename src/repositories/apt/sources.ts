/** Stanzas of a Sources file, made from .dsc files (Debian Policy §5.4; dsc(5)). */
import { BadPackageError, type Digests, type PackageSource } from '../format.ts'
import { decodeText, parseStanzas, signedText, type Stanza, valueOf, withField, without } from './deb822.ts'
import { digestsAndHead } from './digests.ts'
import { Malformed } from './malformed.ts'
import { sameContent, withOverrides } from './packages.ts'

/** A .dsc lists a handful of files; those of the largest sources have some ten kilobytes. */
const largestDsc = 1024 * 1024

/**
 * Reads a .dsc.
 *
 * @throws BadPackageError for content that is no .dsc
 */
export async function readDsc(source: PackageSource): Promise<{ dsc: Stanza; digests: Digests }> {
  if (source.size > largestDsc) throw new BadPackageError(`${source.size} bytes are too many for a .dsc`)
  const { head, digests } = await digestsAndHead(source, () => source.size, ['md5', 'sha1', 'sha256'])
  try {
    return { dsc: parseDsc(decodeText(head)), digests: { ...digests, ...source.known } }
  } catch (error) {
    throw error instanceof Malformed ? new BadPackageError(error.message) : error
  }
}

/** @throws {@link Malformed} where a field is missing that a Sources file needs, or a file name leads elsewhere */
export function parseDsc(text: string): Stanza {
  const [stanza, another] = [...parseStanzas(signedText(text))]
  if (stanza === undefined || another !== undefined) throw new Malformed('it is not one stanza')
  for (const name of ['Source', 'Version', 'Files']) {
    if (!/\S/.test(valueOf(stanza, name) ?? '')) throw new Malformed(`it has no ${name}`)
  }
  if (!/^[A-Za-z0-9][A-Za-z0-9+._-]*$/.test(valueOf(stanza, 'Source') ?? ''))
    throw new Malformed('its Source is unusable')
  for (const field of fileLists) {
    for (const { name } of filesIn(valueOf(stanza, field))) {
      if (name.includes('/')) throw new Malformed(`it lists the file ${JSON.stringify(name)}`)
    }
  }
  return stanza
}

const fileLists = ['Files', 'Checksums-Sha1', 'Checksums-Sha256']

interface ListedFile {
  readonly digest: string
  readonly size: number
  readonly name: string
}

/** The lines ` DIGEST SIZE NAME` of a field. */
function filesIn(value: string | undefined): ListedFile[] {
  return (value ?? '').split('\n').flatMap((line) => {
    const [, digest, size, name] = /^\s*([0-9a-fA-F]+)\s+(\d+)\s+(\S+)\s*$/.exec(line) ?? []
    return digest === undefined || name === undefined
      ? []
      : [{ digest: digest.toLowerCase(), size: Number(size), name }]
  })
}

/** What a stanza of a Sources file says of its .dsc. */
export function dscOf(stanza: Stanza): { filename: string; size: number; digests: Digests } | undefined {
  const inList = (field: string): ListedFile | undefined =>
    filesIn(valueOf(stanza, field)).find(({ name }) => name.endsWith('.dsc'))
  const [md5, sha1, sha256] = fileLists.map(inList)
  const file = sha256 ?? sha1 ?? md5
  if (file === undefined) return undefined
  const directory = valueOf(stanza, 'Directory') ?? '.'
  return {
    filename: `${directory}/${file.name}`,
    size: file.size,
    digests: {
      ...(md5 === undefined ? {} : { md5: md5.digest }),
      ...(sha1 === undefined ? {} : { sha1: sha1.digest }),
      ...(sha256 === undefined ? {} : { sha256: sha256.digest }),
    },
  }
}

/** What a source stanza is made of, beside the .dsc. */
export interface SourceListing {
  /** Folder and name of the .dsc, below the root. */
  readonly filename: string
  readonly size: number
  readonly digests: Digests
  /** The present stanza of the source package. */
  readonly old?: Stanza
}

/**
 * The stanza of a source package: the .dsc with `Source` renamed to `Package`, the .dsc itself among its files, and
 * where they are. A present stanza of the same .dsc stays as it is; of one with the same name, its overrides.
 */
export function sourcesStanza(dsc: Stanza, { filename, size, digests, old }: SourceListing): Stanza {
  const listed = old === undefined ? undefined : dscOf(old)
  if (old !== undefined && listed?.filename === filename && sameContent(listed.digests, digests)) return old
  const slash = filename.lastIndexOf('/')
  const name = valueOf(dsc, 'Source') ?? ''
  const sums = [digests.md5, digests.sha1, digests.sha256]
  const withDsc = fileLists.reduce((stanza, field, at) => {
    const value = valueOf(stanza, field)
    const digest = sums[at]
    if (value === undefined || digest === undefined) return stanza
    return withField(stanza, field, withFile(value, { digest, size, name: filename.slice(slash + 1) }))
  }, dsc)
  const stanza: Stanza = [
    ['Package', name],
    ...without(withDsc, new Set(['source', 'package', 'directory'])),
    ['Directory', slash < 0 ? '.' : filename.slice(0, slash)],
  ]
  return old !== undefined && valueOf(old, 'Package') === name ? withOverrides(stanza, old) : stanza
}

const withFile = (value: string, { digest, size, name }: ListedFile): string => {
  const others = value.split('\n').filter((line) => /\S/.test(line) && !line.endsWith(` ${name}`))
  return ['', ` ${digest} ${size} ${name}`, ...others.map((line) => ` ${line.trim()}`)].join('\n')
}
