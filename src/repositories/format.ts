/**
 * What a format of repositories (apt, yum, …) offers the engine. A format is pure: it gets bytes through the functions
 * given here, and returns the bytes that are to be written and in which order. It knows no AWS client and no journal.
 */
import type { KeyObject } from 'node:crypto'

import type { FormatName } from './layouts/layout.ts'

/** An object of the bucket, as a listing tells it. */
export interface StoredObject {
  /** The S3 key, not percent-encoded. */
  readonly key: string
  /** Bytes. */
  readonly size: number
  /** Without quotes. Lower-case hex MD5 of the content only where it has 32 digits and the bucket has no KMS. */
  readonly etag: string
  /** Milliseconds since the epoch. For a package: when it was first seen, so that our own rewriting changes nothing. */
  readonly modified: number
}

/** Digests of whole content, in lower-case hex. */
export interface Digests {
  readonly md5?: string
  readonly sha1?: string
  readonly sha256?: string
  readonly sha512?: string
}

/** What an operator tells formats, since no package and no index does. One place for all of a run's. */
export interface FormatOptions {
  /** `--base-url`: what clients have before a key in absolute URLs, with a slash at its end. */
  readonly baseUrl?: string | undefined
  /** `--apk-key`: what signs indexes of Alpine. */
  readonly apkKeys?: readonly RsaKey[]
  /** `--change-key`: another key than that of the present index is right. */
  readonly changeKey?: boolean | undefined
}

/** An RSA key as apk has it: known to clients by the name of a file. */
interface RsaKey {
  /** Of the roots that it is for, if not for all that no longer one names. */
  readonly prefix?: string
  /** Of the public key's file, such as `ops@example.com-5f3c.rsa.pub`. */
  readonly name: string
  readonly privateKey: KeyObject
}

/** How a format reads one package. Every function may throw what the network throws; that is not a bad package. */
export interface PackageSource extends StoredObject {
  /** What is known without reading the body: from the journal, from S3's checksum or from the old index. */
  readonly known: Digests
  /** The bytes from `start` to before `end`; fewer where the object ends earlier. */
  range(start: number, end: number): Promise<Uint8Array>
  /**
   * The whole object from its first byte; for digests that are not known, hashed and parsed in one pass. A chunk holds
   * until the next one is asked for.
   */
  stream(): AsyncIterable<Uint8Array>
}

/** What the journal keeps of a package, so that it is not read again while its content stays the same. */
export interface PackageFacts {
  /** All of {@link Format.digests}, and what else is known for nothing. */
  readonly digests: Digests
  /** Name, version and architecture in one line: two packages of one identity and different digests are a conflict. */
  readonly identity: string
  /** The format's own, as it likes them best; of the content alone, and kept as they are. */
  readonly facts: Uint8Array
  /** What an operator should know of it, although it is a package. */
  readonly note?: string | undefined
}

/** A package that goes into an index. */
export interface IndexedPackage extends StoredObject, PackageFacts {}

/** Content that can't be a package of its format: reported with its key, left out of the index, stops nothing. */
export class BadPackageError extends Error {
  override readonly name = 'BadPackageError'
}

/**
 * A repository that a format can't write as it is, or with what it was told: thrown by {@link Format.open} or
 * {@link Format.writeIndexes}. It stays as it is, and stops nothing else.
 */
export class RefusedRepository extends Error {
  override readonly name = 'RefusedRepository'
  /** What an operator can do about it. */
  readonly todo: string

  constructor(why: string, todo: string) {
    super(why)
    this.todo = todo
  }
}

/** One repository as it is in the bucket now. */
export interface Repository {
  /** The prefix of all its keys: empty, or with a slash at its end. */
  readonly root: string
  /** All objects below the root that are of its index, in the order of a listing: see {@link Format.roleOf}. */
  readonly indexes: readonly StoredObject[]
  /**
   * The content of an object below the root; undefined if it is not there. As many at a time as S3 likes are under way,
   * however many are asked for; whoever asks for very many bounds what it holds of them (`inParallel`).
   */
  read(key: string): Promise<Uint8Array | undefined>
}

