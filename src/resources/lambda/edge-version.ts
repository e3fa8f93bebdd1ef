import {
  type FunctionConfiguration,
  GetFunctionConfigurationCommand,
  LambdaClient,
  paginateListVersionsByFunction,
  PublishVersionCommand,
} from '@aws-sdk/client-lambda'

import { arnOfFunction, arnOfVersion, withoutVersion } from '../../aws/arns.ts'
import { absentAs, nameOf } from '../../aws/absent.ts'
import type { Aws } from '../../aws/connect.ts'
import { edgeRegion, type Names } from '../../aws/names.ts'
import { patiently, settling, spreading, type Talk, until } from '../../aws/patience.ts'
import { messageOf } from '../../errors.ts'
import { exportedVersion } from './edge-function-export.ts'
import { failIfFailed, type FunctionSettings, settingsChanges, settingsOf } from './edge-function-settings.ts'
import { untilSettled, whyUnknownYet } from './edge-function-writes.ts'
import { change, create, Outdated, type Resource } from '../resource.ts'

export interface EdgeVersionWant {
  readonly names: Names
  readonly accountId: string
  /** As it is now. */
  readonly function: {
    readonly arn: string
    readonly codeSha256: string
    readonly settings: FunctionSettings
  }
}

export interface EdgeVersion {
  /** With the version number, which is all that CloudFront accepts. */
  readonly arn: string
  readonly number: number
  readonly codeSha256: string
  readonly settings: FunctionSettings
  /** Whether it is known to be ready to be associated. */
  readonly isActive?: boolean
}

/**
 * The newest numbered version of a function: of the edge function's, where no region is given. A new one is published only when code, secrets or settings differ
 * from the newest, because each one published means a rollout to all edges and takes storage for good.
 */
export function edgeVersion(aws: Aws, region = edgeRegion): Resource<EdgeVersionWant, EdgeVersion> {
  const lambda = () => aws.client(LambdaClient, region)
  return {
    kind: 'Lambda version',
    name: ({ names }) => names.functionName,
    id: ({ arn }) => arn,
    needs: ({ names, accountId }) => {
      const resource = arnOfFunction(names, accountId, region)
      return [
        { access: 'read', actions: ['lambda:ListVersionsByFunction'], resources: [resource] },
        {
          access: 'read',
          actions: ['lambda:GetFunctionConfiguration'],
          resources: [resource, arnOfVersion(resource, '*')],
        },
        { access: 'write', actions: ['lambda:PublishVersion'], resources: [resource] },
      ]
    },
    pattern: ({ function: { arn, codeSha256, settings } }) => ({
      arn: arnOfVersion(arn, '*'),
      number: 0,
      codeSha256,
      settings,
    }),

    ties: ({ function: { arn } }) => [{ to: arn, as: 'published from' }],

    exported: (want, live) => exportedVersion(want.function.arn, live),
    // All versions go with the function.
    takedown: () => [],

    describe: ({ names }) => newestVersion(aws, names, region),

    decide(want, live) {
      const { codeSha256, settings, arn } = want.function
      const after: EdgeVersion = { arn: arnOfVersion(arn, (live?.number ?? 0) + 1), number: 0, codeSha256, settings }
      if (live === undefined) return create(after)
      const differs = [
        ...change('code or secrets', live.codeSha256, codeSha256),
        ...settingsChanges(live.settings, settings),
      ]
      if (differs.length === 0) return { do: 'keep', because: [], changes: [], after: live }
      return create(after, `${differs.map(({ field }) => field).join(', ')} changed since version ${live.number}`)
    },

    async apply({ names, function: { codeSha256, settings } }, _live, talk) {
      const command = new PublishVersionCommand({ FunctionName: names.functionName, CodeSha256: codeSha256 })
      const publish = () => patiently(() => lambda().send(command), whyUnknownYet, spreading, talk)
      const onceSettled = async (error: unknown) => {
        if (whyNotYet(error) === undefined) throw error
        await untilSettled(lambda(), names.functionName, talk, 'new')
        return patiently(publish, whyNotYet, settling, talk)
      }
      const published = await publish()
        .catch(onceSettled)
        .catch((error: unknown) => {
          throw isOutdated(error) ? new Outdated(outdated(names), { cause: error }) : error
        })
      const version = toVersion(published)
      if (version === undefined) throw new Error(`Lambda published no numbered version: ${published.Version ?? 'none'}`)
      // The code is sure to be the wanted one, the settings are what they were at that moment.
      if (settingsChanges(version.settings, settings).length > 0) throw new Outdated(outdated(names))
      return version
    },
  }
}

/** The newest numbered version of a function, of the edge function where no region is given; if any is published. */
export async function newestVersion(
  aws: Aws,
  { functionName: FunctionName }: Names,
  region = edgeRegion,
): Promise<EdgeVersion | undefined> {
  const client = aws.client(LambdaClient, region)
  return absentAs('ResourceNotFoundException', async () => {
    let newest: EdgeVersion | undefined
    for await (const page of paginateListVersionsByFunction({ client }, { FunctionName })) {
      for (const found of page.Versions ?? []) {
        const version = toVersion(found)
        if (version !== undefined && version.number > (newest?.number ?? 0)) newest = version
      }
    }
    return newest
  })
}

/** Waits until a version is Active: nothing runs one that is Pending. */
export async function untilVersionActive(
  aws: Aws,
  names: Names,
  version: EdgeVersion,
  talk: Talk,
  region = edgeRegion,
): Promise<void> {
  const lambda = aws.client(LambdaClient, region)
  const command = new GetFunctionConfigurationCommand({
    FunctionName: names.functionName,
    Qualifier: String(version.number),
  })
  await until(
    `version ${version.number} to become Active`,
    async () => {
      const found = await patiently(() => lambda.send(command), whyUnknownYet, spreading, talk)
      failIfFailed(found)
      return found.State === 'Active' ? true : undefined
    },
    settling,
    talk,
  )
}

function toVersion(found: FunctionConfiguration): EdgeVersion | undefined {
  const number = Number(found.Version)
  if (!Number.isInteger(number) || found.FunctionArn === undefined) return undefined
  return {
    arn: arnOfVersion(withoutVersion(found.FunctionArn), number),
    number,
    codeSha256: found.CodeSha256 ?? '',
    settings: settingsOf(found),
    isActive: found.State === 'Active',
  }
}

/** $LATEST is not what it was when it was written, or is gone: Lambda's words for it when a version is to be published. */
const isOutdated = (error: unknown): boolean =>
  ['PreconditionFailedException', 'ResourceNotFoundException'].includes(nameOf(error)) ||
  (nameOf(error) === 'InvalidParameterValueException' && /CodeSha256/i.test(messageOf(error)))

const outdated = ({ functionName }: Names): string =>
  `Someone else is changing the function ${functionName} at the same time.`

const whyNotYet = (error: unknown): string | undefined =>
  nameOf(error) === 'ResourceConflictException' ? 'waiting for an earlier change of the function to settle' : undefined
