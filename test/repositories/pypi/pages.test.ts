/** Pages of PyPI's format one by one: what is kept, what is added, and where links lead. */
import { randomBytes } from 'node:crypto'

import { expect } from 'chai'
import fc from 'fast-check'

import type { IndexPlan } from '../../../src/repositories/format.ts'
import { anchorsIn, escaped } from '../../../src/repositories/pypi/html-text.ts'
import { readHtml } from '../../../src/repositories/pypi/html-page.ts'
import { linkTo, targetsOf } from '../../../src/repositories/pypi/links.ts'
import { projectOf } from '../../../src/repositories/pypi/names.ts'
import { pypi } from '../../../src/repositories/pypi/pypi.ts'
import { FormatBucket } from '../format-bucket.ts'
import { coreMetadata, sdist, sha256, wheel, zipped } from './made-packages.ts'

const baseUrl = 'https://packages.example.com/'
const one = wheel('tool', '1.0', 'Requires-Python: >=3.8\n')
const two = wheel('tool', '1.1')

/** What comes of pages below `py/`. */
async function reindexed(
  objects: Readonly<Record<string, string | Uint8Array>>,
  options: { baseUrl?: string } = {},
): Promise<{ plan: IndexPlan; text: (key: string) => string; bucket: FormatBucket }> {
  const given = Object.entries(objects).map(([key, body]) => [`py/${key}`, Buffer.from(body)] as const)
  const bucket = new FormatBucket(pypi, 'py/', { objects: given, options })
  const plan = await bucket.reindex()
  return { plan, bucket, text: (key) => Buffer.from(bucket.read(`py/${key}`) ?? []).toString() }
}

const told = ({ name, body }: { name: string; body: Uint8Array }): string =>
  `#sha256=${sha256(body)}" data-requires-python="&gt;=3.8" data-core-metadata="sha256=METADATA" data-dist-info-metadata="sha256=METADATA">${name}</a>`.replaceAll(
    'METADATA',
    sha256(Buffer.from(coreMetadata('tool', '1.0', 'Requires-Python: >=3.8\n'))),
  )

