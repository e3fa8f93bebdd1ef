/**
 * Rewriting attributes in place: s3cmd and aws against pc-ctl on the same server, which is the sandbox, with what each
 * of them loses; and pc-ctl alone against a server that answers at once.
 */
import { execFile, fork } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { promisify } from 'node:util'

import { cacheControl } from '../../src/repositories/cache-control.ts'
import { median, sideBySide, target, targetOf, tell, title } from './measure.ts'
import { runCli, startStub } from './stub.ts'

const objects = 500
/** Of every answer, in milliseconds: about what S3 takes within a region. */
const latency = 10
const rounds = 3
const stubObjects = 30_000

interface Place {
  readonly endpoint: string
  readonly accessKeyId: string
  readonly secretAccessKey: string
}

/** Asks the process of the sandbox: `fill` makes the bucket anew, `look` tells how many objects have kept all. */
type Ask = (question: 'fill' | 'look') => Promise<{ right: number; kept: number }>

async function startPlace(): Promise<{ place: Place; ask: Ask; close: () => void }> {
  const child = fork(new URL('sandbox-process.ts', import.meta.url), [String(objects), String(latency)])
  const next = async <T>(): Promise<T> => ((await once(child, 'message')) as [T])[0]
  const place = await next<Place>()
  return {
    place,
    async ask(question) {
      const answered = next<{ right: number; kept: number }>()
      child.send(question)
      return answered
    },
    close: () => child.disconnect(),
  }
}

const works = (command: string): Promise<boolean> =>
  promisify(execFile)(command, ['--version']).then(
    () => true,
    () => false,
  )

export async function benchAttributes(work: string): Promise<void> {
  await againstOthers(work)
  await alone(work)
}

async function againstOthers(work: string): Promise<void> {
  const { place, ask, close } = await startPlace()
  const { hostname, port } = new URL(place.endpoint)
  const config = join(work, 's3cfg')
  writeFileSync(
    config,
    `[default]\naccess_key = ${place.accessKeyId}\nsecret_key = ${place.secretAccessKey}\nuse_https = False\n` +
      `host_base = ${hostname}:${port}\nhost_bucket = ${hostname}:${port}\nsignature_v2 = False\nbucket_location = us-east-1\n`,
  )
  const env = {
    ...process.env,
    AWS_ENDPOINT_URL: place.endpoint,
    AWS_ACCESS_KEY_ID: place.accessKeyId,
    AWS_SECRET_ACCESS_KEY: place.secretAccessKey,
    AWS_REGION: 'us-east-1',
    AWS_EC2_METADATA_DISABLED: 'true',
  }
  const execute = promisify(execFile)
  const header = `Cache-Control: ${cacheControl.package}`
  const all = [
    {
      name: 's3cmd modify --recursive --add-header',
      command: 's3cmd',
      run: () =>
        execute('s3cmd', ['-c', config, 'modify', '--recursive', `--add-header=${header}`, 's3://bench/pool/'], {
          env,
          maxBuffer: 1 << 26,
        }),
    },
    {
      name: 'aws s3 cp --metadata-directive REPLACE',
      command: 'aws',
      run: () =>
        execute(
          'aws',
          ['s3', 'cp', 's3://bench/pool/', 's3://bench/pool/', '--recursive', '--metadata-directive', 'REPLACE'].concat(
            ['--cache-control', cacheControl.package],
          ),
          { env, maxBuffer: 1 << 26 },
        ),
    },
    {
      name: 'pc-ctl reindex-everything --attributes-only',
      command: process.execPath,
      run: () => {
        const stateDir = mkdtempSync(join(work, 'state-'))
        return runCli(
          place.endpoint,
          ['reindex-everything', '--attributes-only', '--bucket', 'bench', '--state-dir', stateDir],
          place,
        )
      },
    },
  ]
  title(
    `Attributes of ${String(objects)} objects on one server that takes ${String(latency)} ms (${String(rounds)} rounds)`,
  )
  try {
    const there = await Promise.all(all.map(({ command }) => works(command)))
    const things = all.filter((_thing, index) => there[index])
    for (const { name, command } of all)
      if (!things.some((one) => one.name === name)) tell(`${name}: no ${command} here`, [])
    const looks = new Map<string, { right: number; kept: number }>()
    const seconds = await sideBySide(
      things.map(({ name, run }) => ({
        name,
        before: () => ask('fill'),
        run,
        after: async () => looks.set(name, await ask('look')),
      })),
      rounds,
    )
    for (const [name, times] of seconds) {
      const { right = 0, kept = 0 } = looks.get(name) ?? {}
      tell(
        name,
        [[objects / median(times), 'objects/s']],
        `${String(right)} right, ${String(objects - kept)} have lost something`,
      )
    }
    const middle = (name: string): number => median(seconds.get(name) ?? [])
    const [s3cmd, , ours] = all.map(({ name }) => middle(name))
    if (s3cmd !== undefined && ours !== undefined && !Number.isNaN(s3cmd)) {
      target('against s3cmd, start of the process included', s3cmd / ours, 10)
    }
  } finally {
    close()
  }
}

async function alone(work: string): Promise<void> {
  title(`Attributes of ${stubObjects.toLocaleString('en-US')} objects on a server that answers at once`)
  const stub = await startStub(stubObjects)
  try {
    const stateDir = mkdtempSync(join(work, 'state-'))
    const args = ['reindex-everything', '--attributes-only', '--bucket', 'bench', '--state-dir', stateDir]
    const first = await runCli(stub.endpoint, args)
    const sent = await stub.requests()
    const copies = sent['PUT object'] ?? 0
    tell('first run', [
      [stubObjects / first.seconds, 'objects/s'],
      [first.peak / 1e6, 'MB at its peak'],
    ])
    const perCore = stubObjects / first.cpuSeconds
    targetOf('objects looked at and copied, a core', perCore, 'a second', perCore >= 2000, '≥ 2,000 a second and core')
    targetOf('objects copied', copies, 'copies', copies >= stubObjects, `all of them`)
    const second = await runCli(stub.endpoint, args)
    const again = await stub.requests()
    const few = Object.entries(again).filter(([kind]) => kind !== 'LIST')
    tell(
      'second run',
      [
        [second.seconds, 's'],
        [again['LIST'] ?? 0, 'LIST'],
        [first.seconds / second.seconds, '× faster'],
      ],
      few.map(([kind, number]) => `${String(number)} × ${kind}`).join(', '),
    )
    const looked = again['HEAD object'] ?? 0
    targetOf('objects looked at again', looked, 'HEAD', looked === 0, 'none')
  } finally {
    stub.close()
  }
}
