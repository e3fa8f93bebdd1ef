import {
  CloudFrontClient,
  type DistributionConfig,
  DistributionConfig$,
  ListConflictingAliasesCommand,
  TagResourceCommand,
} from '@aws-sdk/client-cloudfront'

import { arnOfDistribution } from '../../aws/arns.ts'
import { nameOf } from '../../aws/absent.ts'
import type { Aws } from '../../aws/connect.ts'
import { edgeRegion } from '../../aws/names.ts'
import { patiently, propagation, type Talk } from '../../aws/patience.ts'
import { CtlError, messageOf } from '../../errors.ts'
import { shellWord } from '../../shell.ts'
import { type Line, verbatim } from '../../text.ts'
import { type DistributionEdit, editChanges, withEdit } from './distribution-edit.ts'
import { unlessLost } from '../kept-config.ts'
import {
  anyDistribution,
  getTagged,
  listDistributions,
  type TaggedDistribution,
  updateDistribution,
} from './live-distribution.ts'
import { canonical, type Decision, type Need, refuse, type Resource, updateIf } from '../resource.ts'
import { tagChanges, tagList, type Tags } from '../tags.ts'

export interface ExistingDistributionWant {
  readonly accountId: string
  readonly id: string
  readonly edit: DistributionEdit
  /** Tags to add or to give another value. */
  readonly tags: Tags
  /** Why disabling this distribution hurts, if it does; then it is asked about. */
  readonly traffic: readonly string[]
}

/** What reading and changing any distribution of the account needs. */
export const editNeeds = (accountId: string): readonly Need[] => {
  const resources = [arnOfDistribution(accountId)]
  return [
    { access: 'read', actions: ['cloudfront:ListDistributions'], resources: ['*'] },
    {
      access: 'read',
      actions: ['cloudfront:GetDistribution', 'cloudfront:ListTagsForResource', 'cloudfront:ListConflictingAliases'],
      resources,
    },
    { access: 'write', actions: ['cloudfront:UpdateDistribution', 'cloudfront:TagResource'], resources },
  ]
}

/** A distribution that exists, with changes that an operator names one by one. It is never created here. */
export function existingDistribution(aws: Aws): Resource<ExistingDistributionWant, TaggedDistribution> {
  return {
    kind: 'CloudFront distribution',
    name: ({ id }) => id,
    id: ({ id }) => id,
    needs: ({ accountId }) => editNeeds(accountId),
    pattern: ({ accountId, tags }) => ({ ...anyDistribution(accountId), tags }),
    describe: ({ id }) => getTagged(aws, id),

    decide({ accountId, id, edit, tags, traffic }, live) {
      if (live === undefined) return gone(accountId, id)
      const config = withEdit(live.config, edit)
      const changes = [...editChanges(live.config, config), ...tagChanges(live.tags, tags)]
      const hurts = live.config.Enabled === true && config.Enabled !== true && traffic.length > 0
      const ask = hurts ? `${traffic.join('; ')}. Disable ${id} (${live.domain}) all the same?` : undefined
      const decision = updateIf({ ...live, config, tags: { ...live.tags, ...tags } }, changes, ask)
      return unlessLost(DistributionConfig$, `CloudFront distribution ${id}`, live, config, decision)
    },

    async apply({ id, edit, tags }, live, talk) {
      if (live === undefined) throw new Error(`The distribution ${id} does not exist.`)
      return writeEdit(aws, live, withEdit(live.config, edit), tags, talk)
    },
  }
}

/** Whoever removed it may have meant to: it is not made again here. */
const gone = (accountId: string, id: string): Decision<TaggedDistribution> =>
  refuse(
    { ...anyDistribution(accountId, id), tags: {} },
    `the distribution ${id} does not exist any more`,
    'All distributions there are:',
    verbatim('pc-ctl cflist'),
  )

/**
 * Writes a changed configuration and tags, each only if it differs, against the version that was read.
 *
 * @throws CtlError of kind `failed` with code `CNAMEAlreadyExists` that says who has the alias, as far as AWS tells
 */
