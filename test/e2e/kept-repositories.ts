import { mkdtemp, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

import { fillRepositories, makeKey } from '../reindex/repositories-under-test.ts'
import { bucket, install, type Kept } from '../support/installation.ts'

/** An installation whose bucket has repositories of all kinds, to be gone on from; with the key that signs them, in `key.asc`. */
export async function keepRepositories(
  options?: Parameters<typeof install>[0],
): Promise<{ readonly kept: Kept; readonly key: Awaited<ReturnType<typeof makeKey>> }> {
  const key = await makeKey()
  const folder = await mkdtemp(join(tmpdir(), 'pc-ctl-killed-'))
  const place = await install(options)
  try {
    await fillRepositories(place.clients.s3, bucket, key.signer)
    await writeFile(join(place.folder, 'key.asc'), key.armored)
  } finally {
    await place.close(folder)
  }
  return { kept: { folder, next: [] }, key }
}
