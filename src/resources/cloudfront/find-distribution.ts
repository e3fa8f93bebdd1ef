/** Which distribution is an installation's. */
import type { DistributionSummary } from '@aws-sdk/client-cloudfront'

import { rails } from '../../options.ts'
import type { Aws } from '../../aws/connect.ts'
import { type Names, ownerOf } from '../../aws/names.ts'
import { CtlError } from '../../errors.ts'
import { type Bucket, hostsOf } from '../s3/bucket.ts'
import {
  getDistribution,
  getTagged,
  listDistributions,
  nearDistributions,
  type LiveDistribution,
  type TaggedDistribution,
  tagsOf,
} from './live-distribution.ts'
import { isMadeUnder } from './new-distribution.ts'
import { theOnly } from '../resource.ts'
import type { Tags } from '../tags.ts'

export interface DistributionSearch {
  readonly names: Names
  readonly accountId: string
  readonly bucket: Bucket
  /** The id that packagecloud.rb or the operator names; without it the distribution is searched for. */
  readonly id: string | undefined
}

export interface Distribution extends TaggedDistribution {
  readonly owner: string | undefined
  /** What checks for this installation in it by another engine than the wanted one; without a version. */
  readonly alsoOurs?: readonly string[]
}

const inFile = rails('cloudfront_distribution_id')
export const nameOne = `Name the one that is meant with --distribution or ${inFile}.`

/**
 * The distribution of an installation and bucket: the one that is named, else the one that carries our tag among those
 * that serve the bucket.
 *
 * @throws CtlError of kind `configuration` if the one named does not exist, of kind `refused` if none is named and
 *   several are ours: any choice could change the one that is meant to stay as it is
 */
export async function findDistribution(aws: Aws, search: DistributionSearch): Promise<Distribution | undefined> {
  if (search.id !== undefined) {
    const named = await getOwned(aws, search.id)
    if (named !== undefined) return named
    throw new CtlError('configuration', `The distribution ${search.id} does not exist in this account.`, {
      hint: [
        ...(await nearDistributions(aws, search.id)),
        `Correct --distribution or ${inFile}, or remove it to have one made.`,
      ],
      code: 'NoSuchDistribution',
    })
  }
  const all = await candidates(aws, search)
  const [sole, ...others] = all
  if (sole?.Id !== undefined && others.length === 0) return soleOne(aws, search, sole, sole.Id)
  const ours: DistributionSummary[] = []
  const untagged: DistributionSummary[] = []
  for (const candidate of all) {
    const owner = ownerOf(await tagsOf(aws, candidate.ARN ?? ''))
    if (owner === search.names.installation) ours.push(candidate)
    else if (owner === undefined) untagged.push(candidate)
  }
  const only = theOnly(ours, (all) => ({
    what: `distributions that carry the tag of the installation "${search.names.installation}" and serve ${search.bucket.name}`,
    each: all.map(
      ({ Id = '', DomainName = '', Enabled }) => `${Id} (${DomainName}${Enabled === false ? ', disabled' : ''})`,
    ),
    hint: [
      'Name the one that is meant: with --distribution ID where a command has that flag, or for all commands with',
      'one of these lines in packagecloud.rb:',
      ...all.map(({ Id = '', DomainName = '' }) => `${inFile} = '${Id}' # ${DomainName}`),
    ],
  }))
  return only?.Id === undefined ? whatLostItsTag(aws, search, untagged) : getOwned(aws, only.Id)
}

/** Where only one serves the bucket, it is read while its tags are. */
async function soleOne(
  aws: Aws,
  { names, bucket }: DistributionSearch,
  { ARN = '' }: DistributionSummary,
  id: string,
): Promise<Distribution | undefined> {
  const [found, tags] = await Promise.all([getDistribution(aws, id), tagsOf(aws, ARN)])
  if (found === undefined) return undefined
  const owner = ownerOf(tags)
  const lostItsTag = owner === undefined && isMadeUnder(names.callerReference(bucket.name), found.config)
  return owner === names.installation || lostItsTag ? owned(found, tags) : undefined
}

/** The one whose caller reference is ours was made by us: another can't be made, and this one is told of. */
async function whatLostItsTag(
  aws: Aws,
  { names, bucket }: DistributionSearch,
  untagged: readonly DistributionSummary[],
): Promise<Distribution | undefined> {
  for (const { Id = '' } of untagged) {
    const found = await getOwned(aws, Id)
    if (found !== undefined && isMadeUnder(names.callerReference(bucket.name), found.config)) return found
  }
  return undefined
}

/** Reading tags is one throttled call a distribution, so only those that serve the bucket are asked. */
async function candidates(aws: Aws, { bucket }: DistributionSearch): Promise<DistributionSummary[]> {
  const all = await listDistributions(aws)
  const hosts = hostsOf(bucket)
  return all.filter(({ Origins }) => Origins?.Items?.some(({ DomainName }) => hosts.includes(DomainName ?? '')))
}

async function getOwned(aws: Aws, id: string): Promise<Distribution | undefined> {
  const found = await getTagged(aws, id)
  return found === undefined ? undefined : owned(found, found.tags)
}

/** A distribution, and whose it is by its tags. */
export const owned = (live: LiveDistribution, tags: Tags): Distribution => ({ ...live, tags, owner: ownerOf(tags) })
