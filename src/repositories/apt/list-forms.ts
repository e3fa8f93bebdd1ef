/**
 * The forms in which a list is there: plain and compressed. All should say the same; after a publisher that was stopped
 * they do not.
 */
import { createHash } from 'node:crypto'

import { messageOf } from '../../errors.ts'
import type { Finding, StoredObject } from '../format.ts'
import { decompressList } from './decompress.ts'
import { valueOf } from './deb822.ts'
import type { List } from './layout.ts'
import { Malformed } from './malformed.ts'
import { pathOf } from './membership.ts'
import { type OldEntries, readList } from './old-lists.ts'
import type { ListedIndex, Release } from './release.ts'

/** Where the forms of a list are. */
export interface ListPlace {
  /** Of the repository. */
  readonly root: string
  /** The suite's folder below it. */
  readonly folder: string
  readonly list: List
  /** What the Release of the suite lists. */
  readonly listed: Release['files'] | undefined
  /** The objects of the repository's indexes, by their path below the root. */
  readonly objects: ReadonlyMap<string, StoredObject>
  /** By path below the root. */
  readonly read: (path: string) => Promise<Uint8Array | undefined>
  readonly note: (finding: Finding) => void
}

/** A list that can't be read: what it lists is unknown. */
export class UnreadableList extends Malformed {
  /** The path of the form that is meant, below the root. */
  readonly path: string

  constructor(path: string, why: string) {
    super(why)
    this.path = path
  }
}

/** In the order in which they are looked for. */
const extensions = ['.gz', '', '.xz', '.zst', '.bz2', '.lzma']
/** Of a list's text. Debian's largest has 60 MB. */
const largestList = 384 * 1024 * 1024

interface Form {
  /** Below the root. */
  readonly path: string
  /** As in `Packages.gz`, which tells the compression though it be stored under another name. */
  readonly name: string
  /** Undefined where the Release has no such form. */
  readonly file: ListedIndex | undefined
}

interface ReadForm extends Form {
  readonly text: Uint8Array
  readonly entries: OldEntries
}

/**
 * The entries of a list: of the form that the Release means, or, where none is, of any; and behind them those that only
 * another form has. Undefined where a Release lists it and nothing is there, as in partial mirrors.
 *
 * @throws {@link UnreadableList}
 */
export async function readForms(place: ListPlace): Promise<OldEntries | undefined> {
  const { list, listed } = place
  const forms = formsOf(place)
  const meant = await firstMeant(place, forms)
  const [base, damaged] = meant === undefined ? await firstReadable(place, forms) : [await read(place, meant), []]
  if (base === undefined) {
    if (damaged[0] !== undefined) throw damaged[0]
    return listed?.get(list.folder + list.name)?.size === 0 ? readList(new Uint8Array(), list.name) : undefined
  }
  for (const { path, message } of damaged) place.note(damagedFinding(place, path, message, base))
  let { entries } = base
  for (const form of forms) {
    if (form.path === base.path || damaged.some(({ path }) => path === form.path)) continue
    if (isToldSame(place, form, base)) continue
    const other = await differing(place, form, base)
    if (other !== undefined) entries = union(place, base, entries, other)
  }
  return entries
}

/**
 * The forms that are there under their own names. What a Release does not mean beside what it means was left behind by
 * an earlier publication; where there is no Release, so was what is compressed otherwise than the list is today.
 */
function formsOf({ folder, list, listed, objects }: ListPlace): Form[] {
  const plain = list.folder + list.name
  const all = extensions.map((extension) => ({
    path: folder + plain + extension,
    name: list.name + extension,
    file: listed?.get(plain + extension),
  }))
  const present = all.filter(({ path }) => objects.has(path))
  const named = present.filter(({ file }) => file !== undefined)
  if (named.length > 0) return named
  const usual = present.filter(({ name }) => name === list.name || name === `${list.name}.gz`)
  return usual.length > 0 ? usual : present
}

/** The first that the Release means, by its name or by its hash. */
async function firstMeant(
  place: ListPlace,
  forms: readonly Form[],
): Promise<(Form & { body: Uint8Array }) | undefined> {
  const { folder, list, listed, objects } = place
  for (const extension of extensions) {
    const name = list.name + extension
    const file = listed?.get(list.folder + name)
    if (file === undefined) continue
    const hashed = `${folder}${list.folder}by-hash/SHA256/${file.digests.sha256 ?? '-'}`
    for (const path of [...forms.filter((form) => form.name === name).map((form) => form.path), hashed]) {
      const body = objects.has(path) ? await place.read(path) : undefined
      if (body !== undefined && isMeant(body, file)) return { path, name, file, body }
    }
  }
  return undefined
}

/** A Release without SHA-256 is believed by its sizes. */
const isMeant = (bytes: Uint8Array, { size, digests: { sha256 } }: ListedIndex): boolean =>
  bytes.length === size && (sha256 === undefined || createHash('sha256').update(bytes).digest('hex') === sha256)

