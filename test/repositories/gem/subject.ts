import { createHash } from 'node:crypto'
import { gunzipSync, gzipSync, inflateSync } from 'node:zlib'

import { readVersions } from '../../../src/repositories/gem/compact-index.ts'
import { gem } from '../../../src/repositories/gem/gem.ts'
import { originalName } from '../../../src/repositories/gem/kept-gem.ts'
import { readSpecs } from '../../../src/repositories/gem/marshal-read.ts'
import { marshal } from '../../../src/repositories/gem/marshal-write.ts'
import { RubyString, RubyVersion } from '../../../src/repositories/gem/ruby.ts'
import type { FormatSubject } from '../behaves-like-a-format.ts'
import type { Read } from '../format-bucket.ts'
import { named } from './made-gems.ts'

const root = 'ruby/'
const hash = (algorithm: string, bytes: Uint8Array | string): string =>
  createHash(algorithm).update(bytes).digest('hex')

/** A list as nobody would write it: nothing is shared. */
const listOf = (gems: readonly (readonly [string, string, string])[]): Buffer =>
  marshal(
    gems.map(([name, version, platform]) => [new RubyString(name), new RubyVersion(version), new RubyString(platform)]),
  )

/** Lists and a compact index of somebody's, with a gem that was withdrawn and is still there. */
export async function gemSubject(): Promise<FormatSubject> {
  const present = [
    ['hello', '1.0', 'ruby'],
    ['hello', '1.1', 'ruby'],
    ['native', '2.0', 'x86_64-linux'],
    ['zeta', '0.1', 'ruby'],
  ] as const
  const objects = new Map<string, Uint8Array>()
  const lines = new Map<string, string[]>()
  for (const [name, version, platform] of present) {
    const file = originalName({ name, version, platform })
    const body = named(name, version, platform)
    objects.set(`${root}gems/${file}.gem`, body)
    objects.set(`${root}quick/Marshal.4.8/${file}.gemspec.rz`, Buffer.from('of somebody'))
    const line = `${file.slice(name.length + 1)} |checksum:${hash('sha256', body)}`
    lines.set(name, [...(lines.get(name) ?? []), line])
  }
  objects.set(`${root}gems/hello-0.9.gem`, named('hello', '0.9'))
  let versions = 'created_at: 2020-01-02T03:04:05Z\n---\nhello 0.9 00000000000000000000000000000000\n'
  for (const [name, own] of lines) {
    const info = `---\n${own.join('\n')}\n`
    objects.set(`${root}info/${name}`, Buffer.from(info))
    versions += `${name} ${own.map((line) => line.split(' ')[0]).join(',')} ${hash('md5', info)}\n`
  }
  versions += `hello -0.9 ${hash('md5', objects.get(`${root}info/hello`) ?? '')}\n`
  objects.set(`${root}versions`, Buffer.from(versions))
  objects.set(`${root}names`, Buffer.from('---\nhello\n'))
  for (const [name, list] of [
    ['specs', present],
    ['latest_specs', present],
    ['prerelease_specs', []],
  ] as const) {
    objects.set(`${root}${name}.4.8`, listOf(list))
    objects.set(`${root}${name}.4.8.gz`, gzipSync(listOf(list)))
  }
  return {
    format: gem,
    root,
    objects,
    added: { key: `${root}gems/hello-2.0.a.gem`, body: named('hello', '2.0.a'), name: 'hello-2.0.a' },
    bad: { key: `${root}gems/bad-1.0.gem`, body: Buffer.from('no gem') },
    archived: `${root}gems/hello-1.1.gem`,
    client,
    carried: (read) => {
      const { createdAt, byName } = readVersions(textOf(read(`${root}versions`)))
      return [createdAt, [...(byName.get('hello')?.yanked ?? [])]]
    },
    bare: {
      root: 'bare/',
      objects: new Map([['bare/gems/hello-1.0.gem', named('hello', '1.0')]]),
      names: ['hello-1.0'],
    },
  }
}

const textOf = (bytes: Uint8Array | undefined): string => Buffer.from(bytes ?? []).toString()

/** From the lists to the gemspecs, from versions to what each needs, and from both to the packages. */
async function client(read: Read): Promise<{ names: string[]; complaints: string[] }> {
  const complaints: string[] = []
  const base = read(`bare/specs.4.8.gz`) === undefined ? root : 'bare/'
  const names = new Set<string>()
  for (const list of ['specs', 'prerelease_specs']) {
    const gz = read(`${base}${list}.4.8.gz`)
    for (const one of gz === undefined ? [] : readSpecs(gunzipSync(gz))) {
      const name = originalName(one)
      const spec = read(`${base}quick/Marshal.4.8/${name}.gemspec.rz`)
      if (spec === undefined) complaints.push(`${name} has no gemspec`)
      else if (textOf(spec) !== 'of somebody' && !inflateSync(spec).includes('Gem::Specification')) {
        complaints.push(`${name} has a gemspec that is none`)
      }
      if (read(`${base}gems/${name}.gem`) !== undefined) names.add(name)
    }
  }
  const seen = new Set<string>()
  for (const [name, { numbers }] of readVersions(textOf(read(`${base}versions`))).byName) {
    const info = textOf(read(`${base}info/${name}`))
    for (const number of numbers) {
      const body = read(`${base}gems/${name}-${number}.gem`)
      const line = info.split('\n').find((one) => one.startsWith(`${number} `))
      // What is gone from info/ is about to go from versions.
      if (line === undefined ? body !== undefined : !line.includes('|checksum:'))
        complaints.push(`${name} ${number} is untold`)
      if (body === undefined || line === undefined) continue
      if (!line.includes(hash('sha256', body))) complaints.push(`${name} ${number} has another checksum`)
      seen.add(`${name}-${number}`)
    }
  }
  // The lists come before versions.
  for (const name of seen) if (!names.has(name)) complaints.push(`${name} is in versions alone`)
  return { names: [...names], complaints }
}
