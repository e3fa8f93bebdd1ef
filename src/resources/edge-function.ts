import { createHash } from 'node:crypto'

import {
  CreateFunctionCommand,
  type FunctionConfiguration,
  GetFunctionCommand,
  GetFunctionConfigurationCommand,
  LambdaClient,
  type Runtime,
  TagResourceCommand,
  UpdateFunctionCodeCommand,
  UpdateFunctionConfigurationCommand,
} from '@aws-sdk/client-lambda'

import { absentAs, nameOf } from '../aws/absent.ts'
import type { Aws } from '../aws/connect.ts'
import { edgeRegion, type Names, ownerOf, tagKey } from '../aws/names.ts'
import { patiently, propagation, settling, type Talk, until } from '../aws/patience.ts'
import { edgeFiles, type EdgeRules } from '../edge/config.ts'
import { newestRuntime, runsOurs } from '../edge/runtime.ts'
import { CtlError, messageOf } from '../ui/errors.ts'
import { decryptSecrets, encryptSecrets, type SealedSecrets } from './edge-secrets.ts'
import { download } from './edge-download.ts'
import { type EdgePackage, packEdge, unpackEdge } from './edge-package.ts'
import { change, create, type Decision, notOurs, pending, refuse, type Resource, updateIf } from './resource.ts'

export interface EdgeFunctionWant extends EdgeWishes {
  readonly names: Names
  readonly accountId: string
  readonly roleArn: string
  readonly keyArn: string
  /** The bundled code. */
  readonly code: Uint8Array
  /** The secrets as packagecloud.rb has them: the current one, then the previous one if there is one. */
  readonly secrets: readonly string[]
  readonly adopt: boolean
  /** Why switching HMAC-SHA1 off would or might refuse downloads, if it would. */
  readonly whySha1?: string | undefined
}

/** What an operator may choose of the function. What is not chosen stays as it is deployed. */
export interface EdgeWishes {
  /** Such as `nodejs24.x`. */
  readonly runtime?: string | undefined
  /** How far ahead a URL may expire, in seconds. */
  readonly longestLife?: number | undefined
  /** Whether HMAC-SHA1 is accepted. */
  readonly sha1?: boolean | undefined
}

export interface EdgeFunction {
  /** Without a version. */
  readonly arn: string
  readonly revision: string
  /** Base64 of the SHA-256 of the deployed zip. */
  readonly codeSha256: string
  readonly settings: FunctionSettings
  /** SHA-256 of the code in the deployed zip, in hex. */
  readonly code: string
  /** What the deployed zip's ciphertexts decrypt to, as fingerprints; `undefined` if they can't be decrypted. */
  readonly fingerprints: readonly string[] | undefined
  readonly sealed: SealedSecrets | undefined
  /** What the deployed function checks by besides the secrets; `undefined` where that can't be read. */
  readonly rules: EdgeRules | undefined
  readonly owner: string | undefined
}

/** What a version inherits from the function besides its code. */
export interface FunctionSettings {
  readonly Runtime: string
  readonly Handler: string
  readonly Role: string
  readonly MemorySize: number
  /** Seconds. */
  readonly Timeout: number
}

/**
 * 128 MB, 5 s and a package below 1 MB are allowed for viewer events under the old and under the new quotas of
 * `Lambda@Edge`.
 */
const wantedSettings = ({ runtime, roleArn }: EdgeFunctionWant, live: EdgeFunction | undefined): FunctionSettings => ({
  Runtime: runtime ?? (live !== undefined && runsOurs(live.settings.Runtime) ? live.settings.Runtime : newestRuntime),
  Handler: edgeFiles.handler,
  Role: roleArn,
  MemorySize: 128,
  Timeout: 5,
})

/** Rules of new installations. packagecloud's own tokens are SHA-1, so that is on. */
const firstRules: EdgeRules = { longestLife: 7 * 86_400, sha1: true }

const wantedRules = ({ longestLife, sha1 }: EdgeFunctionWant, live: EdgeFunction | undefined): EdgeRules => ({
  ...(live?.rules ?? firstRules),
  ...(longestLife !== undefined && { longestLife }),
  ...(sha1 !== undefined && { sha1 }),
})

/**
 * The `Lambda@Edge` function that checks signed URLs. Edge functions have no environment variables, so the secrets travel
 * inside the package, encrypted. KMS gives another ciphertext each time; so that an unchanged secret does not look like
 * a change, the deployed ciphertexts are decrypted and compared, and used again where they are right.
 */