describe('pages of PyPI', () => {
  it('are edited in their own text', async () => {
    const page = `<h1 title="<a href='x'>">caf\xe9</h1><!-- <a href="${two.name}">no</a> -->\n<A data-x=1 HREF=../../packages/${one.name}>\n${one.name}</A> 2020<br/>\n<script>"<a href=y>"</script>`
    const { text } = await reindexed({
      [`packages/${one.name}`]: one.body,
      'simple/tool/': Buffer.from(page, 'latin1'),
    })
    expect(text('simple/tool/').replaceAll(/ data-[a-z]+-[a-z-]+="[^"]*"/g, '')).to.equal(
      Buffer.from(
        page.replace(/HREF=(\S+)>/, (_all, href) => `href="${String(href)}#sha256=${sha256(one.body)}">`),
        'latin1',
      ).toString(),
    )
  })

  it('get new links as those beside them are: with the same host, relative, or from the top', async () => {
    for (const [base, link] of [
      ['https://other.example.com/x/py/packages/', `https://other.example.com/x/py/packages/new/${two.name}`],
      ['../../packages/', `../../packages/new/${two.name}`],
      ['/py/packages/', `/py/packages/new/${two.name}`],
    ] as const) {
      const { text } = await reindexed({
        [`packages/${one.name}`]: one.body,
        [`packages/new/${two.name}`]: two.body,
        'simple/tool/index.html': `<body>\n  <li><a href="${base}${one.name}">${one.name}</a></li>\n</body>`,
      })
      expect(text('simple/tool/index.html')).to.include(`<li><a href="${base}${one.name}${told(one)}`)
      expect(text('simple/tool/index.html')).to.include(`<a href="${link}#sha256=${sha256(two.body)}"`)
      expect(text('simple/index.html')).to.include('<a href="tool/">tool</a>')
    }
  })

  it('are not made where nothing tells what links begin with, which is told', async () => {
    const objects = { [`packages/${one.name}`]: one.body, 'simple/': '<a href="other/">other</a>' }
    const { plan, bucket } = await reindexed(objects)
    expect(bucket.read('py/simple/tool/')).to.equal(undefined)
    expect(plan.findings.map(({ key, todo }) => [key, todo])).to.deep.equal([
      [`py/packages/${one.name}`, 'Run it again with --base-url.'],
    ])
    expect((await reindexed(objects, { baseUrl })).text('simple/tool/')).to.include(
      `<a href="${baseUrl}py/packages/${one.name}${told(one)}`,
    )
  })

  it('are made in all forms that the repository has anywhere', async () => {
    const { bucket } = await reindexed(
      {
        [`packages/${one.name}`]: one.body,
        'simple/other/': '<a href="https://elsewhere.example.com/other-1.0.tar.gz">other-1.0.tar.gz</a>',
        'simple/other/index.html': 'nothing',
        'simple/index.v1_json': '{"meta":{"api-version":"1.0"},"projects":[]}',
      },
      { baseUrl },
    )
    expect([...bucket.objects.keys()].filter((key) => key.includes('simple/')).sort()).to.deep.equal([
      'py/simple/',
      'py/simple/index.html',
      'py/simple/index.v1_json',
      'py/simple/other/',
      'py/simple/other/index.html',
      'py/simple/tool/',
      'py/simple/tool/index.html',
      'py/simple/tool/index.v1_json',
    ])
    const json: unknown = JSON.parse(Buffer.from(bucket.read('py/simple/tool/index.v1_json') ?? []).toString())
    expect(json).to.deep.include({ name: 'tool' })
  })

  it('have no entry of what is gone, each of what is elsewhere, and the old one of what is yanked', async () => {
    const { text, plan } = await reindexed({
      [`packages/${two.name}`]: two.body,
      'simple/tool/': `<a href="../../packages/${one.name}">${one.name}</a><br>
<a href="https://files.pythonhosted.org/packages/${one.name}">${one.name}</a><br>
<a href="../../packages/old/${two.name}" data-yanked="why &quot;not&quot;">${two.name}</a><br>
<a href="../../downloads/tool-0.9.tar.gz">tool-0.9.tar.gz</a><br>\n`,
    })
    expect(
      text('simple/tool/')
        .split('\n')
        .map((line) => line.replaceAll(/#sha256=\w+| data-core.*?"(?=>| data-y)/g, '')),
    ).to.deep.equal([
      `<a href="https://files.pythonhosted.org/packages/${one.name}">${one.name}</a><br>`,
      '<a href="../../downloads/tool-0.9.tar.gz">tool-0.9.tar.gz</a><br>',
      `<a href="../../packages/${two.name}" data-yanked="why &quot;not&quot;">${two.name}</a><br>`,
      '',
    ])
    expect(plan.findings.map(({ what }) => what.split(';')[0])).to.deep.equal([
      'is listed in the index but is not in the bucket',
      'is listed in the index but is not in the bucket',
    ])
  })

  it('list what lies where packages belong, by the name that it says itself', async () => {
    const stray = wheel('stray', '1.0')
    const wrong = { name: 'fake-1.0-py3-none-any.whl', body: one.body }
    const dashed = sdist('some.thing', '1.0', '', 'some-thing')
    const { plan, bucket } = await reindexed(
      {
        'simple/': '',
        'simple/index.html': '',
        [`other/${stray.name}`]: stray.body,
        [`packages/${wrong.name}`]: wrong.body,
        [`packages/a/${dashed.name}`]: dashed.body,
        [two.name]: two.body,
      },
      { baseUrl },
    )
    const pages = [...bucket.objects.keys()].filter((key) => /simple\/.*\/index.html$/.test(key))
    expect(pages).to.have.members(['py/simple/some-thing/index.html', 'py/simple/tool/index.html'])
    expect(plan.findings.map(({ key }) => key)).to.have.members([`py/other/${stray.name}`, `py/packages/${wrong.name}`])
  })

  it('leave a .metadata that is another as it is, and promise nothing of it', async () => {
    const { plan, text } = await reindexed({
      [`packages/${one.name}`]: one.body,
      [`packages/${one.name}.metadata`]: 'Name: patched\n',
      'simple/tool/': `<a href="../../packages/${one.name}">${one.name}</a>`,
    })
    expect(text(`packages/${one.name}.metadata`)).to.equal('Name: patched\n')
    expect(text('simple/tool/')).not.to.include('core-metadata')
    expect(plan.findings).to.have.lengthOf(1)
  })

  it('escape what packages say', async () => {
    const attack = '"><script>alert(1)</script>&'
    const evil = wheel('tool', '2.0', `Requires-Python: ${attack}\n`)
    const { text } = await reindexed(
      { [`packages/${evil.name}`]: evil.body, 'simple/': '', 'simple/x/': 'x' },
      { baseUrl },
    )
    expect(text('simple/tool/')).not.to.include('<script>')
    expect(text('simple/tool/')).to.include(`data-requires-python="${escaped(attack)}"`)
  })

  it('of other sites are left alone', async () => {
    const { plan, bucket } = await reindexed({
      'simple/index.html': '<a href="faq/">faq</a>',
      'simple/faq/index.html': 'Why?',
    })
    expect(bucket.missing(plan)).to.deep.equal([])
    expect(bucket.objects.size).to.equal(2)
  })

  it('are gone through in one go, whatever they are, and stay the same unless something is to be changed', () => {
    const piece = fc.constantFrom(
      '<a ',
      'href=',
      '"',
      "'",
      '>',
      '</a>',
      '<!--',
      '-->',
      '<script>',
      '</script',
      'x',
      ' ',
      '=',
      '/',
      '<',
      '\xff',
    )
    fc.assert(
      fc.property(fc.array(piece, { maxLength: 60 }), (pieces) => {
        const text = pieces.join('')
        const { anchors } = anchorsIn(text)
        let last = 0
        for (const { start, openEnd, end } of anchors) {
          expect(start).to.be.at.least(last)
          expect(openEnd).to.be.greaterThan(start)
          expect(end).to.be.at.least(openEnd)
          last = end
        }
        const page = readHtml(Buffer.from(text, 'latin1'))
        expect(page.edited({ change: () => undefined, added: [] })).to.equal(undefined)
        const grown = page.edited({ change: () => undefined, added: [{ name: 'n-1.zip', url: 'u' }] })
        expect(Buffer.from(grown ?? []).toString('latin1')).to.include('<a href="u">n-1.zip</a>')
      }),
    )
  })
})

describe('links of pages', () => {
  const page = { folder: 'py/simple/tool/', base: undefined }

  it('lead below the root, or to nothing of ours', () => {
    expect(targetsOf('../../packages/a%2B1.whl', 'py/', page)).to.deep.equal([{ base: '', key: 'py/packages/a+1.whl' }])
    expect(targetsOf('https://h/b/py/packages/x.whl', 'py/', page)).to.deep.equal([
      { base: 'https://h/b/', key: 'py/packages/x.whl' },
    ])
    for (const url of [
      '../../../../etc/x.whl',
      'https://pypi.org/py/x.whl',
      'x.whl?token=1',
      'http://[',
      '%ff.whl',
      'data:py/x.whl',
    ]) {
      expect(targetsOf(url, 'py/', page), url).to.deep.equal([])
    }
  })

  it('that are relative lead to where they were made for', () => {
    const segment = fc.stringMatching(/^[a-z0-9+. _%-]{1,8}$/).filter((text) => !/^\.+$/.test(text))
    fc.assert(
      fc.property(
        fc.array(segment, { minLength: 1, maxLength: 5 }),
        fc.array(segment, { maxLength: 4 }),
        (to, from) => {
          const key = to.join('/')
          const folder = from.map((text) => `${text}/`).join('')
          const url = linkTo({ base: '', key }, folder)
          expect(targetsOf(url, '', { folder, base: undefined })).to.deep.equal([{ base: '', key }])
        },
      ),
    )
  })

  it('are of the project that a file is called after', () => {
    expect(projectOf('Some_Thing-1.0-1-cp39-abi3-manylinux_2_17_x86_64.manylinux2014_x86_64.whl', undefined)).to.equal(
      'some-thing',
    )
    expect(projectOf('a-b-2-1.0.tar.gz', 'a.b-2')).to.equal('a-b-2')
    expect(projectOf('a-b-1.0.tar.gz', undefined)).to.equal('a-b')
    expect(projectOf('12.whl', undefined)).to.equal(undefined)
    expect(projectOf('"><x>-1.0-py3-none-any.whl', undefined)).to.equal(undefined)
  })
})

describe('METADATA of wheels', () => {
  it('is asked for at the end of the file, and nothing else is', async () => {
    const filler = randomBytes(1_000_000)
    const body = zipped({ 'big.bin': filler, 'tool-1.0.dist-info/METADATA': coreMetadata('tool', '1.0') })
    let asked = 0
    const { identity } = await pypi.readPackage({
      ...{ key: 'packages/tool-1.0-py3-none-any.whl', size: body.length, etag: '', modified: 0 },
      known: { sha256: sha256(body) },
      range: async (start, end) => {
        asked += end - start
        return body.subarray(start, end)
      },
      stream: () => {
        throw new Error('no need')
      },
    })
    expect(identity).to.equal('tool 1.0 tool-1.0-py3-none-any.whl')
    expect(asked).to.be.lessThan(150_000)
    expect(body.length).to.be.greaterThan(500_000)
  })
})
