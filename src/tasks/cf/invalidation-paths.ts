import type { Aws } from '../../aws/connect.ts'
import { encodePath } from '../../edge/path.ts'
import { indexDocument } from '../../resources/s3/bucket-website.ts'
import { bucketOf, isHostOf, type LiveDistribution } from '../../resources/cloudfront/live-distribution.ts'
import { CtlError } from '../../errors.ts'
import { type InvalidationPaths, pathsOfKey, pathsOfUrl } from './invalidation-path.ts'
import type { Asked } from './invalidation-words.ts'

/** Names of the objects that are also served under another path: for a folder, and for `/`. */
export interface DefaultObjects {
  /** Index document of the website that the distribution has as origin. */
  readonly folder: string | undefined
  readonly root: string | undefined
}

/** @param folders - whether to ask the bucket for its index document */
export async function defaultObjects(
  aws: Aws,
  { config }: LiveDistribution,
  folders: boolean,
): Promise<DefaultObjects> {
  const website = config.Origins?.Items?.find(({ DomainName }) => DomainName?.includes('.s3-website') === true)
  const bucket = bucketOf(website?.DomainName ?? '')
  const root = config.DefaultRootObject ?? ''
  return {
    folder: folders && bucket !== undefined ? await indexDocument(aws, bucket) : undefined,
    root: folders && root !== '' ? root : undefined,
  }
}

/**
 * The paths of a distribution that what was asked for comes to.
 *
 * @param othersToo - a key that the distribution doesn't serve comes to none
 * @throws CtlError of kind `usage` for a key that the distribution doesn't serve, or that no path names
 */
export function pathsOf(
  asked: Asked,
  distribution: LiveDistribution,
  defaults: DefaultObjects,
  othersToo = false,
): InvalidationPaths[] {
  const keys = asked.kind === 'key' ? servedKeys(asked, distribution, othersToo) : []
  const named = asked.kind === 'key' ? keys.map(pathsOfKey) : [pathsOfUrl(asked.path)]
  const urls = asked.kind === 'key' ? keys.map((key) => encodePath(`/${key}`)) : [asked.path]
  return [...named, ...urls.flatMap((url) => foldersOf(url, defaults)).map(pathsOfUrl)]
}

/** What a key is below the origin's path, which viewers never see. */
function servedKeys(
  { bucket, key, target }: Asked & { kind: 'key' },
  { id, config }: LiveDistribution,
  othersToo: boolean,
): string[] {
  const folders = (config.Origins?.Items ?? [])
    .filter(({ DomainName }) => isHostOf(bucket, DomainName ?? ''))
    .map(({ OriginPath }) => (OriginPath ?? '').replace(/^\//, '').replace(/(?<=.)$/, '/'))
  const keys = [...new Set(folders)].flatMap((folder) => {
    if (key.startsWith(folder)) return key.slice(folder.length)
    const all = key === '' || /[*/]$/.test(key)
    return all && folder.startsWith(key.replace(/\*$/, '')) ? '' : []
  })
  if (keys.length > 0 || othersToo) return keys
  throw new CtlError('usage', `cf://${id} does not serve ${target}/${key}, only what is in ${folders.join(' or ')}.`)
}

function foldersOf(url: string, { folder, root }: DefaultObjects): string[] {
  const path = url.startsWith('/') ? url : `/${url}`
  if (root !== undefined && path === `/${root}`) return ['/']
  const index = folder === undefined ? undefined : `/${encodePath(folder)}`
  return index !== undefined && path.endsWith(index) ? [path.slice(0, 1 - index.length)] : []
}
