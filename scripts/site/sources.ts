/** What the site is made of: the pages of the checkout, and where each stands in it. */
import { globSync } from 'node:fs'
import { readFile } from 'node:fs/promises'
import { basename, join } from 'node:path'

export const root = join(import.meta.dirname, '../..')

/** Where files are looked at that are no pages. */
export const repository = 'https://github.com/pc-ctl/pc-ctl/blob/main/'

/** A page of the site. */
export interface Source {
  /** Path in the checkout. */
  readonly file: string
  /** Path in the site. */
  readonly to: string
  readonly title: string
  readonly text: string
}

/** Pages that are found under one heading. */
export interface Group {
  readonly heading: string
  readonly sources: readonly Source[]
}

const user = [
  'README',
  'install',
  'faq',
  'commands',
  'export',
  'reindex',
  'signed-urls',
  's3cmd',
  'troubleshooting',
  'sandbox',
  'json',
]

/** All pages, in the order in which somebody may want to read them. */
export async function groupsOf(): Promise<Group[]> {
  const found = [
    'README.md',
    'CONTRIBUTING.md',
    'SECURITY.md',
    'CHANGELOG.md',
    ...globSync('docs/**/*.md', { cwd: root }),
  ]
  const read = await Promise.all(found.toSorted().map(sourceOf))
  const place = ({ file }: Source): number => user.indexOf(basename(file, '.md'))
  const decisions = read.filter(({ file }) => file.startsWith('docs/adr/'))
  const pages = read.filter((source) => !decisions.includes(source))
  const forUsers = pages.filter((source) => place(source) !== -1).toSorted((one, other) => place(one) - place(other))
  const transcripts = await Promise.all(globSync('docs/transcripts/*.txt', { cwd: root }).toSorted().map(sourceOf))
  return [
    { heading: 'Using it', sources: forUsers },
    { heading: 'Whole sessions', sources: transcripts },
    { heading: 'Behind it', sources: pages.filter((source) => place(source) === -1) },
    { heading: 'Decisions', sources: decisions },
  ]
}

async function sourceOf(file: string): Promise<Source> {
  const text = await readFile(join(root, file), 'utf8')
  const isSession = file.endsWith('.txt')
  const title = isSession ? basename(file, '.txt').replaceAll('-', ' ') : (/^# (.+)$/m.exec(text)?.[1] ?? file)
  return { file, to: placeOf(file), title: title.replaceAll('`', ''), text }
}

const placeOf = (file: string): string =>
  file
    .replace(/^docs\//, '')
    .replace(/(^|\/)README\.md$/, '$1index.html')
    .replace(/\.(?:md|txt)$/, '.html')
    .replace(/^[A-Z]+(?=\.html$)/, (name) => name.toLowerCase())
