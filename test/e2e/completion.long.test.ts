import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'

import { RequestCertificateCommand } from '@aws-sdk/client-acm'
import { PutRolePermissionsBoundaryCommand } from '@aws-sdk/client-iam'
import { expect } from 'chai'

import { bucket, install, type Installation } from '../support/installation.ts'
import { runCli } from '../support/run-cli.ts'
import { fishOffers, isInstalled, settle, type ShellUnderTest, tabbed } from '../support/shells.ts'

/** What is typed before TAB, and what then stands there. */
interface Typed {
  readonly line: string
  readonly becomes: string
}

const cases: readonly Typed[] = [
  { line: 'pc-ctl boot', becomes: 'pc-ctl bootstrap-cloudfront ' },
  { line: 'pc-ctl cfdel', becomes: 'pc-ctl cfdelete ' },
  { line: 'pc-ctl status --gr', becomes: 'pc-ctl status --graph ' },
  { line: 'pc-ctl cfinfo --format ta', becomes: 'pc-ctl cfinfo --format table ' },
  { line: 'pc-ctl cfinfo --format=ta', becomes: 'pc-ctl cfinfo --format=table ' },
  { line: 'pc-ctl completion f', becomes: 'pc-ctl completion fish ' },
  { line: 'pc-ctl status --bucket packages-e', becomes: `pc-ctl status --bucket ${bucket} ` },
  { line: 'pc-ctl status --bucket=packages-e', becomes: `pc-ctl status --bucket=${bucket} ` },
  { line: 'pc-ctl cfcreate s3://pack', becomes: `pc-ctl cfcreate s3://${bucket} ` },
  { line: 'pc-ctl put local.deb s3://pack', becomes: `pc-ctl put local.deb s3://${bucket}/` },
  { line: `pc-ctl put local.deb s3://${bucket}/po`, becomes: `pc-ctl put local.deb s3://${bucket}/pool/` },
  {
    line: `pc-ctl put local.deb "s3://${bucket}/pool/a:`,
    becomes: `pc-ctl put local.deb "s3://${bucket}/pool/a: b.deb" `,
  },
  {
    line: `pc-ctl cfinval s3://${bucket}/pool/a`,
    becomes: String.raw`pc-ctl cfinval s3://${bucket}/pool/a:\ b.deb `,
  },
  { line: 'pc-ctl reindex-everything --prefix di', becomes: 'pc-ctl reindex-everything --prefix dists/' },
  { line: 'pc-ctl sign-url /pool/c', becomes: 'pc-ctl sign-url /pool/c.deb ' },
  { line: 'pc-ctl status --profile stag', becomes: 'pc-ctl status --profile staging ' },
  { line: 'pc-ctl status --installation pack', becomes: 'pc-ctl status --installation packagecloud ' },
  { line: 'pc-ctl status --config own', becomes: 'pc-ctl status --config own.rb ' },
  { line: 'pc-ctl status --config=own', becomes: 'pc-ctl status --config=own.rb ' },
  { line: 'pc-ctl status --graph=sv', becomes: 'pc-ctl status --graph=svg ' },
  { line: 'pc-ctl status --graph sv', becomes: 'pc-ctl status --graph svg ' },
  { line: 'pc-ctl status --region=eu-central-2', becomes: 'pc-ctl status --region=eu-central-2 ' },
  { line: 'pc-ctl status --region il', becomes: 'pc-ctl status --region il-central-1 ' },
  { line: 'pc-ctl status --installation=pack', becomes: 'pc-ctl status --installation=packagecloud ' },
  { line: 'pc-ctl reindex-everything --only apt,yu', becomes: 'pc-ctl reindex-everything --only apt,yum ' },
  { line: 'pc-ctl reindex-everything --only=apt,yu', becomes: 'pc-ctl reindex-everything --only=apt,yum ' },
  { line: 'pc-ctl reindex-everything --apk-key own', becomes: 'pc-ctl reindex-everything --apk-key own.rb ' },
  { line: 'pc-ctl bootstrap-cloudfront --engine f', becomes: 'pc-ctl bootstrap-cloudfront --engine function ' },
  {
    line: 'pc-ctl bootstrap-cloudfront --runtime nodejs24',
    becomes: 'pc-ctl bootstrap-cloudfront --runtime nodejs24.x ',
  },
  { line: 'pc-ctl runbook --kind ori', becomes: 'pc-ctl runbook --kind origin-access ' },
  { line: 'pc-ctl put x -m text/csv', becomes: 'pc-ctl put x -m text/csv ' },
  { line: 'pc-ctl restart uni', becomes: 'pc-ctl restart unicorn ' },
  { line: 'pc-ctl permissions boo', becomes: 'pc-ctl permissions bootstrap ' },
  {
    line: 'pc-ctl cfmodify cf://E --remove-alias downl',
    becomes: 'pc-ctl cfmodify cf://E --remove-alias downloads.example.org ',
  },
  { line: 'pc-ctl doctor --domain downl', becomes: 'pc-ctl doctor --domain downloads.example.org ' },
  {
    line: 'pc-ctl permissions --deny-others --except arn:aws:iam::111122223333:role/pack',
    becomes:
      'pc-ctl permissions --deny-others --except arn:aws:iam::111122223333:role/packagecloud/enterprise/packagecloud_cloudfront_auth ',
  },
  { line: 'pc-ctl export --output sta', becomes: 'pc-ctl export --output state-of-it/' },
  {
    line: 'pc-ctl reconfigure-cloudfront-distribution arn:aws:l',
    becomes:
      'pc-ctl reconfigure-cloudfront-distribution arn:aws:lambda:us-east-1:111122223333:function:packagecloud_cloudfront_auth:1 ',
  },
  { line: 'pc-ctl version --j', becomes: 'pc-ctl version --json ' },
  {
    line: 'pc-ctl bootstrap-cloudfront --permissions-boundary arn:aws:iam::111122223333:p',
    becomes: 'pc-ctl bootstrap-cloudfront --permissions-boundary arn:aws:iam::111122223333:policy/EdgeBoundary ',
  },
  {
    line: 'pc-ctl sandbox --fault cloudfront:CreateDistributionW',
    becomes: 'pc-ctl sandbox --fault cloudfront:CreateDistributionWithTags:',
  },
  { line: 'pc-ctl sandbox --fault=kms:Encrypt:2:af', becomes: 'pc-ctl sandbox --fault=kms:Encrypt:2:after:' },
  { line: 'pc-ctl sandbox --fault kms:Encrypt:1:thr', becomes: 'pc-ctl sandbox --fault kms:Encrypt:1:throttle ' },
  { line: 'pc-ctl sandbox --fault kms:Encrypt:de', becomes: 'pc-ctl sandbox --fault kms:Encrypt:delay=' },
  { line: 'pc-ctl sandbox --state sta', becomes: 'pc-ctl sandbox --state state-of-it/' },
]

