/** Gems made for tests, with nothing but Node. */
import { gzipSync } from 'node:zlib'

import { type Member, tar } from '../../../scripts/archives.ts'

const anyVersion = `!ruby/object:Gem::Requirement
  requirements:
  - - ">="
    - !ruby/object:Gem::Version
      version: '0'`

/** A gemspec as RubyGems writes it; given lines take the place of those of the same attribute, or are added. */
export function gemspecText(fields: Readonly<Record<string, string>> = {}): string {
  const all = {
    name: 'hello',
    version: "!ruby/object:Gem::Version\n  version: '1.0'",
    platform: 'ruby',
    authors: '\n- Nobody',
    date: '2024-05-06 00:00:00.000000000 Z',
    dependencies: '[]',
    description: '',
    files: '\n- lib/hello.rb',
    metadata: '{}',
    required_ruby_version: anyVersion,
    required_rubygems_version: anyVersion,
    rubygems_version: '3.3.15',
    specification_version: '4',
    summary: 'a greeting',
    ...fields,
  }
  const lines = Object.entries(all).map(([name, value]) => `${name}:${/^\n|^$/.test(value) ? '' : ' '}${value}\n`)
  return `--- !ruby/object:Gem::Specification\n${lines.join('')}`
}

export const versionField = (version: string): string => `!ruby/object:Gem::Version\n  version: '${version}'`

/** A dependency, as one of a list. */
export const dependencyField = (name: string, operator: string, version: string, type = 'runtime'): string => {
  const requirement = `!ruby/object:Gem::Requirement
    requirements:
    - - "${operator}"
      - !ruby/object:Gem::Version
        version: '${version}'`
  return `
- !ruby/object:Gem::Dependency
  name: ${name}
  requirement: ${requirement}
  type: :${type}
  prerelease: false
  version_requirements: ${requirement}`
}

export interface GemOptions {
  readonly fields?: Readonly<Record<string, string>>
  /** What stands before the metadata. */
  readonly before?: readonly Member[]
  readonly payload?: string
}

export const gemOf = ({ fields = {}, before = [], payload = 'data' }: GemOptions = {}): Buffer =>
  gemWith(gzipSync(gemspecText(fields)), { before, payload })

/** A gem with any metadata. */
export const gemWith = (
  metadata: Uint8Array,
  { before = [], payload = 'data' }: Omit<GemOptions, 'fields'> = {},
): Buffer =>
  Buffer.from(
    tar([
      ...before,
      { name: 'metadata.gz', body: Buffer.from(metadata) },
      { name: 'data.tar.gz', body: gzipSync(tar([{ name: 'lib/hello.rb', body: Buffer.from(payload) }])) },
    ]),
  )

/** A gem by its name. */
export const named = (name: string, version: string, platform = 'ruby'): Buffer =>
  gemOf({ fields: { name, version: versionField(version), platform }, payload: name })
