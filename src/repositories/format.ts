/**
 * What a format of repositories (apt, yum, …) offers the engine. A format is pure: it gets bytes through the functions
 * given here, and returns the bytes that are to be written and in which order. It knows no AWS client and no journal.
 */

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
  /** With SHA-256 always. */
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

/** One repository as it is in the bucket now. */
export interface Repository {
  /** The prefix of all its keys: empty, or with a slash at its end. */
  readonly root: string
  /** All objects below the root whose {@link Format.roleOf} is `index`, in the order of a listing. */
  readonly indexes: readonly StoredObject[]
  /** The content of an object below the root; undefined if it is not there. */
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
  /** SHA-256 of all that the old index lists at a key, whatever is there now. */
  listed(key: string): readonly string[]
  /** All keys that the old index may mean, be they there or not. */
  places(): Iterable<string>
}

/** An object that an index consists of. */
export interface IndexObject {
  /** Below the root. */
  readonly key: string
  readonly body: Uint8Array
  readonly contentType: string
  /** Clients learn of all else from it: written only if it is still what {@link Repository.indexes} said. */
  readonly top?: true
}

/** A part of a repository that has a list of packages of its own, such as `stable/main/amd64`. */
export interface Part {
  readonly name: string
  /** Packages that the present index lists, and those that the new one would. */
  readonly before: number
  readonly after: number
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
  /** Milliseconds since the epoch: dates in the new index. Only if nothing else changes, nothing is written. */
  readonly now: number
}

/**
 * What the key of an object says. `package`: read by {@link Format.readPackage}; `index`: part of the repository's
 * metadata, and so not a package.
 */
export type Role = 'package' | 'index'

/** Repositories that could be made of folders of packages that are in none. */
export interface MissingIndexes {
  /** By root: the objects of an index that lists nothing yet, by their keys. */
  readonly repositories: ReadonlyMap<string, ReadonlyMap<string, string>>
  /** By folder: why it is not clear what repository it is. */
  readonly doubts: ReadonlyMap<string, string>
}

export interface Format<Old extends OldIndexes = OldIndexes> {
  /** As in `--only`. */
  readonly name: string
  /** Undefined for what is not of this format. By the key alone, and fast: it is asked for every object. */
  roleOf(key: string): Role | undefined
  /** The root that the key of an index proves, such as `''` for `dists/stable/InRelease`; undefined for other keys. */
  rootOf(key: string): string | undefined
  /**
   * What repositories are missing, as far as the layout leaves no doubt.
   *
   * @param folders - of packages, with a slash at their ends unless empty
   * @param indexes - keys of the indexes that are there, as far as {@link rootOf} knows them
   */
  missing(folders: Iterable<string>, indexes: readonly string[]): MissingIndexes
  /** Reads the present indexes. Throws only what {@link Repository.read} throws: a broken index is a finding. */
  open(repository: Repository): Promise<Old>
  /**
   * Reads one package: its header by ranged reads where SHA-256 is known, else all of it in one pass.
   *
   * @throws BadPackageError for content that is no such package; memory stays bounded whatever the content
   */
  readPackage(source: PackageSource): Promise<PackageFacts>
  /**
   * Makes the new indexes. What the packages can't tell is carried over from the old ones. Deterministic: the same
   * input gives the same bytes, so that what is there already is not written.
   */
  writeIndexes(input: IndexInput<Old>): Promise<IndexPlan>
}
