import {
  CreateAliasCommand,
  CreateKeyCommand,
  DescribeKeyCommand,
  KMSClient,
  ListResourceTagsCommand,
  paginateListAliases,
  paginateListKeys,
  type Tag,
  TagResourceCommand,
} from '@aws-sdk/client-kms'

import { absentAs, nameOf } from '../aws/absent.ts'
import type { Aws } from '../aws/connect.ts'
import { statusOf } from '../aws/denial.ts'
import { edgeRegion, type Names, ownerOf, tagKey } from '../aws/names.ts'
import { type Pace, patiently, propagation, type Talk } from '../aws/patience.ts'
import { type Line, verbatim } from '../ui/text.ts'
import { whyKeyNotYet } from './edge-secrets.ts'
import { change, create, type Decision, notOurs, pending, refuse, type Resource, updateIf } from './resource.ts'

export interface KeyWant {
  readonly names: Names
  readonly accountId: string
  readonly adopt: boolean
}

export interface Key {
  readonly arn: string
  /** AWS's `KeyState`, such as `Enabled` or `PendingDeletion`. */
  readonly state: string
  readonly hasAlias: boolean
  readonly owner: string | undefined
}

const description = 'Encrypts the secret that signs package URLs for packagecloud:enterprise'

/**
 * The key that encrypts the signing secret inside the edge function's package, found by its alias.
 *
 * CreateKey knows no idempotency token, and a key costs money each month. So a run that was cut off between CreateKey
 * and CreateAlias must be able to find the key that it left: it is tagged in the very call that makes it, and before a
 * key is made all keys without an alias are looked at for our tag. The key policy is AWS's default, which leaves
 * permissions to IAM; naming the new role in it would fail until IAM has spread the news.
 */
export function key(aws: Aws): Resource<KeyWant, Key> {
  const kms = aws.client(KMSClient, edgeRegion)

  const ownerOfKey = async (KeyId: string): Promise<string | undefined> => {
    const { Tags } = await kms.send(new ListResourceTagsCommand({ KeyId, Limit: 50 }))
    return ownerOf(Tags?.map((tag) => ({ Key: tag.TagKey, Value: tag.TagValue })))
  }

  const look = async (KeyId: string, hasAlias: boolean): Promise<Key | undefined> => {
    const found = await absentAs('NotFoundException', () => kms.send(new DescribeKeyCommand({ KeyId })))
    const arn = found?.KeyMetadata?.Arn
    if (arn === undefined) return undefined
    return { arn, state: found?.KeyMetadata?.KeyState ?? 'unknown', hasAlias, owner: await ownerOfKey(arn) }
  }

  /** A key of ours that has no alias yet. */
  const findOrphan = async ({ installation }: Names): Promise<Key | undefined> => {
    for (const keyId of await keysWithoutAlias(kms)) {
      if ((await unlessDenied(() => ownerOfKey(keyId))) !== installation) continue
      const orphan = await look(keyId, false)
      // A key that waits for its deletion was given up by the operator; a new one takes its place.
      if (orphan !== undefined && orphan.state !== 'PendingDeletion') return orphan
    }
    return undefined
  }

  /** Repeated only after a look for what a call without an answer may have made. */
  const createKey = async (names: Names, tag: Tag, talk: Talk): Promise<string> => {
    let lost: { error: unknown; at: number } | undefined
    const attempt = async (): Promise<string> => {
      if (lost !== undefined) {
        const orphan = await findOrphan(names)
        if (orphan !== undefined) return orphan.arn
        if (Date.now() - lost.at < listed) throw lost.error
      }
      try {
        const once = aws.client(KMSClient, edgeRegion, 'once')
        const made = await once.send(new CreateKeyCommand({ Description: description, Tags: [tag] }))
        return made.KeyMetadata?.Arn ?? ''
      } catch (error) {
        if (!throttled(error)) lost = { error, at: Date.now() }
        throw error
      }
    }
    return patiently(attempt, whyRepeat, repetition, talk)
  }

  return {
    kind: 'KMS key',
    name: ({ names }) => names.keyAlias,
    id: ({ arn }) => arn,
    needs: ({ names, accountId }) => {
      const keys = [`arn:aws:kms:${edgeRegion}:${accountId}:key/*`]
      const tagged = { [`aws:RequestTag/${tagKey}`]: names.installation }
      return [
        { access: 'read', actions: ['kms:DescribeKey', 'kms:ListResourceTags'], resources: keys },
        { access: 'read', actions: ['kms:ListAliases', 'kms:ListKeys'], resources: ['*'] },
        { access: 'write', actions: ['kms:CreateKey'], resources: ['*'], condition: { StringEquals: tagged } },
        { access: 'write', actions: ['kms:TagResource'], resources: keys, condition: { StringEquals: tagged } },
        {
          access: 'write',
          actions: ['kms:CreateAlias'],
          resources: [`arn:aws:kms:${edgeRegion}:${accountId}:${names.keyAlias}`, ...keys],
        },
      ]
    },

    describe: async ({ names }) => (await look(names.keyAlias, true)) ?? (await findOrphan(names)),

    decide: decideKey,

    async apply({ names }, live, talk) {
      const tag = { TagKey: names.tag.Key, TagValue: names.tag.Value }
      let arn = live?.arn
      if (arn === undefined) {
        arn = await createKey(names, tag, talk)
      } else if (live?.owner !== names.installation) {
        await kms.send(new TagResourceCommand({ KeyId: arn, Tags: [tag] }))
      }
      if (live?.hasAlias !== true) {
        const command = new CreateAliasCommand({ AliasName: names.keyAlias, TargetKeyId: arn })
        await patiently(() => kms.send(command), whyKeyNotYet, propagation, talk)
      }
      return { arn, state: 'Enabled', hasAlias: true, owner: names.installation }
    },
  }
}

