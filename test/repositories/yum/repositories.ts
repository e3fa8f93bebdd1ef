import { createHash } from 'node:crypto'
import { gunzipSync, gzipSync } from 'node:zlib'
import { parseRepomd, renderData, renderRepomd } from '../../../src/repositories/yum/repomd.ts'
import type { MemoryBucket } from './memory-bucket.ts'

const sha256 = (bytes: Uint8Array): string => createHash('sha256').update(bytes).digest('hex')

/** Puts a repository into a bucket, whose primary.xml holds some packages' elements. */
export function repositoryOf(
  bucket: MemoryBucket,
  root: string,
  packages: readonly string[],
  more: readonly string[] = [],
): MemoryBucket {
  const open = Buffer.from(
    `<?xml version="1.0" encoding="UTF-8"?>\n<metadata xmlns="http://linux.duke.edu/metadata/common" packages="${packages.length}">\n${packages.join('')}</metadata>`,
  )
  const body = gzipSync(open)
  const href = `repodata/${sha256(body)}-primary.xml.gz`
  const primary = renderData({
    type: 'primary',
    href,
    sha256: sha256(body),
    openSha256: sha256(open),
    size: body.length,
    openSize: open.length,
    timestamp: 7,
  })
  return bucket.put(root + href, body).put(`${root}repodata/repomd.xml`, renderRepomd(7, [primary, ...more]))
}

export const emptyRepository = (bucket: MemoryBucket, root: string): MemoryBucket => repositoryOf(bucket, root, [])

/** An element of primary.xml, as short as it may be. */
export const listed = (facts: {
  readonly rpm: Uint8Array
  readonly href: string
  readonly time?: number
  readonly checksum?: string
}): string => `<package type="rpm"><name>x</name>
  ${facts.checksum ?? `<checksum type="sha256" pkgid="YES">${sha256(facts.rpm)}</checksum>`}
  <time file="${facts.time ?? 5}" build="1"/><size package="${facts.rpm.length}" installed="1" archive="1"/>
  <location href="${facts.href}"/></package>\n`

/** What a file that repomd.xml names holds, uncompressed. */
export function openedData(bucket: MemoryBucket, root: string, type: string): string {
  const data = parseRepomd(bucket.text(`${root}repodata/repomd.xml`))?.data.find((one) => one.type === type)
  const stored = bucket.objects.get(root + (data?.href ?? ''))
  if (stored === undefined) throw new Error(`no ${type} below ${root}`)
  return gunzipSync(stored.body).toString()
}

/** Where clients find the packages of a repository, in the order of the index. */
export const hrefs = (bucket: MemoryBucket, root: string): string[] =>
  [...openedData(bucket, root, 'primary').matchAll(/<location [^>]*href="([^"]*)"/g)].map(([, href = '']) => href)
