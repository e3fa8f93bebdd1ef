import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'

import { RequestCertificateCommand } from '@aws-sdk/client-acm'
import {
  CreateBucketCommand,
  DeletePublicAccessBlockCommand,
  ListObjectsV2Command,
  PutBucketOwnershipControlsCommand,
} from '@aws-sdk/client-s3'
import { expect } from 'chai'

import { expectPlainTalk, install, type Installation } from '../support/installation.ts'

const site = 's3tools-test'

/** s3cmd's page about CloudFront, command by command, with pc-ctl in s3cmd's place. */
describe("the walk of s3cmd's page", function () {
  this.timeout(300_000)
  let place: Installation
  let id = ''
  let domain = ''
  before(async () => {
    place = await install({ region: 'eu-central-1', timing: { deploy: 1_500 } })
    const { s3 } = place.clients
    const elsewhere = { CreateBucketConfiguration: { LocationConstraint: 'eu-central-1' } } as const
    await s3.send(new CreateBucketCommand({ Bucket: site, ...elsewhere }))
    // As all buckets were when the page was written.
    const Rules = [{ ObjectOwnership: 'ObjectWriter' as const }]
    await s3.send(new PutBucketOwnershipControlsCommand({ Bucket: site, OwnershipControls: { Rules } }))
    await s3.send(new DeletePublicAccessBlockCommand({ Bucket: site }))
    await writeFile(join(place.folder, 'logo.jpg'), 'a logo')
  })
  after(() => place.close())

  /** What a command of the page prints; each must end with exit code 0, as those of s3cmd do not. */
  const walk = async (line: string): Promise<string> => {
    const { stdout, stderr, code } = await place.run(line.split(' '))
    expect(code, `${line}\n${stderr}`).to.equal(0)
    expectPlainTalk(stderr)
    return stdout
  }
  const label = (text: string, name: string): string | undefined =>
    new RegExp(`^${`${name}:`.padEnd(15)} (.*)$`, 'm').exec(text)?.[1]

  it('put --acl-public: accessible to anyone over HTTP', async () => {
    const printed = await walk(`put --acl-public logo.jpg s3://${site}/example/logo.png`)
    expect(printed).to.contain(`upload: 'logo.jpg' -> 's3://${site}/example/logo.png'`)
    const url = /^Public URL of the object is: (\S+)$/m.exec(printed)?.[1] ?? ''
    expect(await (await fetch(url)).text()).to.equal('a logo')
  })

  it('cfcreate: a distribution id in the form of a URI, and a canonical hostname', async () => {
    const printed = await walk(`cfcreate s3://${site}`)
    expect(printed).to.match(/^Distribution created:\nOrigin: {9}s3:\/\/s3tools-test\/\n/)
    id = /cf:\/\/(\w+)/.exec(label(printed, 'DistId') ?? '')?.[1] ?? ''
    domain = label(printed, 'DomainName') ?? ''
    expect([label(printed, 'Enabled'), id, domain]).not.to.include('')
    expect(label(printed, 'Enabled')).to.equal('True')
  })

  it('cfinfo, until it is deployed', async () => {
    await until('Deployed', 'True')
  })

  it('logo.png accessed through the CDN', async () => {
    const answer = await fetch(`http://${domain}/example/logo.png`)
    expect([answer.status, answer.headers.get('content-type'), await answer.text()]).to.deep.equal([
      200,
      'image/jpeg',
      'a logo',
    ])
    const again = await fetch(`http://${domain}/example/logo.png`)
    expect(again.headers.get('x-cache')).to.equal('Hit from cloudfront')
    await again.text()
  })

  it('a new logo, once the old one is invalidated', async () => {
    await writeFile(join(place.folder, 'logo.jpg'), 'a new logo')
    await walk(`put --acl-public logo.jpg s3://${site}/example/logo.png`)
    expect(await (await fetch(`http://${domain}/example/logo.png`)).text()).to.equal('a logo')
    const printed = await walk(`cfinval --wait s3://${site}/example/logo.png`)
    expect(label(printed, 'Status')).to.equal('Created')
    expect(await (await fetch(`http://${domain}/example/logo.png`)).text()).to.equal('a new logo')
    const info = /pc-ctl (cfinvalinfo \S+)/.exec(label(printed, 'Info') ?? '')?.[1] ?? ''
    expect(label(await walk(info), 'Status')).to.equal('Completed')
  })

  it('cfmodify --cf-add-cname: a DNS alias', async () => {
    await place.clients.acm.send(new RequestCertificateCommand({ DomainName: '*.example.org' }))
    const printed = await walk(`cfmodify --cf-add-cname cdn.example.org cf://${id}`)
    expect(printed).to.match(new RegExp(`^Distribution modified: cf://${id}\n`))
    expect(label(printed, 'CNAMEs')).to.equal('cdn.example.org')
    expect(label(await walk(`cfinfo cf://${id}`), 'CNAMEs')).to.equal('cdn.example.org')
    await until('Deployed', 'True')
  })

  it('cfmodify --disable, then coffee, then cfinfo says Enabled: False and Status: Deployed', async () => {
    expect(label(await walk(`cfmodify --disable cf://${id}`), 'Enabled')).to.equal('False')
    await until('Deployed', 'False')
  })

  it('cfremove: succeeds immediately, and leaves the bucket as it is', async () => {
    const begun = Date.now()
    expect(await walk(`cfremove --yes cf://${id}`)).to.equal(`Distribution cf://${id} deleted\n`)
    expect(Date.now() - begun).to.be.lessThan(10_000)
    expect((await place.run(['cfinfo', `cf://${id}`])).code).to.equal(1)
    const { KeyCount } = await place.clients.s3.send(new ListObjectsV2Command({ Bucket: site }))
    expect(KeyCount).to.equal(1)
  })

  async function until(status: string, enabled: string): Promise<void> {
    for (;;) {
      const printed = await walk(`cfinfo cf://${id}`)
      expect(label(printed, 'Enabled')).to.equal(enabled)
      if (label(printed, 'Status') === status) return
      await new Promise((resolve) => setTimeout(resolve, 300))
    }
  }
})
