import type { Finding, IndexInput, IndexObject, IndexPlan } from '../format.ts'
import { inParallel } from '../in-parallel.ts'
import { indexObject } from '../index-object.ts'
import { htmlProject, htmlRoot, nameIn } from './html-page.ts'
import { jsonProject, jsonRoot } from './json-page.ts'
import { metadataOf } from './kept-package.ts'
import { folderOf, type Form, forms, keyOfPage } from './keys.ts'
import { linkTo, targetsOf } from './links.ts'
import { type ListedPackage, type Membership, membersOf } from './membership.ts'
import { isDistribution, normalized } from './names.ts'
import { atOnce, entriesOf, type OldPage, type OldPages, readPage } from './old-pages.ts'
import type { AddedEntry, Page, PageEdit, Told } from './page.ts'

const htmlType = { contentType: 'text/html' }
const jsonType = { contentType: 'application/vnd.pypi.simple.v1+json' }

/** A page that there is, or is to be. */
type WantedPage = Pick<OldPage, 'key' | 'project' | 'form' | 'isJson'>

/**
 * See `Format.writeIndexes`. What pages promise to be beside a wheel comes before them, and what leads to pages behind them.
 */
export async function writeIndexes(input: IndexInput<OldPages>): Promise<IndexPlan> {
  const { old, repository } = input
  const members = membersOf(input)
  const findings: Finding[] = [...old.findings, ...members.findings]
  const metadata = metadataFiles(members, old)
  findings.push(...metadata.findings)
  const context = { input, members, served: metadata.served }
  const ofProjects: IndexObject[] = []
  const wanted = pagesOf(old, members, repository.root)
  for (const { object, finding } of await inParallel(wanted.projects, atOnce, (page) => projectPage(page, context))) {
    if (object !== undefined) ofProjects.push(object)
    if (finding !== undefined) findings.push(finding)
  }
  // What looks like a page and leads to no package may be one of another kind of site.
  const written = new Set(ofProjects.map(({ key }) => key))
  const listed = new Set(
    wanted.projects.flatMap(({ key, project = '' }) =>
      written.has(key) && isProject(project, context) ? project : [],
    ),
  )
  const ofAll = await inParallel(wanted.roots, atOnce, (page) => rootPage(page, listed, context))
  return {
    groups: [metadata.objects, ofProjects, ofAll].filter((group) => group.length > 0),
    parts: members.parts,
    packages: members.packages,
    findings,
    kept: members.kept,
  }
}

interface Context {
  readonly input: IndexInput<OldPages>
  readonly members: Membership
  /** Keys of wheels whose METADATA is beside them. */
  readonly served: ReadonlySet<string>
}

const isProject = (project: string, { members, input }: Context): boolean =>
  (members.projects.get(project)?.size ?? 0) > 0 ||
  input.old.pages.some((page) => page.project === project && page.entries.some(({ file }) => isDistribution(file)))

/** PEP 658: METADATA beside each wheel, where it is missing. */
function metadataFiles(
  { projects }: Membership,
  { stored }: OldPages,
): { objects: IndexObject[]; served: Set<string>; findings: Finding[] } {
  const objects: IndexObject[] = []
  const served = new Set<string>()
  const findings: Finding[] = []
  for (const { key, metadata, stored: wheel } of [...projects.values()].flatMap((files) => [...files.values()])) {
    if (metadata === undefined) continue
    const { size, md5 } = metadata
    const there = stored.get(`${key}.metadata`)
    // Where the ETag is no MD5 the size has to do: there is no other file of that name.
    const isOther = there !== undefined && (there.size !== size || (isMd5(there.etag) && there.etag !== md5))
    if (isOther) {
      findings.push(otherMetadata(`${key}.metadata`))
      continue
    }
    served.add(key)
    const body = (): Uint8Array => metadataOf(wheel)
    objects.push({ key: `${key}.metadata`, size, md5, contentType: 'text/plain', body })
  }
  return { objects, served, findings }
}

const isMd5 = (etag: string): boolean => /^[\da-f]{32}$/.test(etag)

const otherMetadata = (key: string): Finding => ({
  key,
  what: 'is not the METADATA of its wheel, and is left as it is',
  todo: 'Remove it, and run the same command again.',
})

/**
 * All pages that there should be: those that there are, and for projects with packages, and for all of them together, one
 * of each form that the repository has anywhere. Not those that one project has: who was killed while writing them would
 * leave some out for ever.
 */
function pagesOf(
  { pages }: OldPages,
  { projects }: Membership,
  root: string,
): { projects: WantedPage[]; roots: WantedPage[] } {
  const used = forms.filter((form) => pages.some((page) => page.form === form))
  const isJson = (form: Form): boolean =>
    form.endsWith('json') || pages.every((page) => page.form !== form || page.isJson)
  const wanted = new Map<string, WantedPage>(pages.map((page) => [page.key, page]))
  const hasPackages = [...projects].flatMap(([project, files]) => (files.size === 0 ? [] : project))
  for (const project of hasPackages.length === 0 ? [] : [undefined, ...hasPackages]) {
    for (const form of used) {
      const key = keyOfPage(root, { project, form })
      if (!wanted.has(key)) wanted.set(key, { key, project, form, isJson: isJson(form) })
    }
  }
  const all = [...wanted.values()].sort((one, other) => (one.key < other.key ? -1 : 1))
  return {
    projects: all.filter(({ project }) => project !== undefined),
    roots: all.filter(({ project }) => project === undefined),
  }
}

