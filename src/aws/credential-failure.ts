import { rails } from '../options.ts'
import { shellWord } from '../shell.ts'
import { CtlError, messageOf } from '../errors.ts'
import { type Line, verbatim } from '../text.ts'
import { didYouMean } from '../ui/near.ts'
import { nameOf } from './absent.ts'
import { networkFailure, requestIdLines, statusOf } from './aws-error.ts'
import { processFailure } from './credential-process.ts'
import { givesCredentials, type Profile, type SharedConfiguration } from './shared-profile.ts'
import { ssoFailure } from './sso-failure.ts'
import { ProxyFailure } from './tunnel.ts'

/** What is known when there are no credentials. */
export interface Lacking {
  readonly shared: SharedConfiguration
  readonly environment: NodeJS.ProcessEnv
  /** What the last call for credentials ended in. */
  readonly failure: unknown
}

/** An error about the source of credentials. */
const lacking = (
  message: string,
  hint: Line | readonly Line[],
  { code, cause }: { code: string; cause?: unknown },
): CtlError => new CtlError('configuration', message, { hint, code, cause })

/**
 * Says why the SDK's chain found no credentials. The SDK's own words are those of the last source that it tried, which
 * seldom is the one that the operator meant.
 *
 * @returns a CtlError of kind `configuration`; the error itself where AWS answered, or could not be reached
 */
export function whyNoCredentials(error: unknown, { shared, environment, failure }: Lacking): unknown {
  if (error instanceof CtlError) return error
  if (failure instanceof ProxyFailure) return failure
  const { name, namedBy, profiles } = shared
  if (namedBy !== undefined && profiles[name] === undefined) return missingProfile(shared, name, namedBy)
  if (namedBy === undefined && !givesCredentials(profiles[name] ?? {}))
    return withoutProfile(error, shared, environment)
  const { base, missing, cycle } = sourceOf(shared)
  if (missing !== undefined) return missingProfile(shared, missing, `source_profile of profile ${base}`)
  if (cycle)
    return lacking(`The profile ${name} has itself as its source, by way of ${base}.`, edit(shared), {
      code: 'ProfileCycle',
    })
  return (
    codeFailure(error, shared) ??
    profileFailure(error, { shared, name: base, profile: profiles[base] ?? {}, failure }) ??
    error
  )
}

/** Where a profile's credentials begin: at the end of its sources. */
function sourceOf({ name, profiles }: SharedConfiguration): { base: string; missing?: string; cycle: boolean } {
  const visited = new Set<string>()
  let base = name
  for (;;) {
    visited.add(base)
    const { role_arn: role, source_profile: source } = profiles[base] ?? {}
    if (role === undefined || source === undefined || source === base) return { base, cycle: false }
    if (profiles[source] === undefined) return { base, missing: source, cycle: false }
    if (visited.has(source)) return { base, cycle: true }
    base = source
  }
}

const listed = (names: readonly string[]): string =>
  names.length > 8 ? `${names.slice(0, 8).join(', ')} and ${names.length - 8} more` : names.join(', ')

const filesOf = ({ files }: SharedConfiguration): string => files.map(({ file }) => file).join(' and ')

const edit = (shared: SharedConfiguration): Line => `Look at the profile in ${filesOf(shared)}.`

function missingProfile(shared: SharedConfiguration, name: string, namedBy: string): CtlError {
  const { files, profiles } = shared
  const unreadable = files.filter(({ state }) => state === 'unreadable').map(({ file }) => file)
  const there = Object.keys(profiles).filter((key) => !key.startsWith('sso-session.') && !key.startsWith('services.'))
  const why =
    unreadable.length > 0
      ? `${unreadable.join(' and ')} can't be read by this user`
      : files.every(({ state }) => state === 'missing')
        ? `there is no configuration of AWS: neither ${files.map(({ file }) => file).join(' nor ')} exists`
        : `${filesOf(shared)} have ${there.length === 0 ? 'no profile at all' : `only ${listed(there)}`}`
  return lacking(
    `There is no profile "${name}" (${namedBy}): ${why}.`,
    [
      ...didYouMean(name, there),
      `\`aws configure --profile ${shellWord(name)}\` makes it, with IAM Identity Center \`aws configure sso --profile ${shellWord(name)}\`.`,
      'Under sudo HOME is another one: AWS_CONFIG_FILE and AWS_SHARED_CREDENTIALS_FILE name the files.',
    ],
    { code: 'ProfileMissing' },
  )
}