/** An OpenPGP signature that an index has now: with its document, or apart from it. */
export type Signature = { readonly clear: string } | { readonly detached: Uint8Array }

/** OpenPGP signatures, armored: each of all keys that sign. */
export interface Signer {
  /** A clear-signed document (RFC 9580, 7). */
  clear(text: string): Promise<string>
  /** A detached signature of the bytes. */
  detached(bytes: Uint8Array): Promise<string>
  /** When it can sign no more: milliseconds since the epoch; undefined: never. */
  readonly expires?: number | undefined
  /** Fingerprints, or where there are none key ids, of those who made signatures and are no keys of this signer's. */
  foreign?(signatures: readonly Signature[]): Promise<readonly string[]>
  /** Does a clear-signed document bear good signatures of these keys, and no others? Else it is signed anew. */
  signed?(document: string): Promise<boolean>
  /** Is this a good detached signature of these keys, and no others, over the bytes? Else they are signed anew. */
  signedDetached?(bytes: Uint8Array, signature: Uint8Array): Promise<boolean>
}

/** What only the present indexes know. Made once a repository and run. */
export interface OldIndexes {
  /** Those that it has now. With any it is not written without a {@link Signer}. */
  readonly signatures: readonly Signature[]
  /** Digests of a package that the old index knows to be this content: its MD5 is the ETag, or the key says so. */
  digestsOf(object: StoredObject): Digests | undefined
  /** The strongest of {@link Format.digests} of all that the old index lists at a key, whatever is there now. */
  listed(key: string): readonly string[]
  /** All keys that the old index may mean, be they there or not. */
  places(): Iterable<string>
}

/** An object that an index consists of. Made by `indexObject`. */
export interface IndexObject {
  /** Below the root. */
  readonly key: string
  /** Bytes. */
  readonly size: number
  /** Of the content, in lower-case hex: what is there already is told by it, and not written. */
  readonly md5: string
  readonly contentType: string
  /**
   * Written only if it is still what {@link Repository.indexes} said. `true`: clients learn of all else from it, so that
   * another publisher ends the writing. `itself`: one of many documents, each of which can be written without the others
   * of its group (a packument, a project's page): another publisher's stays, and the others are written.
   */
  readonly top?: true | 'itself'
  /** The content, which may be made anew each time: a plan may have more documents than memory could hold. */
  readonly body: () => Uint8Array | Promise<Uint8Array>
}

/** A part of a repository that has a list of packages of its own, such as `stable/main/amd64`. */
export interface Part {
  readonly name: string
  /** Packages that the present index lists, and those that the new one would. */
  readonly before: number
  readonly after: number
  /**
   * One of many documents, of one package's versions each: it may well lose its only one. What all of them lose together
   * is judged as if they were one list.
   */
  readonly ofMany?: true
}

/** Something an operator should know of one object. */
export interface Finding {
  readonly key: string
  /** Such as `is in no index of its repository`. */
  readonly what: string
  /** What to do about it. */
  readonly todo?: string
  /** Only so until the new index is written. */
  readonly once?: true
}

/** What is to be written, in order: a group is begun when all of the group before it is there. */
export interface IndexPlan {
  readonly groups: readonly (readonly IndexObject[])[]
  readonly parts: readonly Part[]
  /** Packages that are in the new indexes. */
  readonly packages: number
  readonly findings: readonly Finding[]
  /** Keys of {@link IndexInput.unreadable} whose entries stay in the index as they are. */
  readonly kept: ReadonlySet<string>
  /** When it has to be made again although nothing has changed (`Valid-Until`): milliseconds since the epoch. */
  readonly renew?: number
}