export async function writeEdit(
  aws: Aws,
  live: TaggedDistribution,
  config: DistributionConfig,
  tags: Tags,
  talk: Talk,
): Promise<TaggedDistribution> {
  const client = aws.client(CloudFrontClient, edgeRegion)
  const newTags = tagChanges(live.tags, tags).length > 0
  if (newTags) {
    const Items = tagList(tags)
    await client.send(new TagResourceCommand({ Resource: live.arn, Tags: { Items } }))
  }
  const tagged = { ...live, tags: { ...live.tags, ...tags } }
  if (canonical(config) === canonical(live.config)) return tagged
  try {
    const attempt = () => updateDistribution(aws, live, config)
    return { ...(await patiently(attempt, whyNotYet, propagation, talk)), tags: tagged.tags }
  } catch (error) {
    const before = live.config.Aliases?.Items ?? []
    const added = (config.Aliases?.Items ?? []).filter((alias) => !before.includes(alias))
    if (nameOf(error) === 'CNAMEAlreadyExists') throw await heldElsewhere(aws, live.id, added, error)
    if (nameOf(error) === 'TooManyDistributionCNAMEs') throw tooManyAliases(live.id, error)
    throw error
  }
}

/** The certificate has been found issued and good for the names before; CloudFront learns of a new one a little later. */
function whyNotYet(error: unknown): string | undefined {
  return nameOf(error) === 'InvalidViewerCertificate' && /doesn't exist/.test(messageOf(error))
    ? 'waiting until CloudFront can use the certificate'
    : undefined
}

const tooManyAliases = (id: string, cause: unknown): CtlError =>
  new CtlError('failed', `${id} would have more aliases than CloudFront allows: ${messageOf(cause)}`, {
    hint: 'The quota "Alternate domain names (CNAMEs) per distribution" can be raised in Service Quotas, us-east-1.',
    code: nameOf(cause),
    cause,
  })

async function heldElsewhere(aws: Aws, id: string, added: readonly string[], cause: unknown): Promise<CtlError> {
  const holders: string[] = []
  const hint: Line[] = []
  try {
    const own = await listDistributions(aws)
    for (const alias of added) {
      for (const conflict of await conflicts(aws, id, alias)) {
        const ours = own.find(({ Aliases }) => Aliases?.Items?.some((one) => one.toLowerCase() === conflict.alias))
        holders.push(
          ours === undefined
            ? `${conflict.alias} belongs to the distribution ${conflict.id} of account ${conflict.account}`
            : `${conflict.alias} belongs to cf://${ours.Id ?? ''} (${ours.DomainName ?? ''}) of this account`,
        )
        if (ours !== undefined)
          hint.push(verbatim(`pc-ctl cfmodify cf://${ours.Id ?? ''} --remove-alias ${shellWord(conflict.alias)}`))
      }
    }
  } catch (error) {
    holders.push(`who has it could not be asked (${messageOf(error)})`)
  }
  const who = holders.length === 0 ? 'AWS does not tell whose; it need not be a distribution' : holders.join('; ')
  return new CtlError('failed', `${added.join(', ')} can't be added to ${id}, it is taken: ${who}.`, {
    hint:
      hint.length > 0
        ? ['Take it away there first, then run the same command again:', ...hint]
        : 'Whoever has it must give it up, or move it with `aws cloudfront associate-alias`: see "Move an alternate ' +
          'domain name to a different distribution" in the CloudFront Developer Guide.',
    code: 'CNAMEAlreadyExists',
    cause,
  })
}

/** Ids and accounts are half hidden by CloudFront. */
async function conflicts(
  aws: Aws,
  DistributionId: string,
  Alias: string,
): Promise<{ alias: string; id: string; account: string }[]> {
  const command = new ListConflictingAliasesCommand({ DistributionId, Alias })
  const { ConflictingAliasesList: list } = await aws.client(CloudFrontClient, edgeRegion).send(command)
  return (list?.Items ?? []).map((item) => ({
    alias: item.Alias?.toLowerCase() ?? Alias,
    id: item.DistributionId ?? '',
    account: item.AccountId ?? '',
  }))
}
