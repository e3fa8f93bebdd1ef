/** Which inventory is meant: the manifest of one that S3 has written, wherever that lies. */
import { CtlError } from '../../errors.ts'
import type { Line } from '../../text.ts'

export interface InventoryPlace {
  /** As it was typed. */
  readonly word: string
  readonly bucket: string
  readonly key: string
}

/** @throws CtlError (usage) where it is no manifest's place */
export function readInventoryPlace(word: string): InventoryPlace {
  const [, bucket = '', key = ''] = /^s3:\/\/([^/]+)\/(.+)$/is.exec(word) ?? []
  if (bucket !== '' && /(^|\/)manifest\.json$/.test(key)) return { word, bucket, key }
  throw new CtlError('usage', `There is no manifest of an inventory at "${word}".`, {
    hint: 'S3 writes it as s3://BUCKET/PREFIX/SOURCE-BUCKET/CONFIG-ID/YYYY-MM-DDTHH-MMZ/manifest.json, beside a manifest.checksum.',
  })
}

/**
 * What of the bucket has to be read. The files lie beside the folders of the manifests; where a manifest lies elsewhere,
 * all may be of it.
 */
export function objectsOf({ key }: Pick<InventoryPlace, 'key'>): string {
  const folders = key.split('/').slice(0, -2)
  return [...folders, '*'].join('/')
}

/**
 * An inventory that can't be used. Nothing depends on it but how soon the listing is done.
 *
 * @param failure - `usage` where another one has to be named
 */
export const unusable = (
  { word }: Pick<InventoryPlace, 'word'>,
  why: string,
  {
    failure = 'failed',
    hint = [],
    cause,
  }: { failure?: 'failed' | 'usage'; hint?: readonly Line[]; cause?: unknown } = {},
): CtlError =>
  new CtlError(failure, `The inventory ${word} can't be used: ${why}.`, {
    hint: [...hint, 'Without --inventory the same is done: it only tells where the listing is best divided.'],
    code: 'InventoryUnusable',
    ...(cause === undefined ? {} : { cause }),
  })
