/**
 * The main job, start to end, on the embedded AWS: a bucket of packages becomes a CloudFront distribution behind signed
 * URLs, and a real client installs from it. Exits non-zero if anything is not as it should be.
 */
import { type ChildProcess, execFileSync, spawn, spawnSync } from 'node:child_process'
import { appendFile, mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'

import { PutObjectCommand, S3Client } from '@aws-sdk/client-s3'

import { aptRepository } from './demo-repository.ts'

const cli = join(import.meta.dirname, '../bin/run.js')
const bucket = 'packages-example-org'
const region = 'eu-central-1'
const prefix = '1/2/debian/'

/** What `pc-ctl sandbox --json` announces. */
interface Announcement {
  frontUrl: string
  frontToken: string
  config: string
  environment: Record<string, string>
}

const started = Date.now()
const folder = await mkdtemp(join(tmpdir(), 'pc-ctl-demo-'))
let sandbox: ChildProcess | undefined
try {
  await demo()
  say(`\nAll as it should be, in ${((Date.now() - started) / 1000).toFixed(0)} s.`)
} catch (error) {
  console.error(`\n✖ ${error instanceof Error ? error.message : String(error)}`)
  process.exitCode = 1
} finally {
  if (sandbox !== undefined) await ended(sandbox)
  await rm(folder, { recursive: true, force: true })
}

async function demo(): Promise<void> {
  say('▸ Start an embedded AWS: pc-ctl sandbox')
  const place = await startSandbox()
  const env: NodeJS.ProcessEnv = {
    ...process.env,
    ...place.environment,
    PC_CTL_CONFIG: place.config,
    XDG_STATE_HOME: folder,
  }

  say('▸ Put an apt repository with one package into the bucket')
  const { objects, debKey } = aptRepository(prefix)
  const s3 = new S3Client({
    endpoint: env['AWS_ENDPOINT_URL'] ?? '',
    region,
    forcePathStyle: true,
    credentials: { accessKeyId: env['AWS_ACCESS_KEY_ID'] ?? '', secretAccessKey: env['AWS_SECRET_ACCESS_KEY'] ?? '' },
  })
  for (const { key, body, contentType: ContentType, cacheControl: CacheControl } of objects) {
    await s3.send(new PutObjectCommand({ Bucket: bucket, Key: key, Body: body, ContentType, CacheControl }))
    say(`  s3://${bucket}/${key}`)
  }

  say('▸ pc-ctl generate-cloudfront-secret >> packagecloud.rb')
  await appendFile(place.config, pcCtl(['generate-cloudfront-secret'], env))

  say('▸ pc-ctl bootstrap-cloudfront')
  const next = pcCtl(['bootstrap-cloudfront'], env).trim()
  say(`  ${next}`)

  say('▸ the command that it printed')
  const lines = pcCtl(next.split(' ').slice(1), env)
  say(indented(lines))
  await appendFile(place.config, lines)

  say('▸ both again: nothing changes, the same is printed')
  sameAs('bootstrap-cloudfront', pcCtl(['bootstrap-cloudfront'], env).trim(), next)
  sameAs('reconfigure-cloudfront-distribution', pcCtl(next.split(' ').slice(1), env), lines)

  say('▸ restart the front server, which now redirects to CloudFront')
  sandbox?.kill('SIGHUP')
  await untilRedirected(place, debKey)

  await fetchThroughTheEdge(place, debKey, env)
  await installWithApt(place)
}

async function startSandbox(): Promise<Announcement> {
  const args = ['sandbox', '--bucket', bucket, '--region', region, '--deploy-time', '3s', '--state', folder, '--json']
  const child = spawn(process.execPath, [cli, ...args], { stdio: ['ignore', 'pipe', 'pipe'] })
  sandbox = child
  let talk = ''
  child.stderr.on('data', (chunk: Buffer) => (talk += chunk.toString()))
  let text = ''
  for await (const chunk of child.stdout) {
    text += String(chunk)
    const announced = parsed(text)
    if (announced !== undefined) return announced
  }
  throw new Error(`The sandbox did not start.\n${talk}`)
}

/** The announcement, once all of it has arrived. */
function parsed(text: string): Announcement | undefined {
  try {
    return (JSON.parse(text) as { result: Announcement }).result
  } catch {
    return undefined
  }
}

/** Runs pc-ctl as an operator does; its talk is shown, its result returned. */
function pcCtl(args: string[], env: NodeJS.ProcessEnv): string {
  const { status, stdout, stderr } = spawnSync(process.execPath, [cli, ...args], { env, encoding: 'utf8' })
  say(indented(stderr))
  if (status !== 0) throw new Error(`pc-ctl ${args.join(' ')} ended with ${String(status)}.`)
  return stdout
}

async function untilRedirected({ frontUrl, frontToken }: Announcement, key: string): Promise<void> {
  for (let look = 0; look < 50; look++) {
    const { status } = await ask(`${frontUrl}/${encodeURI(key)}`, { authorization: basic(frontToken) })
    if (status === 302) return
    await sleep(100)
  }
  throw new Error('The front server does not redirect.')
}

async function fetchThroughTheEdge(
  { frontUrl, frontToken }: Announcement,
  debKey: string,
  env: NodeJS.ProcessEnv,
): Promise<void> {
  say('▸ fetch through front server and edge')
  const signed = async (key: string): Promise<string> => {
    const front = await ask(`${frontUrl}/${encodeURI(key)}`, { authorization: basic(frontToken) })
    expect(`${key}: the front server redirects`, front.status, 302)
    return front.headers.get('location') ?? ''
  }
  expect('without a token: the front server asks for one', (await ask(`${frontUrl}/${debKey}`)).status, 401)

  const url = await signed(debKey)
  const first = await ask(url)
  expect('signed URL', first.status, 200)
  expect('  comes from the bucket', first.headers.get('x-cache'), 'Miss from cloudfront')
  const second = await ask(await signed(debKey))
  expect('  and, signed anew, from the cache', second.headers.get('x-cache'), 'Hit from cloudfront')

  const unsigned = await ask(url.split('?')[0] ?? '')
  expect(`unsigned: "${unsigned.text.trim()}"`, unsigned.status, 403)
  const last = url.at(-1) === '0' ? '1' : '0'
  const tampered = await ask(`${url.slice(0, -1)}${last}`)
  expect(`tampered: "${tampered.text.trim()}"`, tampered.status, 403)
  const brief = pcCtl(['sign-url', debKey, '--expires', '1s'], env).trim()
  await sleep(2_100)
  const expired = await ask(brief)
  expect(`expired: "${expired.text.trim()}"`, expired.status, 403)

  const index = `${prefix}dists/stable/Release`
  for (const time of ['first', 'second']) {
    const answer = await ask(await signed(index))
    expect(`repository metadata, the ${time} time`, answer.status, 200)
    if (answer.headers.get('x-cache')?.startsWith('Hit') !== false) throw new Error('Metadata came from the cache.')
  }
  say('  ✔ never from the cache')
  say(indented(pcCtl(['explain-url', await signed(debKey)], env)))
}

async function installWithApt({ frontUrl, frontToken }: Announcement): Promise<void> {
  if (spawnSync('apt-get', ['--version']).status !== 0) {
    say('▸ apt-get is not on this machine; its part is left out')
    return
  }
  say('▸ apt-get update and download, through front server and edge')
  const root = join(folder, 'apt')
  for (const part of ['lists/partial', 'cache/archives/partial', 'etc'])
    await mkdir(join(root, part), { recursive: true })
  await writeFile(join(root, 'etc/auth.conf'), `machine ${frontUrl} login ${frontToken} password x\n`, { mode: 0o600 })
  await writeFile(join(root, 'etc/sources.list'), `deb [trusted=yes arch=amd64] ${frontUrl}/${prefix} stable main\n`)
  await writeFile(join(root, 'status'), '')
  const options = {
    'APT::Architecture': 'amd64',
    'APT::Sandbox::User': '',
    'Acquire::http::Proxy': 'DIRECT',
    'Dir::Cache': join(root, 'cache'),
    'Dir::Etc::netrc': join(root, 'etc/auth.conf'),
    'Dir::Etc::netrcparts': '/dev/null',
    'Dir::Etc::sourcelist': join(root, 'etc/sources.list'),
    'Dir::Etc::sourceparts': '/dev/null',
    'Dir::State::lists': join(root, 'lists'),
    'Dir::State::status': join(root, 'status'),
  }
  const apt = (...args: string[]): void => {
    const flags = Object.entries(options).flatMap(([name, value]) => ['-o', `${name}=${value}`])
    say(indented(execFileSync('apt-get', [...flags, ...args], { cwd: root, encoding: 'utf8' })))
  }
  apt('update')
  apt('download', 'hello-pc-ctl')
  const file = join(root, 'hello-pc-ctl_1.0+demo~1_all.deb')
  const found = await readFile(file).catch(() => undefined)
  expect('apt-get downloaded the package', found?.subarray(0, 7).toString(), '!<arch>')
}

async function ask(url: string, headers: Record<string, string> = {}) {
  const answer = await fetch(url, { headers, redirect: 'manual' })
  return { status: answer.status, headers: answer.headers, text: await answer.text() }
}

function basic(token: string): string {
  return `Basic ${Buffer.from(`${token}:`).toString('base64')}`
}

function expect(what: string, seen: unknown, wanted: unknown): void {
  if (seen !== wanted) throw new Error(`${what}: ${String(seen)}, not ${String(wanted)}`)
  say(`  ✔ ${what}: ${String(seen)}`)
}

function sameAs(command: string, seen: string, before: string): void {
  if (seen !== before) throw new Error(`${command} printed something else the second time:\n${seen}`)
  say(`  ✔ ${command} printed the same`)
}

async function ended(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null) return
  const over = new Promise((resolve) => child.once('exit', resolve))
  child.kill('SIGTERM')
  await over
}

function indented(text: string): string {
  return text.trimEnd().replace(/^/gm, '    ')
}

function say(line: string): void {
  if (line.trim() !== '') console.log(line)
}
