import { createHash } from 'node:crypto'

import {
  type FunctionConfiguration,
  GetFunctionCommand,
  type GetFunctionCommandOutput,
  LambdaClient,
  ListTagsCommand,
} from '@aws-sdk/client-lambda'

import { arnOfFunction, withoutVersion } from '../../aws/arns.ts'
import { absentAs } from '../../aws/absent.ts'
import type { Aws } from '../../aws/connect.ts'
import { edgeRegion, ownerOf } from '../../aws/names.ts'
import { type EdgeRules, firstRules } from '../../edge/config.ts'
import {
  fixedSettings,
  type FunctionSettings,
  keptRuntime,
  settingsChanges,
  settingsOf,
} from './edge-function-settings.ts'
import { exportedFunction } from './edge-function-export.ts'
import { takedownOfFunction } from './edge-function-takedown.ts'
import { createFunction, updateFunction } from './edge-function-writes.ts'
import { decryptSecrets, encryptSecrets, type SealedSecrets, fingerprint } from './edge-secrets.ts'
import { download } from './edge-download.ts'
import { type InUse, type SecretWishes, whyRefused } from './outdated-secret.ts'
import { type EdgePackage, packEdge, unpackEdge } from './edge-package.ts'
import { change, create, type Decision, notOurs, pending, refuse, type Resource, updateIf } from '../resource.ts'
import { requestedWith, tagChanges, type Tags, tagsWanted, type TagsWant } from '../tags.ts'

export interface EdgeFunctionWant extends EdgeWishes, InUse, TagsWant {
  readonly accountId: string
  readonly roleArn: string
  readonly keyArn: string
  /** The bundled code. */
  readonly code: Uint8Array
  /** The secrets as packagecloud.rb has them: the current one, then the previous one if there is one. */
  readonly secrets: readonly string[]
  readonly adopt: boolean
  /** What the other engine goes by, where that is in use; it counts before what this function was told. */
  readonly rulesInUse?: EdgeRules | undefined
  /** Why switching HMAC-SHA1 off would or might refuse downloads, if it would. */
  readonly whySha1?: string | undefined
}

/** What an operator may choose of the function. What is not chosen stays as it is deployed. */
export interface EdgeWishes extends SecretWishes {
  /** Such as `nodejs24.x`. */
  readonly runtime?: string | undefined
  /** How far ahead a URL may expire, in seconds. */
  readonly longestLife?: number | undefined
  /** Whether HMAC-SHA1 is accepted. */
  readonly sha1?: boolean | undefined
  /** The settings flags in use, for the commands that it suggests. */
  readonly carried?: readonly string[] | undefined
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
  readonly tags: Tags
  readonly owner: string | undefined
  /** Not there where nobody has looked. */
  readonly description?: string | undefined
}

const functionDescription = 'Checks signed package URLs at CloudFront for packagecloud:enterprise'

const wantedSettings = ({ runtime, roleArn }: EdgeFunctionWant, live: EdgeFunction | undefined): FunctionSettings => ({
  ...fixedSettings,
  Runtime: runtime ?? keptRuntime(live),
  Role: roleArn,
})

const wantedRules = (
  { longestLife, sha1, rulesInUse }: EdgeFunctionWant,
  live: EdgeFunction | undefined,
): EdgeRules => ({
  ...(rulesInUse ?? live?.rules ?? firstRules),
  ...(longestLife !== undefined && { longestLife }),
  ...(sha1 !== undefined && { sha1 }),
})

/**
 * The `Lambda@Edge` function that checks signed URLs. Edge functions have no environment variables, so the secrets travel
 * inside the package, encrypted. KMS gives another ciphertext each time; so that an unchanged secret does not look like
 * a change, the deployed ciphertexts are decrypted and compared, and used again where they are right.
 */
