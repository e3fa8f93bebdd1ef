/** What stands behind the packages domain in AWS. Looked at only where something is not right, and then once. */
import type { Aws } from '../../aws/connect.ts'
import { explainError } from '../../aws/denial.ts'
import { namesOf } from '../../aws/names.ts'
import { once } from '../../aws/once.ts'
import {
  answersTo,
  getDistribution,
  listDistributions,
  type LiveDistribution,
} from '../../resources/cloudfront/live-distribution.ts'
import { storedObject, type StoredObject } from '../../resources/s3/stored-object.ts'
import { need, type Settings } from '../../settings/settings.ts'
import type { CtlError } from '../../errors.ts'
import { talkNow } from '../../ui/step-talk.ts'
import { inTime } from '../in-time.ts'
import { type Status, status } from '../status/status.ts'

/** Looks that never fail: that one can't be made is an answer, too. */
export interface Behind {
  /** The bucket, if it is known. */
  readonly bucket: string | undefined
  /** The distribution that packagecloud.rb names for the domain that is asked. */
  readonly configuredId: string | undefined
  /** Path of packagecloud.rb. */
  readonly configFile: string
  /** Name of the edge function. */
  readonly functionName: string
  /** All of the installation, and what puts right what differs. */
  readonly status: () => Promise<Status | CtlError>
  /** The distribution of this account that has the packages domain among its names. */
  readonly distribution: () => Promise<LiveDistribution | 'none' | CtlError>
  /** An object as S3 itself has it. */
  readonly object: (key: string) => Promise<StoredObject | 'none' | CtlError>
}

/** Milliseconds: nobody waits longer for an advice. */
const patience = { status: 30_000, distribution: 20_000, object: 8_000 }

/**
 * @param domain - the packages domain
 * @param carried - the settings flags in use, for the commands that are suggested
 */
export function lookBehind(
  aws: Aws,
  settings: Settings,
  { domain, carried }: { readonly domain: string; readonly carried: readonly string[] },
): Behind {
  const whole = () => status(aws, settings, { carried }, { show: 'nothing', signal: talkNow().signal })
  return {
    bucket: settings.bucket?.value,
    configuredId:
      settings.cloudfrontPackagesDomain?.value === domain ? settings.cloudfrontDistributionId?.value : undefined,
    configFile: settings.configFile,
    functionName: namesOf(settings.installation.value).functionName,
    status: once(() => looked('Look at the installation', patience.status, whole)),
    distribution: once(() =>
      looked('Look for the distribution', patience.distribution, () => distributionNamed(aws, domain)),
    ),
    object: (key) =>
      looked(
        `Look at ${key} in S3`,
        patience.object,
        async () => (await storedObject(aws, need(settings, 'bucket'), key)) ?? 'none',
      ),
  }
}

async function distributionNamed(aws: Aws, domain: string): Promise<LiveDistribution | 'none'> {
  const all = await listDistributions(aws)
  const found = all.find(({ DomainName, Aliases }) => answersTo(domain, DomainName, Aliases))
  return (found?.Id === undefined ? undefined : await getDistribution(aws, found.Id)) ?? 'none'
}

async function looked<T>(doing: string, patienceMs: number, look: () => Promise<T>): Promise<T | CtlError> {
  try {
    return await inTime(patienceMs, look)
  } catch (error) {
    return explainError(error, doing)
  }
}
