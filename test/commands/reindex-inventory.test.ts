import { createHash } from 'node:crypto'
import { gzipSync } from 'node:zlib'

import { CreateBucketCommand, PutObjectCommand } from '@aws-sdk/client-s3'
import { expect } from 'chai'

import { fillBucket, objects } from '../reindex/bucket-under-test.ts'
import { resultOf } from '../support/json-document.ts'
import { bucket, withInstallation } from '../support/installation.ts'

const folder = `all/${bucket}/weekly`
const manifest = `s3://reports-example-org/${folder}/2026-11-28T01-00Z/manifest.json`

describe('pc-ctl reindex-everything --inventory', function () {
  this.timeout(60_000)

  it('divides the listing by an inventory, of which nothing has to be true any more', () =>
    withInstallation({}, async (place) => {
      const { s3 } = place.clients
      await fillBucket(s3, bucket)
      await s3.send(new CreateBucketCommand({ Bucket: 'reports-example-org' }))
      const put = (Key: string, Body: string | Buffer) =>
        s3.send(new PutObjectCommand({ Bucket: 'reports-example-org', Key, Body }))
      const rows = Array.from({ length: 45_000 }, (_row, index) => `"${bucket}","el/9/long-gone/${index}.rpm"\n`)
      const body = gzipSync(rows.join(''))
      const file = { key: `${folder}/data/1.csv.gz`, size: body.length }
      await put(file.key, body)
      const told = {
        ...{ sourceBucket: bucket, destinationBucket: 'arn:aws:s3:::reports-example-org', fileFormat: 'CSV' },
        ...{ creationTimestamp: '1795827600000', fileSchema: 'Bucket, Key' },
        files: [{ ...file, MD5checksum: createHash('md5').update(body).digest('hex') }],
      }
      await put(`${folder}/2026-11-28T01-00Z/manifest.json`, JSON.stringify(told))

      const run = ['reindex-everything', '--list', '--inventory', manifest]
      const listed = await place.run(run)
      expect(listed.stderr).to.contain('Read the inventory: 45,000 objects on 2026-11-28: 4 ranges to list')
      expect(listed.stdout).to.contain(`${objects.length + 1} objects in ${bucket}`)
      const report = resultOf(await place.succeed([...run, '--json'])) as { objects: number }
      expect(report.objects).to.equal(objects.length + 1)

      const refused = await place.run([...run, '--bucket', 'reports-example-org'])
      expect([refused.code, refused.stderr]).to.deep.equal([2, refused.stderr])
      expect(refused.stderr).to.contain(`of the bucket "${bucket}", and not of reports-example-org`)
      const mistyped = await place.run(['reindex-everything', '--inventory', 's3://reports-example-org/x.csv.gz'])
      expect([mistyped.code, mistyped.stdout]).to.deep.equal([2, ''])
      expect(mistyped.stderr).to.contain('There is no manifest of an inventory')

      const policy = await place.succeed(['permissions', 'audit', '--inventory', manifest])
      expect(policy).to.contain(`arn:aws:s3:::reports-example-org/${folder}/*`)
    }))
})
