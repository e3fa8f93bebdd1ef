import { execFile, spawnSync } from 'node:child_process'
import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'

import { RequestCertificateCommand } from '@aws-sdk/client-acm'
import { type DistributionConfig, GetDistributionCommand } from '@aws-sdk/client-cloudfront'
import {
  CreateBucketCommand,
  DeletePublicAccessBlockCommand,
  GetObjectAclCommand,
  HeadObjectCommand,
  PutBucketOwnershipControlsCommand,
} from '@aws-sdk/client-s3'
import { expect } from 'chai'

import { resultOf } from '../support/json-document.ts'
import { type OldApi, startOldApi } from './cloudfront-2010.ts'
import { bucket, install, type Installation } from '../support/installation.ts'

interface Ended {
  readonly stdout: string
  readonly stderr: string
  readonly code: number
}

/** A distribution goes on from InProgress between two looks; the label stays. */
const steady = (text: string): string => text.replace(/^(Status: ).*$/gm, '$1')

const works = (program: string, ...args: string[]): boolean => spawnSync(program, args).status === 0
const installed = works('s3cmd', '--version') && works('openssl', 'version')

/**
 * Both programs are given the same words and look at the same distribution: pc-ctl by today's API, s3cmd by that of
 * 2010, whose changes are noted down and compared with what pc-ctl has made of them.
 */
