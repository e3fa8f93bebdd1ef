import { PutBucketWebsiteCommand, PutObjectCommand } from '@aws-sdk/client-s3'
import { expect } from 'chai'

import { resultOf } from '../support/json-document.ts'
import { bucket, install, type Installation, withInstallation } from '../support/installation.ts'
import { runQuickly } from '../support/run-here.ts'

interface Invalidations {
  invalidations: { uri: string; status: string; paths: string[]; reference: string }[]
}

describe('cfinval and cfinvalinfo', function () {
  this.timeout(60_000)
  let place: Installation
  let id = ''
  before(async () => {
    place = await install({ timing: { invalidation: 300 } })
    await place.succeed(['cfcreate', '--private', `s3://${bucket}`, '--wait'])
    id = /cf:\/\/(\w+)/.exec(await place.succeed(['cflist']))?.[1] ?? ''
  })
  after(() => place.close())
  afterEach(() => place.sandbox.faults.clear())

  const json = async (args: readonly string[]): Promise<Invalidations> =>
    resultOf(await place.succeed(['cfinval', ...args, '--json'])) as Invalidations
  const pathsOf = async (args: readonly string[]): Promise<string[]> =>
    (await json(args)).invalidations.flatMap(({ paths }) => paths)

  it('has all spellings of a key dropped, everything of a bucket, everything below a prefix', async () => {
    expect(await pathsOf([`s3://${bucket}/pool/a+b_1.deb`])).to.have.members(['/pool/a+b_1.deb', '/pool/a%2Bb_1.deb'])
    expect(await pathsOf([`s3://${bucket}`])).to.deep.equal(['/*'])
    expect(await pathsOf([`s3://${bucket}/pool/`])).to.deep.equal(['/pool/*'])
    expect(await pathsOf([`cf://${id}`, '/a', '/b*', `s3://${bucket}/c`])).to.have.members(['/a', '/b*', '/c'])
    expect(await pathsOf([id, '/a'])).to.deep.equal(['/a'])
  })

  it('makes one invalidation for each distribution, whatever names it', async () => {
    const { invalidations } = await json([`s3://${bucket}/a`, `cf://${id}`, 'b', 'dists/*', `s3://${bucket}/dists/x`])
    expect(invalidations).to.have.length(1)
    expect(invalidations[0]?.paths).to.have.members(['/a', '/b', '/dists/*'])
  })

  it("prints s3cmd's lines, with a hint that works, and cfinvalinfo prints its own", async () => {
    const made = await place.succeed(['cfinval', `s3://${bucket}/a`, `s3://${bucket}/b`, '--wait'])
    expect(made).to.match(
      new RegExp(
        `^URI: {12}s3://${bucket}/\nDistId: {9}${id}\nNr of paths: {4}2\nStatus: {9}Created\nRequestId: {6}I[A-Z0-9]+\n` +
          `Info: {11}Check progress with: pc-ctl cfinvalinfo cf://${id}/I[A-Z0-9]+\n$`,
      ),
    )
    const hint = /pc-ctl (cfinvalinfo .+)\n/.exec(made)?.[1]?.split(' ') ?? []
    expect(await place.succeed(hint)).to.match(
      new RegExp(
        `^URI: {12}${hint[1] ?? ''}\nStatus: {9}Completed\nCreated: {8}20\\S+Z\nNr of paths: {4}2\nReference: {6}pc-ctl-\\S+\n\n$`,
      ),
    )
    expect(await place.succeed([...hint, '--format', 'table'])).to.match(
      /^INVALIDATION .*\ncf:\/\/.* Completed .*\/a and 1 more\n$/,
    )
  })

  it('shows invalidations of a bucket, the newest first, page after page', async () => {
    const all = resultOf(await place.succeed(['cfinvalinfo', `s3://${bucket}`, '--json'])) as { created: string }[]
    expect(all.length).to.be.greaterThan(3)
    const two = resultOf(await place.succeed(['cfinvalinfo', id, '--limit', '2', '--json'])) as unknown[]
    expect(two).to.deep.equal(all.slice(0, 2))
    const created = all.map((one) => one.created)
    expect(created).to.deep.equal(created.toSorted().reverse())
    const unknown = await place.run(['cfinvalinfo', `cf://${id}/IUNKNOWN`])
    expect([unknown.code, unknown.stderr]).to.deep.equal([
      1,
      `Error: The invalidation cf://${id}/IUNKNOWN does not exist.\n  Those there are:\n    pc-ctl cfinvalinfo cf://${id}\n`,
    ])
  })

  it('invalidates nothing under --dry-run', async () => {
    let run = { stdout: '', stderr: '', code: 0 }
    const changes = await place.changes(async () => {
      run = await place.run(['cfinval', '-n', '--exit-code', `s3://${bucket}/hello_1~2.deb`])
    })
    expect(changes).to.deep.equal([])
    expect(run.code).to.equal(6)
    expect(run.stdout).to.match(new RegExp(`^\\+ cf://${id} \\(.+\\): 1 path\n {4}/hello_1\\*\n$`))
    expect(run.stderr).to.contain("CloudFront can't invalidate a path with ~: hello_1~2.deb becomes /hello_1*")
  })

  it('reads more from standard input', async () => {
    const input = `s3://${bucket}/one\ns3://${bucket}/two words\n`
    const { stdout, stderr, code } = await runQuickly(['cfinval', '-', '--json'], { env: place.env, input })
    expect(code, stderr).to.equal(0)
    expect((resultOf(stdout) as Invalidations).invalidations[0]?.paths).to.deep.equal(['/one', '/two%20words'])
    const windows = await runQuickly(['cfinval', '-', '--json', '-n'], {
      env: place.env,
      input: input.replaceAll('\n', '\r\n\r\n'),
    })
    expect(windows.code, windows.stderr).to.equal(0)
    expect(windows.stdout).not.to.contain('%0D')
    const empty = await place.run(['cfinval', 'cf://E1', ''])
    expect([empty.code, empty.stderr.includes('an empty path names nothing')], empty.stderr).to.deep.equal([2, true])
    const wrong = await runQuickly(['cfinval', '-'], { env: place.env, input: '\n/one\n' })
    expect([wrong.code, wrong.stderr.split('\n')[0]]).to.deep.equal([
      2,
      'Error: Line 2 of standard input: "/one" does not say which distribution it is a path of.',
    ])
  })

  it('refuses, before anything is asked of AWS, what makes no sense', async () => {
    for (const [args, says] of [
      [[`cf://${id}`], 'pc-ctl cfinval cf://' + id + " '/*'"],
      [[`cf://${id}/I1`, '/a'], 'names an invalidation that is there already'],
      [['/a'], 'does not say which distribution'],
      [[`s3://${bucket}/a*b`], 'a * that is not at its end'],
      [[], 'needs TARGET'],
    ] as const) {
      const { stderr, code } = await place.run(['cfinval', ...args])
      expect([code, stderr.includes(says)], stderr).to.deep.equal([2, true])
    }
  })

  it('says what it cannot find', async () => {
    const { stderr, code } = await place.run(['cfinval', 's3://nowhere-example-org/a'])
    expect(code).to.equal(1)
    expect(stderr).to.contain('No CloudFront distribution in this account serves s3://nowhere-example-org.')
  })

  it('makes no second one when the answer to its call is lost', async () => {
    place.sandbox.faults.add('cloudfront:CreateInvalidation:1:after:drop')
    const { invalidations } = await json([`s3://${bucket}/lost`])
    const all = resultOf(await place.succeed(['cfinvalinfo', id, '--json'])) as Invalidations['invalidations']
    const same = all.filter(({ paths }) => paths.includes('/lost'))
    expect(same.map(({ uri }) => uri)).to.deep.equal(invalidations.map(({ uri }) => uri))
    expect(same).to.have.length(1)
  })

  it('waits where the quota is used up, and says so', async () => {
    await place.succeed(['cfinval', '--wait', `s3://${bucket}/before`])
    place.sandbox.faults.add(
      'cloudfront:CreateInvalidation:1:code=TooManyInvalidationsInProgress,status=400,message=Too many',
    )
    const { stderr, code } = await place.run(['cfinval', `s3://${bucket}/full`])
    expect(code, stderr).to.equal(0)
    expect(stderr).to.contain(`waiting until invalidations of ${id} that are in progress are done`)
  })

  it('goes in batches where there are too many paths, or collapses them into one', async () => {
    const input = Array.from({ length: 3200 }, (_item, at) => `s3://${bucket}/pool/${at % 40}/p${at}\n`).join('')
    const batches = await runQuickly(['cfinval', '-', '--json', '--verbose'], { env: place.env, input })
    expect(batches.code, batches.stderr).to.equal(0)
    const { invalidations } = resultOf(batches.stdout) as Invalidations
    expect(invalidations.map(({ paths }) => paths.length)).to.deep.equal([3000, 200])
    expect(batches.stderr).to.contain('--collapse')
    const one = await runQuickly(['cfinval', '-', '--json', '--collapse', '--wait'], { env: place.env, input })
    expect(one.code, one.stderr).to.equal(0)
    const collapsed = (resultOf(one.stdout) as Invalidations).invalidations
    expect(collapsed).to.have.length(1)
    expect(collapsed[0]?.paths.length).to.be.within(2900, 3000)
    expect(one.stderr).to.match(/3200 paths of cf:\S+ are collapsed into \d+: \//)
  })

  it('has the folder dropped, too, whose index document is named', async () => {
    await place.clients.s3.send(
      new PutBucketWebsiteCommand({
        Bucket: bucket,
        WebsiteConfiguration: { IndexDocument: { Suffix: 'index.html' } },
      }),
    )
    await place.succeed(['cfremove', '--yes', `cf://${id}`])
    await place.succeed(['cfcreate', '--website', `s3://${bucket}`, '--cf-default-root-object', 'start.html'])
    expect(await pathsOf([`s3://${bucket}/docs/index.html`])).to.have.members(['/docs/', '/docs/index.html'])
    expect(await pathsOf([`s3://${bucket}/start.html`])).to.have.members(['/', '/start.html'])
    const alone = ['--cf-no-invalidate-default-index-root', '--cf-invalidate-default-index']
    expect(await pathsOf([...alone, `s3://${bucket}/docs/index.html`])).to.deep.equal(['/docs/index.html'])
  })
})

describe('what cfinval does at the edge', function () {
  this.timeout(60_000)

  it("drops what the function's encoding of a path is kept under, and nothing else", async () => {
    await withInstallation({}, async (place) => {
      await place.connect()
      const other = 'pool/other+1.0_all.deb'
      const key = 'pool/hello+world:1.0_all.deb'
      const look = async (wanted: string): Promise<string | null> => {
        const url = (await place.succeed(['sign-url', wanted])).trim()
        const answer = await fetch(url)
        await answer.text()
        return answer.headers.get('x-cache')
      }
      const fresh = { CacheControl: 'public, max-age=31536000, immutable' }
      for (const Key of [key, other]) {
        await place.clients.s3.send(new PutObjectCommand({ Bucket: bucket, Key, Body: Key, ...fresh }))
        expect(await look(Key)).to.equal('Miss from cloudfront')
        expect(await look(Key)).to.equal('Hit from cloudfront')
      }
      await place.succeed(['cfinval', '--wait', `s3://${bucket}/${key}`])
      expect(await look(other)).to.equal('Hit from cloudfront')
      expect(await look(key)).to.equal('Miss from cloudfront')
    })
  })
})
