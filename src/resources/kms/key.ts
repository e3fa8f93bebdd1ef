import { CreateAliasCommand, CreateKeyCommand, KMSClient, TagResourceCommand } from '@aws-sdk/client-kms'

import { arnOfAlias, arnOfFunction, arnOfKey } from '../../aws/arns.ts'
import { nameOf } from '../../aws/absent.ts'
import { leavesOpen } from '../../aws/no-answer.ts'
import type { Aws } from '../../aws/connect.ts'
import { edgeRegion } from '../../aws/names.ts'
import { type Pace, patiently, propagation, type Talk, until } from '../../aws/patience.ts'
import { verbatim } from '../../text.ts'
import { whyKeyNotYet } from '../lambda/edge-secrets.ts'
import { exportedKey } from './key-export.ts'
import { takedownOfKey } from './key-takedown.ts'
import { leftOverKey } from './key-left-over.ts'
import { isRotated, rotate } from './key-rotation.ts'
import { chooseKey, type Key, keysWithoutAlias, lookAtKey } from './key-search.ts'
import {
  change,
  create,
  type Decision,
  type Need,
  notOurs,
  pending,
  refuse,
  type Resource,
  updateIf,
} from '../resource.ts'
import { requestedWith, tagChanges, tagsWanted, type TagsWant } from '../tags.ts'

export type { Key } from './key-search.ts'

export interface KeyWant extends TagsWant {
  readonly accountId: string
  readonly adopt: boolean
}

const description = 'Encrypts the secret that signs package URLs for packagecloud:enterprise'

/**
 * The key that encrypts the signing secret inside the edge function's package, found by its alias.
 *
 * CreateKey knows no idempotency token, and a key costs money each month. So a run that was cut off between CreateKey
 * and CreateAlias must be able to find the key that it left: it is tagged in the very call that makes it, and before a
 * key is made all keys without an alias are looked at for our tag. The alias comes last: a key of ours without one is
 * unfinished and gets what it lacks, and one with it is the operator's to change. An alias is given once: of two runs that make a key
 * at the same time one gives it, and the other uses that key and tells of its own. The key policy is AWS's default,
 * which leaves permissions to IAM; naming the new role in it would fail until IAM has spread the news.
 */
export function key(aws: Aws): Resource<KeyWant, Key> {
  const kms = () => aws.client(KMSClient, edgeRegion)
  /** Keys of ours that this run has made or come across, and that may turn out not to be the one in use. */
  const beside = new Set<string>()
  /** Whether a call that may have made a key was never answered. */
  let unanswered = false

  /** Repeated only after a look for what a call without an answer may have made. */
  const createKey = async (want: KeyWant, talk: Talk): Promise<string> => {
    let lost: { error: unknown; at: number } | undefined
    const attempt = async (): Promise<string> => {
      if (lost !== undefined) {
        const [found] = await keysWithoutAlias(aws, want.names)
        if (found !== undefined) return found.arn
        if (Date.now() - lost.at < listed) throw lost.error
      }
      try {
        return await createOnce(aws, want)
      } catch (error) {
        if (leavesOpen(error)) lost = { error, at: Date.now() }
        unanswered ||= lost !== undefined
        throw error
      }
    }
    const arn = await patiently(attempt, whyRepeat, repetition, talk)
    beside.add(arn)
    return arn
  }

  /** Answers the key that has the alias: this one, or that of whoever was faster. */
  const giveAlias = async (key: Key, { names }: KeyWant, talk: Talk): Promise<Key> => {
    const command = new CreateAliasCommand({ AliasName: names.keyAlias, TargetKeyId: key.arn })
    try {
      await patiently(() => kms().send(command), whyKeyNotYet, propagation, talk)
      return { ...key, hasAlias: true }
    } catch (error) {
      if (nameOf(error) !== 'AlreadyExistsException') throw error
      const look = () => lookAtKey(aws, names.keyAlias, true)
      const holder = await until('KMS to know the alias everywhere', look, propagation, talk)
      if (holder.owner === names.installation && holder.state === 'Enabled') return holder
      throw error
    }
  }

  return {
    kind: 'KMS key',
    name: ({ names }) => names.keyAlias,
    id: ({ arn }) => arn,
    needs: keyNeeds,
    pattern: (want) => wanted(want, { arn: arnOfKey(want.accountId) }),

    async describe({ names }) {
      const aliased = await lookAtKey(aws, names.keyAlias, true)
      if (aliased?.owner === names.installation) return withRotation(aws, aliased)
      const own = await keysWithoutAlias(aws, names)
      for (const { arn } of own) beside.add(arn)
      const chosen = await chooseKey(aws, names, own)
      if (aliased === undefined) return chosen && withRotation(aws, chosen)
      return { ...(await withRotation(aws, aliased)), ...(chosen && { displaced: chosen.arn }) }
    },

    decide: decideKey,
    exported: ({ names }, live) => exportedKey(names.keyAlias, live),
    takedown: ({ names }, live, cli) => takedownOfKey(names.keyAlias, live, cli),

    async apply(want, live, talk, foresee) {
      const { names } = want
      const arn = live?.arn ?? (await createKey(want, talk))
      if (live !== undefined && tagChanges(live.tags, tagsWanted(want)).length > 0) {
        await kms().send(new TagResourceCommand({ KeyId: arn, Tags: kmsTags(want) }))
      }
      const made = wanted(want, { ...live, arn })
      if (live?.hasAlias === true) return made
      // What needs it may begin with what writes nothing: another run may still be faster with the alias.
      if (live === undefined) foresee?.(made)
      if (live?.rotates !== true) await rotate(aws, arn, talk)
      const holder = await giveAlias(made, want, talk)
      if (unanswered) for (const late of await keysWithoutAlias(aws, names)) beside.add(late.arn)
      return holder
    },

    warnings: ({ arn: used }) => [...beside].filter((arn) => arn !== used).map(leftOverKey),
  }
}

