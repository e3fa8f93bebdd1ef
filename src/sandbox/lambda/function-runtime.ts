import { spawn } from 'node:child_process'
import { createHash, randomUUID } from 'node:crypto'
import { join } from 'node:path'

import { confinement } from '../containers/function-confinement.ts'
import { containerProgram, type ContainerRequest, type ContainerSettings } from './function-container.ts'
import { unpackedPackage } from './function-package.ts'
import { FunctionProcess, type FunctionOutcome } from './function-process.ts'
import type { FunctionRoles, SessionCredentials } from '../contracts/lambda-peers.ts'
import type { Context } from '../contracts/service.ts'

/** A function version, or $LATEST at one revision, ready to run. */
export interface FunctionImage {
  name: string
  version: string
  arn: string
  runtime: string
  handler: string
  roleArn: string
  /** MiB */
  memorySize: number
  /** Seconds */
  timeout: number
  environment: Readonly<Record<string, string>>
  /** Hex of the zip's SHA-256; the folder it is unpacked into is called so. */
  codeHash: string
  /** Distinguishes two states of $LATEST: containers of another revision are not reused. */
  revision: string
  zip(): Buffer
}

/** Where a container runs: the function's own region, or the region near an edge location that runs a replica. */
export interface Placement {
  region: string
  replica: boolean
}

/** Runs functions' real zips, each container a Node process of its own, kept warm for the next event. */
export interface FunctionRuntime {
  /** Runs one event (JSON text). Rejects only if the sandbox itself is at fault. */
  run(image: FunctionImage, event: string, placement: Placement, requestId?: string): Promise<FunctionOutcome>
  /** Ends the container that has the session of this access key. */
  kill(accessKeyId: string): void
  /** Ends all containers. */
  close(): Promise<void>
}

/** Processes per version; further events queue. Lambda would start more, a developer's machine should not. */
const maxContainers = 4

export function createFunctionRuntime(context: Context, roles: Pick<FunctionRoles, 'startSession'>): FunctionRuntime {
  const pools = new Map<string, ContainerPool>()
  let closed = false
  return {
    async run(image, event, placement, requestId = randomUUID()) {
      const key = [image.arn, image.revision, placement.region].join(' ')
      let pool = pools.get(key)
      if (pool === undefined) {
        const taskRoot = await unpackedPackage(join(context.folder, 'lambda', 'tasks'), image.codeHash, () =>
          image.zip(),
        )
        if (closed) throw new Error('The sandbox has ended.')
        pool = pools.get(key) ?? new ContainerPool(() => startContainer(context, roles, image, placement, taskRoot))
        pools.set(key, pool)
      }
      return pool.run({ requestId, event }, image.timeout * 1000)
    },
    kill(accessKeyId) {
      for (const pool of pools.values()) pool.kill(accessKeyId)
    },
    async close() {
      closed = true
      const all = [...pools.values()]
      pools.clear()
      await Promise.all(all.map((pool) => pool.close()))
    },
  }
}

/** The containers of one version in one place. */
class ContainerPool {
  readonly #start: () => FunctionProcess
  readonly #idle: FunctionProcess[] = []
  readonly #all = new Set<FunctionProcess>()
  readonly #waiting: (() => void)[] = []

  constructor(start: () => FunctionProcess) {
    this.#start = start
  }

  async run(request: Omit<ContainerRequest, 'deadline'>, timeout: number): Promise<FunctionOutcome> {
    const container = await this.#take()
    try {
      return await container.run(request, timeout)
    } finally {
      if (container.usable) this.#idle.push(container)
      else this.#all.delete(container)
      this.#waiting.shift()?.()
    }
  }

  async #take(): Promise<FunctionProcess> {
    for (;;) {
      const idle = this.#idle.pop()
      if (idle?.usable === true) return idle
      if (idle !== undefined) this.#all.delete(idle)
      if (idle === undefined && this.#all.size < maxContainers) break
      if (idle === undefined) await new Promise<void>((resolve) => this.#waiting.push(resolve))
    }
    const container = this.#start()
    this.#all.add(container)
    return container
  }

  kill(accessKeyId: string): void {
    for (const container of this.#all) if (container.accessKeyId === accessKeyId) void container.end()
  }

  async close(): Promise<void> {
    await Promise.all([...this.#all].map((container) => container.end()))
  }
}

function startContainer(
  context: Context,
  roles: Pick<FunctionRoles, 'startSession'>,
  image: FunctionImage,
  placement: Placement,
  taskRoot: string,
): FunctionProcess {
  const name = placement.replica ? `us-east-1.${image.name}` : image.name
  const session = roles.startSession(image.roleArn, image.name)
  const settings = {
    taskRoot,
    handler: image.handler,
    nodeMajor: Number(/^nodejs(\d+)/.exec(image.runtime)?.[1] ?? 0),
    functionName: name,
    functionVersion: image.version,
    functionArn: image.arn,
    memorySize: image.memorySize,
    logGroup: `/aws/lambda/${name}`,
    logStream: `${new Date(context.now()).toISOString().slice(0, 10).replaceAll('-', '/')}/[${image.version}]${randomUUID().replaceAll('-', '')}`,
  }
  const limits = [`--max-old-space-size=${image.memorySize}`, ...confinement(taskRoot)]
  const child = spawn(process.execPath, [...limits, '--eval', containerProgram], {
    cwd: taskRoot,
    env: variablesOfNode,
    // The last is what FunctionChannel is for.
    stdio: ['ignore', 'pipe', 'pipe', 'pipe'],
  })
  const environment = variables(context, image, placement, settings, session)
  return new FunctionProcess(child, { ...settings, environment }, context.endpoint, {
    accessKeyId: session.accessKeyId,
    last: () => context.now() < session.expiresAt - 60_000,
  })
}

/** What a container's Node itself starts with: nothing of the sandbox's environment, nor of the function's. */
const variablesOfNode = { PATH: '/usr/local/bin:/usr/bin:/bin', LANG: 'en_US.UTF-8', TZ: ':UTC' }

/** The function's variables and Lambda's reserved ones. */
function variables(
  context: Context,
  image: FunctionImage,
  placement: Placement,
  settings: Omit<ContainerSettings, 'environment'>,
  session: SessionCredentials,
): Record<string, string> {
  return {
    ...image.environment,
    ...variablesOfNode,
    _HANDLER: image.handler,
    AWS_REGION: placement.region,
    AWS_DEFAULT_REGION: placement.region,
    AWS_EXECUTION_ENV: `AWS_Lambda_${image.runtime}`,
    AWS_LAMBDA_FUNCTION_NAME: settings.functionName,
    AWS_LAMBDA_FUNCTION_VERSION: image.version,
    AWS_LAMBDA_FUNCTION_MEMORY_SIZE: String(image.memorySize),
    AWS_LAMBDA_LOG_GROUP_NAME: settings.logGroup,
    AWS_LAMBDA_LOG_STREAM_NAME: settings.logStream,
    AWS_ACCESS_KEY_ID: session.accessKeyId,
    AWS_SECRET_ACCESS_KEY: session.secretAccessKey,
    AWS_SESSION_TOKEN: session.sessionToken,
    LAMBDA_TASK_ROOT: settings.taskRoot,
    // What Lambda would not set: it leads the function's calls of AWS back to the sandbox, at the edge those of KMS alone.
    AWS_ENDPOINT_URL_KMS: context.endpoint,
    ...(placement.replica ? {} : { AWS_ENDPOINT_URL: context.endpoint }),
  }
}

/** Name of the folder of a zip. */
export const hashOf = (zip: Uint8Array): string => createHash('sha256').update(zip).digest('hex')
