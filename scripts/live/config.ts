/** The packagecloud.rb of a run. Keys are not in it: they come from where AWS's own tools have them. */
import { mkdir, readFile, rename, writeFile } from 'node:fs/promises'

import type { Live } from './place.ts'

/** Writes one that names the bucket; what is there already, with the secret in it, is kept. */
export async function writeConfig({ folder, config, bucket, region }: Live): Promise<void> {
  await mkdir(folder, { recursive: true, mode: 0o700 })
  const there = await readFile(config, 'utf8').catch(() => undefined)
  if (there !== undefined) return
  const lines = [
    "external_url 'https://packages.example.org'",
    `packagecloud_rails['s3_bucket'] = '${bucket}'`,
    `packagecloud_rails['aws_region'] = '${region}'`,
  ]
  await writeFile(`${config}.new`, `${lines.join('\n')}\n`, { mode: 0o600 })
  await rename(`${config}.new`, config)
}