/** Within so many milliseconds a key that was made shows up in ListKeys. */
const listed = 4_000
const repetition: Pace = { first: 250, most: 2_000, total: 60_000 }

const throttled = (error: unknown): boolean => nameOf(error) === 'ThrottlingException'

/** Why CreateKey is tried again, if it is: its answer did not come, or was that KMS itself has failed. */
function whyRepeat(error: unknown): string | undefined {
  if (throttled(error)) return 'waiting because KMS asks for fewer requests'
  const status = statusOf(error)
  return status === undefined || status >= 500
    ? 'KMS gave no proper answer; looking whether it made the key all the same'
    : undefined
}

/** Pure. The key is ours by its tag, and must be usable. */
export function decideKey({ names, adopt }: KeyWant, live: Key | undefined): Decision<Key> {
  const after: Key = { arn: pending('key ARN'), state: 'Enabled', hasAlias: true, owner: names.installation }
  if (live === undefined) return create(after)
  const what = `KMS key ${names.keyAlias}`
  const foreign = live.owner !== names.installation
  if (foreign && !adopt) return notOurs(live, what, live.owner)
  if (live.state !== 'Enabled') {
    const kms = (verb: string): Line => verbatim(`aws kms ${verb} --region ${edgeRegion} --key-id ${live.arn}`)
    const repair = [kms('enable-key'), 'Then run the same command again.']
    return refuse(
      live,
      `${what} is ${live.state}, so the edge function could not decrypt its secret`,
      ...(live.state === 'PendingDeletion' ? [kms('cancel-key-deletion'), ...repair] : repair),
    )
  }
  const changes = [
    ...change(`Tags.${tagKey}`, live.owner, names.installation),
    ...change('Alias', live.hasAlias ? names.keyAlias : undefined, names.keyAlias),
  ]
  return updateIf({ ...after, arn: live.arn }, changes, foreign ? `Take over ${what}?` : undefined)
}

async function keysWithoutAlias(client: KMSClient): Promise<string[]> {
  const [keys, aliased] = await Promise.all([
    collect(paginateListKeys({ client }, {}), (page) => page.Keys?.flatMap(({ KeyId }) => KeyId ?? [])),
    collect(paginateListAliases({ client }, {}), (page) =>
      page.Aliases?.flatMap(({ TargetKeyId }) => TargetKeyId ?? []),
    ),
  ])
  const taken = new Set(aliased)
  return keys.filter((keyId) => !taken.has(keyId))
}

async function collect<Page, T>(pages: AsyncIterable<Page>, of: (page: Page) => T[] | undefined): Promise<T[]> {
  const all: T[] = []
  for await (const page of pages) all.push(...(of(page) ?? []))
  return all
}

/** A key whose tags we may not read is not one that we made: our own key's policy leaves permissions to IAM. */
async function unlessDenied<T>(read: () => Promise<T>): Promise<T | undefined> {
  try {
    return await read()
  } catch (error) {
    if (nameOf(error) === 'AccessDeniedException') return undefined
    throw error
  }
}