async function projectPage(
  wanted: WantedPage,
  context: Context,
): Promise<{ object?: IndexObject; finding?: Finding | undefined }> {
  const { members, input } = context
  const { project = '' } = wanted
  const { root } = input.repository
  const files = members.projects.get(project) ?? new Map<string, ListedPackage>()
  const yanked = yankedIn(input.old.pages, project)
  let finding: Finding | undefined
  const object = await pageObject(wanted, context, {
    empty: wanted.isJson ? jsonProject(project) : htmlProject(project),
    edit(page) {
      const entries = entriesOf(page, root, project)
      const fates = entries.map((entry) => members.places.fate(entry))
      const onPage = new Set(entries.filter((_entry, at) => fates[at] !== 'gone').map(({ file }) => file))
      const missing = [...files.values()].filter(({ file }) => !onPage.has(file)).sort(byFile)
      const own = entries.flatMap((entry) => members.places.of(entry) ?? []).at(-1)
      const base = own?.base ?? input.options.baseUrl ?? members.places.usualBase
      if (base === undefined && missing.length > 0) finding = noBase(missing[0]?.key ?? '', missing.length)
      return {
        change: (at) => {
          const fate = fates[at]
          if (fate === 'gone') return fate
          return typeof fate === 'object' ? toldOf(fate, context) : undefined
        },
        added:
          base === undefined
            ? []
            : missing.map((one) => ({
                ...toldOf(one, context),
                name: one.file,
                url: linkTo({ base, key: one.key }, folderOf(root, project)),
                yanked: yanked.get(one.file),
              })),
      }
    },
  })
  const isNew = !input.old.stored.has(wanted.key)
  return finding !== undefined && isNew ? { finding } : { object, finding }
}

const byFile = (one: ListedPackage, other: ListedPackage): number => (one.file < other.file ? -1 : 1)

const noBase = (key: string, count: number): Finding => ({
  key,
  what: `${count === 1 ? 'is' : `and ${count - 1} others of its project are`} on no page: nothing tells what links to packages begin with`,
  todo: 'Run it again with --base-url.',
})

/** What any page of a project says. */
function yankedIn(pages: readonly OldPage[], project: string): Map<string, string | true> {
  const found = pages
    .filter((page) => page.project === project)
    .flatMap(({ entries }) => entries)
    .flatMap(({ file, yanked }) => (yanked === undefined ? [] : [[file, yanked] as const]))
  return new Map(found)
}

const toldOf = ({ key, sha256, stored, ...one }: ListedPackage, { served }: Context): Told => ({
  sha256,
  requiresPython: one.requiresPython,
  metadata: served.has(key) ? one.metadata?.sha256 : undefined,
  size: stored.size,
  version: one.version,
  modified: stored.modified,
})

async function rootPage(wanted: WantedPage, projects: ReadonlySet<string>, context: Context): Promise<IndexObject> {
  const { root } = context.input.repository
  const folder = folderOf(root, undefined)
  return pageObject(wanted, context, {
    empty: wanted.isJson ? jsonRoot() : htmlRoot(),
    edit(page) {
      const names = new Set(page.entries.map(({ name, url }) => normalized(url === '' ? name : nameIn(url))))
      const missing = [...projects].filter((project) => !names.has(project)).sort()
      const base = baseOfProjects(page, root, folder)
      const added = missing.map((name): AddedEntry => {
        const key = folderOf(root, name)
        return { name, url: base === '' ? `${encodeURIComponent(name)}/` : linkTo({ base, key }, folder) }
      })
      return { change: () => undefined, added }
    },
  })
}

/** What links to projects begin with. */
function baseOfProjects({ entries, base }: Page, root: string, folder: string): string {
  const targets = entries.flatMap(({ url }) => (url === '' ? [] : targetsOf(url, root, { folder, base })))
  return targets.find(({ key }) => key.startsWith(folder) && key.length > folder.length)?.base ?? ''
}

interface Editing {
  readonly empty: Uint8Array
  /** The same of the same, each time. */
  readonly edit: (page: Page) => PageEdit
}

/** A page with its changes; what can't be read is left as it is, or made anew where it is certain what is to be in it. */
async function pageObject(wanted: WantedPage, { input }: Context, { empty, edit }: Editing): Promise<IndexObject> {
  const { key, isJson } = wanted
  const { repository, old } = input
  const make = async (): Promise<Uint8Array> => {
    const present = old.stored.has(key) ? await repository.read(key) : undefined
    const bytes = present === undefined || present.length === 0 ? empty : present
    const read = readPage(key, bytes)
    if ('broken' in read) {
      const fresh = readPage(key, empty)
      return 'broken' in fresh ? bytes : (fresh.page.edited(edit(fresh.page)) ?? bytes)
    }
    return read.page.edited(edit(read.page)) ?? bytes
  }
  const type = isJson ? jsonType : htmlType
  // A folder that somebody made lies at a key with a slash, and is no page that anybody published.
  const isFolder = key.endsWith('/') && (old.stored.get(key)?.size ?? 0) === 0
  const top = isFolder ? {} : ({ top: 'itself' } as const)
  return indexObject(key, await make(), { ...type, ...top, again: make })
}
