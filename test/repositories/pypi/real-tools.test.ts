/** pip's own reader of pages, on those that are made here. */
import { execFileSync, spawnSync } from 'node:child_process'

import { expect } from 'chai'

import { pypi } from '../../../src/repositories/pypi/pypi.ts'
import { FormatBucket } from '../format-bucket.ts'
import { coreMetadata, sdist, sha256, wheel } from './made-packages.ts'

/** What pip takes from a page, of each link. */
const script = `
import json, sys
from pip._internal.index.collector import IndexContent, parse_links
pages = json.load(sys.stdin)
print(json.dumps([[[l.filename, l.url_without_fragment, l.hash, l.requires_python, l.yanked_reason,
    kind != 'text/html' or bool(l.metadata_link())] for l in parse_links(IndexContent(page.encode(), kind, 'utf-8',
    'https://h/py/simple/tool/'))] for kind, page in pages]))
`
const hasPip =
  spawnSync('python3', ['-c', 'from pip._internal.index.collector import IndexContent, parse_links']).status === 0

describe('pip, reading pages', () => {
  const test = hasPip ? it : it.skip
  test('finds in both forms what packages say of themselves', async () => {
    const packages = [
      wheel('tool', '1.0', 'Requires-Python: >=3.8, <4 & more\n'),
      wheel('tool', '1.1+local.1'),
      sdist('tool', '1.2', 'Requires-Python: >3\n'),
    ]
    const bucket = new FormatBucket(pypi, 'py/', {
      objects: [
        ...packages.map(({ name, body }) => [`py/packages/t/${name}`, body] as const),
        ['py/simple/', Buffer.from('')],
        ['py/simple/other/', Buffer.from('-')],
        ['py/simple/index.v1_json', Buffer.from('{"meta":{"api-version":"1.0"},"projects":[]}')],
      ],
      options: { baseUrl: 'https://h/' },
    })
    await bucket.reindex()
    const read = (form: string): string => Buffer.from(bucket.read(`py/simple/tool/${form}`) ?? []).toString()
    const pages = [
      ['text/html', read('')],
      ['application/vnd.pypi.simple.v1+json', read('index.v1_json')],
    ]
    const output = execFileSync('python3', ['-c', script], { input: JSON.stringify(pages) }).toString()
    const expected = packages.map(({ name, body }) => [
      name,
      `https://h/py/packages/t/${encodeURIComponent(name)}`,
      sha256(body),
      name.includes('1.0') ? '>=3.8, <4 & more' : name.includes('1.2') ? '>3' : null,
      null,
      name.endsWith('.whl'),
    ])
    const byName = (one: unknown[], other: unknown[]): number => (String(one[0]) < String(other[0]) ? -1 : 1)
    const [html = [], json = []] = JSON.parse(output) as unknown[][][]
    expect(html.sort(byName)).to.deep.equal(expected.sort(byName))
    // Of JSON older ones do not take it.
    expect(json.sort(byName)).to.deep.equal(expected.map((link) => [...link.slice(0, -1), true]))
    const metadata = bucket.read(`py/packages/t/${String(packages[0]?.name)}.metadata`)
    expect(Buffer.from(metadata ?? []).toString()).to.equal(
      coreMetadata('tool', '1.0', 'Requires-Python: >=3.8, <4 & more\n'),
    )
  })
})