interface InProfile {
  readonly shared: SharedConfiguration
  /** The profile at the end of the sources. */
  readonly name: string
  readonly profile: Profile
  readonly failure: unknown
}

function profileFailure(error: unknown, { shared, name, profile, failure }: InProfile): CtlError | undefined {
  const has = (key: string): boolean => (profile[key] ?? '') !== ''
  if (statusOf(error) !== undefined) return answered(error)
  if (['sso_session', 'sso_start_url', 'sso_account_id', 'sso_role_name'].some(has)) {
    return ssoFailure(error, { shared, name, profile, failure })
  }
  if (has('role_arn') && has('web_identity_token_file')) {
    return tokenFile(error, `web_identity_token_file of profile ${name}`, profile['web_identity_token_file'])
  }
  if (has('credential_process') && !has('aws_access_key_id')) {
    return processFailure(error, name, profile['credential_process'] ?? '')
  }
  if (has('login_session')) {
    return lacking(
      `The session of profile ${name} is over, or there is none.`,
      verbatim(`aws login --profile ${name}`),
      { code: 'LoginSessionOver', cause: error },
    )
  }
  if (has('credential_source')) return fromMachine(error, name, profile['credential_source'] ?? '')
  const keys = ['aws_access_key_id', 'aws_secret_access_key'] as const
  const [first] = keys.filter((key) => !has(key))
  if (has('role_arn') && !has('source_profile')) {
    return lacking(
      `The profile ${name} has a role_arn, but neither source_profile nor credential_source to assume it from.`,
      edit(shared),
      { code: 'ProfileIncomplete', cause: error },
    )
  }
  if (first === undefined) return undefined
  const there = Object.keys(profile)
  return lacking(
    keys.some(has)
      ? `The profile ${name} lacks ${first}.`
      : `The profile ${name} holds no credentials${there.length === 0 ? '' : `, only ${listed(there)}`}.`,
    [
      verbatim(`aws configure --profile ${name}`),
      'For IAM Identity Center:',
      verbatim(`aws configure sso --profile ${name}`),
    ],
    { code: 'ProfileIncomplete', cause: error },
  )
}

/** STS refuses a role for a code that is wrong or was used before as it refuses it for any other reason. */
function codeFailure(error: unknown, { name }: SharedConfiguration): CtlError | undefined {
  if (!/MultiFactorAuthentication failed/i.test(messageOf(error))) return undefined
  return lacking(
    `AWS did not take the code of the MFA device for profile ${name}: ${messageOf(error)}`,
    [
      'A code is good once, and for half a minute: run the same command again with the next one.',
      ...requestIdLines(error),
    ],
    { code: 'MfaCodeRefused', cause: error },
  )
}

/** What STS says of a token that is not good; what else it answers is told as it is. */
function answered(error: unknown): CtlError | undefined {
  if (!/^(ExpiredTokenException|InvalidIdentityToken|IDPRejectedClaim)/.test(nameOf(error))) return undefined
  return lacking(
    `AWS does not take the web identity token: ${messageOf(error)}`,
    ['Whoever writes the token (Kubernetes, the CI system) must renew it.', ...requestIdLines(error)],
    { code: nameOf(error), cause: error },
  )
}

function tokenFile(error: unknown, source: string, file: string | undefined): CtlError | undefined {
  if (networkFailure(error) !== undefined) return undefined
  return lacking(
    `${source} names ${file ?? ''}, which can't be read: ${messageOf(error)}.`,
    'Where pods and CI jobs get it, it is mounted: run pc-ctl there, or give other credentials.',
    { code: 'TokenFileMissing', cause: error },
  )
}

/** Credentials that the machine has of itself. */
function fromMachine(error: unknown, name: string, source: string): CtlError | undefined {
  const known: Readonly<Record<string, string>> = {
    Ec2InstanceMetadata: `this machine has no role: ${aboutMetadata(error)}`,
    EcsContainer: `this container has no role: ${messageOf(error)}`,
    Environment: 'AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY are not set',
  }
  return lacking(
    `The profile ${name} takes its credentials from ${source}, but ${known[source] ?? 'that is no source that exists'}.`,
    'credential_source is Ec2InstanceMetadata, EcsContainer or Environment; source_profile names a profile instead.',
    { code: 'CredentialSource', cause: error },
  )
}