describe('completion', function () {
  this.timeout(300_000)
  let place: Installation
  let id = ''
  let invalidation = ''
  let certificate = ''
  let shell: ShellUnderTest

  before(async () => {
    place = await install()
    for (const key of ['pool/a: b.deb', 'pool/c.deb', 'dists/stable/Release']) await place.put(key, 'x')
    id = /distribution_id'\] = '(\w+)'/.exec((await place.connect()).lines)?.[1] ?? ''
    const made = await place.succeed(['cfinval', `cf://${id}`, '/x', '--format', 's3cmd'])
    invalidation = new RegExp(`cf://${id}/(\\w+)`).exec(made)?.[1] ?? ''
    const request = new RequestCertificateCommand({ DomainName: 'downloads.example.org' })
    certificate = (await place.clients.acm.send(request)).CertificateArn ?? ''
    const PermissionsBoundary = 'arn:aws:iam::111122223333:policy/EdgeBoundary'
    const RoleName = 'packagecloud_cloudfront_auth'
    await place.clients.iam.send(new PutRolePermissionsBoundaryCommand({ RoleName, PermissionsBoundary }))
    await place.succeed(['cfmodify', `cf://${id}`, '--add-alias', 'downloads.example.org', '--yes'])
    const folder = join(place.folder, 'home')
    await mkdir(join(folder, 'state-of-it'), { recursive: true })
    await mkdir(join(folder, '.aws'))
    await writeFile(join(folder, '.aws/config'), '[profile staging]\nregion = eu-central-1\n')
    await writeFile(join(folder, 'own.rb'), '')
    // A machine on which much else is going on is slow, and that is no matter here.
    const AWS_CONFIG_FILE = join(folder, '.aws/config')
    const env = { ...place.env, AWS_CONFIG_FILE, PC_CTL_COMPLETION_TIMEOUT: '60000' }
    shell = { folder, env: await settle({ folder, env }) }
  })
  after(() => place.close())

  for (const name of ['bash', 'zsh'] as const) {
    it(`is what ${name} types`, async function () {
      if (!isInstalled(name)) this.skip()
      const all = [
        ...cases,
        { line: `pc-ctl cfremove cf://${id.slice(0, 6)}`, becomes: `pc-ctl cfremove cf://${id} ` },
        {
          line: 'pc-ctl enable-cloudfront --certificate arn:aws:acm:',
          becomes: `pc-ctl enable-cloudfront --certificate ${certificate} `,
        },
        { line: `pc-ctl cfinvalinfo cf://${id}/`, becomes: `pc-ctl cfinvalinfo cf://${id}/${invalidation} ` },
      ]
      const lines = await tabbed(
        name,
        all.map(({ line }) => line),
        shell,
      )
      expect(lines).to.deep.equal(all.map(({ becomes }) => becomes))
    })
  }

  it('is what fish offers', async function () {
    if (!isInstalled('fish')) this.skip()
    const last = (line: string): string => /[^ ]*$/.exec(line.trimEnd())?.[0] ?? ''
    const all = [
      ...cases
        .filter(({ becomes }) => !/["\\]/.test(becomes))
        .map(({ line, becomes }) => [line, last(becomes)] as const),
      [`pc-ctl put x "s3://${bucket}/pool/a:`, `s3://${bucket}/pool/a: b.deb`] as const,
      ['pc-ctl cfremove cf://', `cf://${id}`] as const,
      ['pc-ctl enable-cloudfront --certificate ', certificate] as const,
      [`pc-ctl cfinvalinfo cf://${id}/`, `cf://${id}/${invalidation}`] as const,
    ]
    const offers = await fishOffers(
      all.map(([line]) => line),
      shell,
    )
    expect(offers).to.have.length(all.length)
    for (const [index, [line, word]] of all.entries()) expect(offers[index], line).to.include(word)
  })

  it('is had by the lines that the page shows, in a home where no shell was ever started', async function () {
    if (!(['bash', 'zsh', 'fish'] as const).every(isInstalled)) this.skip()
    const page = await readFile(join(import.meta.dirname, '../../docs/commands.md'), 'utf8')
    const [, lines = ''] = /^## completion SHELL$[^]*?^```sh\n([^]*?)^```$/m.exec(page) ?? []
    const folder = join(place.folder, 'new home')
    await mkdir(folder)
    const fresh = { folder, env: await settle({ folder, env: {} }, lines) }
    const typed = ['pc-ctl cfinfo --format ta']
    for (const name of ['bash', 'zsh'] as const) {
      expect(await tabbed(name, typed, fresh), name).to.deep.equal(['pc-ctl cfinfo --format table '])
    }
    expect(await fishOffers(typed, fresh, '')).to.deep.equal([['table']])
  })

  it('asks AWS once in a while, and keeps no secret', async () => {
    const ask = () => runCli(['__complete', 'zsh', 'cfcreate', 's3://'], { env: shell.env })
    await ask()
    const calls = await place.changes(async () => expect((await ask()).stdout).to.include(bucket))
    expect(calls).to.be.empty
    const cache = join(shell.folder, '.cache/pc-ctl/completion')
    for (const name of await readdir(cache)) {
      expect(await readFile(join(cache, name), 'utf8')).to.not.include(place.env['AWS_SECRET_ACCESS_KEY'])
    }
  })

  const failures: Readonly<Record<string, Record<string, string>>> = {
    'nobody answers': { AWS_ENDPOINT_URL: 'http://127.0.0.1:9' },
    'AWS is slow': { PC_CTL_COMPLETION_TIMEOUT: '1' },
    'nobody knows who asks': { AWS_ACCESS_KEY_ID: '', AWS_SECRET_ACCESS_KEY: '', PC_CTL_CONFIG: '/dev/null' },
    'packagecloud.rb is broken': { PC_CTL_CONFIG: '/etc/passwd' },
    'nothing can be kept': { XDG_CACHE_HOME: '/dev/null/cache' },
  }
  for (const [why, env] of Object.entries(failures)) {
    it(`has nothing where ${why}, and says nothing`, async () => {
      const fresh = { XDG_CACHE_HOME: join(place.folder, `cache of ${why}`) }
      const { stdout, stderr, code } = await runCli(['__complete', 'zsh', 'cfcreate', 's3://'], {
        env: { ...shell.env, ...fresh, ...env },
      })
      expect({ stdout, stderr, code }).to.deep.equal({ stdout: 'words\t\n', stderr: '', code: 0 })
    })
  }

  it('of what can not be read is nothing', async () => {
    for (const words of [[], ['bash'], ['zsh'], ['fish', 'nothing', ''], ['tcsh', 'x']]) {
      expect(await runCli(['__complete', ...words])).to.include({ stderr: '', code: 0 })
    }
  })

  it('is printed for each shell, as the package has it', async () => {
    const files = { bash: 'pc-ctl.bash', zsh: '_pc-ctl', fish: 'pc-ctl.fish' }
    for (const [name, file] of Object.entries(files)) {
      const packed = await readFile(join(import.meta.dirname, '../../completions', file), 'utf8')
      expect((await runCli(['completion', name])).stdout).to.equal(packed)
    }
    const { code, stderr } = await runCli(['completion', 'tcsh'])
    expect(code).to.equal(2)
    expect(stderr).to.include('bash')
  })
})
