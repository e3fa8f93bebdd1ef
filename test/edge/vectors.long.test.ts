/** The published vectors against the signer, the handler and, where their interpreters are, the reference signers. */
import { execFile, spawnSync } from 'node:child_process'
import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'

import { expect } from 'chai'

import { createHandler } from '../../src/edge/handler.ts'
import { decodeSecret } from '../../src/edge/secret-text.ts'
import { sign, signUrl } from '../../src/edge/signature.ts'
import { vectors } from '../support/vectors.ts'
import { viewerRequest } from './viewer-request.ts'

const run = promisify(execFile)
const documents = join(import.meta.dirname, '../../docs')
const secrets = [vectors.secrets.current, vectors.secrets.previous].map(decodeSecret)

/** The ways to start the reference signers; `build` makes the last argument of `command` first. */
const signers: { language: string; probe: string[]; command: (folder: string) => string[]; build?: string[] }[] = [
  { language: 'Ruby', probe: ['ruby', '-v'], command: () => ['ruby', 'sign.rb'] },
  { language: 'Python', probe: ['python3', '-V'], command: () => ['python3', 'sign.py'] },
  { language: 'PHP', probe: ['php', '-v'], command: () => ['php', 'sign.php'] },
  {
    language: 'Go',
    probe: ['go', 'version'],
    command: (folder) => [join(folder, 'sign')],
    build: ['go', 'build', '-o'],
  },
  { language: 'shell', probe: ['openssl', 'version'], command: () => ['sh', 'sign.sh'] },
]

const start = (command: string[], ...more: string[]) => {
  const [program = '', ...words] = command
  return run(program, [...words, ...more], { cwd: join(documents, 'signed-urls') })
}

describe('vectors', () => {
  for (const { name, secret, url, token, path, ...request } of vectors.signed) {
    it(`sign: ${name}`, () => {
      expect(signUrl({ ...request, secret: decodeSecret(secret) })).to.equal(url)
      expect(sign({ ...request, path, secret: decodeSecret(secret) })).to.equal(token)
    })
  }

  for (const { name, method, target, now, forwarded, status, reason } of vectors.requests) {
    it(`request: ${name}`, async () => {
      const handler = createHandler(
        { secrets: () => secrets.map(async (secret) => secret), rules: {} },
        () => now * 1000,
      )
      const answer = await handler(viewerRequest(target, method))
      if (forwarded !== undefined) expect(answer).to.include({ uri: forwarded, querystring: '' })
      else expect(answer).to.include({ status: String(status), body: `${String(reason)}\n` })
    })
  }

  it('stand in the document', async () => {
    const document = await readFile(join(documents, 'signed-urls.md'), 'utf8')
    for (const { url } of vectors.signed) expect(document).to.include(url)
  })

  for (const { language, probe, command, build } of signers) {
    const [interpreter = '', ...words] = probe
    const present = spawnSync(interpreter, words).status === 0
    it(`hold for the ${language} signer`, async function () {
      if (!present) return this.skip()
      this.timeout(300_000)
      const folder = await mkdtemp(join(tmpdir(), 'pc-ctl-signer-'))
      try {
        if (build !== undefined) await start(build, join(folder, 'sign'), 'sign.go')
        for (const { name, secret, domain, key, expires, algorithm, url } of vectors.signed) {
          const { stdout } = await start(command(folder), secret, domain, key, String(expires), algorithm)
          expect(stdout, name).to.equal(`${url}\n`)
        }
        const [first] = vectors.signed
        if (first === undefined) throw new Error('no vectors')
        const { stdout } = await start(command(folder), first.secret, first.domain, first.key, String(first.expires))
        expect(stdout, 'SHA-256 by default').to.equal(`${first.url}\n`)
      } finally {
        await rm(folder, { recursive: true })
      }
    })
  }
})
