/** The licences of all that is in dist/, which must travel with it. */
import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'

import type { Metafile } from 'esbuild'

import { mayBeUsed } from './licence-rules.ts'

const root = join(import.meta.dirname, '..')
const line = '-'.repeat(80)

const ownTexts = new Map([
  ['Apache-2.0', 'LICENSE'],
  ['MIT', 'scripts/licences/MIT.txt'],
])

interface Manifest {
  name: string
  version: string
  license: string
  author?: string | { name: string }
}

/** A licence, and what it is of. */
interface Part {
  readonly text: string
  readonly titles: Set<string>
  /** The first one stands in the text. */
  readonly notices: Set<string>
}

/**
 * Each licence once, under the names of the packages that it is of, and whose they are; how its lines are broken makes no
 * other licence of it.
 *
 * @param bundles - what was bundled
 * @param copied - names of packages of which files were copied as they are
 * @throws Error for a package whose licence nobody has the text of, or under which it may not be bundled
 */
export async function licences(bundles: readonly Metafile[], copied: readonly string[]): Promise<string> {
  const inputs = bundles.flatMap((bundle) => Object.keys(bundle.inputs))
  const bundled = new Set(inputs.flatMap((input) => /^(?:.*\/)?node_modules\/(?:@[^/]+\/)?[^/]+/.exec(input) ?? []))
  const folders = new Set([...bundled, ...copied.map((name) => `node_modules/${name}`)])
  const parts = new Map<string, Part>()
  for (const folder of [...folders].sort()) {
    const manifest = JSON.parse(await readFile(join(root, folder, 'package.json'), 'utf8')) as Manifest
    const use = bundled.has(folder) ? 'bundled' : 'a file of its own'
    if (!mayBeUsed(manifest.license, use)) throw new Error(`${folder} is ${manifest.license}: it may not be ${use}.`)
    const text = await licenceOf(folder, manifest)
    const title = `${manifest.name} ${manifest.version} (${manifest.license})`
    const { terms, notice } = apart(text)
    const same = terms.replace(/\s+/g, ' ')
    const part = parts.get(same) ?? { text, titles: new Set(), notices: new Set() }
    part.titles.add(title)
    part.notices.add(notice)
    parts.set(same, part)
  }
  const written = [...parts.values()].map(({ text, titles, notices: [, ...others] }) =>
    [[...titles].join('\n'), ...(others.length === 0 ? [] : [others.join('\n')]), text].join('\n\n'),
  )
  return `${written.join(`\n\n${line}\n\n`)}\n`
}

/** The terms of a licence, and whose it is where the terms of all are the same: in the appendix of Apache's. */
function apart(text: string): { terms: string; notice: string } {
  const [, before, notice, after] =
    /^([^]*END OF TERMS AND CONDITIONS[^]*\n) *(Copyright [^\n]*)(\n[^]*)$/.exec(text) ?? []
  const isApache = /^\s*Apache License\s/.test(text)
  return isApache && before !== undefined
    ? { terms: `${before}${after ?? ''}`, notice: notice ?? '' }
    : { terms: text, notice: '' }
}

async function licenceOf(folder: string, manifest: Manifest): Promise<string> {
  const names = (await readdir(join(root, folder))).filter((name) => /^(licen[cs]e|copying|notice)/i.test(name)).sort()
  const files = names.map((name) => join(root, folder, name))
  // The lesser licence is the general one and exceptions from it, so both must be there.
  if (manifest.license.startsWith('LGPL-3.0')) files.push(join(root, 'scripts/licences/GPL-3.0.txt'))
  if (names.length > 0) {
    const texts = await Promise.all(files.map((file) => readFile(file, 'utf8')))
    return texts.map((text) => text.trimEnd().replace(/^(\s*\n)+/, '')).join('\n\n')
  }
  // Some publish a package without the file; then the licence is the one that its package.json names.
  const own = ownTexts.get(manifest.license)
  if (own === undefined) throw new Error(`${folder} has no licence file, and there is no text of ${manifest.license}.`)
  const author = typeof manifest.author === 'string' ? manifest.author : manifest.author?.name
  return `Copyright (c) ${author ?? manifest.name}\n\n${(await readFile(join(root, own), 'utf8')).trim()}`
}
