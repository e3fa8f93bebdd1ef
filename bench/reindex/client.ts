/** What a request to S3 costs: the SDK's client against the lean one, on a server that answers at once. */
import { CopyObjectCommand, HeadObjectCommand, S3Client } from '@aws-sdk/client-s3'

import { createLeanS3 } from '../../src/aws/s3-lean.ts'
import { median, tell, title } from './measure.ts'
import { startStub } from './stub.ts'

const requests = 4000
const atOnce = 32
const rounds = 5
const credentials = { accessKeyId: 'AKIAIOSFODNN7EXAMPLE', secretAccessKey: 'wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY' }
const keyOf = (index: number): string =>
  `pool/main/${String(index).padStart(9, '0')}/some-package-name_1.2.3-4_amd64.deb`

/** CPU seconds of this process, and seconds, for a number of requests. */
async function take(send: (key: string) => Promise<unknown>): Promise<{ cpu: number; wall: number }> {
  const [begun, before] = [performance.now(), process.cpuUsage()]
  let next = 0
  const worker = async (): Promise<void> => {
    for (let index = next++; index < requests; index = next++) await send(keyOf(index))
  }
  await Promise.all(Array.from({ length: atOnce }, worker))
  const { user, system } = process.cpuUsage(before)
  return { cpu: (user + system) / 1e6, wall: (performance.now() - begun) / 1000 }
}

export async function benchClient(): Promise<void> {
  title(`${String(requests)} requests, ${String(atOnce)} at a time (${String(rounds)} rounds)`)
  const stub = await startStub(requests)
  const { hostname, port } = new URL(stub.endpoint)
  const address = { protocol: 'http:', hostname, port: Number(port), base: '/bench', region: 'us-east-1' }
  const nothing = (): void => undefined
  const lean = createLeanS3('bench', address, async () => credentials, { slowDown: nothing, retry: nothing })
  const sdk = new S3Client({ endpoint: stub.endpoint, region: 'us-east-1', credentials, forcePathStyle: true })
  const copyHeaders = {
    'x-amz-copy-source': '/bench/x',
    'x-amz-metadata-directive': 'REPLACE',
    'cache-control': 'no-cache',
    'content-type': 'text/plain',
  }
  const ways = {
    'HEAD, SDK': (Key: string) => sdk.send(new HeadObjectCommand({ Bucket: 'bench', Key })),
    'HEAD, lean': (key: string) => lean.send({ method: 'HEAD', action: 's3:GetObject', key }),
    'COPY, SDK': (Key: string) =>
      sdk.send(
        new CopyObjectCommand({
          ...{ Bucket: 'bench', Key, CopySource: '/bench/x', MetadataDirective: 'REPLACE' },
          ...{ CacheControl: 'no-cache', ContentType: 'text/plain' },
        }),
      ),
    'COPY, lean': (key: string) => lean.send({ method: 'PUT', action: 's3:CopyObject', key, headers: copyHeaders }),
  }
  const taken = new Map(
    Object.keys(ways).map((name): [string, { cpu: number[]; wall: number[] }] => [name, { cpu: [], wall: [] }]),
  )
  try {
    for (let round = 0; round < rounds; round++) {
      for (const [name, send] of Object.entries(ways)) {
        const { cpu, wall } = await take(send)
        taken.get(name)?.cpu.push(cpu)
        taken.get(name)?.wall.push(wall)
      }
    }
    const cpuOf = (name: string): number => median(taken.get(name)?.cpu ?? []) / requests
    for (const [name, { wall }] of taken) {
      tell(name, [
        [cpuOf(name) * 1e6, 'µs CPU each'],
        [requests / median(wall), 'a second'],
      ])
    }
    for (const verb of ['HEAD', 'COPY']) {
      tell(`${verb}, the SDK's CPU against ours`, [[cpuOf(`${verb}, SDK`) / cpuOf(`${verb}, lean`), '×']])
    }
  } finally {
    lean.close()
    sdk.destroy()
    stub.close()
  }
}
