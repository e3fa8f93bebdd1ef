/** Where the objects of a repository lie. */
import type { MissingIndexes, PresentIndexes, Role } from '../format.ts'
import { kindOf } from '../layout.ts'
import { innermostOf, unclearRoots } from '../nested-roots.ts'
import { htmlRoot } from './html-page.ts'
import { normalized } from './names.ts'

/** Behind the folder that a page stands for; nothing: the folder's name without a slash. */
export const forms = ['/', '/index.html', '/index.v1_html', '/index.json', '/index.v1_json', ''] as const
export type Form = (typeof forms)[number]

/** A page, by its key. */
export interface PageName {
  /** As the key has it, not normalised; undefined: of all projects. */
  readonly project: string | undefined
  readonly form: Form
}

const page =
  /^((?:.*?\/)?)simple(?:\/(index\.(?:html|json|v1_json|v1_html))?|\/([^/]+)(\/(?:index\.(?:html|json|v1_json|v1_html))?)|\/([^/.]+)|)$/

/** What a key below a root is a page of. */
export function pageOf(key: string, root: string): PageName | undefined {
  const [, above, index, project, form, bare] = page.exec(key) ?? []
  if (above !== root) return undefined
  if (bare !== undefined) return { project: bare, form: '' }
  if (project !== undefined) return { project, form: formOf(form ?? '') }
  return { project: undefined, form: formOf(key === `${root}simple` ? '' : `/${index ?? ''}`) }
}

const formOf = (text: string): Form => forms.find((form) => form === text) ?? '/'

export const keyOfPage = (root: string, { project, form }: PageName): string =>
  `${root}simple${project === undefined ? '' : `/${project}`}${form}`

/** The folder that relative links begin in, as clients see it: they ask for a page with a slash at its end. */
export const folderOf = (root: string, project: string | undefined): string =>
  `${root}simple/${project === undefined ? '' : `${project}/`}`

const packages = /\.(?:whl|egg)$/
const archives =
  /(?:^|\/)(?:simple\/[^/]+\/[^/]+\.(?:tar\.(?:gz|bz2|xz)|tgz|zip)|packages\/(?:[^/]+\/)*[^/]+-\d[^/]*\.(?:tar\.(?:gz|bz2|xz)|zip))$/

export function roleOf(key: string): Role | undefined {
  if (packages.test(key) || archives.test(key)) return 'package'
  return page.test(key) || key.endsWith('.whl.metadata') ? 'index' : undefined
}

export const rootOf = (key: string): string | undefined =>
  /^((?:.*?\/)?)simple\/(?:[^/]+\/)?(?:index\.(?:html|json|v1_json|v1_html))?$/.exec(key)?.[1]

/** Is this a place whose objects are known to be packages of the repository, so that one that is not there is gone? */
export function isPackagesPlace(key: string, root: string): boolean {
  if (!key.startsWith(root) || roleOf(key) !== 'package') return false
  const { is, format, conditions } = kindOf(key)
  if (is === 'index' || is === 'nothing') return false
  return conditions === undefined
    ? format === 'pypi'
    : conditions.some((one) => one.format === 'pypi' && one.root === root)
}

/** Is this a folder in which packages of a repository lie, whatever its pages say? */
export function isPackagesFolder(folder: string, root: string, project: string): boolean {
  const below = folder.slice(root.length)
  const [, beside] = /^simple\/([^/]+)\/$/.exec(below) ?? []
  return beside === undefined ? below === '' || below.startsWith('packages/') : normalized(beside) === project
}

/** See `Format.missing`. */
export function missingIndexes(folders: Iterable<string>, { roots: present, options }: PresentIndexes): MissingIndexes {
  const roots = new Set(present)
  const doubts = new Map<string, string>()
  const candidates = new Map<string, string[]>()
  for (const folder of folders) {
    if (innermostOf(roots, folder) !== undefined) continue
    const root = /^((?:.*\/)?)simple\/[^/]+\/$/.exec(folder)?.[1] ?? /^((?:.*?\/)?)packages\//.exec(folder)?.[1]
    if (root === undefined) doubts.set(folder, 'it is not called packages/, and does not lie in a folder simple/')
    else if (options.baseUrl === undefined) {
      doubts.set(folder, 'links to packages begin with a URL that --base-url has to tell')
    } else candidates.set(root, [...(candidates.get(root) ?? []), folder])
  }
  const unclear = unclearRoots(candidates.keys(), present)
  const repositories = new Map<string, ReadonlyMap<string, Uint8Array>>()
  for (const [root, below] of candidates) {
    const other = unclear.get(root)
    if (other === undefined) {
      repositories.set(root, new Map([[keyOfPage(root, { project: undefined, form: '/' }), htmlRoot()]]))
    } else {
      for (const folder of below) {
        doubts.set(folder, `it is not clear whether ${nameOf(root)} or ${nameOf(other)} is the repository`)
      }
    }
  }
  return { repositories, doubts }
}

const nameOf = (root: string): string => (root === '' ? 'the whole bucket' : root)
