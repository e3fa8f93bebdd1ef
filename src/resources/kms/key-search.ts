import {
  DescribeKeyCommand,
  KMSClient,
  ListResourceTagsCommand,
  paginateListAliases,
  paginateListKeys,
} from '@aws-sdk/client-kms'

import { absentAs, nameOf } from '../../aws/absent.ts'
import type { Aws } from '../../aws/connect.ts'
import { edgeRegion, type Names, ownerOf } from '../../aws/names.ts'
import { type Pace, patiently } from '../../aws/patience.ts'
import { talkNow } from '../../ui/step-talk.ts'
import { verbatim } from '../../text.ts'
import { keyOfPackage } from '../lambda/key-of-package.ts'
import { whyKeyNotYet } from '../lambda/edge-secrets.ts'
import { theOnly } from '../resource.ts'
import { type Tags, tagsIn } from '../tags.ts'

export interface Key {
  readonly arn: string
  /** AWS's `KeyState`, such as `Enabled` or `PendingDeletion`. */
  readonly state: string
  readonly hasAlias: boolean
  readonly tags: Tags
  readonly owner: string | undefined
  /** Whether KMS rotates it by itself; not there where that is not told. */
  readonly rotates?: boolean
  /** ARN of the installation's own key, where its alias was pointed at another one. */
  readonly displaced?: string
  /** Not there where nobody has looked. */
  readonly description?: string
}

/** A key that has its name but is not known everywhere, will be within seconds. */
const brief: Pace = { first: 250, most: 1_000, total: 10_000 }

/**
 * Looks at a key.
 *
 * @param KeyId - its id, ARN or alias
 */
export async function lookAtKey(aws: Aws, KeyId: string, hasAlias: boolean): Promise<Key | undefined> {
  const kms = aws.client(KMSClient, edgeRegion)
  const found = await absentAs('NotFoundException', () => kms.send(new DescribeKeyCommand({ KeyId })))
  const { Arn: arn, KeyState: state = 'unknown', Description: description } = found?.KeyMetadata ?? {}
  if (arn === undefined) return undefined
  const tags = await patiently(() => tagsOfKey(kms, arn), whyKeyNotYet, brief, talkNow())
  return { arn, state, hasAlias, tags, owner: ownerOf(tags), ...(description !== undefined && { description }) }
}

async function tagsOfKey(kms: KMSClient, KeyId: string): Promise<Tags> {
  const { Tags } = await kms.send(new ListResourceTagsCommand({ KeyId, Limit: 50 }))
  return tagsIn(Tags?.map((tag) => ({ Key: tag.TagKey, Value: tag.TagValue })))
}

/**
 * The keys of an installation that have no alias, in the order of their ARNs. A key that waits for its deletion was given
 * up by the operator and is none of them.
 */
export async function keysWithoutAlias(aws: Aws, { installation }: Names): Promise<Key[]> {
  const kms = aws.client(KMSClient, edgeRegion)
  const found: Key[] = []
  for (const keyId of await listWithoutAlias(kms)) {
    if (ownerOf(await unlessClosed(() => tagsOfKey(kms, keyId))) !== installation) continue
    const key = await lookAtKey(aws, keyId, false)
    if (key !== undefined && key.state !== 'PendingDeletion') found.push(key)
  }
  return found.sort((a, b) => (a.arn < b.arn ? -1 : 1))
}

/**
 * The one to take into use of keys that have no alias. Of several it is the one that the deployed function needs; while
 * there is no function they are as good as one another, and everybody who looks chooses the same.
 *
 * @throws CtlError of kind `refused` where a wrong choice could be made
 */
export async function chooseKey(aws: Aws, names: Names, keys: readonly Key[]): Promise<Key | undefined> {
  const enabled = keys.filter(({ state }) => state === 'Enabled')
  const usable = enabled.length === 0 ? keys : enabled
  if (usable.length < 2) return usable[0]
  const deployed = await keyOfPackage(aws, names, names.functionName)
  if (deployed === undefined) return usable[0]
  return (
    usable.find(({ arn }) => arn === deployed.keyArn) ??
    theOnly(usable, () => ({
      what: `KMS keys that carry the tag of the installation "${names.installation}", and none of them has the alias ${names.keyAlias}`,
      each: usable.map(({ arn }) => arn),
      hint: [
        'Give the alias to the one that is meant, then run the same command again:',
        ...usable.map(({ arn }) =>
          verbatim(`aws kms create-alias --region ${edgeRegion} --alias-name ${names.keyAlias} --target-key-id ${arn}`),
        ),
      ],
    }))
  )
}

async function listWithoutAlias(client: KMSClient): Promise<string[]> {
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

/**
 * A key whose tags we may not read is not one that we made: our own key's policy leaves permissions to IAM. Nor is one
 * that is in a list but not there (any more).
 */
async function unlessClosed<T>(read: () => Promise<T>): Promise<T | undefined> {
  try {
    return await read()
  } catch (error) {
    if (['AccessDeniedException', 'NotFoundException'].includes(nameOf(error))) return undefined
    throw error
  }
}
