import { maskAccessKey, maskSecret } from './secret.ts'
import { keysOf, type SettingName } from '../options.ts'
import { describeSource, type Problem, type Settings } from './settings.ts'

/** One setting, as it may be shown to anybody. */
export interface Shown {
  name: string
  /** Secrets are masked; `null` where there is none that can be used. */
  value: string | boolean | null
  /** Flag, variable or `file:line (key)`; `null` where it is not set anywhere. */
  source: string | null
  /** Why what is set cannot be used. */
  problem?: string
}

const masks: Partial<Record<SettingName, (value: string) => string>> = {
  accessKey: maskAccessKey,
  secretKey: maskSecret,
  cloudfrontSecret: maskSecret,
  cloudfrontPreviousSecret: maskSecret,
}

const isSetting = (name: string): name is SettingName => Object.hasOwn(keysOf, name)

/** All settings with where they come from, secrets masked. */
export function overview(settings: Settings, environment: NodeJS.ProcessEnv = process.env): Shown[] {
  const names = Object.keys(keysOf).filter(isSetting)
  const flags = (['installation', 'profile'] as const).map((name): Shown => {
    const found = settings[name]
    if (found !== undefined) return { name, value: found.value, source: describeSource(found.source) }
    // AWS's own name for it, which its SDK reads.
    const ofAws = name === 'profile' ? (environment['AWS_PROFILE'] ?? '') : ''
    return ofAws === '' ? { name, value: null, source: null } : { name, value: ofAws, source: 'AWS_PROFILE' }
  })
  return [...flags, ...names.map((name) => show(name, settings))]
}

function show(name: SettingName, settings: Settings): Shown {
  const found = settings[name]
  const problem = settings.problems[name]
  // Under several keys it may stand in the file; flags know it by its own name.
  const shownAs = name === 'bucket' || name === 'region' ? name : keysOf[name][0]
  if (found !== undefined) {
    const value = typeof found.value === 'string' ? (masks[name]?.(found.value) ?? found.value) : found.value
    return { name: shownAs, value, source: describeSource(found.source) }
  }
  if (problem === undefined) return { name: shownAs, value: null, source: null }
  return { name: shownAs, value: null, source: placeOf(problem), problem: problem.reason }
}

const placeOf = ({ file, line, key }: Problem): string => describeSource({ kind: 'config', file, line, key })
