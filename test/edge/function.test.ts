/** The function as it is deployed: the built bundle with a config.json beside it, and a KMS that counts its calls. */
import { once } from 'node:events'
import { copyFile, mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'

import { expect } from 'chai'

import { buildEdge } from '../../scripts/build-edge.ts'
import { readEdgeBundle } from '../../src/resources/lambda/edge-bundle.ts'
import { encryptionContext, type EdgeConfig } from '../../src/edge/config.ts'
import type { EdgeHandler } from '../../src/edge/handler.ts'
import { decodeSecret } from '../../src/edge/secret-text.ts'
import { sign } from '../../src/edge/signature.ts'
import { viewerRequest } from './viewer-request.ts'

const secrets = {
  current: 'MDI2ZDhhYmMxYThiMjVmMTBlODM4OWNmZWZiZmI2NWI',
  previous: 'b2xkLXNlY3JldC1vbGQtc2VjcmV0LW9sZC1zZWNyZXQ=',
}
const config: EdgeConfig = {
  region: 'us-east-1',
  keyId: 'arn:aws:kms:us-east-1:111122223333:key/1234abcd-12ab-34cd-56ef-1234567890ab',
  encryptionContext: encryptionContext('packagecloud'),
  secrets: ['Y3VycmVudA==', 'cHJldmlvdXM='],
}
const plaintexts: Record<string, string> = { 'Y3VycmVudA==': secrets.current, 'cHJldmlvdXM=': secrets.previous }

setFlagsFromString('--expose-gc')
/** Collects what nothing refers to any more, as Node does at any moment. */
const collectGarbage = runInNewContext('gc') as () => void

/** A request for /x, signed with the given secret. */
const signed = (secret: string) => {
  const expires = Math.floor(Date.now() / 1000) + 300
  return viewerRequest(`/x?t=${sign({ secret: decodeSecret(secret), path: '/x', expires })}`)
}

interface Call {
  headers: IncomingMessage['headers']
  body: { CiphertextBlob: string; EncryptionContext: unknown; KeyId: string }
}

describe('edge function, built', () => {
  let folder: string
  let bundle: string
  let kms: Server
  let containers = 0
  const calls: Call[] = []
  /** What KMS does instead of its work, call by call. */
  const troubles: ((response: ServerResponse) => void)[] = []
  const { error } = console
  const { now } = Date
  /** By how much the clock is ahead, in milliseconds. */
  let later = 0
  const logged: string[] = []

  /** Starts a container: loads the bundle anew, with this text as its config.json. */
  async function container(text: string | undefined = JSON.stringify(config)): Promise<EdgeHandler> {
    const place = join(folder, String(containers++))
    await mkdir(place)
    await copyFile(bundle, join(place, 'index.mjs'))
    if (text !== '') await writeFile(join(place, 'config.json'), text)
    const { handler } = (await import(pathToFileURL(join(place, 'index.mjs')).href)) as { handler: EdgeHandler }
    return handler
  }

  async function answerCall(request: IncomingMessage, response: ServerResponse): Promise<void> {
    let text = ''
    for await (const chunk of request.setEncoding('utf8')) text += String(chunk)
    const body = JSON.parse(text) as Call['body']
    calls.push({ headers: request.headers, body })
    const trouble = troubles.shift()
    if (trouble !== undefined) {
      trouble(response)
      return
    }
    const plaintext = Buffer.from(plaintexts[body.CiphertextBlob] ?? '').toString('base64')
    response.end(JSON.stringify({ Plaintext: plaintext, KeyId: body.KeyId }))
  }

  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'pc-ctl-edge-'))
    bundle = join(folder, 'index.mjs')
    await buildEdge(bundle)
    kms = createServer((request, response) => void answerCall(request, response)).listen(0, '127.0.0.1')
    await once(kms, 'listening')
    const address = kms.address()
    if (typeof address !== 'object' || address === null) throw new Error('no port')
    Object.assign(process.env, {
      AWS_ACCESS_KEY_ID: 'AKIDEXAMPLE',
      AWS_SECRET_ACCESS_KEY: 'wJalrXUtnFEMI',
      AWS_SESSION_TOKEN: 'session',
      AWS_ENDPOINT_URL_KMS: `http://127.0.0.1:${address.port}/`,
    })
    Date.now = () => now() + later
    console.error = (...words: unknown[]) => void logged.push(words.map(String).join(' '))
  })
  beforeEach(() => {
    calls.length = troubles.length = logged.length = 0
  })
  after(async () => {
    Date.now = now
    console.error = error
    for (const name of ['ACCESS_KEY_ID', 'SECRET_ACCESS_KEY', 'SESSION_TOKEN', 'ENDPOINT_URL_KMS']) {
      Reflect.deleteProperty(process.env, `AWS_${name}`)
    }
    kms.closeAllConnections()
    kms.close()
    await rm(folder, { recursive: true })
  })

  it('fits in 16 KB, brings no SDK and needs nothing but Node', async () => {
    const code = await readFile(bundle, 'utf8')
    expect(Buffer.byteLength(code)).to.be.at.most(16 * 1024)
    expect(code).not.to.match(/@aws-sdk|smithy/)
    const imports = [...code.matchAll(/\b(?:from|import)\s*\(?"([^"]+)"/g)].map(([, name]) => name)
    expect(imports).to.have.length(0)
    const parts = [...code.matchAll(/getBuiltinModule\("([^"]+)"\)/g)].map(([, name]) => name)
    expect(parts).to.have.members(['node:fs', 'node:crypto'])
    expect(code).to.include('@license MIT')
  })

  it('is the same, byte for byte, wherever it is built, and is what the deployer reads', async () => {
    const built = await readFile(bundle)
    const shipped = join(import.meta.dirname, '../../dist/edge/index.mjs')
    await buildEdge(shipped)
    expect(built.equals(await readFile(shipped))).to.equal(true)
    expect(built.equals(await readEdgeBundle())).to.equal(true)
  })

  it('decrypts each secret once a container, however many requests come at once', async () => {
    const handler = await container()
    expect(calls).to.have.length(0)
    const requests = Array.from({ length: 20 }, (_, n) => signed(n % 2 === 0 ? secrets.current : secrets.previous))
    for (const answer of await Promise.all(requests.map(handler))) expect(answer).to.include({ uri: '/x' })
    expect(await handler(signed(secrets.current))).to.include({ uri: '/x', querystring: '' })
    expect(calls.map(({ body }) => body.CiphertextBlob)).to.have.members([...config.secrets])
  })

  it('asks as AWS wants it: signed for kms in us-east-1, with context and key', async () => {
    await (
      await container()
    )(signed(secrets.current))
    for (const { headers, body } of calls) {
      expect(headers['x-amz-target']).to.equal('TrentService.Decrypt')
      expect(headers['content-type']).to.equal('application/x-amz-json-1.1')
      expect(headers['x-amz-security-token']).to.equal('session')
      expect(headers.authorization).to.match(
        /^AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE\/\d{8}\/us-east-1\/kms\/aws4_request, /,
      )
      expect(body.KeyId).to.equal(config.keyId)
      expect(body.EncryptionContext).to.deep.equal({
        'packagecloud:enterprise': 'packagecloud',
        purpose: 'cloudfront_auth',
      })
    }
  })

  it('refuses a foreign signature with 403', async () => {
    const foreign = Buffer.alloc(32, 7).toString('base64')
    expect(await (await container())(signed(foreign))).to.include({ status: '403', body: 'bad signature\n' })
  })

  it('answers 503 while KMS denies, and tries again a second later', async () => {
    const handler = await container(JSON.stringify({ ...config, secrets: config.secrets.slice(0, 1) }))
    troubles.push((response) => {
      response.writeHead(400).end('{"__type":"AccessDeniedException","message":"not authorized to kms:Decrypt"}')
    })
    expect(await handler(signed(secrets.current))).to.include({ status: '503' })
    expect(calls).to.have.length(1)
    expect(logged.join()).to.include('AccessDeniedException: not authorized to kms:Decrypt')
    expect(logged.join()).not.to.include(secrets.current)
    later += 1000
    expect(await handler(signed(secrets.current))).to.include({ uri: '/x' })
  })

  for (const [what, trouble] of Object.entries<(response: ServerResponse) => void>({
    'a dropped connection': (response) => response.destroy(),
    throttling: (response) => void response.writeHead(400).end('{"__type":"ThrottlingException"}'),
    'a 500 without JSON': (response) => void response.writeHead(500).end('<html>'),
  })) {
    it(`gets over ${what} within the request`, async () => {
      const handler = await container()
      troubles.push(trouble)
      expect(await handler(signed(secrets.previous))).to.include({ uri: '/x' })
      expect(calls).to.have.length(3)
    })
  }

  it('answers 503 to forged tokens while KMS is down, with one call a second', async () => {
    const handler = await container()
    const down = (response: ServerResponse) => response.destroy()
    troubles.push(...Array.from({ length: 100 }, () => down))
    const forged = () => signed(Buffer.alloc(32, 7).toString('base64'))
    expect(await handler(forged())).to.include({ status: '503' })
    const before = calls.length
    for (let request = 0; request < 100; request++) {
      later += 50
      expect(await handler(forged())).to.include({ status: '503' })
    }
    // Five seconds, and those that the requests themselves take.
    expect(calls.length - before).to.be.within(5, 7)
  })

  it('answers 503 well inside its 5 s when KMS does not answer at all', async () => {
    const handler = await container()
    const silence = () => undefined
    troubles.push(silence, silence, silence, silence)
    const collecting = setInterval(collectGarbage, 700)
    const begun = performance.now()
    expect(await handler(signed(secrets.current))).to.include({ status: '503' })
    clearInterval(collecting)
    expect(performance.now() - begun).to.be.lessThan(5000)
    for (const secret of Object.values(secrets)) expect(await handler(signed(secret))).to.include({ uri: '/x' })
  })

  for (const [what, text] of Object.entries({
    'no config.json': '',
    'a config.json that is not JSON': '{',
    'a config.json without secrets': JSON.stringify({ ...config, secrets: [] }),
    'a config.json with a broken context': JSON.stringify({ ...config, encryptionContext: { purpose: 1 } }),
  })) {
    it(`answers 503, never 200, with ${what}`, async () => {
      const handler = await container(text)
      expect(await handler(signed(secrets.current))).to.include({ status: '503' })
      expect(await handler(viewerRequest('/x'))).to.include({ status: '403' })
      expect(calls).to.have.length(0)
    })
  }

  it('answers 503 when KMS gives back something that is no secret', async () => {
    const handler = await container(JSON.stringify({ ...config, secrets: config.secrets.slice(0, 1) }))
    troubles.push((response) => void response.end('{"Plaintext":""}'))
    expect(await handler(signed(secrets.current))).to.include({ status: '503' })
  })

  for (const broken of [0, 1]) {
    it(`serves what one secret has signed while the ${broken === 0 ? 'current' : 'previous'} one can't be decrypted`, async () => {
      const ciphertexts = config.secrets.map((one, index) => (index === broken ? 'bm90IGtub3du' : one))
      const handler = await container(JSON.stringify({ ...config, secrets: ciphertexts }))
      const [open, closed] = broken === 0 ? [secrets.previous, secrets.current] : [secrets.current, secrets.previous]
      expect(await handler(signed(open))).to.include({ uri: '/x' })
      expect(await handler(signed(closed))).to.include({ status: '503' })
      expect(await handler(signed(open))).to.include({ uri: '/x' })
    })
  }

  it('keeps to the rules in its config.json, and passes nothing by rules that it can not read', async () => {
    const strict = await container(JSON.stringify({ ...config, longestLife: 200, sha1: false }))
    expect(await strict(signed(secrets.current))).to.include({ status: '403', body: 'expires too far ahead\n' })
    expect(await strict(viewerRequest(`/x?t=1700000000_${'0'.repeat(40)}`))).to.include({ status: '403' })
    for (const rules of [{ longestLife: '7d' }, { longestLife: 0 }, { sha1: 'no' }]) {
      const unreadable = await container(JSON.stringify({ ...config, ...rules }))
      expect(await unreadable(signed(secrets.current))).to.include({ status: '503' })
    }
  })
})
