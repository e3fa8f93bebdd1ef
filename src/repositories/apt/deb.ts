/** Reads the control stanza of a .deb, and no more of it than that needs. */
import { BadPackageError, type Digests, type PackageSource } from '../format.ts'
import { NotDecoded } from '../compression/xz-block.ts'
import { XzFront } from '../compression/xz-front.ts'
import { findControlMember } from './ar.ts'
import { decompress } from './decompress.ts'
import { decodeText, parseStanzas, type Stanza, valueOf } from './deb822.ts'
import { digestsAndHead } from './digests.ts'
import { stanzaProblem } from './fields.ts'
import { Malformed } from './malformed.ts'
import { fileInFront, fileInTar } from './tar.ts'

/** Holds the whole control archive of 96 in 100 packages. */
const firstRead = 16 * 1024
/** The control archive of a kernel, with the sums of all its files, has under 2 MB. */
const largestControlArchive = 32 * 1024 * 1024
/** The header behind the control archive tells where the package must end. */
const nextHeader = 61

/** A package as its own control file describes it, and the digests of its content. */
export interface ReadDeb {
  readonly control: Stanza
  readonly digests: Digests
}

/**
 * Reads a .deb: by one or two ranged reads where its SHA-256 is known, else all of it in one pass that hashes too.
 *
 * @throws BadPackageError for content that is no sound .deb
 */
export async function readDeb(source: PackageSource): Promise<ReadDeb> {
  try {
    if (source.known.sha256 === undefined) {
      const { head, digests } = await digestsAndHead(source, neededOf, ['sha256'])
      return { control: await controlOf(head, source.size), digests: { ...source.known, ...digests } }
    }
    const head = await rangedHead(source)
    return { control: await controlOf(head, source.size), digests: source.known }
  } catch (error) {
    throw error instanceof Malformed ? new BadPackageError(error.message) : error
  }
}

/** The first bytes, up to the header behind the control archive. */
async function rangedHead(source: PackageSource): Promise<Uint8Array> {
  let head = await source.range(0, Math.min(firstRead, source.size))
  for (;;) {
    const needed = Math.min(neededOf(head), source.size)
    if (needed <= head.length) return head
    const rest = await source.range(head.length, needed)
    if (rest.length === 0) return head
    head = Buffer.concat([head, rest])
  }
}

/** How many of the package's bytes must be read, as far as those at hand tell. */
function neededOf(head: Uint8Array): number {
  const found = findControlMember(head)
  return 'needed' in found ? found.needed : found.end + nextHeader
}

async function controlOf(head: Uint8Array, size: number): Promise<Stanza> {
  const member = findControlMember(head)
  if ('needed' in member || member.end > head.length)
    throw new Malformed(`it ends after ${size} bytes, too early for a .deb`)
  checkEnd(head, member.end, size)
  const packed = head.subarray(member.start, member.end)
  const file = fileInXz(packed, member.name) ?? (await fileInAll(packed, member.name))
  if (file === undefined) throw new Malformed('its control archive has no control file')
  return parseControl(decodeText(file))
}

const xz = new XzFront()

/**
 * The control file of an `.xz`, decoded no further than needed: of most packages the sums of their files follow, which
 * take much longer. Undefined where that does not work: then all of it is decoded, which tells why.
 */
function fileInXz(packed: Uint8Array, name: string): Uint8Array | undefined {
  if (!name.endsWith('.xz')) return undefined
  try {
    xz.begin(packed)
    return fileInFront((length) => xz.upTo(length), 'control')
  } catch (error) {
    if (error instanceof NotDecoded || error instanceof Malformed) return undefined
    throw error
  }
}

const fileInAll = async (packed: Uint8Array, name: string): Promise<Uint8Array | undefined> =>
  fileInTar(await decompress(packed, name, largestControlArchive), 'control')

/** A package that was uploaded by half has a sound control archive, and data that end too early. */
function checkEnd(head: Uint8Array, controlEnd: number, size: number): void {
  const at = controlEnd + (controlEnd % 2)
  const header = Buffer.from(head.buffer, head.byteOffset, head.length).toString('latin1', at, at + 60)
  const digits = /^data\.tar.{44}/s.test(header) ? /^(\d{1,10}) *$/.exec(header.slice(48, 58))?.[1] : undefined
  if (header.length < 60 || digits === undefined) throw new Malformed('no data archive follows its control archive')
  const wanted = at + 60 + Number(digits)
  if (wanted > size) throw new Malformed(`it is truncated: ${size} bytes are there, ${wanted} needed`)
}

/**
 * Reads a control file: one stanza, with fields that can stand in an index.
 *
 * @throws {@link Malformed} where a field that every package has is missing or unusable, one is given twice, or one
 * can't be parsed by apt, which would then read nothing of the repository
 */
export function parseControl(text: string): Stanza {
  if (text.includes('\0')) throw new Malformed('its control file holds a NUL')
  const [stanza, another] = [...parseStanzas(text)]
  if (stanza === undefined || another !== undefined) throw new Malformed('its control file is not one stanza')
  const names = new Set(stanza.map(([name]) => name.toLowerCase()))
  if (names.size < stanza.length) throw new Malformed('its control file gives a field twice')
  for (const [name, form] of Object.entries(mandatory)) {
    const value = valueOf(stanza, name)
    if (value === undefined) throw new Malformed(`its control file has no ${name}`)
    if (!form.test(value)) throw new Malformed(`its control file has an unusable ${name}`)
  }
  const problem = stanzaProblem(stanza)
  if (problem !== undefined) throw new Malformed(problem)
  return stanza
}

/** Debian Policy §5.6; upper case and underscores occur outside Debian and are understood by apt. */
const mandatory: Readonly<Record<string, RegExp>> = {
  Package: /^[A-Za-z0-9][A-Za-z0-9+._-]*$/,
  Version: /^[A-Za-z0-9.+:~_-]+$/,
  Architecture: /^[A-Za-z0-9][A-Za-z0-9_-]*$/,
}