describe('s3cmd and pc-ctl, side by side', function () {
  this.timeout(300_000)
  let place: Installation
  let old: OldApi
  let id = ''

  before(async function () {
    if (!installed) this.skip()
    place = await install({ region: 'us-east-1' })
    const { s3, acm } = place.clients
    const Rules = [{ ObjectOwnership: 'BucketOwnerPreferred' as const }]
    await s3.send(new CreateBucketCommand({ Bucket: 'logs-example-org' }))
    for (const Bucket of [bucket, 'logs-example-org']) {
      await s3.send(new PutBucketOwnershipControlsCommand({ Bucket, OwnershipControls: { Rules } }))
      await s3.send(new DeletePublicAccessBlockCommand({ Bucket }))
    }
    await acm.send(new RequestCertificateCommand({ DomainName: '*.example.org' }))
    await writeFile(join(place.folder, 'logo.jpg'), 'a logo')
    old = await startOldApi(place.clients.cloudfront, await certificate(place.folder))
    await writeFile(join(place.folder, 's3cfg'), s3cmdConfig(place, place.sandbox.endpoint.replace('http://', '')))
    await writeFile(join(place.folder, 'cfcfg'), s3cmdConfig(place, 's3.amazonaws.com', old))
  })
  after(async () => {
    // Not begun where the tests are skipped.
    await (old as OldApi | undefined)?.close()
    await (place as Installation | undefined)?.close()
  })

  const s3cmd = (words: readonly string[]): Promise<Ended> =>
    new Promise((resolve) => {
      const env = { PATH: process.env['PATH'], HOME: place.folder, LC_ALL: 'C.UTF-8', TZ: 'UTC' }
      const args = ['-c', join(place.folder, words[0] === 'put' ? 's3cfg' : 'cfcfg'), ...words]
      execFile('s3cmd', args, { cwd: place.folder, env }, (error, stdout, stderr) => {
        resolve({ stdout, stderr, code: typeof error?.code === 'number' ? error.code : 0 })
      })
    })
  const both = async (...words: string[]): Promise<{ theirs: Ended; ours: Ended }> => {
    const ours = await place.run(words)
    expect(ours.code, ours.stderr).to.equal(0)
    return { ours, theirs: await s3cmd(words) }
  }
  const labels = (text: string): string[] => text.split('\n').map((line) => /^[^:]*:?/.exec(line)?.[0] ?? '')
  const config = async (): Promise<DistributionConfig | undefined> =>
    (await place.clients.cloudfront.send(new GetDistributionCommand({ Id: id }))).Distribution?.DistributionConfig

  it('cfcreate: the same arguments mean the same, and the same lines are printed', async () => {
    const { ours, theirs } = await both(
      'cfcreate',
      ...['--cf-add-cname', 'one.example.org', '--cf-add-cname=Two.example.org', '--cf-comment', 'a <comment>'],
      ...['--cf-default-root-object', 'index.html', '--access-logging-target-prefix', 's3://logs-example-org/cf/'],
      `s3://${bucket}`,
    )
    id = /cf:\/\/(\w+)/.exec(ours.stdout)?.[1] ?? ''
    expect(labels(ours.stdout)).to.deep.equal(labels(theirs.stdout))
    expect(steady(ours.stdout)).to.equal(steady(theirs.stdout))
    expect(sameAsSent(await config())).to.deep.equal(readSent(old.sent.at(-1)?.body))
  })

  it('cflist, cfinfo, cfinfo cf://, cfinfo s3://: line for line', async () => {
    for (const words of [['cflist'], ['cfinfo'], ['cfinfo', `cf://${id}`], ['cfinfo', `s3://${bucket}`]]) {
      const { ours, theirs } = await both(...words)
      expect(steady(ours.stdout), words.join(' ')).to.equal(steady(theirs.stdout))
    }
  })

  for (const words of [
    ['--cf-add-cname', 'three.example.org'],
    ['--cf-remove-cname', 'one.example.org', '--cf-remove-cname', 'three.example.org'],
    ['--disable', '--cf-comment', 'out of use'],
    ['--enable', '--cf-default-root-object=start.html'],
    ['--no-access-logging'],
    ['--access-logging-target-prefix', 's3://logs-example-org/again/'],
  ]) {
    it(`cfmodify ${words.join(' ')}: the same change`, async () => {
      // s3cmd is first: the change is taken down, and then made by pc-ctl.
      const theirs = await s3cmd(['cfmodify', ...words, `cf://${id}`])
      const ours = await place.run(['cfmodify', ...words, `cf://${id}`])
      expect(ours.code, ours.stderr).to.equal(0)
      expect(old.sent.at(-1)?.method).to.equal('PUT')
      expect(sameAsSent(await config())).to.deep.equal(readSent(old.sent.at(-1)?.body))
      expect(labels(ours.stdout)).to.deep.equal(labels(theirs.stdout))
      const again = await place.run(['cfmodify', ...words, `cf://${id}`])
      expect(steady(again.stdout)).to.equal(steady((await s3cmd(['cfmodify', ...words, `cf://${id}`])).stdout))
    })
  }

  it('cfinvalinfo: line for line', async () => {
    for (const key of ['one', 'two', 'three/']) {
      await place.succeed(['cfinval', '--wait', `s3://${bucket}/${key}`, `s3://${bucket}/another`])
    }
    for (const target of [`cf://${id}`, `s3://${bucket}`]) {
      const { ours, theirs } = await both('cfinvalinfo', target)
      expect(ours.stdout).to.equal(theirs.stdout)
      expect(ours.stdout.match(/^Status: {9}Completed$/gm)).to.have.length(3)
    }
  })

  it('cfinval: the same lines, where s3cmd has it (since 2.4)', async function () {
    if (!/^\s*s3cmd cfinval /m.test((await s3cmd(['--help'])).stdout)) this.skip()
    // Without that option it asks S3 itself for the bucket's website.
    const words = ['cfinval', `s3://${bucket}/one`, `s3://${bucket}/two/`, '--cf-no-invalidate-default-index-root']
    const { ours, theirs } = await both(...words)
    expect(ours.stdout.replace('pc-ctl cfinvalinfo cf://', 's3cmd cfinvalinfo ')).to.equal(theirs.stdout)
    const paths = [...(old.sent.at(-1)?.body ?? '').matchAll(/<Path>([^<]*)<\/Path>/g)].map(([, path = '']) => path)
    const made = /cf:\/\/\S+/.exec(ours.stdout)?.[0] ?? ''
    const [mine] = resultOf(await place.succeed(['cfinvalinfo', made, '--json'])) as { paths: string[] }[]
    expect(mine?.paths).to.have.members(paths)
  })

  it('put: the same arguments put the same object, readable by the same people', async () => {
    const cases: readonly (readonly string[])[] = [
      ['logo.jpg', `s3://${bucket}/example/logo.png`],
      ['--acl-public', 'logo.jpg', `s3://${bucket}`],
      ['-P', '-m', 'image/x-logo', 'logo.jpg', `s3://${bucket}/in/`],
      ['--add-header', 'Cache-Control: max-age=60', '--acl-private', 'logo.jpg', `s3://${bucket}/x`],
    ]
    for (const words of cases) {
      const ours = await place.run(['put', ...words])
      const [, uri = '', key = ''] = /-> '(s3:\/\/[^/]+\/([^']+))'/.exec(ours.stdout) ?? []
      const mine = await look(key)
      const theirs = await s3cmd(['put', '--no-mime-magic', ...words])
      expect([ours.code, theirs.code], theirs.stderr).to.deep.equal([0, 0])
      expect(theirs.stdout).to.contain(`'logo.jpg' -> '${uri}'`)
      expect(await look(key)).to.deep.equal(mine)
      expect(theirs.stdout.includes('Public URL of the object is: ')).to.equal(
        words.some((word) => /^(-P|--acl-public)$/.test(word)),
      )
      expect(ours.stdout.includes('Public URL of the object is: ')).to.equal(theirs.stdout.includes('Public URL'))
    }
  })

  it('put --dry-run, and what put refuses: the same', async () => {
    const dry = await both('put', '-n', 'logo.jpg', `s3://${bucket}/in/`)
    expect(dry.ours.stdout).to.equal(`+ ${dry.theirs.stdout}`)
    for (const words of [
      ['put', 'logo.jpg', 's3cfg', `s3://${bucket}/one`],
      ['put', 'logo.jpg'],
      ['put', '-', `s3://${bucket}/in/`],
      ['cfcreate', `s3://${bucket}/key`],
      ['cfcreate', 's3://Upper_Case'],
      ['cfmodify', '--enable', `cf://${id}`, `s3://${bucket}`],
      ['cfinfo', 'file.txt'],
    ]) {
      const [ours, theirs] = [await place.run(words), await s3cmd(words)]
      expect(
        [ours.code, theirs.code].every((code) => code > 1),
        `${words.join(' ')}\n${ours.stderr}${theirs.stderr}`,
      ).to.equal(true)
    }
  })

  it('every CloudFront command and option of s3cmd exists', async () => {
    const { stdout: help } = await s3cmd(['--help'])
    const manifest = JSON.parse(await readFile(join(import.meta.dirname, '../../oclif.manifest.json'), 'utf8')) as {
      commands: Record<string, { aliases: string[]; flags: Record<string, { aliases?: string[] }> }>
    }
    const commands = Object.entries(manifest.commands)
    const known = new Set(commands.flatMap(([name, { aliases }]) => [name, ...aliases]))
    const flags = new Set(
      commands.flatMap(([, command]) =>
        Object.entries(command.flags).flatMap(([name, { aliases = [] }]) => [name, ...aliases]),
      ),
    )
    const theirCommands = [...help.matchAll(/^\s+s3cmd (cf\w+|put) /gm)].map(([, name = '']) => name)
    expect(theirCommands).to.include.members(['cflist', 'cfinfo', 'cfcreate', 'cfdelete', 'cfmodify', 'cfinvalinfo'])
    expect(theirCommands.filter((name) => !known.has(name))).to.deep.equal([])
    const theirFlags = [
      ...help.matchAll(/--((?:cf-|enable|disable|acl-p|mime|add-header|(?:no-)?access-logging)[\w-]*)/g),
    ]
    // `--cf-invalidate` belongs to sync, which pc-ctl doesn't have; put ignores it.
    const elsewhere = new Set(['disable-multipart', 'enable-multipart', 'cf-invalidate', 'cf-inval'])
    const missing = theirFlags.map(([, name = '']) => name).filter((name) => !flags.has(name) && !elsewhere.has(name))
    expect([...new Set(missing)]).to.deep.equal([])
  })

  async function look(Key: string): Promise<object> {
    const head = await place.clients.s3.send(new HeadObjectCommand({ Bucket: bucket, Key }))
    const { Grants = [] } = await place.clients.s3.send(new GetObjectAclCommand({ Bucket: bucket, Key }))
    return {
      type: head.ContentType,
      cacheControl: head.CacheControl,
      size: head.ContentLength,
      everybody: Grants.some(({ Grantee }) => Grantee?.URI?.endsWith('/AllUsers') === true),
    }
  }
})

