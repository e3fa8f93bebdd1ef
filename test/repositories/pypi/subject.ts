import { pypi } from '../../../src/repositories/pypi/pypi.ts'
import type { FormatSubject } from '../behaves-like-a-format.ts'
import type { Read } from '../format-bucket.ts'
import { type Made, sdist, sha256, wheel } from './made-packages.ts'

const root = 'py/'
const baseUrl = 'https://packages.example.com/team/'

const first = wheel('some.tool', '1.0', 'Requires-Python: >=3.8\n')
const second = wheel('some.tool', '1.1', 'Requires-Python: >=3.9,<4\n')
const source = sdist('lib', '2.0')

/** As some tool has made it, with what only it knows. */
const ofTool = `<!DOCTYPE html><html><head><!-- ours --><meta name="pypi:repository-version" content="1.1"></head><body>
<a href='../../packages/${first.name}#md5=00000000000000000000000000000000' data-yanked="broken &amp; bad">${first.name}</a><br/>
<a href="https://elsewhere.example.com/some.tool-0.9.zip" data-gpg-sig="true">some.tool-0.9.zip</a><br/>
<a href="../../packages/${second.name}">${second.name}</a><br/>
</body></html>`

const ofLib = JSON.stringify({
  meta: { 'api-version': '1.1', _ours: true },
  name: 'lib',
  versions: ['2.0'],
  files: [
    { filename: source.name, url: `${baseUrl}${root}packages/l/${source.name}`, hashes: {}, yanked: true, size: 1 },
  ],
})

/** A repository with pages in HTML, and in JSON of one project. */
export async function pypiSubject(): Promise<FormatSubject> {
  const added = wheel('other', '3.0')
  return {
    format: pypi,
    root,
    objects: new Map<string, Uint8Array>([
      [`${root}packages/${first.name}`, first.body],
      [`${root}packages/${second.name}`, second.body],
      [`${root}packages/l/${source.name}`, source.body],
      [`${root}simple/`, Buffer.from('<a href="some-tool/">some.tool</a><br>\n<a href="nothing/">nothing</a>')],
      [`${root}simple/some-tool/`, Buffer.from(ofTool)],
      [`${root}simple/lib/index.v1_json`, Buffer.from(ofLib)],
    ]),
    added: { key: `${root}packages/o/${added.name}`, body: added.body, name: added.name },
    bad: { key: `${root}packages/bad-1.0-py3-none-any.whl`, body: Buffer.from('no wheel') },
    archived: `${root}packages/l/${source.name}`,
    client,
    carried: (read) => [
      /<!-- .* -->/.exec(textOf(read(`${root}simple/some-tool/`)))?.[0],
      /<meta .*>/.exec(textOf(read(`${root}simple/some-tool/`)))?.[0],
      /<a [^>]*elsewhere.*<\/a>/.exec(textOf(read(`${root}simple/some-tool/`)))?.[0],
      /data-yanked="[^"]*"/.exec(textOf(read(`${root}simple/some-tool/`)))?.[0],
      (JSON.parse(textOf(read(`${root}simple/lib/index.v1_json`))) as { meta: unknown }).meta,
      /"yanked":true/.exec(textOf(read(`${root}simple/lib/index.v1_json`)))?.[0],
      /<a href="nothing\/">nothing<\/a>/.exec(textOf(read(`${root}simple/`)))?.[0],
    ],
    bare: bare(),
    options: { baseUrl },
  }
}

function bare(): NonNullable<FormatSubject['bare']> {
  const made: Made[] = [wheel('tool', '1.0'), sdist('tool', '1.1')]
  return {
    root: 'bare/',
    objects: new Map(made.map(({ name, body }) => [`bare/simple/tool/${name}`, body])),
    names: made.map(({ name }) => name),
  }
}

const textOf = (bytes: Uint8Array | undefined): string => Buffer.from(bytes ?? []).toString()

interface Link {
  readonly url: string
  readonly sha256: string | undefined
  readonly metadata: string | undefined
}

/** From the page of all projects to their pages, of both forms, and to the packages. */
async function client(read: Read): Promise<{ names: string[]; complaints: string[] }> {
  const names = new Set<string>()
  const complaints: string[] = []
  const base = read('bare/simple/') === undefined ? root : 'bare/'
  const projects = [...textOf(read(`${base}simple/`)).matchAll(/<a href="([^"]*)\/"/g)].map(([, name]) => name ?? '')
  // Whoever knows its name does not ask for the list.
  for (const project of new Set([...projects, 'lib', 'some-tool'])) {
    const pages = [
      htmlLinks(read(`${base}simple/${project}/`)),
      jsonLinks(read(`${base}simple/${project}/index.v1_json`)),
    ]
    for (const link of pages.flat()) {
      const url = new URL(link.url, `${baseUrl}${base}simple/${project}/`)
      if (url.host.startsWith('elsewhere')) continue
      const key = decodeURIComponent(url.href.slice(baseUrl.length))
      const body = read(key)
      if (body === undefined) continue
      if (link.sha256 !== undefined && link.sha256 !== sha256(body)) complaints.push(`${key} differs`)
      if (link.metadata !== undefined) {
        const metadata = read(`${key}.metadata`)
        if (metadata === undefined || sha256(metadata) !== link.metadata) complaints.push(`${key}.metadata differs`)
      }
      names.add(key.slice(key.lastIndexOf('/') + 1))
    }
  }
  return { names: [...names], complaints }
}

const htmlLinks = (page: Uint8Array | undefined): Link[] =>
  [...textOf(page).matchAll(/<a href=["']([^"'#]*)(?:#sha256=([0-9a-f]+))?(?:#md5=0+)?["']([^>]*)>/g)].map(
    ([, url = '', digest, more = '']) => ({
      url,
      sha256: digest,
      metadata: /data-core-metadata="sha256=([^"]*)"/.exec(more)?.[1],
    }),
  )

interface Files {
  readonly files: readonly {
    readonly url: string
    readonly hashes: { readonly sha256?: string }
    readonly 'core-metadata'?: { readonly sha256: string }
  }[]
}

const jsonLinks = (page: Uint8Array | undefined): Link[] =>
  page === undefined
    ? []
    : (JSON.parse(textOf(page)) as Files).files.map(({ url, hashes, ...more }) => ({
        url,
        sha256: hashes.sha256,
        metadata: more['core-metadata']?.sha256,
      }))