function keyNeeds(want: KeyWant): readonly Need[] {
  const { names, accountId } = want
  const keys = [arnOfKey(accountId)]
  return [
    { access: 'read', actions: ['kms:DescribeKey', 'kms:ListResourceTags'], resources: keys },
    {
      access: 'read',
      optional: 'status can not tell whether the key is rotated',
      actions: ['kms:GetKeyRotationStatus'],
      resources: keys,
    },
    { access: 'read', actions: ['kms:ListAliases', 'kms:ListKeys'], resources: ['*'] },
    {
      access: 'read',
      actions: ['lambda:GetFunction', 'lambda:ListTags'],
      resources: [arnOfFunction(names, accountId)],
    },
    { access: 'write', actions: ['kms:CreateKey'], resources: ['*'], condition: requestedWith(want) },
    { access: 'write', actions: ['kms:TagResource'], resources: keys, condition: requestedWith(want) },
    { access: 'write', actions: ['kms:EnableKeyRotation'], resources: keys },
    {
      access: 'write',
      actions: ['kms:CreateAlias'],
      resources: [arnOfAlias(names, accountId), ...keys],
    },
  ]
}

async function withRotation(aws: Aws, live: Key): Promise<Key> {
  const rotates = await isRotated(aws, live.arn)
  return rotates === undefined ? live : { ...live, rotates }
}

/** Within so many milliseconds a key that was made shows up in ListKeys. */
const listed = 4_000
const repetition: Pace = { first: 250, most: 2_000, total: 60_000 }

const throttled = (error: unknown): boolean => nameOf(error) === 'ThrottlingException'

/** Why CreateKey is tried again, if it is: its answer did not come, or was that KMS itself has failed. */
function whyRepeat(error: unknown): string | undefined {
  if (throttled(error)) return 'waiting because KMS asks for fewer requests'
  return leavesOpen(error) ? 'KMS gave no proper answer; looking whether it made the key all the same' : undefined
}

async function createOnce(aws: Aws, want: KeyWant): Promise<string> {
  const command = new CreateKeyCommand({ Description: description, Tags: kmsTags(want) })
  const { KeyMetadata, $metadata } = await aws.client(KMSClient, edgeRegion, 'once').send(command)
  if (KeyMetadata?.Arn !== undefined) return KeyMetadata.Arn
  throw Object.assign(new Error('KMS answered CreateKey without a key.'), { $metadata })
}

const kmsTags = (want: KeyWant) => Object.entries(tagsWanted(want)).map(([TagKey, TagValue]) => ({ TagKey, TagValue }))

/** A key as it is wanted. One that has its alias is finished: its rotation is the operator's. */
const wanted = (
  want: KeyWant,
  { arn, tags, hasAlias = false, rotates, ...rest }: Pick<Key, 'arn'> & Partial<Key>,
): Key => ({
  arn,
  state: 'Enabled',
  hasAlias: true,
  ...(hasAlias ? rotates !== undefined && { rotates } : { rotates: true }),
  tags: { ...tags, ...tagsWanted(want) },
  owner: want.names.installation,
  description: rest.description ?? description,
})

/** Pure. The key is ours by its tag, and must be usable. */
export function decideKey(want: KeyWant, live: Key | undefined): Decision<Key> {
  const { names, adopt } = want
  if (live === undefined) return create(wanted(want, { arn: pending('key ARN') }))
  const what = `KMS key ${names.keyAlias}`
  const foreign = live.owner !== names.installation
  if (foreign && !adopt) return live.displaced === undefined ? notOurs(live, what, live.owner) : pointBack(want, live)
  if (live.state !== 'Enabled') {
    const because = `${what} is ${live.state}, so the edge function could not decrypt its secret`
    const verbs = live.state === 'PendingDeletion' ? ['cancel-key-deletion', 'enable-key'] : ['enable-key']
    return refuseUntil(
      live,
      because,
      verbs.map((verb) => `aws kms ${verb} --region ${edgeRegion} --key-id ${live.arn}`),
    )
  }
  const changes = [
    ...tagChanges(live.tags, tagsWanted(want)),
    ...(live.hasAlias || live.rotates === undefined ? [] : change('Rotation', live.rotates, true)),
    ...change('Alias', live.hasAlias ? names.keyAlias : undefined, names.keyAlias),
  ]
  return updateIf(wanted(want, live), changes, foreign ? `Take over ${what}?` : undefined)
}

/** A key that the deployed function may need is there still: to take over the other one would have it encrypt anew. */
const pointBack = ({ names }: KeyWant, live: Key): Decision<Key> =>
  refuseUntil(
    live,
    `${names.keyAlias} points at ${live.arn}, which is not this installation's key; that is ${live.displaced ?? ''}`,
    [
      `aws kms update-alias --region ${edgeRegion} --alias-name ${names.keyAlias} ` +
        `--target-key-id ${live.displaced ?? ''}`,
    ],
  )

const refuseUntil = (live: Key, because: string, before: readonly string[]): Decision<Key> => ({
  ...refuse(live, because, ...before.map((line) => verbatim(line)), 'Then run the same command again.'),
  remedy: { before },
})
