/**
 * Makes the documentation a site: static pages that need no server, searched in the browser.
 *
 *     npm run site [-- FOLDER]
 */
import { copyFile, mkdir, readFile, rm, writeFile } from 'node:fs/promises'
import { globSync, statSync } from 'node:fs'
import { dirname, join, posix } from 'node:path'

import ejs from 'ejs'

import { deadLinks } from './dead-links.ts'
import { escaped, type Part, writeMarkdown, type Written } from './markdown.ts'
import { type Group, groupsOf, repository, root, type Source } from './sources.ts'

/** A file of the site. */
type Files = ReadonlyMap<string, string>

/**
 * Makes all pages.
 *
 * @throws Error that names the links which lead nowhere
 */
export async function makeSite(): Promise<Files> {
  const groups = await groupsOf()
  const sources = groups.flatMap((group) => group.sources)
  const template = await readFile(join(import.meta.dirname, 'page.html.ejs'), 'utf8')
  const written = new Map(sources.map((source) => [source, contentOf(source, sources)]))
  const files = new Map<string, string>()
  for (const [source, { html }] of written) files.set(source.to, pageOf(template, source, groups, html))
  for (const name of ['style.css', 'search.js'])
    files.set(name, await readFile(join(import.meta.dirname, name), 'utf8'))
  for (const picture of globSync('docs/**/*.svg', { cwd: root }))
    files.set(picture.replace(/^docs\//, ''), await readFile(join(root, picture), 'utf8'))
  files.set('search-index.js', indexOf(written))
  const dead = deadLinks(files)
  if (dead.length > 0) throw new Error(`Links that lead nowhere:\n${dead.join('\n')}`)
  return files
}

/** Writes the site into a folder, in the place of what is there. */
export async function writeSite(folder: string): Promise<number> {
  const files = await makeSite()
  await rm(folder, { recursive: true, force: true })
  for (const [path, text] of files) {
    await mkdir(dirname(join(folder, path)), { recursive: true })
    await writeFile(join(folder, path), text)
  }
  await copyFile(join(root, 'LICENSE'), join(folder, 'LICENSE'))
  return files.size
}

function contentOf(source: Source, sources: readonly Source[]): Written {
  if (source.file.endsWith('.md')) return writeMarkdown(source.text, (target) => follow(source, target, sources))
  const text = source.text.trimEnd()
  const html = `<h1>${escaped(source.title)}</h1>\n<pre tabindex="0"><code>${escaped(text)}</code></pre>\n`
  return { html, parts: [{ heading: '', id: '', text }] }
}

/** Pages and pictures are in the site; whatever else a page names is looked at in the repository. */
function follow({ file, to }: Source, target: string, sources: readonly Source[]): string {
  if (/^[a-z]+:|^#/.test(target)) return target
  const [path = '', anchor] = target.split('#')
  const named = posix.join(posix.dirname(file), path).replace(/\/$/, '')
  const page = sources.find((one) => one.file === named) ?? sources.find((one) => posix.dirname(one.file) === named)
  const place = page?.to ?? (named.endsWith('.svg') ? named.replace(/^docs\//, '') : undefined)
  const fragment = anchor === undefined ? '' : `#${anchor}`
  if (place === undefined)
    return `${statSync(join(root, named)).isFile() ? repository : repository.replace('/blob/', '/tree/')}${named}${fragment}`
  return `${posix.relative(posix.dirname(to), place)}${fragment}`
}

function pageOf(template: string, { to, title }: Source, groups: readonly Group[], html: string): string {
  const from = posix.dirname(to)
  const page = {
    title,
    html,
    up: from === '.' ? '' : '../'.repeat(from.split('/').length),
    groups: groups.map(({ heading, sources }) => ({
      heading,
      open: heading === 'Using it' || sources.some((one) => one.to === to),
      links: sources.map((one) => ({ href: posix.relative(from, one.to), title: one.title, here: one.to === to })),
    })),
  }
  return ejs.render(template, { page })
}

/** A script, because pages that are opened as files can read nothing else. */
function indexOf(written: ReadonlyMap<Source, Written>): string {
  const entryOf = ({ to, title }: Source, { heading, id, text }: Part) => ({
    title,
    heading,
    href: id === '' ? to : `${to}#${id}`,
    text: text.replaceAll(/\s+/g, ' ').trim(),
  })
  const entries = [...written].flatMap(([source, { parts }]) => parts.map((part) => entryOf(source, part)))
  return `const searchIndex = ${JSON.stringify(entries)}\n`
}

if (import.meta.main) {
  const folder = process.argv[2] ?? join(root, 'build/site')
  console.log(`${folder}: ${await writeSite(folder)} files`)
}