export function edgeFunction(aws: Aws): Resource<EdgeFunctionWant, EdgeFunction> {
  const lambda = () => aws.client(LambdaClient, edgeRegion)
  return {
    kind: 'Lambda function',
    name: ({ names }) => names.functionName,
    id: ({ arn }) => arn,
    needs: (want) => {
      const { names, accountId, roleArn, keyArn } = want
      const resources = [arnOfFunction(names, accountId)]
      return [
        {
          access: 'read',
          actions: ['lambda:GetFunction', 'lambda:GetFunctionConfiguration', 'lambda:ListTags'],
          resources,
        },
        { access: 'read', actions: ['kms:Decrypt'], resources: [keyArn] },
        {
          access: 'write',
          actions: ['lambda:CreateFunction', 'lambda:TagResource'],
          resources,
          condition: requestedWith(want),
        },
        {
          access: 'write',
          actions: ['lambda:UpdateFunctionCode', 'lambda:UpdateFunctionConfiguration'],
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
    pattern: (want) => ({ ...created(want), arn: arnOfFunction(want.names, want.accountId), codeSha256: '*' }),
    ties: ({ roleArn, keyArn }) => [
      { to: roleArn, as: 'runs as' },
      { to: keyArn, as: 'has its secret encrypted with' },
    ],

    async describe({ names, adopt }) {
      const read = () => lambda().send(new GetFunctionCommand({ FunctionName: names.functionName }))
      const found = await absentAs('ResourceNotFoundException', read)
      if (found?.Configuration === undefined) return undefined
      const deployed = await download(aws.network, found.Code?.Location)
      return toEdgeFunction(aws, { names, adopt }, found.Configuration, deployed, await tagsOfFunction(aws, found))
    },

    decide: decideEdgeFunction,
    exported: ({ names }, live) => exportedFunction(names, live),
    takedown: ({ names }, _live, cli) => takedownOfFunction(names, cli),

    prepare: (want, talk) => encryptSecrets(aws, want, talk),

    async apply(want, live, talk) {
      const { names } = want
      const sealed = sealedIfRight(want, live) ?? (await encryptSecrets(aws, want, talk))
      const zip = packEdge({ code: want.code, sealed, rules: wantedRules(want, live) })
      const tags = tagsWanted(want)
      const wish = { names, tags, settings: wantedSettings(want, live), description: functionDescription }
      const configuration =
        live === undefined
          ? await createFunction(lambda(), wish, zip, talk)
          : await updateFunction(lambda(), wish, live, zip, talk)
      const known = want.secrets.map(fingerprint)
      return edgeFunctionOf(configuration, unpackEdge(zip), { ...live?.tags, ...tags }, known)
    },
  }
}

/** The function as it would be made, with what was chosen of one that is there. */
const created = (want: EdgeFunctionWant, live?: EdgeFunction): EdgeFunction & { readonly rules: EdgeRules } => ({
  arn: pending('function ARN'),
  revision: '',
  codeSha256: pending('code hash'),
  settings: wantedSettings(want, live),
  code: sha256(want.code),
  fingerprints: want.secrets.map(fingerprint),
  sealed: undefined,
  rules: wantedRules(want, live),
  tags: tagsWanted(want),
  owner: want.names.installation,
  description: functionDescription,
})

/** Pure. The function is ours by its tag; its code, secrets and settings are wholly ours. */
export function decideEdgeFunction(want: EdgeFunctionWant, live: EdgeFunction | undefined): Decision<EdgeFunction> {
  const { names, adopt } = want
  const after = created(want, live)
  const { settings, rules } = after
  if (rules.sha1 === false && (want.rulesInUse ?? live?.rules)?.sha1 !== false && want.whySha1 !== undefined) {
    return refuse(
      live ?? after,
      want.whySha1,
      'Once all front servers sign with SHA-256, or with --force: run it again.',
    )
  }
  const what = `Lambda function ${names.functionName}`
  const foreign = live !== undefined && live.owner !== names.installation
  if (foreign && !adopt) return notOurs(live, what, live.owner)
  const refused = whyRefused({ what, wanted: want.secrets.map(fingerprint), live: live?.fingerprints ?? [] }, want)
  if (refused !== undefined) return { ...refuse(live ?? after, refused.why, ...refused.hint), ...refused.more }
  if (live === undefined) return create(after)
  const inPackage = [
    ...change('Code', live.code.slice(0, 12), after.code.slice(0, 12)),
    ...change('Secrets', live.fingerprints?.map(shortened), after.fingerprints?.map(shortened)),
    ...change('Key', live.sealed?.keyArn, want.keyArn),
    ...change('LongestLife', live.rules?.longestLife, rules.longestLife),
    ...change('Sha1', live.rules?.sha1, rules.sha1),
  ]
  const changes = [
    ...tagChanges(live.tags, tagsWanted(want)),
    ...inPackage,
    ...settingsChanges(live.settings, settings),
  ]
  const codeSha256 = inPackage.length === 0 ? live.codeSha256 : after.codeSha256
  return updateIf(
    {
      ...live,
      settings,
      code: after.code,
      codeSha256,
      rules,
      tags: { ...live.tags, ...after.tags },
      owner: names.installation,
    },
    changes,
    foreign ? `Take over ${what}?` : undefined,
  )
}

/** GetFunction tells no tags to those who may not list them: no tags may mean that, and is asked about. */
export async function tagsOfFunction(
  aws: Aws,
  { Configuration, Tags }: Pick<GetFunctionCommandOutput, 'Configuration' | 'Tags'>,
  region = edgeRegion,
): Promise<Tags> {
  if (Tags !== undefined) return Tags
  // Tags are the function's, not a version's.
  const Resource = Configuration?.FunctionArn && withoutVersion(Configuration.FunctionArn)
  return (await aws.client(LambdaClient, region).send(new ListTagsCommand({ Resource }))).Tags ?? {}
}

async function toEdgeFunction(
  aws: Aws,
  { names, adopt }: Pick<EdgeFunctionWant, 'names' | 'adopt'>,
  configuration: FunctionConfiguration,
  deployed: EdgePackage | undefined,
  tags: Tags,
): Promise<EdgeFunction> {
  const owner = ownerOf(tags)
  // Somebody else's package is none of our business; decrypting what it holds even less, unless it is to become ours.
  const ours = owner === names.installation || adopt
  const secrets = ours && deployed?.sealed !== undefined ? await decryptSecrets(aws, names, deployed.sealed) : undefined
  return edgeFunctionOf(configuration, deployed, tags, secrets?.map(fingerprint))
}

/** @param fingerprints - of the secrets in the deployed package, as far as they are known */
function edgeFunctionOf(
  configuration: FunctionConfiguration,
  deployed: EdgePackage | undefined,
  tags: Tags,
  fingerprints: readonly string[] | undefined,
): EdgeFunction {
  return {
    arn: configuration.FunctionArn ?? '',
    revision: configuration.RevisionId ?? '',
    codeSha256: configuration.CodeSha256 ?? '',
    settings: settingsOf(configuration),
    code: deployed === undefined ? '' : sha256(deployed.code),
    fingerprints,
    sealed: deployed?.sealed,
    rules: deployed?.rules,
    tags,
    owner: ownerOf(tags),
    description: configuration.Description,
  }
}

/** The deployed ciphertexts, if they hold just the wanted secrets under the wanted key. */
function sealedIfRight(want: EdgeFunctionWant, live: EdgeFunction | undefined): SealedSecrets | undefined {
  if (live?.sealed?.keyArn !== want.keyArn) return undefined
  const wanted = want.secrets.map(fingerprint)
  return change('', live.fingerprints, wanted).length === 0 ? live.sealed : undefined
}

const sha256 = (bytes: Uint8Array | string): string => createHash('sha256').update(bytes).digest('hex')

const shortened = (hash: string): string => hash.slice(0, 8)