/**
 * Is this the plain list, and what the base unpacks to, by its ETag and the Release? Then it need not be read. That a
 * Release lists both proves nothing: it may have been made beside a form that nobody had made anew.
 */
function isToldSame({ list, objects }: ListPlace, { path, name, file }: Form, base: ReadForm): boolean {
  const object = objects.get(path)
  if (name !== list.name || file?.digests.md5 === undefined || object?.etag !== file.digests.md5) return false
  return object.size === file.size && file.digests.sha256 !== undefined && isMeant(base.text, file)
}

/** @throws {@link UnreadableList} */
async function read(place: ListPlace, form: Form & { readonly body: Uint8Array }): Promise<ReadForm> {
  const text = await opened(form)
  return { ...form, text, entries: entriesOf(place, form, text) }
}

/** @throws {@link UnreadableList} */
async function opened(form: Form & { readonly body: Uint8Array }): Promise<Uint8Array> {
  try {
    return await decompressList(form.body, form.name, largestList)
  } catch (error) {
    throw asUnreadable(error, form)
  }
}

function entriesOf({ list }: ListPlace, form: Form, text: Uint8Array): OldEntries {
  try {
    return readList(text, list.name)
  } catch (error) {
    throw asUnreadable(error, form)
  }
}

const asUnreadable = (error: unknown, { path }: Form): unknown =>
  error instanceof Malformed ? new UnreadableList(path, `cannot be read: ${messageOf(error)}`) : error

/** Where the Release means none of them: the first that can be read, and those before it that can not. */
async function firstReadable(
  place: ListPlace,
  forms: readonly Form[],
): Promise<[ReadForm | undefined, UnreadableList[]]> {
  const damaged: UnreadableList[] = []
  for (const form of forms) {
    const body = await place.read(form.path)
    if (body === undefined) continue
    try {
      return [await read(place, { ...form, body }), damaged]
    } catch (error) {
      if (!(error instanceof UnreadableList)) throw error
      damaged.push(error)
    }
  }
  return [undefined, damaged]
}

/** Another form, if it says something else. */
async function differing(place: ListPlace, form: Form, base: ReadForm): Promise<ReadForm | undefined> {
  const body = await place.read(form.path)
  if (body === undefined) return undefined
  try {
    const text = await opened({ ...form, body })
    if (Buffer.compare(text, base.text) === 0) return undefined
    return { ...form, text, entries: entriesOf(place, form, text) }
  } catch (error) {
    if (!(error instanceof UnreadableList)) throw error
    place.note(damagedFinding(place, form.path, error.message, base))
    return undefined
  }
}

const damagedFinding = ({ root }: ListPlace, path: string, why: string, base: Form): Finding => ({
  key: root + path,
  what: `${why}; what ${root + base.path} lists is taken`,
  once: true,
})

/** Names by which an entry is the same package's as another one. */
interface Names {
  readonly identity: string
  readonly path: string
}

function* namesOf(entries: OldEntries): Generator<Names> {
  for (let at = 0; at < entries.length; at++) {
    const stanza = entries.stanzaOf(at)
    const identity = ['Package', 'Version', 'Architecture'].map((name) => valueOf(stanza, name) ?? '').join(' ')
    yield { identity, path: pathOf(entries.at(at)) }
  }
}

/** Of two entries for one package that of the base stays: it is what the Release means. */
function union({ root, list, note }: ListPlace, base: ReadForm, entries: OldEntries, other: ReadForm): OldEntries {
  const [known, more] = [[...namesOf(entries)], [...namesOf(other.entries)]]
  const [here, there] = [new NameSet(known), new NameSet(more)]
  note({
    key: root + other.path,
    what:
      `does not list the same as ${root + base.path}, as after a publisher that was stopped; the new index takes what ` +
      'either of them lists, and of two entries for one package that of the latter',
    todo: 'See whether what they list is right, or publish it again with the tool that makes this repository.',
    once: true,
  })
  const say = (names: Names, lister: Form, other: Form): void => {
    const what = `${names.identity.trim()} is listed in ${root + lister.path} and not in ${root + other.path}`
    note({ key: root + names.path, what, once: true })
  }
  for (const names of known) if (!there.has(names)) say(names, base, other)
  const texts: Buffer[] = []
  more.forEach((names, at) => {
    if (here.has(names)) return
    say(names, other, base)
    texts.push(other.entries.bytesOf(at))
  })
  if (texts.length === 0) return entries
  return readList(Buffer.concat([...entries.texts(), ...texts].flatMap((text) => [text, divider])), list.name)
}

const divider = Buffer.from('\n')

class NameSet {
  readonly #identities: ReadonlySet<string>
  readonly #paths: ReadonlySet<string>

  constructor(names: readonly Names[]) {
    this.#identities = new Set(names.map(({ identity }) => identity))
    this.#paths = new Set(names.map(({ path }) => path))
  }

  has({ identity, path }: Names): boolean {
    return this.#identities.has(identity) || this.#paths.has(path)
  }
}
