/** A small repository, made right. */
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'

import { GetObjectTaggingCommand, HeadObjectCommand, S3Client } from '@aws-sdk/client-s3'

import { explainError } from '../../src/aws/denial.ts'
import { CtlError } from '../../src/errors.ts'
import { cacheControl } from '../../src/repositories/cache-control.ts'
import { aptRepository } from '../demo-repository.ts'
import { carried, repository } from './objects.ts'
import type { Live } from './place.ts'

export async function reindex(live: Live): Promise<void> {
  const report = join(live.folder, 'reindex.json')
  const command = ['reindex-everything', '--prefix', repository, '--report', report]
  await live.pcCtl(...command)
  await lookAtPackage(live)
  await live.pcCtl(...command)
  const again = await readFile(report, 'utf8')
  const { total } = JSON.parse(again) as { total: { rewritten: number } }
  if (total.rewritten !== 0) throw new CtlError('failed', `The second run put ${total.rewritten} objects right again.`)
}

/** What the copy has kept of what somebody else put there. */
async function lookAtPackage({ aws, region, bucket, findings }: Live): Promise<void> {
  const s3 = aws.client(S3Client, region)
  const object = { Bucket: bucket, Key: aptRepository(repository).debKey }
  try {
    const head = await s3.send(new HeadObjectCommand(object))
    const { TagSet = [] } = await s3.send(new GetObjectTaggingCommand(object))
    const { Key, Value } = carried.tag
    const lost = [
      head.CacheControl === cacheControl.package ? [] : [`Cache-Control ${head.CacheControl ?? 'none'}`],
      head.ContentType === 'application/vnd.debian.binary-package'
        ? []
        : [`Content-Type ${head.ContentType ?? 'none'}`],
      head.Metadata?.['origin'] === carried.metadata.origin ? [] : ['metadata lost'],
      TagSet.some((tag) => tag.Key === Key && tag.Value === Value) ? [] : ['tags lost'],
    ].flat()
    const seen = lost.length === 0 ? 'new Cache-Control, the rest as before' : lost.join(', ')
    findings.note('A32', seen, lost.length === 0)
  } catch (error) {
    throw explainError(error, 'Look at what was reindexed')
  }
}
