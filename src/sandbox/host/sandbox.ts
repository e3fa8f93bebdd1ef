import { randomBytes } from 'node:crypto'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'

import { accountArn } from '../contracts/arns.ts'
import { CallLog } from './call-log.ts'
import { isControlPath } from '../contracts/control-path.ts'
import { serveControl } from './control.ts'
import { Dispatcher, type CallHook } from './dispatcher.ts'
import { FaultPlan, type Fault } from './faults.ts'
import type { Front, StartFront } from './front.ts'
import { confinement } from '../containers/function-confinement.ts'
import { parseIdentityPolicy } from '../policy/identity-policy.ts'
import { accessKeyId, secretAccessKey } from '../iam/state.ts'
import type { Credentials } from '../iam/iam.ts'
import { openPrivateFolder } from '../contracts/private-folder.ts'
import { closeServer, listen, portOf, type Arrival } from '../wire/server.ts'
import type { AwsResponse, Context, Timing } from '../contracts/service.ts'
import { createServices, type Services } from './services.ts'
import type { Secret } from '../wire/signature-check.ts'
import { Store } from '../contracts/store.ts'

export { NotPrivateError } from '../contracts/private-folder.ts'

/** What a flag would say may be undefined, where it was not given. */
export interface SandboxOptions {
  /** Of the AWS endpoint; without one, that of the last run with the same state, else any free one. */
  port?: number | undefined
  /** What clients call the AWS endpoint, where something stands before it: `https://aws.example.org`. */
  calledEndpoint?: string
  /** What stands before the edge and hands clients on to it; without it, nothing does. */
  startFront?: StartFront
  /** Of the front server; chosen as `port` is. */
  frontPort?: number | undefined
  /** Folder that keeps everything across runs, for nobody else to read; without one all ends with the sandbox. */
  state?: string | undefined
  timing?: Partial<Timing>
  /** Milliseconds that every answer waits. */
  latency?: number | undefined
  /** Twelve digits. */
  accountId?: string
  /** The clock of this AWS, in milliseconds since the epoch. */
  now?: () => number
  /** Has edges take a change one after the other until it is Deployed or has spread; by default all do so then. */
  edgeByEdge?: boolean
  faults?: readonly (Fault | string)[]
  /**
   * Identity policies (JSON). With them, `credentials` are those of the IAM user `operator`, who has exactly these; in
   * a later run with the same state they are replaced. Without them `credentials` are the root user's.
   */
  policies?: readonly string[] | undefined
}

export interface Sandbox {
  /** Such as `http://127.0.0.1:4566`. */
  readonly endpoint: string
  readonly accountId: string
  /** The root user's: these may do everything. */
  readonly accessKeyId: string
  readonly secretAccessKey: string
  /** What operators and the front server are given; see {@link SandboxOptions.policies}. */
  readonly credentials: Credentials
  /** What they may have been given in other runs with the same state. */
  readonly otherCredentials: readonly Credentials[]
  /** Variables that point SDKs, `aws` and pc-ctl here, with `credentials`. */
  readonly environment: Readonly<Record<string, string>>
  readonly calls: CallLog
  readonly faults: FaultPlan
  readonly services: Services
  /** The server that plays packagecloud's part, if it was asked for, and the token that it lets in. */
  readonly frontUrl: string | undefined
  readonly front: (Front & { readonly token: string }) | undefined
  /** Awaited before a call's effect and again before its answer; returns the way to stop. */
  onCall(hook: CallHook): () => void
  close(): Promise<void>
}

/** What a sandbox with a state folder keeps about itself. */
interface Identity {
  accountId: string
  accessKeyId: string
  secretAccessKey: string
  port: number
  frontPort: number | undefined
  /** What clients of the front server authenticate with. */
  token: string
}

/** How long AWS takes in a rehearsal: long enough to be seen, short enough to be waited for. */
export const rehearsalTiming: Timing = {
  roleAssumable: 2000,
  principal: 1000,
  functionActive: 1000,
  deploy: 5000,
  invalidation: 2000,
  listed: 0,
  spread: 1000,
  storeReady: 1000,
  error: 1000,
  jobState: 500,
  redrive: 1000,
}

/** The IAM user that a sandbox with limited permissions is used as. */
export const operatorName = 'operator'

/** The account that AWS's own documents use. */
export const exampleAccount = '111122223333'

/**
 * Starts an embedded AWS on loopback.
 *
 * @throws PolicySyntaxError for a malformed policy
 * @throws NotPrivateError for a state folder that others can use, or that is not one's own
 * @throws Error if the port is taken or the state folder can't be used
 */
