/** A package repository as its users see it, and what the tests of their clients share. */
import { execFile, spawnSync } from 'node:child_process'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'

import { DeleteObjectCommand, GetObjectCommand, PutObjectCommand, type PutObjectCommandInput } from '@aws-sdk/client-s3'
import { expect } from 'chai'
import { generateKey, readKey } from 'openpgp'

import { resultOf } from '../support/json-document.ts'
import { connect } from '../../src/aws/connect.ts'
import type { Report } from '../../src/reindex/report.ts'
import type { OpenedSigner } from '../../src/repositories/openpgp.ts'
import { cacheControlOf } from '../../src/repositories/cache-control.ts'
import { startFront } from '../../src/rehearsal/front.ts'
import type { Front } from '../../src/sandbox/host/front.ts'
import { readFrontSettings } from '../../src/rehearsal/front-settings.ts'
import { loadSettings } from '../../src/settings/settings.ts'
import { reindexEverything } from '../../src/tasks/reindex/reindex-everything.ts'
import { plainRun } from '../reindex/plain-run.ts'
import { bucket, edgeUrl, type Installation, install } from '../support/installation.ts'

const execute = promisify(execFile)

/** The access token that users have. */
export const token = '5d41402abc4b2a76b9719d911017c592f7e0c0a1b2c3d4e5'

/** How often a client asks while a repository is published over and over: 100 times where there is time for it. */
export const rounds = Number(process.env['ROUNDS'] ?? 15)

/** Attributes of an object, such as publishers leave them behind. */
export type Attributes = Omit<PutObjectCommandInput, 'Bucket' | 'Key' | 'Body'>

/** An installation with a front server before it. */
export interface Shop {
  readonly place: Installation
  /** Base URL of the front server, without credentials. */
  readonly url: string
  /** The same with the token as user name. */
  readonly urlWithToken: string
  /** Base URL of the distribution; there is one once `open` has been called. */
  readonly edge: string
  put(key: string, body: Uint8Array | string, attributes?: Attributes): Promise<void>
  get(key: string): Promise<Buffer>
  remove(key: string): Promise<void>
  /** `pc-ctl reindex-everything`, as a command, which must end well. */
  reindex(...flags: string[]): Promise<Report>
  /** The same in this process, for many runs. */
  reindexHere(signer?: OpenedSigner): Promise<Report>
  /** What operators run after the first reindex: distribution, signed URLs, and a front server that redirects to it. */
  open(): Promise<void>
  /** Asks the front server for an object as clients do. */
  ask(key: string): Promise<Response>
  /** Takes an object out of the bucket for a while: whoever gets it then got it from the edge's cache. */
  without(key: string, during: () => Promise<void>): Promise<void>
  close(): Promise<void>
}

export async function startShop(): Promise<Shop> {
  const place = await install()
  const { s3 } = place.clients
  const { config, sandbox } = place
  const readSettings = () => readFrontSettings(config, sandbox.credentials)
  const front: Front = await startFront({ port: 0, endpoint: sandbox.endpoint, token, readSettings })
  let edge = ''
  const put: Shop['put'] = async (Key, Body, attributes = {}) => {
    await s3.send(new PutObjectCommand({ ...attributes, Bucket: bucket, Key, Body }))
  }
  const get: Shop['get'] = async (Key) => {
    const { Body } = await s3.send(new GetObjectCommand({ Bucket: bucket, Key }))
    return Buffer.from((await Body?.transformToByteArray()) ?? [])
  }
  const remove: Shop['remove'] = async (Key) => {
    await s3.send(new DeleteObjectCommand({ Bucket: bucket, Key }))
  }
  return {
    place,
    url: front.url,
    urlWithToken: front.url.replace('//', `//${token}:@`),
    get edge() {
      return edge
    },
    put,
    get,
    remove,
    async reindex(...flags) {
      return resultOf(await place.succeed(['reindex-everything', ...flags, '--json'])) as Report
    },
    reindexHere: (signer) => reindexHere(place, signer),
    async open() {
      const { lines } = await place.connect()
      edge = edgeUrl(lines)
      await front.restart()
    },
    ask: (key) => {
      const authorization = `Basic ${Buffer.from(`${token}:`).toString('base64')}`
      const path = key.split('/').map(encodeURIComponent).join('/')
      return fetch(`${front.url}/${path}`, { headers: { authorization } })
    },
    async without(key, during) {
      const Body = await get(key)
      await remove(key)
      await during()
      await put(key, Body)
    },
    async close() {
      await front.close()
      await place.close()
    },
  }
}

