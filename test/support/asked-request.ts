/** What clients of AWS would send, without anybody to send it to. */
import { rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

import type { HttpRequest } from '@smithy/core/protocols'

import { type Aws, connect } from '../../src/aws/connect.ts'
import { noSettings } from './aws-under-test.ts'

/** What a test of {@link withKeysAlone} has. */
export interface KeysAlone {
  /** Of this test: where its AWS configuration is read from, if it writes one. */
  readonly configFile: string
  /** Connects as the environment says by now; closed behind the test. */
  connected(): Promise<Aws>
}

/** Has each test of a suite run in an environment in which two keys are all that there is of AWS. */
export function withKeysAlone(): KeysAlone {
  const before = process.env
  const opened: Aws[] = []
  // The SDK reads each file once.
  let tests = 0
  const configFile = (): string => join(tmpdir(), `pc-ctl-keys-alone-${process.pid}-${tests}`)
  beforeEach(() => {
    tests++
    const rest = Object.entries(before).filter(([name]) => !name.startsWith('AWS_'))
    process.env = {
      ...Object.fromEntries(rest),
      AWS_ACCESS_KEY_ID: 'AKIAEXAMPLE',
      AWS_SECRET_ACCESS_KEY: 'example',
      AWS_CONFIG_FILE: configFile(),
      AWS_SHARED_CREDENTIALS_FILE: `${configFile()}-none`,
    }
  })
  afterEach(async () => {
    process.env = before
    for (const aws of opened.splice(0)) aws.close()
    await rm(configFile(), { force: true })
  })
  return {
    get configFile() {
      return configFile()
    },
    async connected() {
      const aws = await connect(noSettings)
      opened.push(aws)
      return aws
    },
  }
}

/** Whatever sends its requests with a handler of the SDK's. */
interface Client {
  readonly config: { readonly requestHandler: { handle(request: HttpRequest): unknown } }
}

/** The first request of a client, which is not sent. */
export async function askedBy({ config }: Client, ask: () => Promise<unknown>): Promise<HttpRequest> {
  const sent: HttpRequest[] = []
  config.requestHandler.handle = async (request) => {
    sent.push(request)
    throw new Error('Nothing is sent.')
  }
  await ask().catch(() => undefined)
  const [request] = sent
  if (request === undefined) throw new Error('Nothing was asked.')
  return request
}