/** What an index is made of. */
export interface IndexInput<Old extends OldIndexes = OldIndexes> {
  readonly repository: Repository
  readonly old: Old
  /** The packages below the root in the order of a listing; may be gone through more than once. */
  packages(): Iterable<IndexedPackage>
  /** Objects below the root that could not be read as packages, for a format that keeps their old entries. */
  readonly unreadable: readonly StoredObject[]
  readonly signer: Signer | undefined
  readonly options: FormatOptions
  /** Milliseconds since the epoch: dates in the new index. Only if nothing else changes, nothing is written. */
  readonly now: number
}

/**
 * What the key of an object says. `package`: read by {@link Format.readPackage}; `index`: part of the repository's
 * metadata, and so not a package.
 */
export type Role = 'package' | 'index'

/** Why it is not clear what repository a folder is, and what an operator can do about it. */
export interface Doubt {
  readonly why: string
  readonly todo: string
}

/** Repositories that could be made of folders of packages that are in none. */
export interface MissingIndexes {
  /** By root: the objects of an index that lists nothing yet, by their keys. */
  readonly repositories: ReadonlyMap<string, ReadonlyMap<string, Uint8Array>>
  /** By folder: why it is not clear what repository it is; also what to do about it, if not to publish it once. */
  readonly doubts: ReadonlyMap<string, string | Doubt>
}

/** What is there already, where something may be missing. */
export interface PresentIndexes {
  /** Keys of the indexes that are there, as far as {@link Format.rootOf} or {@link Format.rootOfTold} knows them. */
  readonly indexes: readonly string[]
  /** Of all repositories of this format. */
  readonly roots: readonly string[]
  readonly options: FormatOptions
}

export interface Format<Old extends OldIndexes = OldIndexes> {
  /** As in `--only`. */
  readonly name: FormatName
  /**
   * The digests of packages that its indexes tell. S3 is asked for the ones that are not known before a large package is
   * read; none, if keys and times are all that the indexes are made of: then nothing is read.
   */
  readonly digests: readonly (keyof Digests)[]
  /** Undefined for what is not of this format. By the key alone, and fast: it is asked for every object. */
  roleOf(key: string): Role | undefined
  /**
   * The root that the key of an index proves, such as `''` for `dists/stable/InRelease`; undefined for other keys. Where
   * the key is an index only beside others (`versions` of gems), it counts if its layout's evidence is there.
   */
  rootOf(key: string): string | undefined
  /**
   * The same for a key that is told to be of an index of this format by what lies beside it, or by a mapping, and not by
   * its own text (npm's packuments). With it, all such keys are of an index.
   */
  rootOfTold?(key: string): string
  /** Is this package enough to make a repository of its folder? Sources alone are none that anybody could install from. */
  foundsRepository(key: string): boolean
  /**
   * What repositories are missing, as far as the layout leaves no doubt.
   *
   * @param folders - of packages that {@link foundsRepository}, with a slash at their ends unless empty
   */
  missing(folders: Iterable<string>, present: PresentIndexes): MissingIndexes
  /**
   * Reads the present indexes: a broken one is a finding.
   *
   * @throws RefusedRepository; as {@link Repository.read}
   */
  open(repository: Repository): Promise<Old>
  /**
   * Reads one package: its header by ranged reads where its digests are known, else all of it in one pass.
   *
   * @throws BadPackageError for content that is no such package; memory stays bounded whatever the content
   */
  readPackage(source: PackageSource): Promise<PackageFacts>
  /**
   * The identity of a package by what {@link Format.readPackage} has kept of it on another host, where anybody may have had
   * a hand in it.
   *
   * @returns undefined for facts that it can't have kept of such an object: nothing may be missing in them, and nothing be
   *   more than one package's
   * @throws whatever it stumbles over: then they are none, too
   */
  identityIn(object: Pick<StoredObject, 'key' | 'size'>, facts: Uint8Array): string | undefined
  /**
   * Makes the new indexes. What the packages can't tell is carried over from the old ones. Deterministic: the same
   * input gives the same bytes, so that what is there already is not written.
   *
   * @throws RefusedRepository; as {@link Repository.read}
   */
  writeIndexes(input: IndexInput<Old>): Promise<IndexPlan>
}
