import { explainError } from '../../aws/denial.ts'
import { type Aws, connect } from '../../aws/connect.ts'
import { getDistribution } from '../../resources/cloudfront/live-distribution.ts'
import { optional, type Settings } from '../../settings/settings.ts'
import { CtlError } from '../../errors.ts'
import { dnsRecord, dnsText } from '../names/dns.ts'
import { inTime } from '../in-time.ts'
import { lookAtOwnName } from '../names/packages-name.ts'
import { type Findings, lookAtSecret } from './edge-secret.ts'

/** A restart may be urgent, and a network that swallows packets would keep it for many minutes. */
const patienceMs = 20_000

const subject = 'Whether the edge accepts the secret in packagecloud.rb'

/**
 * Looks whether the edge is ready for what packagecloud.rb says, with CloudFront enabled there. That AWS can't be asked
 * is a finding, too.
 *
 * @param carried - the settings flags in use, for the commands that are suggested
 * @param patience - in milliseconds
 * @throws CtlError of kind `interrupted`
 */
export async function lookAtEdge(
  settings: Settings,
  carried: readonly string[],
  patience = patienceMs,
): Promise<Findings> {
  let aws: Aws | undefined
  try {
    const door = (aws = await connect(settings, process.env, { later: true }))
    return await inTime(patience, () => lookWith(door, settings, carried))
  } catch (error) {
    const { failure, message } = explainError(error, `${subject} was not checked`)
    if (failure === 'interrupted') throw error
    return {
      obstacles: [],
      notChecked: [error instanceof CtlError ? `${subject} was not checked: ${message}` : message],
    }
  } finally {
    aws?.close()
  }
}

async function lookWith(aws: Aws, settings: Settings, carried: readonly string[]): Promise<Findings> {
  // What stands there and can't be read has been told with the file.
  const known = settings.cloudfrontSecret !== undefined && settings.problems.cloudfrontPreviousSecret === undefined
  const id =
    settings.cloudfrontDistributionId === undefined ? undefined : optional(settings, 'cloudfrontDistributionId')
  if (!known || id === undefined) {
    return {
      obstacles: [],
      notChecked: [`${subject} was not checked: only running the file could tell what to look for.`],
    }
  }
  const live = await getDistribution(aws, id)
  if (live === undefined) {
    const why = `the account of these credentials has no distribution ${id}`
    return { obstacles: [], notChecked: [`${subject} was not checked: ${why}.`] }
  }
  const [secret, name] = await Promise.all([
    lookAtSecret(aws, settings, live, carried),
    lookAtDomain(aws, settings, live.domain),
  ])
  return {
    obstacles: [...secret.obstacles, ...name.obstacles],
    notChecked: [...secret.notChecked, ...name.notChecked],
  }
}

/** A name of the operator's own must lead to the distribution before clients are sent there. */
async function lookAtDomain(aws: Aws, settings: Settings, domain: string): Promise<Findings> {
  const look = await lookAtOwnName(aws, settings, domain)
  if (look === null || look.state === 'works') return nothing
  const name = settings.cloudfrontPackagesDomain?.value.toLowerCase() ?? ''
  if (look.state === 'not checked') {
    return { obstacles: [], notChecked: [`Whether ${name} leads to the distribution was not checked: ${look.why}.`] }
  }
  return { obstacles: [{ why: look.why, todo: dnsText([dnsRecord(name, domain)]) }], notChecked: [] }
}

const nothing: Findings = { obstacles: [], notChecked: [] }