export async function startSandbox(options: SandboxOptions = {}): Promise<Sandbox> {
  for (const policy of options.policies ?? []) parseIdentityPolicy(policy)
  // Absolute, for functions run in folders of their own inside it.
  const folder = openPrivateFolder(
    options.state === undefined ? await mkdtemp(join(tmpdir(), 'pc-ctl-sandbox-')) : resolve(options.state),
  )
  // Better here than when the first function is to run.
  confinement(folder)
  const store = new Store(options.state === undefined ? undefined : join(folder, 'sandbox.sqlite'))
  const identities = store.collection<Identity>('sandbox')
  const known = identities.get('identity')

  let answer: (arrival: Arrival) => Promise<AwsResponse> = () => Promise.resolve({ status: 503 })
  const server = await listen(options.port ?? known?.port ?? 0, (arrival) => answer(arrival)).catch(
    (error: unknown) => {
      store.close()
      throw error
    },
  )
  const identity: Identity = {
    accountId: options.accountId ?? known?.accountId ?? exampleAccount,
    accessKeyId: known?.accessKeyId ?? accessKeyId('AKIA'),
    secretAccessKey: known?.secretAccessKey ?? secretAccessKey(),
    port: portOf(server),
    frontPort: known?.frontPort,
    token: known?.token ?? randomBytes(24).toString('hex'),
  }
  identities.put('identity', identity)
  const endpoint = `http://127.0.0.1:${identity.port}`
  const context: Context = {
    store,
    accountId: identity.accountId,
    timing: { ...rehearsalTiming, ...options.timing },
    endpoint,
    calledEndpoint: options.calledEndpoint ?? endpoint,
    folder,
    now: options.now ?? Date.now,
    edgeByEdge: options.edgeByEdge ?? false,
  }
  const calls = new CallLog()
  const services = await createServices(context, (request) => dispatcher.answerInside(request))
  const close = async (front?: Front): Promise<void> => {
    await Promise.all([closeServer(server), front?.close()])
    await services.close()
    store.close()
    if (options.state === undefined) await rm(folder, { recursive: true, force: true })
  }
  const faults = new FaultPlan(services.all)
  try {
    for (const fault of options.faults ?? []) faults.add(fault)
  } catch (error) {
    await close()
    throw error
  }
  const findSecret = (id: string): Secret | undefined =>
    id === identity.accessKeyId ? rootSecret(identity) : (services.iam.secret(id) ?? services.sts.secret(id))
  const dispatcher: Dispatcher = new Dispatcher({ context, services, calls, faults, findSecret })

  const { accessKeyId: rootId, secretAccessKey: rootKey } = identity
  const root: Credentials = { accessKeyId: rootId, secretAccessKey: rootKey }
  const credentials = options.policies === undefined ? root : services.iam.enrol(operatorName, options.policies)

  const front = await options.startFront?.({
    port: options.frontPort ?? identity.frontPort ?? 0,
    endpoint,
    token: identity.token,
    credentials,
  })
  if (front !== undefined) identities.put('identity', { ...identity, frontPort: front.port })

  answer = async (arrival) => {
    if (isControlPath(arrival.rawPath))
      return serveControl(arrival, { calls, faults, plans: services.cloudfront, endpoint, front })
    if (options.latency !== undefined) await sleep(options.latency)
    return dispatcher.answer(arrival)
  }
  services.s3control.resume()
  return {
    endpoint,
    accountId: identity.accountId,
    ...root,
    credentials,
    otherCredentials: [root, ...services.iam.accessKeys(operatorName)].filter(
      (other) => other.accessKeyId !== credentials.accessKeyId,
    ),
    environment: environmentOf(endpoint, credentials),
    calls,
    faults,
    services,
    frontUrl: front?.url,
    front: front === undefined ? undefined : { ...front, token: identity.token },
    onCall: (hook) => dispatcher.onCall(hook),
    close: () => close(front),
  }
}

function rootSecret({ accountId, accessKeyId: id, secretAccessKey: secret }: Identity): Secret {
  return { secretAccessKey: secret, caller: { kind: 'root', accountId, arn: accountArn(accountId), accessKeyId: id } }
}

const environmentOf = (endpoint: string, credentials: Credentials): Record<string, string> => ({
  AWS_ENDPOINT_URL: endpoint,
  AWS_ACCESS_KEY_ID: credentials.accessKeyId,
  AWS_SECRET_ACCESS_KEY: credentials.secretAccessKey,
  AWS_REGION: 'us-east-1',
  AWS_DEFAULT_REGION: 'us-east-1',
})