/** The instance metadata service answers no errors of AWS. */
function aboutMetadata(error: unknown): string {
  const status =
    typeof error === 'object' && error !== null && 'statusCode' in error ? Number(error.statusCode) : undefined
  if (status === 404) return 'its metadata (169.254.169.254) names none'
  if (status !== undefined) return `its metadata service (169.254.169.254) answers ${status}`
  return 'there is no metadata service (169.254.169.254) that answers'
}

/** No profile is in use: the environment and the machine were looked at. */
function withoutProfile(error: unknown, shared: SharedConfiguration, environment: NodeJS.ProcessEnv): unknown {
  if (statusOf(error) !== undefined) return answered(error) ?? error
  const set = (name: string): boolean => (environment[name] ?? '') !== ''
  const only = ['AWS_ACCESS_KEY_ID', 'AWS_SECRET_ACCESS_KEY'].filter(set)
  if (only.length === 1) {
    const [other] = ['AWS_ACCESS_KEY_ID', 'AWS_SECRET_ACCESS_KEY'].filter((name) => !set(name))
    return lacking(`${only.join('')} is set, but ${other ?? ''} is not.`, 'Set both.', { code: 'KeysIncomplete' })
  }
  if (set('AWS_WEB_IDENTITY_TOKEN_FILE')) {
    if (set('AWS_ROLE_ARN')) {
      return tokenFile(error, 'AWS_WEB_IDENTITY_TOKEN_FILE', environment['AWS_WEB_IDENTITY_TOKEN_FILE']) ?? error
    }
    return lacking('AWS_WEB_IDENTITY_TOKEN_FILE is set, but AWS_ROLE_ARN is not.', 'Set both, or neither.', {
      code: 'TokenFileAlone',
    })
  }
  const container = ['AWS_CONTAINER_CREDENTIALS_FULL_URI', 'AWS_CONTAINER_CREDENTIALS_RELATIVE_URI'].find(set)
  if (container !== undefined) {
    return lacking(
      `${container} is set, but what it names gives no credentials: ${messageOf(error)}.`,
      'The task or pod needs a role; where this is neither, unset the variable.',
      { code: 'ContainerCredentials', cause: error },
    )
  }
  const isDisabled = !/^(false)?$/.test(environment['AWS_EC2_METADATA_DISABLED'] ?? '')
  // The SDK does not tell what the metadata service answered once it has tried all there is.
  const machine = isDisabled
    ? 'the metadata of this machine is not asked, since AWS_EC2_METADATA_DISABLED is set'
    : 'this machine has no role that a metadata service (169.254.169.254) would tell of'
  return nothing(error, shared, machine)
}

function nothing(error: unknown, shared: SharedConfiguration, machine: string): unknown {
  const said = nameOf(error)
  const wasSearch = said.endsWith('ProviderError') || said === 'InstanceMetadataV1FallbackError'
  if (!wasSearch) return error
  const { files, profiles } = shared
  const others = Object.keys(profiles).filter((key) => givesCredentials(profiles[key] ?? {}))
  const unreadable = files.filter(({ state }) => state === 'unreadable').map(({ file }) => file)
  const configuration = files.every(({ state }) => state === 'missing')
    ? `neither ${files.map(({ file }) => file).join(' nor ')} exists`
    : unreadable.length > 0
      ? `${unreadable.join(' and ')} can't be read by this user`
      : `${filesOf(shared)} have no profile "default"${profiles['default'] === undefined ? '' : ' with credentials'}`
  return lacking(
    'No AWS credentials were found: packagecloud.rb sets no aws_access_key and aws_secret_key, no profile is named, ' +
      `AWS_ACCESS_KEY_ID is not set, ${configuration}, and ${machine}.`,
    [
      `Set ${rails('aws_access_key')} and ${rails('aws_secret_key')}, or run \`aws configure\`, or give a profile.`,
      ...(others.length === 0 ? [] : [`Such as --profile ${others[0] ?? ''}; there are: ${listed(others)}.`]),
      '`pc-ctl show-config` tells what is set.',
    ],
    { code: 'NoCredentials', cause: error },
  )
}
