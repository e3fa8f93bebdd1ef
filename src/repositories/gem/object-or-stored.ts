import type { IndexInput, IndexObject, StoredObject } from '../format.ts'
import { indexObject } from '../index-object.ts'
import type { OldGems } from './old-indexes.ts'

/** Of what is there already as it should be, nothing is kept in memory: should it have to be written, it is read. */
export function objectOrStored(
  { repository, old }: IndexInput<OldGems>,
  key: string,
  bytes: Uint8Array,
  about: { readonly contentType: string },
): IndexObject {
  const made = indexObject(key, bytes, about)
  const there: StoredObject | undefined = old.stored.get(key)
  if (there?.size !== made.size || there.etag !== made.md5) return made
  const again = async (): Promise<Uint8Array> => (await repository.read(key)) ?? new Uint8Array()
  return indexObject(key, bytes, { ...about, md5: made.md5, again })
}
