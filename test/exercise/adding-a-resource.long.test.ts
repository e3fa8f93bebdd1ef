import { execFile } from 'node:child_process'
import { cp, mkdtemp, readFile, rm, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { promisify } from 'node:util'

import { CreateBucketCommand, S3Client } from '@aws-sdk/client-s3'
import { expect } from 'chai'

import type * as Connecting from '../../src/aws/connect.ts'
import type { Settings } from '../../src/settings/settings.ts'
import type * as Bootstrapping from '../../src/tasks/bootstrap-cloudfront.ts'
import type * as Chains from '../../src/tasks/chain/chain.ts'
import type * as Permitting from '../../src/tasks/permissions/permissions.ts'
import type * as Reconfiguring from '../../src/tasks/reconfigure-cloudfront-distribution.ts'
import type * as Looking from '../../src/tasks/status/status.ts'
import type * as Showing from '../../src/tasks/status/graph.ts'
import { type AwsUnderTest, noSettings, startAws } from '../support/aws-under-test.ts'

const run = promisify(execFile)
const root = join(import.meta.dirname, '../..')
const bucket = 'packages-example-org'
const kind = 'CloudFront response headers policy'
const conduct: Chains.Conduct = { show: 'nothing', signal: new AbortController().signal }
const given = (value: string) => ({ value, source: { kind: 'default' as const } })
const settings: Settings = {
  ...noSettings,
  bucket: given(bucket),
  cloudfrontSecret: given('dGhpcyBpcyBub3QgYSBzZWNyZXQsIG9ubHkgYSB0ZXN0ISE'),
}

/** The lines that CONTRIBUTING has one add to a file, from its "Adding a resource". */
async function linesFor(file: string): Promise<string[]> {
  const page = (await readFile(join(root, 'CONTRIBUTING.md'), 'utf8')).replace(/^ {3}/gm, '')
  const [, patch] = new RegExp(`\`\`\`diff\\n\\+\\+\\+ ${file}\\n([^]*?)\`\`\``).exec(page) ?? []
  if (patch === undefined) throw new Error(`CONTRIBUTING.md adds nothing to ${file}`)
  return patch.split('\n').flatMap((line) => (line.startsWith('+') ? line.slice(1) : []))
}

const fixture = (name: string): Promise<string> => readFile(join(import.meta.dirname, name), 'utf8')

/** The exercise in CONTRIBUTING, done in a copy of this checkout. */
describe('Adding a resource, as CONTRIBUTING tells', function () {
  this.timeout(300_000)
  let copy: string
  let bench: AwsUnderTest

  before(async () => {
    bench = await startAws()
    await bench.aws.client(S3Client, 'us-east-1').send(new CreateBucketCommand({ Bucket: bucket }))
    copy = await mkdtemp(join(tmpdir(), 'pc-ctl-exercise-'))
    for (const name of ['src', 'test', 'package.json', 'tsconfig.json', '.mocharc.cjs']) {
      await cp(join(root, name), join(copy, name), { recursive: true })
    }
    for (const name of ['node_modules', 'dist', 'templates']) await symlink(join(root, name), join(copy, name))
    await writeFile(
      join(copy, 'src/resources/cloudfront/response-headers-policy.ts'),
      await fixture('response-headers-policy.ts.txt'),
    )
    const contract = join(copy, 'test/resources/contract.test.ts')
    const imports = (await linesFor('test/resources/contract.test.ts')).join('\n')
    const entry = await fixture('contract-entry.ts.txt')
    await writeFile(contract, `${imports}\n${await readFile(contract, 'utf8')}${entry}`)
    const chain = join(copy, 'src/tasks/reconfigure-cloudfront-distribution.ts')
    const [what = '', ...lines] = await linesFor('src/tasks/reconfigure-cloudfront-distribution.ts')
    expect(lines, 'lines of the chain').to.have.lengthOf(1)
    const text = await readFile(chain, 'utf8')
    expect(text).to.contain('  CachePolicyId: cachePolicy,\n')
    await writeFile(
      chain,
      `${what}\n${text.replace('  CachePolicyId: cachePolicy,\n', (line) => `${line}${lines.join('\n')}\n`)}`,
    )
  })
  after(async () => {
    await bench.close()
    await rm(copy, { recursive: true, force: true })
  })

  const load = async <T>(path: string): Promise<T> => (await import(pathToFileURL(join(copy, path)).href)) as T
  const inCopy = (program: string, ...words: string[]) =>
    run(process.execPath, [join(root, 'node_modules', program), ...words], { cwd: copy })

  it('type-checks', async () => {
    const tsconfig = {
      extends: './tsconfig.json',
      // Not that of the checkout, which node_modules leads to.
      compilerOptions: { tsBuildInfoFile: '.tsbuildinfo' },
      include: ['src/**/*.d.ts'],
      files: ['src/tasks/status/graph.ts', 'src/tasks/permissions/permissions.ts', 'test/resources/contract.test.ts'],
    }
    await writeFile(join(copy, 'tsconfig.exercise.json'), JSON.stringify(tsconfig))
    await inCopy('typescript/bin/tsc', '-p', 'tsconfig.exercise.json').catch((error: unknown) => {
      expect.fail(JSON.stringify(error))
    })
  })

  it('has the contract kept', async () => {
    const { stdout } = await inCopy(
      'mocha/bin/mocha.js',
      'test/resources/contract.test.ts',
      ...['--grep', 'The response headers policy'],
    )
    expect(stdout)
      .to.match(/^ *\d+ passing/m)
      .and.not.to.match(/failing/)
  })

  it('is known to permissions', async () => {
    const { connect } = await load<typeof Connecting>('src/aws/connect.ts')
    const { needsFor } = await load<typeof Permitting>('src/tasks/permissions/permissions.ts')
    const scope = { accountId: bench.sandbox.accountId, bucket, access: 'oai' as const }
    const actions = (group: Permitting.PermissionGroup, aws: Connecting.Aws): string[] =>
      needsFor(group, aws, settings, scope)
        .flatMap((need) => need.actions)
        .filter((action) => /ResponseHeaders/.test(action))
    const aws = await connect(settings)
    const looks = ['cloudfront:ListResponseHeadersPolicies', 'cloudfront:GetResponseHeadersPolicy']
    const writes = ['cloudfront:CreateResponseHeadersPolicy', 'cloudfront:UpdateResponseHeadersPolicy']
    expect(actions('distribution', aws)).to.have.members([...looks, ...writes])
    expect([...new Set(actions('look', aws))]).to.have.members(looks)
    aws.close()
  })

  it('is planned, made, used by the distribution, and known to status and its graph', async () => {
    const { connect } = await load<typeof Connecting>('src/aws/connect.ts')
    const chains = await load<typeof Chains>('src/tasks/chain/chain.ts')
    const { bootstrapCloudfront } = await load<typeof Bootstrapping>('src/tasks/bootstrap-cloudfront.ts')
    const { noWishes, reconfigureCloudfrontDistribution } = await load<typeof Reconfiguring>(
      'src/tasks/reconfigure-cloudfront-distribution.ts',
    )
    const { status } = await load<typeof Looking>('src/tasks/status/status.ts')
    const { statusGraph } = await load<typeof Showing>('src/tasks/status/graph.ts')
    const aws = await connect(settings)
    const yes = async (): Promise<boolean> => true
    const look = async () => {
      const seen = await status(aws, settings, { carried: [] }, conduct)
      return { line: seen.resources.find((one) => one.kind === kind), seen }
    }

    const before = await look()
    expect(before.line).to.include({ state: 'missing', name: bench.names.policy })
    expect(String(before.line?.repair)).to.equal('pc-ctl bootstrap-cloudfront')

    const { ctx } = await chains.applyChain(bootstrapCloudfront(aws, settings, noWishes), conduct, yes)
    const chain = reconfigureCloudfrontDistribution(aws, settings, { ...noWishes, arn: ctx.version.arn, wait: false })
    const planned = (await chains.planChain(chain, conduct)).find((line) => line.kind === kind)
    expect(planned).to.include({ do: 'create', title: 'Create the response headers policy' })
    const made = (await look()).line
    expect(String(made?.repair)).to.match(/^pc-ctl reconfigure-cloudfront-distribution arn:/)

    const { ctx: done } = await chains.applyChain(chain, conduct, yes)
    const id = done.ResponseHeadersPolicyId?.id
    expect(id).to.match(/^[0-9a-f-]{36}$/)
    expect(done.distribution.config.DefaultCacheBehavior?.ResponseHeadersPolicyId).to.equal(id)
    const after = await look()
    expect(after.line).to.include({ state: 'ok', id })
    expect(after.seen.drift).to.equal(false)
    const graph = statusGraph(after.seen)
    expect(graph).to.contain('CloudFrontdistribution -->|"refers to"| CloudFrontresponseheaderspolicy')
    expect(graph).to.contain(`CloudFrontresponseheaderspolicy["${kind}<br/>${id ?? ''}"]`)
    aws.close()
  })
})
