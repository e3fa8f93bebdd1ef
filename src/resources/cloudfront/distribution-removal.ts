import { CloudFrontClient, DeleteDistributionCommand } from '@aws-sdk/client-cloudfront'

import { arnOfDistribution } from '../../aws/arns.ts'
import { absentAs, nameOf } from '../../aws/absent.ts'
import type { Aws } from '../../aws/connect.ts'
import { isAboutPlan } from '../../aws/flat-rate-plan.ts'
import { edgeRegion, tagKey } from '../../aws/names.ts'
import { deployment, patiently, settling, type Talk, until } from '../../aws/patience.ts'
import { CtlError, messageOf } from '../../errors.ts'
import { anyDistribution, getDistribution, type LiveDistribution, updateDistribution } from './live-distribution.ts'
import { cfcreateNames } from './bucket-distribution.ts'
import { keep, type Need, refuse, type Resource, updateIf } from '../resource.ts'

/*
 * The one place that destroys anything: distributions that an operator named to cfremove. Buckets, identities, access
 * controls, policies and functions that they refer to stay.
 */

export interface RemovalWant {
  readonly accountId: string
  readonly installation: string
  readonly id: string
  /** Why this one must not be removed, unless it is forced. */
  readonly guards: readonly string[]
  /** The question to be answered with yes before anything is done. */
  readonly ask: string
}

/** A distribution on its way out. */
export interface Removal {
  readonly id: string
  /** `undefined` once it is gone. */
  readonly live: LiveDistribution | undefined
  /** The version that was replaced in order to disable it: an answer with this is merely old. */
  readonly replaced?: string
}

/** Only what cfcreate or this installation made may be removed with these. */
const removalNeeds = ({ accountId, installation }: RemovalWant): readonly Need[] => {
  const resources = [arnOfDistribution(accountId)]
  const marks = [[tagKey, installation] as const, [cfcreateNames.tag.Key, cfcreateNames.tag.Value] as const]
  return [
    { access: 'read', actions: ['cloudfront:ListDistributions'], resources: ['*'] },
    { access: 'read', actions: ['cloudfront:GetDistribution', 'cloudfront:ListTagsForResource'], resources },
    ...marks.map(([key, value]): Need => ({
      access: 'write',
      actions: ['cloudfront:UpdateDistribution', 'cloudfront:DeleteDistribution'],
      resources,
      condition: { StringEquals: { [`aws:ResourceTag/${key}`]: value } },
    })),
  ]
}

/** The first half of a removal: a distribution that is disabled, or gone already. */
export function disabledDistribution(aws: Aws): Resource<RemovalWant, Removal> {
  return {
    kind: 'CloudFront distribution',
    name: ({ id }) => id,
    id: ({ id }) => id,
    needs: removalNeeds,
    pattern: ({ id, accountId }) => ({ id, live: anyDistribution(accountId) }),

    async describe({ id }) {
      const live = await getDistribution(aws, id)
      return live === undefined ? undefined : { id, live }
    },

    decide({ id, guards, ask }, found) {
      if (found?.live === undefined) return keep({ id, live: undefined })
      if (guards.length > 0) {
        return refuse(
          found,
          guards.join('; '),
          'If it is to be removed all the same, run the same command with --force.',
        )
      }
      const { live } = found
      const enabled = live.config.Enabled === true
      const after = { id, live: { ...live, config: { ...live.config, Enabled: false } } }
      return { ...updateIf(after, enabled ? [{ field: 'Enabled', before: true, after: false }] : []), ask }
    },

    async apply({ id }, found) {
      if (found?.live === undefined) return { id, live: undefined }
      const { live } = found
      const disabled = await updateDistribution(aws, live, { ...live.config, Enabled: false })
      return { id, live: disabled, replaced: live.etag }
    },
  }
}

/**
 * Waits until no edge serves the distribution any more, usually some minutes.
 *
 * @throws CtlError of kind `refused` if somebody enables it meanwhile
 */
export async function untilDisabled(aws: Aws, { id, replaced }: Removal, talk: Talk): Promise<void> {
  const look = async (): Promise<true | undefined> => {
    const live = await getDistribution(aws, id)
    if (live === undefined) return true
    if (live.config.Enabled !== true) return live.status === 'Deployed' ? true : undefined
    // Right after a change CloudFront may still answer with what was there before.
    if (live.etag === replaced) return undefined
    throw enabledAgain(id)
  }
  await until(`CloudFront to disable ${id} at all edges, usually 3 to 6 minutes`, look, deployment, talk)
}

/** Deletes a disabled distribution, against the version that is read right before; gone already is as well. */
export async function removeDistribution(aws: Aws, id: string, talk: Talk): Promise<void> {
  const client = aws.client(CloudFrontClient, edgeRegion)
  const attempt = async (): Promise<void> => {
    const live = await getDistribution(aws, id)
    if (live === undefined) return
    if (live.config.Enabled === true) throw enabledAgain(id)
    const command = new DeleteDistributionCommand({ Id: id, IfMatch: live.etag })
    await absentAs('NoSuchDistribution', () => client.send(command))
  }
  await patiently(attempt, whyNotYet, settling, talk)
}

const notYet: Readonly<Record<string, string>> = {
  PreconditionFailed: 'changed by someone else meanwhile; looking again',
  InvalidIfMatchVersion: 'changed by someone else meanwhile; looking again',
  DistributionNotDisabled: 'CloudFront is not done with disabling it',
}
// CloudFront also calls it a failed precondition that a distribution is on a plan.
const whyNotYet = (error: unknown): string | undefined =>
  isAboutPlan(messageOf(error)) ? undefined : notYet[nameOf(error)]

const enabledAgain = (id: string): CtlError =>
  new CtlError('refused', `Someone enabled ${id} while it was to be removed, so it is left as it is.`, {
    hint: 'Run the same command again if it is to be removed all the same.',
  })
