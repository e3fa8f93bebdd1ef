import type { Agent as HttpAgent } from 'node:http'

import { optional, type Settings } from '../settings/settings.ts'
import { CtlError } from '../errors.ts'
import type { Aws, Client, ClientConfig } from './clients.ts'
import { credentialSource, detailLogger } from './credentials.ts'
import { createDoubt, doubtHeads } from './doubt.ts'
import { devicesOf, MfaCodes } from './mfa.ts'
import { rememberLooks } from './memory.ts'
import { idleMs as usualIdleMs, type Network, openNetwork } from './network.ts'
import { noteOperation, type Notable, traceCalls } from './operation.ts'
import { toldRetries } from './retries.ts'
import { readSharedConfiguration } from './shared-profile.ts'

export type { Aws } from './clients.ts'

export interface ConnectOptions {
  /** For who may do without credentials: a code of an MFA device is asked for when one is needed. */
  readonly later?: boolean
  /** Milliseconds without a byte after which a call counts as lost. */
  readonly idleMs?: number
}

/** SDK's own number, which keeps a burst from opening hundreds of connections. */
const maxSockets = 50

/**
 * Credentials come from `--profile`, else from packagecloud.rb, else from the SDK's default chain. With a custom
 * endpoint (`AWS_ENDPOINT_URL`) S3 is addressed by path, because bucket names have no DNS there.
 *
 * @throws CtlError of kind `configuration` for a key in packagecloud.rb whose value can't be known, own authorities that
 *   can't be read, and a code that is needed and can't be asked for
 */
export async function connect(
  settings: Settings,
  environment: NodeJS.ProcessEnv = process.env,
  { later = false, idleMs = usualIdleMs }: ConnectOptions = {},
): Promise<Aws> {
  const shared = await readSharedConfiguration(settings, environment)
  const network = await openNetwork(settings, environment, shared)
  const keys = keysOf(settings)
  const codes = new MfaCodes(settings.mfaCode)
  if (keys === undefined && !later) await codes.collect(devicesOf(shared))
  const customEndpoint = environment['AWS_ENDPOINT_URL'] ?? environment['AWS_ENDPOINT_URL_S3']
  const config: ClientConfig = {
    // CloudFront answers bursts with "Throttling: Rate exceeded", which three attempts do not outlast.
    ...attempts(8),
    customUserAgent: 'pc-ctl',
    logger: detailLogger,
    ...(customEndpoint === undefined ? {} : { forcePathStyle: true }),
    ...(settings.profile === undefined ? {} : { profile: settings.profile.value }),
    requestHandler: { socketTimeout: idleMs, ...(network.proxies.any ? agentsOf(network) : {}) },
    credentials: keys ?? credentialSource(shared, network, codes, environment),
  }
  return doorTo(config, network, optional(settings, 'region'))
}

function doorTo(config: ClientConfig, network: Network, bucketRegion: string | undefined): Aws {
  const clients = new Map<string, Client>()
  const aws: Aws = {
    network,
    whyRefused: createDoubt(() => aws),
    client(Class, region = bucketRegion, once) {
      const id = `${Class.name} ${region ?? ''} ${once ?? ''}`
      const existing = clients.get(id)
      if (existing instanceof Class) return existing
      const made = new Class({
        ...config,
        ...(once === undefined ? {} : attempts(1)),
        ...(region === undefined ? {} : { region }),
      })
      observe(made, aws)
      clients.set(id, made)
      return made
    },
    close() {
      for (const client of clients.values()) client.destroy()
    },
  }
  return aws
}

const attempts = (most: number) => ({ maxAttempts: most, retryStrategy: toldRetries(most) })

function observe(client: Client & Notable, aws: Aws): void {
  rememberLooks(client)
  noteOperation(client)
  if (client.config.serviceId === 'S3') doubtHeads(client, aws.whyRefused)
  traceCalls(client)
}

const agentsOf = (network: Network): { httpAgent: HttpAgent; httpsAgent: HttpAgent } => ({
  httpAgent: network.agent(false, { maxSockets }),
  httpsAgent: network.agent(true, { maxSockets }),
})

/** The keys of packagecloud.rb, which come after a profile that was asked for. */
function keysOf(settings: Settings): { accessKeyId: string; secretAccessKey: string } | undefined {
  if (settings.profile !== undefined) return undefined
  const accessKeyId = optional(settings, 'accessKey')
  const secretAccessKey = optional(settings, 'secretKey')
  if (accessKeyId === undefined && secretAccessKey === undefined) return undefined
  if (accessKeyId !== undefined && secretAccessKey !== undefined) return { accessKeyId, secretAccessKey }
  const [there, missing] = accessKeyId === undefined ? ['secret', 'access'] : ['access', 'secret']
  throw new CtlError(
    'configuration',
    `${settings.configFile} sets aws_${there}_key, but not aws_${missing}_key: both are needed, or none.`,
    { hint: "Set both, or leave both out to use the environment's credentials; --profile comes before both." },
  )
}