export function edgeFunction(aws: Aws): Resource<EdgeFunctionWant, EdgeFunction> {
  const lambda = aws.client(LambdaClient, edgeRegion)
  return {
    kind: 'Lambda function',
    name: ({ names }) => names.functionName,
    id: ({ arn }) => arn,
    needs: ({ names, accountId, roleArn, keyArn }) => {
      const resources = [`arn:aws:lambda:${edgeRegion}:${accountId}:function:${names.functionName}`]
      return [
        { access: 'read', actions: ['lambda:GetFunction', 'lambda:GetFunctionConfiguration'], resources },
        { access: 'read', actions: ['kms:Decrypt'], resources: [keyArn] },
        {
          access: 'write',
          actions: [
            'lambda:CreateFunction',
            'lambda:TagResource',
            'lambda:UpdateFunctionCode',
            'lambda:UpdateFunctionConfiguration',
          ],
          resources,
        },
        { access: 'write', actions: ['kms:Encrypt'], resources: [keyArn] },
        {
          access: 'write',
          actions: ['iam:PassRole'],
          resources: [roleArn],
          condition: { StringEquals: { 'iam:PassedToService': 'lambda.amazonaws.com' } },
        },
      ]
    },

    async describe({ names }) {
      const read = () => lambda.send(new GetFunctionCommand({ FunctionName: names.functionName }))
      const found = await absentAs('ResourceNotFoundException', read)
      if (found?.Configuration === undefined) return undefined
      const deployed = await download(aws.network, found.Code?.Location)
      return toEdgeFunction(aws, names, found.Configuration, deployed, ownerOf(found.Tags))
    },

    decide: decideEdgeFunction,

    async apply(want, live, talk) {
      const { names } = want
      const sealed = sealedIfRight(want, live) ?? (await encryptSecrets(aws, want, talk))
      const zip = packEdge({ code: want.code, sealed, rules: wantedRules(want, live) })
      if (live === undefined) await createFunction(lambda, want, zip, talk)
      else await updateFunction(lambda, want, live, zip, talk)
      const configuration = await settled(lambda, names.functionName, talk)
      return toEdgeFunction(aws, names, configuration, unpackEdge(zip), names.installation)
    },
  }
}

/** Pure. The function is ours by its tag; its code, secrets and settings are wholly ours. */
export function decideEdgeFunction(want: EdgeFunctionWant, live: EdgeFunction | undefined): Decision<EdgeFunction> {
  const { names, adopt } = want
  const settings = wantedSettings(want, live)
  const rules = wantedRules(want, live)
  const after: EdgeFunction = {
    arn: pending('function ARN'),
    revision: '',
    codeSha256: pending('code hash'),
    settings,
    code: sha256(want.code),
    fingerprints: want.secrets.map(fingerprint),
    sealed: undefined,
    rules,
    owner: names.installation,
  }
  if (rules.sha1 === false && live?.rules?.sha1 !== false && want.whySha1 !== undefined) {
    return refuse(
      live ?? after,
      want.whySha1,
      'Once all front servers sign with SHA-256, or with --force: run it again.',
    )
  }
  if (live === undefined) return create(after)
  const what = `Lambda function ${names.functionName}`
  const foreign = live.owner !== names.installation
  if (foreign && !adopt) return notOurs(live, what, live.owner)
  const inPackage = [
    ...change('Code', live.code.slice(0, 12), after.code.slice(0, 12)),
    ...change('Secrets', live.fingerprints?.map(shortened), after.fingerprints?.map(shortened)),
    ...change('Key', live.sealed?.keyArn, want.keyArn),
    ...change('LongestLife', live.rules?.longestLife, rules.longestLife),
    ...change('Sha1', live.rules?.sha1, rules.sha1),
  ]
  const changes = [
    ...change(`Tags.${tagKey}`, live.owner, names.installation),
    ...inPackage,
    ...settingsChanges(live.settings, settings),
  ]
  const codeSha256 = inPackage.length === 0 ? live.codeSha256 : after.codeSha256
  return updateIf(
    { ...live, settings, code: after.code, codeSha256, rules, owner: names.installation },
    changes,
    foreign ? `Take over ${what}?` : undefined,
  )
}

/** The settings that differ, one change each. */
export const settingsChanges = (live: FunctionSettings, wanted: FunctionSettings) => [
  ...change('Runtime', live.Runtime, wanted.Runtime),
  ...change('Handler', live.Handler, wanted.Handler),
  ...change('Role', live.Role, wanted.Role),
  ...change('MemorySize', live.MemorySize, wanted.MemorySize),
  ...change('Timeout', live.Timeout, wanted.Timeout),
]

/** The part of a function's or a version's configuration that is ours to set. */
export const settingsOf = (configuration: FunctionConfiguration): FunctionSettings => ({
  Runtime: configuration.Runtime ?? '',
  Handler: configuration.Handler ?? '',
  Role: configuration.Role ?? '',
  MemorySize: configuration.MemorySize ?? 0,
  Timeout: configuration.Timeout ?? 0,
})

