import { AsyncLocalStorage } from 'node:async_hooks'

import { arnOfBucket, arnOfObject } from './arns.ts'
import { CtlError, messageOf } from '../errors.ts'
import { attemptsOf, deniedBy, isDenial, requestIdsOf, statusOf } from './aws-error.ts'
import { noteChange } from '../ui/envelope.ts'
import { nameOf } from './absent.ts'
import { isReading } from './reading.ts'
import { isTraced, traceCall } from './call-trace.ts'
import { noticing } from './memory.ts'

type Handler = (args: { input: object }) => Promise<{ output: object }>
export type Middleware = (next: Handler, context: { clientName?: string; commandName?: string }) => Handler

/** What a client must have so that its errors can be told apart by operation. */
export interface Notable {
  middlewareStack: { add(middleware: Middleware, options: { step: 'initialize'; name: string }): void }
}

/** One operation of AWS's API, as IAM names it. */
export interface Operation {
  /** The IAM prefix of the service, such as `s3`. */
  readonly service: string
  /** The API operation, such as `CreateRole`. */
  readonly operation: string
  /** What the call was about, where its input tells: S3 names no resource in its errors. */
  readonly resource?: string | undefined
}

const operations = new WeakMap<object, Operation>()

/** The operation that threw an error, if it was noted. */
export const operationBehind = (error: unknown): Operation | undefined =>
  typeof error === 'object' && error !== null ? operations.get(error) : undefined

const calls = new AsyncLocalStorage<Operation>()

/** The call that is being made, such as `iam:CreateRole`. */
export function callNow(): string | undefined {
  const call = calls.getStore()
  return call === undefined ? undefined : `${call.service}:${call.operation}`
}

/** Makes a client remember, for each error it throws, which operation it was: AWS's own message often doesn't say. */
export function noteOperation(client: Notable): void {
  client.middlewareStack.add(
    (next, context) => async (args) => {
      const called = operationOf(context)
      try {
        const answer = await calls.run(called, () => next(args))
        if (!isReading(called.operation)) noteChange()
        return answer
      } catch (error) {
        // A call that never was made, for there are no credentials, leaves the error to the call that was to get them.
        if (typeof error === 'object' && error !== null && !operations.has(error)) {
          operations.set(error, { ...called, resource: objectOf(args.input) })
        }
        throw error
      }
    },
    { step: 'initialize', name: 'noteOperation' },
  )
}

/** Remembers the action, such as `s3:GetObject`, of a call without the SDK, and what the call was about. */
export function noteError(error: unknown, action: string, about: { Bucket?: string; Key?: string } = {}): void {
  const [service = '', operation = ''] = action.split(':')
  if (typeof error === 'object' && error !== null) {
    operations.set(error, { service, operation, resource: objectOf(about) })
  }
}

/** Tells each call of a client where that is wanted. */
export function traceCalls(client: Notable & { config: { region: unknown } }): void {
  client.middlewareStack.add(
    (next, context) => async (args) => {
      if (!isTraced()) return next(args)
      const { service, operation } = operationOf(context)
      const begun = performance.now()
      const note = { isSent: false }
      const region = await regionOf(client.config.region)
      const told = (about: unknown, code?: string): void =>
        traceCall({
          action: `${service}:${operation}`,
          region,
          status: statusOf(about),
          code,
          attempts: attemptsOf(about),
          milliseconds: performance.now() - begun,
          requestId: requestIdsOf(about)?.requestId,
        })
      try {
        const result = await noticing(note, () => next(args))
        // What was prepared, and not sent, has no status; what is remembered was told before.
        if (note.isSent && statusOf(result.output) !== undefined) told(result.output)
        return result
      } catch (error) {
        if (note.isSent || statusOf(error) === undefined) told(error, codeOf(error))
        throw error
      }
    },
    { step: 'initialize', name: 'traceCalls' },
  )
}

/** AWS's name of an error, or ours where AWS did not answer. */
export const codeOf = (error: unknown): string => (error instanceof CtlError ? error.code : nameOf(error))

async function regionOf(region: unknown): Promise<string | undefined> {
  try {
    const found: unknown = typeof region === 'function' ? await (region as () => unknown)() : region
    return typeof found === 'string' ? found : undefined
  } catch {
    // Who calls is told by the call itself.
    return undefined
  }
}

/** What calls have shown about permissions. */
export interface Heard {
  /** Actions of calls that AWS carried out, or did not find the object of. */
  readonly allowed: Set<string>
  readonly denied: Set<string>
  /** Calls that are not answered yet. */
  readonly underWay: Set<Promise<unknown>>
}

/** Takes down what each call of a client shows. */
export function hearActions(client: Notable, { allowed, denied, underWay }: Heard): void {
  client.middlewareStack.add(
    (next, context) => async (args) => {
      const { service, operation } = operationOf(context)
      const action = iamAction(`${service}:${operation}`)
      const call = next(args)
      const settled = call.then(
        () => allowed.add(action),
        (error: unknown) => {
          if (statusOf(error) === 404) allowed.add(action)
          else if (isDenial(error)) denied.add(deniedBy(messageOf(error))?.action ?? action)
        },
      )
      underWay.add(settled)
      void settled.then(() => underWay.delete(settled))
      return call
    },
    { step: 'initialize', name: 'hearActions' },
  )
}

function operationOf({ clientName = '', commandName = '' }: { clientName?: string; commandName?: string }): Operation {
  const service = clientName.replace(/Client$/, '').toLowerCase()
  return { service: servicePrefixes[service] ?? service, operation: commandName.replace(/Command$/, '') }
}

/**
 * The bucket that an S3 call names, or its objects: a permission for one of them alone is never what is meant. Or what a
 * client of ours says.
 */
function objectOf(input: object): string | undefined {
  if ('aboutArn' in input && typeof input.aboutArn === 'string') return input.aboutArn
  if (!('Bucket' in input) || typeof input.Bucket !== 'string') return undefined
  const { Bucket: bucket } = input
  return 'Key' in input ? arnOfObject(bucket) : arnOfBucket(bucket)
}

/** Where the IAM prefix of a service is not its client's name. */
const servicePrefixes: Readonly<Record<string, string>> = {
  resourcegroupstaggingapi: 'tag',
  costexplorer: 'ce',
  s3control: 's3',
  cloudfrontkeyvaluestore: 'cloudfront-keyvaluestore',
}

/** Operations that IAM knows by another name, from AWS's Service Authorization Reference. */
const renamedActions: Readonly<Record<string, string>> = {
  's3:HeadBucket': 's3:ListBucket',
  's3:ListObjectsV2': 's3:ListBucket',
  's3:HeadObject': 's3:GetObject',
  's3:CopyObject': 's3:PutObject',
  's3:GetBucketEncryption': 's3:GetEncryptionConfiguration',
  's3:GetPublicAccessBlock': 's3:GetBucketPublicAccessBlock',
  'cloudfront:CreateDistributionWithTags': 'cloudfront:CreateDistribution',
}

/** The permission that a call, such as `s3:HeadBucket`, needs. */
export const iamAction = (call: string): string => renamedActions[call] ?? call
