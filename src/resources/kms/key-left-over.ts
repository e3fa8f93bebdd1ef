import { DescribeKeyCommand, KMSClient } from '@aws-sdk/client-kms'
import { paginateGetResources, ResourceGroupsTaggingAPIClient } from '@aws-sdk/client-resource-groups-tagging-api'

import { lastPartOf } from '../../aws/arns.ts'
import { absentAs, nameOf } from '../../aws/absent.ts'
import type { Aws } from '../../aws/connect.ts'
import { isDenial, networkFailure, statusOf } from '../../aws/aws-error.ts'
import { edgeRegion, type Names } from '../../aws/names.ts'
import { interruption } from '../../aws/patience.ts'
import { keyOfPackage } from '../lambda/key-of-package.ts'
import type { Need } from '../resource.ts'

/** A key that carries an installation's tag, and that nothing of the installation uses. */
interface LeftOverKey {
  readonly arn: string
  /** AWS's `KeyState`, such as `Enabled`; `unknown` where that is not told. */
  readonly state: string
  /** What may be done with it, as a command. */
  readonly remedy: string
}

export type LeftOverKeys =
  | { readonly keys: readonly LeftOverKey[] }
  /** Why it is not known whether there are any. */
  | { readonly notChecked: string }

/** One look over all keys of the region by their tag. Nothing that pc-ctl does depends on it. */
export const leftOverNeeds: Need = {
  access: 'read',
  optional: 'status can not tell of keys that are left over',
  actions: ['tag:GetResources'],
  resources: ['*'],
}

/**
 * The installation's keys that are not in use.
 *
 * @param keyArn - the key that is in use
 * @param deployed - names or ARNs of functions and versions whose packages may need another one still
 * @param signal - an interruption ends the look; nothing else that happens to it is a failure
 */
export async function leftOverKeys(
  aws: Aws,
  names: Names,
  { keyArn, deployed }: { keyArn: string; deployed: readonly string[] },
  signal: AbortSignal,
): Promise<LeftOverKeys> {
  const tagged = await keysByTag(aws, names, signal)
  if ('notChecked' in tagged) return tagged
  // Ahead of its turn the look ends here: which key is in use is not known yet.
  const used = lastPartOf(keyArn)
  const others = tagged.arns.filter((arn) => lastPartOf(arn) !== used)
  if (others.length === 0) return { keys: [] }
  const packages = await Promise.all(deployed.map((one) => keyOfPackage(aws, names, one)))
  const needed = packages.map((one) => one?.keyArn)
  const keys: LeftOverKey[] = []
  for (const arn of others.filter((one) => !needed.includes(one))) {
    const state = await stateOf(aws, arn)
    // What waits for its deletion, or is gone, is in the index for a while.
    if (state !== undefined && state !== 'PendingDeletion') keys.push({ arn, state, remedy: deletionOf(arn) })
  }
  return { keys }
}

/** The sentence that tells of one. */
export const leftOverKey = (arn: string): string =>
  `the KMS key ${arn} carries this installation's tag but is not used. It costs money each month; ` +
  `if nothing of yours needs it either, it may go: \`${deletionOf(arn)}\``

const deletionOf = (arn: string): string =>
  `aws kms schedule-key-deletion --region ${edgeRegion} --key-id ${lastPartOf(arn)}`

/** Milliseconds. A firewall that lets through what pc-ctl depends on may leave this without any answer. */
const patienceMs = 15_000

async function keysByTag(
  aws: Aws,
  { tag }: Names,
  signal: AbortSignal,
): Promise<{ readonly arns: string[] } | { readonly notChecked: string }> {
  const client = aws.client(ResourceGroupsTaggingAPIClient, edgeRegion)
  const filter = { ResourceTypeFilters: ['kms:key'], TagFilters: [{ Key: tag.Key, Values: [tag.Value] }] }
  const abortSignal = AbortSignal.any([signal, AbortSignal.timeout(patienceMs)])
  const arns: string[] = []
  try {
    for await (const page of paginateGetResources({ client }, filter, { abortSignal })) {
      arns.push(...(page.ResourceTagMappingList?.flatMap(({ ResourceARN }) => ResourceARN ?? []) ?? []))
    }
  } catch (error) {
    if (signal.aborted) throw interruption(error)
    return { notChecked: whyNotChecked(error) }
  }
  return { arns: arns.sort() }
}

function whyNotChecked(error: unknown): string {
  if (isDenial(error)) return 'these credentials may not call tag:GetResources'
  const network = networkFailure(error)
  if (network !== undefined) return `tag:GetResources can't be reached: ${network}`
  if (statusOf(error) === undefined) return `no answer to tag:GetResources for ${patienceMs / 1000} s`
  return `AWS answered ${nameOf(error)} to tag:GetResources`
}

/** A key whose policy lets nobody look at it is one all the same. */
async function stateOf(aws: Aws, KeyId: string): Promise<string | undefined> {
  const kms = aws.client(KMSClient, edgeRegion)
  try {
    const found = await absentAs('NotFoundException', () => kms.send(new DescribeKeyCommand({ KeyId })))
    return found?.KeyMetadata?.KeyState
  } catch (error) {
    if (isDenial(error)) return 'unknown'
    throw error
  }
}