/** What both programs can say about a distribution. */
interface Said {
  readonly aliases: readonly string[]
  readonly comment: string
  readonly enabled: boolean
  readonly root: string
  readonly log: string
}

const sameAsSent = (of: DistributionConfig | undefined): Said => ({
  aliases: [...(of?.Aliases?.Items ?? [])].sort(),
  comment: of?.Comment ?? '',
  enabled: of?.Enabled === true,
  root: of?.DefaultRootObject ?? '',
  log: of?.Logging?.Enabled === true ? `${of.Logging.Bucket ?? ''}/${of.Logging.Prefix ?? ''}` : '',
})

function readSent(xml = ''): Said {
  const all = (name: string): string[] =>
    [...xml.matchAll(new RegExp(`<${name}>([^<]*)</${name}>`, 'g'))].map(([, value = '']) =>
      value.replaceAll('&lt;', '<').replaceAll('&gt;', '>').replaceAll('&amp;', '&'),
    )
  const one = (name: string): string => all(name)[0] ?? ''
  return {
    aliases: all('CNAME').sort(),
    comment: one('Comment'),
    enabled: one('Enabled') === 'true',
    root: one('DefaultRootObject'),
    log: xml.includes('<Logging>') ? `${one('Bucket')}/${one('Prefix')}` : '',
  }
}

async function certificate(folder: string): Promise<{ key: string; cert: string }> {
  const [key, cert] = [join(folder, 'key.pem'), join(folder, 'cert.pem')]
  const subject = ['-subj', '/CN=127.0.0.1', '-addext', 'subjectAltName=IP:127.0.0.1']
  const made = spawnSync('openssl', [
    ...['req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes', '-days', '2'],
    ...[...subject, '-keyout', key, '-out', cert],
  ])
  expect(made.status, String(made.stderr)).to.equal(0)
  return { key: await readFile(key, 'utf8'), cert: await readFile(cert, 'utf8') }
}

/** Its CloudFront calls always go over TLS, those to S3 need not; of S3's host it takes the names of buckets, too. */
function s3cmdConfig({ sandbox, folder }: Installation, s3: string, old?: OldApi): string {
  return `[default]
access_key = ${sandbox.accessKeyId}
secret_key = ${sandbox.secretAccessKey}
cloudfront_host = ${old?.host ?? '127.0.0.1:1'}
ca_certs_file = ${join(folder, 'cert.pem')}
host_base = ${s3}
host_bucket = ${old === undefined ? s3 : `%(bucket)s.${s3}`}
use_https = False
bucket_location = us-east-1
progress_meter = False
preserve_attrs = False
`
}
