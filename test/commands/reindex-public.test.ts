import {
  DeletePublicAccessBlockCommand,
  GetObjectCommand,
  PutBucketOwnershipControlsCommand,
  PutObjectCommand,
  PutPublicAccessBlockCommand,
} from '@aws-sdk/client-s3'
import { expect } from 'chai'

import { resultOf } from '../support/json-document.ts'
import type { Report } from '../../src/reindex/report.ts'
import { bucket, type Installation, install } from '../support/installation.ts'
import { deb } from '../repositories/apt/packages-made.ts'

describe('pc-ctl reindex-everything, public repositories behind Block Public Access', function () {
  this.timeout(60_000)
  let place: Installation
  before(async () => {
    place = await install()
  })
  after(() => place.close())

  const put = (Key: string, Body: Uint8Array | string, ACL: 'public-read' | 'private'): Promise<unknown> =>
    place.clients.s3.send(new PutObjectCommand({ Bucket: bucket, Key, Body, ACL }))
  const fill = async (root: string, acl: 'public-read' | 'private'): Promise<void> => {
    await put(`${root}Packages`, '', acl)
    await put(`${root}Release`, 'Suite: flat\nDate: Thu, 01 Jan 2026 00:00:00 UTC\n', acl)
    await put(`${root}hello_1.0_amd64.deb`, deb(), acl)
  }

  it('leaves one that would become private, says so, and goes on with the others', async () => {
    const { s3 } = place.clients
    const OwnershipControls = { Rules: [{ ObjectOwnership: 'ObjectWriter' as const }] }
    await s3.send(new PutBucketOwnershipControlsCommand({ Bucket: bucket, OwnershipControls }))
    await s3.send(new DeletePublicAccessBlockCommand({ Bucket: bucket }))
    await fill('open/', 'public-read')
    await fill('own/', 'private')
    const PublicAccessBlockConfiguration = { BlockPublicAcls: true }
    await s3.send(new PutPublicAccessBlockCommand({ Bucket: bucket, PublicAccessBlockConfiguration }))
    const { code, stdout, stderr } = await place.run(['reindex-everything', '--json'])
    expect(code, stdout + stderr).to.equal(1)
    const { indexes, skipped } = resultOf(stdout) as Report
    const byRoot = new Map(indexes.map((index) => [index.root, index]))
    expect(byRoot.get('own/')).to.include({ outcome: 'written', packages: 1 })
    expect(byRoot.get('open/')).to.include({ outcome: 'failed' })
    expect(byRoot.get('open/')?.why).to.contain('open to the public by a grant')
    expect(byRoot.get('open/')?.todo).to.contain('turn ACLs off')
    expect(skipped.map(({ objects }) => objects)).to.deep.equal([3])
    const { Body } = await s3.send(new GetObjectCommand({ Bucket: bucket, Key: 'open/Packages' }))
    expect(await Body?.transformToString()).to.equal('')
  })
})