async function createFunction(lambda: LambdaClient, want: EdgeFunctionWant, ZipFile: Uint8Array, talk: Talk) {
  const { Runtime: runtime, ...settings } = wantedSettings(want, undefined)
  const command = new CreateFunctionCommand({
    FunctionName: want.names.functionName,
    Description: 'Checks signed package URLs at CloudFront for packagecloud:enterprise',
    Code: { ZipFile },
    Runtime: runtime as Runtime,
    ...settings,
    Tags: { [want.names.tag.Key]: want.names.tag.Value },
  })
  await patiently(() => lambda.send(command), whyNotYet, propagation, talk)
}

async function updateFunction(
  lambda: LambdaClient,
  want: EdgeFunctionWant,
  live: EdgeFunction,
  ZipFile: Uint8Array,
  talk: Talk,
): Promise<void> {
  const FunctionName = want.names.functionName
  if (live.owner !== want.names.installation) {
    await lambda.send(
      new TagResourceCommand({ Resource: live.arn, Tags: { [want.names.tag.Key]: want.names.tag.Value } }),
    )
  }
  const wanted = wantedSettings(want, live)
  const { Runtime: runtime, ...settings } = wanted
  // The revision moves by itself while an earlier update settles, so it is read only once that is over.
  if (settingsChanges(live.settings, wanted).length > 0) {
    const { RevisionId } = await settled(lambda, FunctionName, talk)
    const command = new UpdateFunctionConfigurationCommand({
      FunctionName,
      Runtime: runtime as Runtime,
      ...settings,
      RevisionId,
    })
    await patiently(() => lambda.send(command), whyNotYet, propagation, talk)
  }
  if (createHash('sha256').update(ZipFile).digest('base64') !== live.codeSha256) {
    const { RevisionId } = await settled(lambda, FunctionName, talk)
    const command = new UpdateFunctionCodeCommand({ FunctionName, ZipFile, RevisionId })
    await patiently(() => lambda.send(command), whyNotYet, propagation, talk)
  }
}

/** Errors that Lambda answers only until IAM's news has spread or an earlier change has settled. */
function whyNotYet(error: unknown): string | undefined {
  const message = messageOf(error)
  if (nameOf(error) === 'ResourceConflictException' && /in progress|following state|Pending/i.test(message)) {
    return 'waiting for an earlier change of the function to settle'
  }
  if (nameOf(error) !== 'InvalidParameterValueException') return undefined
  if (/cannot be assumed by Lambda/i.test(message)) return 'waiting until Lambda can assume the new role'
  if (/execution role does not have permissions/i.test(message)) return "waiting for the role's policy to take effect"
  return undefined
}

/** Waits until the function is Active and no update is in progress. */
async function settled(lambda: LambdaClient, FunctionName: string, talk: Talk): Promise<FunctionConfiguration> {
  return until(
    'Lambda to finish the function',
    async () => {
      const found = await lambda.send(new GetFunctionConfigurationCommand({ FunctionName }))
      failIfFailed(found)
      return found.State === 'Active' && found.LastUpdateStatus !== 'InProgress' ? found : undefined
    },
    settling,
    talk,
  )
}

/** @throws CtlError when Lambda says that it could not make or update the function */
export function failIfFailed(found: FunctionConfiguration): void {
  const reason = found.State === 'Failed' ? found.StateReason : found.LastUpdateStatusReason
  if (found.State === 'Failed' || found.LastUpdateStatus === 'Failed') {
    throw new CtlError('failed', `Lambda could not prepare ${found.FunctionName ?? 'the function'}: ${reason ?? '?'}`, {
      hint: 'Put right what Lambda names, then run the same command again.',
    })
  }
}

async function toEdgeFunction(
  aws: Aws,
  names: Names,
  configuration: FunctionConfiguration,
  deployed: EdgePackage | undefined,
  owner: string | undefined,
): Promise<EdgeFunction> {
  // Somebody else's package is none of our business; decrypting what it holds even less.
  const ours = owner === names.installation
  const secrets = ours && deployed?.sealed !== undefined ? await decryptSecrets(aws, names, deployed.sealed) : undefined
  return {
    arn: configuration.FunctionArn ?? '',
    revision: configuration.RevisionId ?? '',
    codeSha256: configuration.CodeSha256 ?? '',
    settings: settingsOf(configuration),
    code: deployed === undefined ? '' : sha256(deployed.code),
    fingerprints: secrets?.map(fingerprint),
    sealed: deployed?.sealed,
    rules: deployed?.rules,
    owner,
  }
}

/** The deployed ciphertexts, if they hold just the wanted secrets under the wanted key. */
function sealedIfRight(want: EdgeFunctionWant, live: EdgeFunction | undefined): SealedSecrets | undefined {
  if (live?.sealed?.keyArn !== want.keyArn) return undefined
  const wanted = want.secrets.map(fingerprint)
  return change('', live.fingerprints, wanted).length === 0 ? live.sealed : undefined
}

const sha256 = (bytes: Uint8Array | string): string => createHash('sha256').update(bytes).digest('hex')

/** Tells secrets apart without showing them. */
export const fingerprint = (secret: string): string => sha256(secret)

const shortened = (hash: string): string => hash.slice(0, 8)
