import { execFile } from 'node:child_process'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { connect, type Socket } from 'node:net'
import { createServer, type Server } from 'node:tls'
import { once } from 'node:events'
import { readFile } from 'node:fs/promises'

const run = promisify(execFile)

/** An authority of a company's own, and a certificate that it has given. */
export interface OwnAuthority {
  /** File of the authority's certificate. */
  readonly file: string
  readonly key: string
  /** The server's certificate. */
  readonly cert: string
}

/** Makes an authority, and a certificate for names and all below them. Good for a day. */
export async function makeAuthority(folder: string, names: readonly string[]): Promise<OwnAuthority> {
  const at = (file: string): string => join(folder, file)
  const elliptic = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes']
  const authority = ['-keyout', at('ca.key'), '-out', at('ca.pem'), '-days', '1', '-subj', '/O=Example Company']
  await run('openssl', ['req', '-x509', ...elliptic, ...authority])
  await writeFile(at('names'), `subjectAltName=${names.map((name) => `DNS:${name},DNS:*.${name}`).join(',')}\n`)
  await run('openssl', [
    'req',
    ...elliptic,
    '-keyout',
    at('server.key'),
    '-out',
    at('server.csr'),
    '-subj',
    '/CN=server',
  ])
  const signed = ['-CA', at('ca.pem'), '-CAkey', at('ca.key'), '-CAcreateserial', '-days', '1']
  await run('openssl', [
    'x509',
    '-req',
    '-in',
    at('server.csr'),
    ...signed,
    '-extfile',
    at('names'),
    '-out',
    at('server.pem'),
  ])
  const [key, cert] = await Promise.all([readFile(at('server.key'), 'utf8'), readFile(at('server.pem'), 'utf8')])
  return { file: at('ca.pem'), key, cert }
}

/** Ends TLS before a server on loopback that has none, at a port that is free. */
export async function startTls(
  { key, cert }: OwnAuthority,
  port: number,
  at = 0,
): Promise<{ port: number; close(): void }> {
  const open = new Set<Socket>()
  const server: Server = createServer({ key, cert }, (client) => {
    const behind = connect({ host: '127.0.0.1', port })
    open.add(behind)
    client.pipe(behind).pipe(client)
    const end = (): void => {
      open.delete(behind)
      behind.destroy()
      client.destroy()
    }
    for (const one of [client, behind]) one.on('error', end).on('close', end)
  })
  server.on('tlsClientError', () => undefined)
  await once(server.listen(at, '127.0.0.1'), 'listening')
  const address = server.address()
  if (typeof address !== 'object' || address === null) throw new Error('no port')
  return {
    port: address.port,
    close() {
      for (const one of open) one.destroy()
      server.close()
    },
  }
}
