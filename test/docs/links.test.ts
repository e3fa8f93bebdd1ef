/** No link of ours leads nowhere. */
import { existsSync, globSync, readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'

import { expect } from 'chai'

const root = join(import.meta.dirname, '../..')
const pages = [
  'README.md',
  'CONTRIBUTING.md',
  'CHANGELOG.md',
  'SECURITY.md',
  ...globSync('docs/**/*.md', { cwd: root }),
]

/** What is in a fence is no Markdown. */
const proseOf = (page: string): string =>
  readFileSync(join(root, page), 'utf8').replaceAll(/^ *(```+|~~~+)[^]*?^ *\1 *$/gm, '')

/** As GitHub makes anchors of headings: small letters, hyphens for spaces, without punctuation; a second one is `-1`. */
function anchorsOf(page: string): Set<string> {
  const anchors = new Set<string>()
  for (const [, heading = ''] of proseOf(page).matchAll(/^#+ +(.+?) *$/gm)) {
    const anchor = heading
      .replaceAll(/\[([^\]]*)\]\([^)]*\)/g, '$1')
      .toLowerCase()
      .replaceAll(/[^\p{L}\p{N}\s_-]/gu, '')
      .replaceAll(' ', '-')
    let free = anchor
    for (let times = 1; anchors.has(free); times += 1) free = `${anchor}-${String(times)}`
    anchors.add(free)
  }
  return anchors
}

function deadLinks(page: string): string[] {
  const targets = [...proseOf(page).matchAll(/(?<!`[^`\n]*)\]\(([^)\s]+)\)|^\[[^\]]+\]: (\S+)$/gm)].map(
    ([, inline, reference]) => inline ?? reference ?? '',
  )
  return targets.filter((target) => {
    if (/^[a-z]+:/.test(target)) return false
    const [path = '', anchor] = target.split('#')
    const file = path === '' ? page : join(dirname(page), decodeURIComponent(path))
    if (!existsSync(join(root, file))) return true
    return anchor !== undefined && !anchorsOf(file).has(anchor)
  })
}

describe('links', () => {
  for (const page of pages) {
    it(`${page} has none that is dead`, () => {
      expect(deadLinks(page)).to.deep.equal([])
    })
  }
})
