import type { Aws } from '../../aws/connect.ts'
import type { Account } from '../../aws/account.ts'
import { certificateNeeds } from '../../resources/cloudfront/certificate.ts'
import type { DistributionEdit } from '../../resources/cloudfront/distribution-edit.ts'
import { existingDistribution } from '../../resources/cloudfront/existing-distribution.ts'
import { anyDistribution, getTagged, type TaggedDistribution } from '../../resources/cloudfront/live-distribution.ts'
import type { Tags } from '../../resources/tags.ts'
import type { Settings } from '../../settings/settings.ts'
import { CtlError } from '../../errors.ts'
import { type Chain, compute, ensure, together } from '../chain/chain.ts'
import { credentials } from '../credentials.ts'
import { waitForEdges } from '../wait-for-edges.ts'
import { type CertificateChoice, logBucket, noCertificate, chooseCertificate } from './edit.ts'
import { resolveTargets, wholeDistributions } from './targets.ts'
import { trafficOf } from './traffic.ts'

export interface Modification {
  account: Account
  /** The distribution as it was before. */
  before: TaggedDistribution
  certificate: CertificateChoice
  distribution: TaggedDistribution
}

export interface ModifyWishes {
  readonly edit: DistributionEdit
  readonly tags: Tags
  readonly wait: boolean
}

/**
 * Changes of one distribution what is named, and nothing else. Safe to run again.
 *
 * @param words - what names the distribution; more than one is an error
 * @throws CtlError of kind `usage` for too many words, or if nothing to change is named
 */
export function modifyDistribution(
  aws: Aws,
  settings: Settings,
  words: readonly string[],
  { edit, tags, wait: waits }: ModifyWishes,
): Chain<Modification> {
  checkWishes(words, edit, tags)
  return [
    together<Modification>(
      'Look at what is there',
      credentials(aws, ({ caller }) => caller),
      compute('Distribution', {
        from: () => theDistribution(aws, words),
        as: 'before',
        suppose: ({ account }) => ({ ...anyDistribution(account.id), tags: {} }),
        tell: ({ id, domain }) => `${id} (${domain})`,
      }),
      logBucket(aws, edit.logging),
    ),
    compute('Certificate for the aliases', {
      from: ({ before }) => chooseCertificate(aws, before.config, edit),
      as: 'certificate',
      tell: ({ told }) => told,
      needs: ({ account }) => certificateNeeds(account.id),
      suppose: () => noCertificate,
    }),
    ensure('Change the distribution', {
      resource: existingDistribution(aws),
      want: ({ account, before, certificate }) => ({
        accountId: account.id,
        id: before.id,
        edit: { ...edit, certificate: certificate.arn },
        tags,
        traffic: edit.enabled === false ? trafficOf(settings, before) : [],
      }),
      as: 'distribution',
    }),
    waitForEdges(aws, { isWished: waits, because: 'only with --wait' }),
  ]
}

function checkWishes(words: readonly string[], edit: DistributionEdit, tags: Tags): void {
  if (words.length > 1) throw new CtlError('usage', 'Too many parameters. Modify one Distribution at a time.')
  wholeDistributions(words)
  const both = edit.addAliases.filter((alias) => edit.removeAliases.includes(alias))
  if (both.length > 0) throw new CtlError('usage', `${both.join(', ')} can't be added and removed at once.`)
  const named = Object.values(edit).some(
    (value) => value !== undefined && !(Array.isArray(value) && value.length === 0),
  )
  if (named || Object.keys(tags).length > 0) return
  throw new CtlError('usage', 'Nothing to change is named.', { hint: '`pc-ctl cfmodify --help` lists what can be.' })
}

async function theDistribution(aws: Aws, words: readonly string[]): Promise<TaggedDistribution> {
  const [only] = await resolveTargets(aws, words)
  const found = only === undefined ? undefined : await getTagged(aws, only.distribution.id)
  if (found === undefined) throw new CtlError('refused', 'Refused: the distribution has just been removed.')
  return found
}
