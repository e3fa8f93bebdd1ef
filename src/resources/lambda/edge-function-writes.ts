import { createHash } from 'node:crypto'

import {
  type Architecture,
  CreateFunctionCommand,
  type FunctionConfiguration,
  GetFunctionConfigurationCommand,
  type LambdaClient,
  type Runtime,
  TagResourceCommand,
  UpdateFunctionCodeCommand,
  UpdateFunctionConfigurationCommand,
} from '@aws-sdk/client-lambda'

import { nameOf } from '../../aws/absent.ts'
import type { Names } from '../../aws/names.ts'
import { patiently, propagation, settling, spreading, type Talk, until } from '../../aws/patience.ts'
import { messageOf } from '../../errors.ts'
import { failIfFailed, type FunctionSettings, settingsChanges, settingsOf } from './edge-function-settings.ts'
import { ChangedMeanwhile } from '../resource.ts'
import { tagChanges, type Tags } from '../tags.ts'

interface Wish {
  readonly names: Names
  readonly tags: Tags
  readonly settings: FunctionSettings
  readonly description: string
  /** Lambda's default, where it is not given. */
  readonly architecture?: Architecture
}

/** What a function is known to be: what was seen, or what was written last. */
interface Known {
  readonly codeSha256: string
  readonly settings: FunctionSettings
}

/**
 * Creates the function. Lambda may not be done with it then: whoever goes on with it waits where Lambda says so.
 *
 * @returns its configuration
 */
export async function createFunction(
  lambda: LambdaClient,
  { names, tags, settings, description, architecture }: Wish,
  ZipFile: Uint8Array,
  talk: Talk,
): Promise<FunctionConfiguration> {
  const command = new CreateFunctionCommand({
    FunctionName: names.functionName,
    Description: description,
    Code: { ZipFile },
    ...inArchitecture(architecture),
    ...told(settings),
    Tags: tags,
  })
  return patiently(() => lambda.send(command), whyNotYet, propagation, talk)
}

/**
 * Brings the function up to date, against what was seen of it; answers its configuration once Lambda is done with it.
 *
 * The revision moves by itself while an earlier update settles. So it is read once that is over, and counts only if the
 * function is then still the one that was seen, or as the write before has left it.
 *
 * @throws ChangedMeanwhile if somebody else has changed it since
 */
export async function updateFunction(
  lambda: LambdaClient,
  { names, tags, settings: wanted, architecture }: Wish,
  live: Known & { readonly arn: string; readonly tags: Tags },
  ZipFile: Uint8Array,
  talk: Talk,
): Promise<FunctionConfiguration> {
  const FunctionName = names.functionName
  if (tagChanges(live.tags, tags).length > 0) {
    await lambda.send(new TagResourceCommand({ Resource: live.arn, Tags: tags }))
  }
  let known: Known = live
  if (settingsChanges(live.settings, wanted).length > 0) {
    const { RevisionId } = await settled(lambda, FunctionName, known, talk)
    const none = live.settings.Environment === undefined ? {} : { Environment: { Variables: {} } }
    const command = new UpdateFunctionConfigurationCommand({ FunctionName, ...told(wanted), ...none, RevisionId })
    known = knownFrom(await patiently(() => lambda.send(command), whyNotYet, propagation, talk))
  }
  if (sha256(ZipFile) !== live.codeSha256) {
    const { RevisionId } = await settled(lambda, FunctionName, known, talk)
    const command = new UpdateFunctionCodeCommand({
      ...{ FunctionName, ZipFile, RevisionId },
      ...inArchitecture(architecture),
    })
    known = knownFrom(await patiently(() => lambda.send(command), whyNotYet, propagation, talk))
  }
  return settled(lambda, FunctionName, known, talk)
}

const told = ({ Runtime: runtime, Handler, Role, MemorySize, Timeout }: FunctionSettings) => ({
  Runtime: runtime as Runtime,
  Handler,
  Role,
  MemorySize,
  Timeout,
})

const knownFrom = (found: FunctionConfiguration): Known => ({
  codeSha256: found.CodeSha256 ?? '',
  settings: settingsOf(found),
})

/** Errors that Lambda answers only until IAM's news has spread or an earlier change has settled. */
function whyNotYet(error: unknown): string | undefined {
  const message = messageOf(error)
  if (nameOf(error) === 'ResourceConflictException' && !/already exist/i.test(message)) {
    return 'waiting for an earlier change of the function to settle'
  }
  if (nameOf(error) !== 'InvalidParameterValueException') return undefined
  if (/cannot be assumed by Lambda/i.test(message)) return 'waiting until Lambda can assume the new role'
  if (/execution role does not have permissions/i.test(message)) return "waiting for the role's policy to take effect"
  return undefined
}

/** A function that was just made may not be found for a moment. */
export const whyUnknownYet = (error: unknown): string | undefined =>
  nameOf(error) === 'ResourceNotFoundException' ? 'waiting until Lambda knows everywhere what is new' : undefined

/**
 * Waits until the function is Active and no update is in progress.
 *
 * @param age - one that was just made may not be found for a moment
 * @throws CtlError where Lambda could not make it what it was to be
 */
export async function untilSettled(
  lambda: LambdaClient,
  FunctionName: string,
  talk: Talk,
  age?: 'new',
): Promise<FunctionConfiguration> {
  const ask = () => lambda.send(new GetFunctionConfigurationCommand({ FunctionName }))
  const look = async (): Promise<FunctionConfiguration | undefined> => {
    const found = age === 'new' ? await patiently(ask, whyUnknownYet, spreading, talk) : await ask()
    failIfFailed(found)
    return found.State === 'Active' && found.LastUpdateStatus !== 'InProgress' ? found : undefined
  }
  return until('Lambda to finish the function', look, settling, talk)
}

/**
 * As {@link untilSettled}.
 *
 * @throws ChangedMeanwhile if it is not as it is known to be then
 */
async function settled(
  lambda: LambdaClient,
  FunctionName: string,
  known: Known,
  talk: Talk,
): Promise<FunctionConfiguration> {
  const found = await untilSettled(lambda, FunctionName, talk)
  const { codeSha256, settings } = knownFrom(found)
  if (codeSha256 === known.codeSha256 && settingsChanges(known.settings, settings).length === 0) return found
  throw new ChangedMeanwhile(`Someone else is changing the function ${FunctionName} at the same time.`)
}

const inArchitecture = (architecture: Architecture | undefined) =>
  architecture === undefined ? {} : { Architectures: [architecture] }

/** As Lambda's `CodeSha256`. */
export const sha256 = (zip: Uint8Array): string => createHash('sha256').update(zip).digest('base64')
