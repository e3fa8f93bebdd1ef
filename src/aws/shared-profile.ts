import { access, constants } from 'node:fs/promises'
import { homedir } from 'node:os'
import { join } from 'node:path'

import { loadSharedConfigFiles, loadSsoSessionData } from '@smithy/core/config'

import type { Settings } from '../settings/settings.ts'

/** One profile of AWS's shared configuration, as its files have it. */
export type Profile = Readonly<Record<string, string | undefined>>

/** AWS's shared configuration: `~/.aws/config` and `~/.aws/credentials`. */
export interface SharedConfiguration {
  /** The name in use: `--profile`, else AWS_PROFILE, else `default`. */
  readonly name: string
  /** What names it; `undefined` where nothing does. */
  readonly namedBy: string | undefined
  readonly profiles: Readonly<Record<string, Profile | undefined>>
  /** The sections `sso-session`, which several profiles may share. */
  readonly ssoSessions: Readonly<Record<string, Profile | undefined>>
  /** Both files, and whether they are there and can be read. */
  readonly files: readonly { readonly file: string; readonly state: 'readable' | 'missing' | 'unreadable' }[]
}

/** Reads the shared configuration. What is not there, or is no configuration, is no error here. */
export async function readSharedConfiguration(
  settings: Pick<Settings, 'profile'>,
  environment: NodeJS.ProcessEnv = process.env,
): Promise<SharedConfiguration> {
  const place = (variable: string, name: string): string =>
    environment[variable] || join(home(environment), '.aws', name)
  const configFile = place('AWS_CONFIG_FILE', 'config')
  const credentialsFile = place('AWS_SHARED_CREDENTIALS_FILE', 'credentials')
  const states = await Promise.all([stateOf(configFile), stateOf(credentialsFile)])
  // What reads them is loaded only if there is something to read.
  const isThere = states.includes('readable')
  const { profiles, ssoSessions } = isThere
    ? await read(configFile, credentialsFile)
    : { profiles: {}, ssoSessions: {} }
  const byVariable = environment['AWS_PROFILE'] || undefined
  return {
    name: settings.profile?.value ?? byVariable ?? 'default',
    namedBy: settings.profile !== undefined ? namedBy(settings.profile) : byVariable && 'AWS_PROFILE',
    profiles,
    ssoSessions,
    files: [configFile, credentialsFile].map((file, index) => ({ file, state: states[index] ?? 'missing' })),
  }
}

async function read(
  configFile: string,
  credentialsFile: string,
): Promise<Pick<SharedConfiguration, 'profiles' | 'ssoSessions'>> {
  const [loaded, ssoSessions] = await Promise.all([
    loadSharedConfigFiles({ filepath: credentialsFile, configFilepath: configFile, ignoreCache: true }),
    loadSsoSessionData({ configFilepath: configFile }),
  ])
  const profiles: Record<string, Profile> = {}
  for (const part of [loaded.configFile, loaded.credentialsFile]) {
    for (const [name, profile] of Object.entries(part)) profiles[name] = { ...profiles[name], ...profile }
  }
  return { profiles, ssoSessions }
}

/** Whether a profile says where credentials come from, be it wrongly. */
export const givesCredentials = (profile: Profile): boolean =>
  Object.entries(profile).some(([key, value]) => sources.test(key) && (value ?? '') !== '')

const sources =
  /^(aws_access_key_id|aws_secret_access_key|role_arn|credential_(source|process)|web_identity_token_file|sso_|login_session)/

const namedBy = ({ source }: NonNullable<Settings['profile']>): string =>
  source.kind === 'flag' || source.kind === 'environment' ? source.name : '--profile'

const home = ({ HOME }: NodeJS.ProcessEnv): string => HOME || homedir()

async function stateOf(file: string): Promise<'readable' | 'missing' | 'unreadable'> {
  try {
    await access(file, constants.R_OK)
    return 'readable'
  } catch (error) {
    const missing = error instanceof Error && 'code' in error && /^(ENOENT|ENOTDIR)$/.test(String(error.code))
    return missing ? 'missing' : 'unreadable'
  }
}
