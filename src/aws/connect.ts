import { optional, type Settings } from '../settings/settings.ts'
import { noteOperation } from './denial.ts'

/** What every client is made with; the SDK fills in the rest from its own environment variables. */
interface ClientConfig {
  region?: string
  profile?: string
  credentials?: { accessKeyId: string; secretAccessKey: string }
  maxAttempts: number
  retryMode: 'standard' | 'adaptive'
  forcePathStyle?: boolean
  customUserAgent: string
}

/** The part of an SDK client that all of them share and that is used here. */
interface Client {
  config: { region: unknown }
  middlewareStack: {
    add(middleware: never, options: { step: 'initialize'; name: string }): void
  }
  destroy(): void
}

/** The door to AWS. Clients are made on first use, so a command loads and connects only what it talks to. */
export interface Aws {
  /**
   * The one client of a class and region. Without a region: that of the bucket, or the SDK's own chain. `once` is for
   * calls that must not be repeated without looking what the first attempt did.
   */
  client<C extends Client>(Class: new (config: ClientConfig) => C, region?: string, once?: 'once'): C
  /** Closes all connections. */
  close(): void
}

/**
 * Credentials come from `--profile`, else from packagecloud.rb, else from the SDK's default chain. With a custom
 * endpoint (`AWS_ENDPOINT_URL`) S3 is addressed by path, because bucket names have no DNS there.
 *
 * @throws CtlError of kind `configuration` for a key in packagecloud.rb whose value can't be known
 */
export function connect(settings: Settings, environment: NodeJS.ProcessEnv = process.env): Aws {
  const clients = new Map<string, Client>()
  const customEndpoint = environment['AWS_ENDPOINT_URL'] ?? environment['AWS_ENDPOINT_URL_S3']
  const shared: ClientConfig = {
    // CloudFront answers bursts with "Throttling: Rate exceeded", which three attempts do not outlast.
    maxAttempts: 8,
    retryMode: 'standard',
    customUserAgent: 'pc-ctl',
    ...(customEndpoint === undefined ? {} : { forcePathStyle: true }),
    ...credentialsOf(settings),
  }
  return {
    client(Class, region = optional(settings, 'region'), once) {
      const id = `${Class.name} ${region ?? ''} ${once ?? ''}`
      const existing = clients.get(id)
      if (existing instanceof Class) return existing
      const made = new Class({
        ...shared,
        ...(once === undefined ? {} : { maxAttempts: 1 }),
        ...(region === undefined ? {} : { region }),
      })
      noteOperation(made)
      clients.set(id, made)
      return made
    },
    close() {
      for (const client of clients.values()) client.destroy()
    },
  }
}

function credentialsOf(settings: Settings): Partial<ClientConfig> {
  if (settings.profile !== undefined) return { profile: settings.profile.value }
  const accessKeyId = optional(settings, 'accessKey')
  const secretAccessKey = optional(settings, 'secretKey')
  if (accessKeyId === undefined || secretAccessKey === undefined) return {}
  return { credentials: { accessKeyId, secretAccessKey } }
}
