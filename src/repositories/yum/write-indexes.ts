import type { IndexedPackage, IndexInput, IndexObject, IndexPlan, Part, Signer } from '../format.ts'
import { indexObject } from '../index-object.ts'
import { GzipDocument, type GzippedDocument } from './gzip-document.ts'
import { CarriedEntries } from './carried.ts'
import { type Listing, xmlOf } from './membership.ts'
import { renderData, renderRepomd, type RepomdData } from './repomd.ts'
import { survey, type TreeSurvey } from './survey.ts'
import { type OldRepodata, type Tree, treeRoots } from './tree.ts'

/** The three documents that are made of packages: how they begin and end. */
const documents = [
  {
    type: 'primary',
    element: 'metadata',
    namespaces: 'xmlns="http://linux.duke.edu/metadata/common" xmlns:rpm="http://linux.duke.edu/metadata/rpm"',
  },
  {
    type: 'filelists',
    element: 'filelists',
    namespaces: 'xmlns="http://linux.duke.edu/metadata/filelists"',
  },
  { type: 'other', element: 'otherdata', namespaces: 'xmlns="http://linux.duke.edu/metadata/other"' },
] as const

/** The same lists in other shapes (SQLite, zchunk, more digests): stale as soon as the lists are written anew. */
const derived = /^(primary|filelists|other)(_db|_zck|_ext|-ext)*$/

/**
 * Makes the indexes of a repository. Their files are named after their content and so disturb nobody; then repomd.xml
 * of each tree, and at once its signature: until both are there, a client that wants signed metadata is refused.
 *
 * A tree of packagecloud's whose present list cannot be read is left as it is: only that list knows which packages are
 * in it and under which names.
 */
export async function writeIndexes(input: IndexInput<OldRepodata>): Promise<IndexPlan> {
  const { trees } = input.old
  const { root, indexes } = input.repository
  const surveyed = survey({ ...input, root, trees, roots: treeRoots(indexes) })
  const plans: TreePlan[] = []
  for (const one of surveyed.trees) {
    if (one.tree.entries !== undefined || !surveyed.mapped) plans.push(await planTree(one, input))
  }
  return {
    groups: [plans.flatMap(({ files }) => files), ...plans.flatMap(({ tops }) => tops.map((top) => [top]))],
    parts: plans.map(({ part }) => part),
    packages: plans.reduce((sum, { part }) => sum + part.after, 0),
    findings: [...trees.flatMap(({ findings }) => findings), ...surveyed.findings],
    kept: surveyed.kept,
  }
}

interface TreePlan {
  readonly files: readonly IndexObject[]
  /** repomd.xml and its signature, in this order. */
  readonly tops: readonly IndexObject[]
  readonly part: Part
}

async function planTree(one: TreeSurvey, input: IndexInput<OldRepodata>): Promise<TreePlan> {
  const { tree, count } = one
  const made = await render(one, input)
  const timestamp = Math.floor(input.now / 1000)
  const files = made.map((document) => placed(tree, document, timestamp))
  const unchanged = files.every(({ kept }) => kept)
  const repomd = unchanged ? tree.repomd : Buffer.from(repomdOf(tree, files, timestamp))
  return {
    files: files.flatMap(({ object }) => object ?? []),
    tops: await topsOf(tree, repomd, input.signer),
    part: { name: `${tree.root}repodata`, before: tree.entries?.length ?? 0, after: count },
  }
}

interface MadeDocument extends GzippedDocument {
  readonly type: (typeof documents)[number]['type']
}

/** Renders the three documents side by side, one package after another, and then what is carried over. */
async function render(one: TreeSurvey, input: IndexInput<OldRepodata>): Promise<MadeDocument[]> {
  const open = documents.map((document) => ({ ...document, gzip: new GzipDocument() }))
  for (const { gzip, element, namespaces } of open) {
    await gzip.write(`<?xml version="1.0" encoding="UTF-8"?>\n<${element} ${namespaces} packages="${one.count}">\n`)
  }
  for (const listing of listingsOf(one, input.packages())) {
    const xml = xmlOf(listing)
    for (const { type, gzip } of open) {
      // Almost always there is nothing to wait for, and waiting for nothing costs as much as rendering.
      const full = gzip.write(...xml[type])
      if (full !== undefined) await full
    }
  }
  const carried = new CarriedEntries(input.repository, one.tree, one.carried)
  for (const { type, gzip } of open) {
    for await (const xml of carried.of(type)) await gzip.write(xml)
  }
  return Promise.all(
    open.map(async ({ type, element, gzip }) => {
      await gzip.write(`</${element}>`)
      return { type, ...(await gzip.finish()) }
    }),
  )
}

function* listingsOf(one: TreeSurvey, packages: Iterable<IndexedPackage>): Generator<Listing> {
  const listings = one.membership.lister()
  for (const stored of packages) {
    for (const listing of listings(stored)) if (!one.loses(listing)) yield listing
  }
}

interface PlacedDocument {
  readonly type: string
  /** Its element in repomd.xml. */
  readonly xml: string
  /** The one that is there says the same and stays, however it is compressed. */
  readonly kept: boolean
  /** Missing if what is there is compressed otherwise. */
  readonly object?: IndexObject
}

function placed(tree: Tree, made: MadeDocument, timestamp: number): PlacedDocument {
  const { type, body, sha256, openSha256, openSize } = made
  const href = `repodata/${sha256}-${type}.xml.gz`
  const object = indexObject(tree.root + href, body, { contentType: 'application/octet-stream' })
  const old = tree.parsed?.data.find((data) => data.type === type)
  if (old?.openChecksumType === 'sha256' && old.openChecksum === openSha256 && isThere(tree, old)) {
    const same = old.href === href && old.checksum === sha256
    return { type, xml: old.xml, kept: true, ...(same ? { object } : {}) }
  }
  const xml = renderData({ type, href, sha256, openSha256, size: body.length, openSize, timestamp })
  return { type, xml, kept: false, object }
}

const isThere = (tree: Tree, { href, size }: RepomdData): boolean =>
  tree.stored.get(tree.root + href)?.size === (size ?? Number.NaN)

/** What the packages can't tell (groups, modules, updates, …) is carried over as it is. */
function repomdOf(tree: Tree, files: readonly PlacedDocument[], timestamp: number): string {
  const carried = (tree.parsed?.data ?? []).filter(({ type }) => !derived.test(type))
  return renderRepomd(
    timestamp,
    [...files, ...carried].map(({ xml }) => xml),
    tree.parsed,
  )
}

async function topsOf(tree: Tree, repomd: Uint8Array, signer: Signer | undefined): Promise<IndexObject[]> {
  const key = `${tree.root}repodata/repomd.xml`
  const top = indexObject(key, repomd, { contentType: 'application/xml', top: true })
  const signature = await signatureOf(tree, repomd, signer)
  if (signature === undefined) return [top]
  return [top, indexObject(`${key}.asc`, signature, { contentType: 'text/plain' })]
}

/**
 * A signature differs each time it is made, so a good one of this key over the same bytes stays. Any other is made
 * anew, even over the same bytes: whoever wrote them may have been stopped before signing them.
 */
async function signatureOf(
  { root, signature }: Tree,
  repomd: Uint8Array,
  signer: Signer | undefined,
): Promise<Uint8Array | undefined> {
  if (signer === undefined) {
    if (signature === undefined) return undefined
    throw new Error(`${root}repodata/repomd.xml is signed and there is no key to sign it with`)
  }
  if (signature !== undefined && (await signer.signedDetached?.(repomd, signature)) === true) return signature
  return Buffer.from(await signer.detached(repomd))
}
