/**
 * `changed` of the document that `--json` prints, held against what the embedded AWS was told to write, packagecloud.rb
 * and the calls of packagecloud-ctl.
 */
import { chmod, readFile, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'

import { expect } from 'chai'

import { assertDocument } from '../support/json-document.ts'
import { bucket, type Installation, install, nameOfCall } from '../support/installation.ts'
import { fillBucket } from '../reindex/bucket-under-test.ts'

/** What a run told, and what came of it. */
interface Told {
  readonly code: number
  readonly changed: boolean
  /** Calls that wrote, without those for the lock of a bucket; what was run; the file, if that was written. */
  readonly written: readonly string[]
}

describe('changed, of --json', function () {
  this.timeout(120_000)
  let place: Installation
  let ctl = ''
  beforeEach(async () => {
    place = await install({ timing: { deploy: 0 } })
    ctl = join(place.folder, 'packagecloud-ctl')
    await writeFile(ctl, `#!/bin/sh\necho "packagecloud-ctl $*" >> '${ctl}.calls'\n`)
    await chmod(ctl, 0o755)
  })
  afterEach(() => place.close())

  const run = async (...args: string[]): Promise<Told> => {
    const last = place.sandbox.calls.list().at(-1)?.number ?? 0
    const before = await readFile(place.config, 'utf8')
    await rm(`${ctl}.calls`, { force: true })
    const { stdout, stderr, code } = await place.run([...args, '--json'], { env: { PC_CTL_PACKAGECLOUD_CTL: ctl } })
    const { changed } = assertDocument(stdout) as { changed: boolean }
    const inAws = place.sandbox.calls
      .list(({ number, changing, resource = '' }) => changing && number > last && !resource.includes('/.pc-ctl/'))
      // One that was answered by nobody has been carried out here.
      .filter(({ status = 200 }) => status < 300)
      .map(nameOfCall)
    const run = await readFile(`${ctl}.calls`, 'utf8').catch(() => '')
    const file = (await readFile(place.config, 'utf8')) === before ? [] : ['packagecloud.rb']
    const written = [...inAws, ...run.split('\n').slice(0, -1), ...file]
    expect(changed, `${args.join(' ')}: ${written.join(', ') || 'nothing written'}\n${stderr}`).to.equal(
      written.length > 0,
    )
    return { code, changed, written }
  }
  /** Shown, done, and done again. */
  const thrice = async (args: readonly string[], dryRun = '--dry-run'): Promise<boolean[]> => {
    const told = [await run(...args, dryRun), await run(...args), await run(...args)]
    expect(told.map(({ code }) => code)).to.deep.equal([0, 0, 0])
    return told.map(({ changed }) => changed)
  }
  const once = [false, true, false]

  it('is true where the runbook has written, and not where it has nothing to do', async () => {
    expect(await thrice(['bootstrap-cloudfront'])).to.deep.equal(once)
    const next = await place.bootstrap()
    expect(await thrice(next)).to.deep.equal(once)
    for (const look of ['status', 'permissions', 'show-config', 'costs', 'cflist']) {
      expect((await run(look)).changed, look).to.equal(false)
    }
  })

  it('is true of a run that failed behind its first write, and not of one that wrote nothing', async () => {
    place.sandbox.faults.add('s3:PutObject:*:before:AccessDenied')
    expect(await run('put', place.config, `s3://${bucket}/`)).to.include({ code: 5, changed: false })
    place.sandbox.faults.clear()
    place.sandbox.faults.add('lambda:CreateFunction:*:before:AccessDenied')
    expect(await run('bootstrap-cloudfront')).to.include({ code: 5, changed: true })
    place.sandbox.faults.clear()
    expect(await run('bootstrap-cloudfront')).to.include({ code: 0, changed: true })
  })

  it('is true where the answer to a write was lost, but not the write', async () => {
    place.sandbox.faults.add('kms:CreateAlias:1:after:drop')
    expect(await run('bootstrap-cloudfront')).to.include({ code: 0, changed: true })
  })

  it('is true where objects were rewritten: the lock of a run alone is no change', async () => {
    await fillBucket(place.clients.s3, bucket)
    const reindex = ['reindex-everything', '--attributes-only']
    expect(await thrice(reindex)).to.deep.equal(once)
    expect((await run('audit-cache-control', '--full')).changed).to.equal(false)
    expect(await run(...reindex, '--prefix', 'nothing/')).to.include({ code: 2, changed: false })
    await place.put('apt/pool/late_1.0.deb', 'late')
    place.sandbox.faults.add('s3:CopyObject:*:before:AccessDenied')
    expect((await run(...reindex)).changed).to.equal(false)
  })

  it('is true of what s3cmd has too, each time that it writes', async () => {
    const file = join(place.folder, 'a.deb')
    await writeFile(file, 'a')
    // Whoever uploads again writes again.
    expect(await thrice(['put', file, `s3://${bucket}/a.deb`])).to.deep.equal([false, true, true])
    expect(await run('put', file, join(place.folder, 'none.deb'), `s3://${bucket}/`)).to.include({
      code: 2,
      changed: false,
    })
    expect(await thrice(['cfcreate', `s3://${bucket}`])).to.deep.equal(once)
    expect(await thrice(['cfmodify', `s3://${bucket}`, '--comment', 'another one'])).to.deep.equal(once)
    expect(await thrice(['cfinval', `s3://${bucket}/a.deb`])).to.deep.equal([false, true, true])
    expect(await thrice(['cfremove', `s3://${bucket}`, '--if-exists', '--yes'])).to.deep.equal(once)
  })

  it('is true where packagecloud.rb was written', async () => {
    await place.paste("packagecloud_rails['cloudfront_enabled'] = true\n")
    const words = ['disable-cloudfront', '--write-config', '--yes'] as const
    expect((await run(...words)).written).to.deep.equal(['packagecloud.rb'])
    expect((await run(...words)).changed).to.equal(false)
    const secret = ['generate-cloudfront-secret', '--force', '--write-config', '--yes'] as const
    expect((await run(...secret)).written).to.deep.equal(['packagecloud.rb'])
    expect((await run('generate-cloudfront-secret', '--force')).changed).to.equal(false)
  })

  it('is true where packagecloud-ctl was run, and not where it was only shown or refused', async () => {
    for (const command of ['reconfigure', 'restart']) {
      expect(await run(command, '--dry-run'), command).to.deep.include({ code: 0, written: [] })
      expect((await run(command)).written, command).to.deep.equal([`packagecloud-ctl ${command}`])
    }
    await place.paste('packagecloud_rails[\n')
    expect((await run('restart')).code).to.equal(3)
  })

  it('is true of what goes through the runbook at once, as long as there is something to do', async () => {
    const enable = ['enable-cloudfront', '--write-config', '--yes'] as const
    expect((await run(...enable, '--dry-run')).written).to.deep.equal([])
    expect((await run(...enable)).written).to.include.members([
      'cloudfront:CreateDistributionWithTags',
      'packagecloud-ctl restart',
      'packagecloud.rb',
    ])
    expect(await run(...enable)).to.deep.equal({ code: 0, changed: false, written: [] })

    expect(await run('invalidate', '/a', '--dry-run')).to.include({ code: 0, changed: false })
    expect((await run('invalidate', '/a')).written).to.deep.equal(['cloudfront:CreateInvalidation'])

    const rotate = ['rotate-cloudfront-secret', '--write-config', '--yes'] as const
    expect((await run(...rotate, '--dry-run')).written).to.deep.equal([])
    expect((await run(...rotate)).written).to.include.members(['lambda:UpdateFunctionCode', 'packagecloud.rb'])
    expect((await run(...rotate)).written).to.deep.equal([])
  })
})
