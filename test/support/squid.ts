import { type ChildProcess, execFileSync, spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { existsSync } from 'node:fs'
import { chmod, mkdir, readFile, rm, writeFile } from 'node:fs/promises'
import { type AddressInfo, connect, createServer } from 'node:net'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'

/** Where Debian, and those who follow it, put what looks at passwords. */
const passwordHelper = '/usr/lib/squid/basic_ncsa_auth'

/** Whether this machine has a squid that can ask for passwords. */
export const hasSquid = spawnSync('squid', ['-v']).status === 0 && existsSync(passwordHelper)

/** The proxy that most companies have, on loopback. */
export interface Squid {
  /** Lets everybody through. */
  readonly open: number
  /** Asks for user and password. */
  readonly asking: number
  /** What it let through or refused, and has ended: `200 CONNECT aws.example.org:443 somebody`. */
  log(): Promise<string[]>
  close(): Promise<void>
}

export interface SquidOptions {
  /** For its files; its unprivileged user must be able to get there. */
  readonly folder: string
  readonly user: string
  readonly password: string
  /** Names that it alone knows; all are on this machine. */
  readonly names: readonly string[]
  /** Names that it lets nobody through to. */
  readonly refused: readonly string[]
}

/** Starts squid and waits until it listens. */
export async function startSquid({ folder, user, password, names, refused }: SquidOptions): Promise<Squid> {
  const place = join(folder, 'squid')
  await mkdir(place)
  // Started by root, it writes as another user.
  for (const path of [folder, place]) await chmod(path, 0o777)
  const [open, asking] = await freePorts(2)
  const file = (name: string): string => join(place, name)
  const hash = execFileSync('openssl', ['passwd', '-apr1', '-stdin'], { input: password, encoding: 'utf8' })
  await writeFile(file('passwords'), `${user}:${hash}`)
  await writeFile(file('hosts'), names.map((name) => `127.0.0.1 ${name}\n`).join(''))
  await writeFile(file('conf'), configuration({ place, open, asking, refused }))
  // Segments of shared memory are called after it; those of another, or of one that was killed, are in the way.
  const service = `pcctl${open}`
  const squid = spawn('squid', ['-N', '-n', service, '-f', file('conf')], { stdio: 'ignore' })
  await listening(squid, open, () => readFile(file('cache.log'), 'utf8').catch(() => ''))
  return {
    open,
    asking,
    async log() {
      return (await readFile(file('access.log'), 'utf8')).trimEnd().split('\n')
    },
    async close() {
      const ended = once(squid, 'exit')
      squid.kill('SIGKILL')
      await ended
      for (const segment of ['metadata', 'queues', 'readers']) {
        await rm(`/dev/shm/${service}-cf__${segment}.shm`, { force: true })
      }
    },
  }
}

interface Place {
  readonly place: string
  readonly open: number
  readonly asking: number
  readonly refused: readonly string[]
}

const configuration = ({ place, open, asking, refused }: Place): string => `
http_port 127.0.0.1:${open} name=open
http_port 127.0.0.1:${asking} name=asking
auth_param basic program ${passwordHelper} ${place}/passwords
auth_param basic realm Example Company
auth_param basic children 1
acl here myportname open
acl refused dstdomain ${refused.join(' ')}
acl known proxy_auth REQUIRED
http_access deny refused
http_access allow here
http_access allow known
http_access deny all
hosts_file ${place}/hosts
cache deny all
pid_filename none
netdb_filename none
logformat short %>Hs %rm %ru %un
access_log stdio:${place}/access.log short
cache_log ${place}/cache.log
cache_store_log none
coredump_dir ${place}
shutdown_lifetime 0 seconds
visible_hostname proxy.example.org
`

async function freePorts(count: number): Promise<[number, number]> {
  const servers = Array.from({ length: count }, () => createServer().listen(0, '127.0.0.1'))
  await Promise.all(servers.map((server) => once(server, 'listening')))
  const [first = 0, second = 0] = servers.map((server) => (server.address() as AddressInfo).port)
  await Promise.all(servers.map((server) => new Promise((resolve) => server.close(resolve))))
  return [first, second]
}

async function listening(squid: ChildProcess, port: number, said: () => Promise<string>): Promise<void> {
  for (let attempt = 0; attempt < 300; attempt++) {
    if (squid.exitCode !== null) break
    const socket = connect(port, '127.0.0.1')
    const isUp = await new Promise((resolve) => {
      socket.once('connect', () => resolve(true)).once('error', () => resolve(false))
    })
    socket.destroy()
    if (isUp) return
    await sleep(100)
  }
  squid.kill('SIGKILL')
  throw new Error(`squid does not listen: ${await said()}`)
}