async function reindexHere(place: Installation, signer: OpenedSigner | undefined): Promise<Report> {
  // The SDK takes its endpoint from nowhere else.
  process.env['AWS_ENDPOINT_URL'] = place.sandbox.endpoint
  const settings = await loadSettings({ config: place.config, installation: 'packagecloud' })
  const aws = await connect(settings)
  try {
    return await reindexEverything(aws, settings, {
      ...plainRun(join(place.folder, 'state', 'pc-ctl')),
      concurrency: 16,
      signerOf: () => signer,
      allowShrink: true,
      strict: true,
    })
  } finally {
    aws.close()
    Reflect.deleteProperty(process.env, 'AWS_ENDPOINT_URL')
  }
}

/** What users are told beside how to get an object: that of a package is kept by the edge, that of an index never. */
export async function expectServed(shop: Shop, keys: readonly string[]): Promise<void> {
  for (const key of keys) {
    const first = await shop.ask(key)
    const second = await shop.ask(key)
    for (const answer of [first, second]) {
      expect(answer.status, key).to.equal(200)
      expect(answer.url, key).to.include(`${shop.edge}/`)
      expect(answer.headers.get('cache-control'), key).to.equal(cacheControlOf(key))
    }
    const kept = cacheControlOf(key)?.includes('immutable') === true
    expect(second.headers.get('x-cache'), key).to.equal(kept ? 'Hit from cloudfront' : 'Miss from cloudfront')
  }
}

/** An OpenPGP key, both halves armored, and the public one as gpgv wants it too. */
export async function signingKey(): Promise<{ secret: string; publicArmored: string; keyring: Uint8Array }> {
  const { privateKey, publicKey } = await generateKey({
    type: 'ecc',
    curve: 'ed25519Legacy',
    userIDs: [{ name: 'Packages' }],
    format: 'armored',
  })
  return {
    secret: privateKey,
    publicArmored: publicKey,
    keyring: (await readKey({ armoredKey: publicKey })).write(),
  }
}

/** A folder that a client has for itself. */
export async function withFolder<T>(use: (folder: string) => Promise<T>): Promise<T> {
  const folder = await mkdtemp(join(tmpdir(), 'pc-ctl-client-'))
  try {
    return await use(folder)
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
}

/** Runs a client with nothing of this machine's own settings; fails with all that it said. */
export async function runClient(
  folder: string,
  [command = '', ...args]: readonly string[],
): Promise<{ stdout: string; stderr: string }> {
  try {
    return await execute(command, args, { cwd: folder, env: environmentOf(folder), maxBuffer: 2 ** 26 })
  } catch (error) {
    if (!(error instanceof Error) || !('stdout' in error)) throw error
    const { stdout, stderr = '' } = error as Error & { stdout: string; stderr?: string }
    throw new Error(`${command} ${args.join(' ')}\n${stdout}${stderr}`, { cause: error })
  }
}

/** Of a JVM that ends after a second: what it compiles at length, and collects side by side, never pays. */
const shortJvm = '-XX:TieredStopAtLevel=1 -XX:+UseSerialGC'

/** Proxies, indexes and caches of this machine's are none of a test's business. */
function environmentOf(folder: string): NodeJS.ProcessEnv {
  const foreign = /proxy$|^(aws|pip|npm|gem|bundle|ruby|maven|mvn|node)_/i
  const kept = Object.entries(process.env).filter(([name]) => !foreign.test(name))
  return { ...Object.fromEntries(kept), HOME: folder, LC_ALL: 'C.UTF-8', MAVEN_OPTS: shortJvm }
}

/** A test that a client is needed for. Where there is none it is skipped. */
export function testWith([command = '', ...args]: readonly string[], title: string, body: () => Promise<void>): void {
  const client = [command, ...args].join(' ')
  if (spawnSync(command, [...args, '--version']).status === 0) it(`${client} ${title}`, body)
  else it.skip(`${client} ${title}`)
}
