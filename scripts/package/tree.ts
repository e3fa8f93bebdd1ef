/** Where in a package what stands: `/opt/pc-ctl` with Node, and what leads there. */
import { execFile } from 'node:child_process'
import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { promisify } from 'node:util'

import { gzip } from './compress.ts'
import { type Item, withFolders } from './contents.ts'
import type { NodeBinary } from './node-binary.ts'

const execute = promisify(execFile)
const root = join(import.meta.dirname, '../..')

/** What all formats share. */
export interface Product {
  readonly node: NodeBinary
  /** As CycloneDX, in JSON. */
  readonly sbom: string
  /** Files of the npm package, below its root. */
  readonly files: readonly Item[]
  /** Manual pages, by their names. */
  readonly pages: readonly Item[]
  /** Completions, by their names. */
  readonly completions: readonly Item[]
}

/** Takes the files of the npm package, which must have been built, and adds Node. */
export async function productOf(node: NodeBinary, sbom: string): Promise<Product> {
  const { stdout } = await execute('npm', ['pack', '--dry-run', '--json', '--ignore-scripts'], {
    cwd: root,
    maxBuffer: 2 ** 26,
  })
  const [packed] = Object.values(JSON.parse(stdout) as Record<string, { files: { path: string }[] }>)
  const paths = packed?.files.map(({ path }) => path) ?? []
  // These stand where shells and man look for them.
  const own = paths.filter((path) => !/^(?:man|completions)\//.test(path))
  const files = await Promise.all(own.map(async (path) => itemOf(path, await readFile(join(root, path)))))
  return { node, sbom, files, pages: await filesIn('man/man1'), completions: await filesIn('completions') }
}

const itemOf = (path: string, content: Uint8Array, mode = 0o644): Item => ({ path, mode, content })

async function filesIn(folder: string): Promise<Item[]> {
  const names = await readdir(join(root, folder)).catch(() => [])
  return Promise.all(names.map(async (name) => itemOf(name, await readFile(join(root, folder, name)))))
}

/** What is run, wherever it stands. */
const program = ({ node, sbom, files }: Product): Item[] => [
  ...files,
  itemOf('bin/node', node.binary, 0o755),
  itemOf('LICENSE-node.txt', node.licence),
  itemOf('sbom.cdx.json', Buffer.from(sbom)),
]

/**
 * What starts it. Newer packages come from where this one came from, so nothing is looked for and hinted at.
 *
 * @param folder - a shell's word
 */
const starter = (folder: string): string =>
  `export PC_CTL_NO_UPDATE_CHECK=1\nexec "${folder}/node" "${folder}/run.js" "$@"\n`

const installedStarter = `#!/bin/sh\n${starter('/opt/pc-ctl/bin')}`

/** An unpacked archive can be anywhere, and be reached by links. */
const portableStarter = `#!/bin/sh
self=$0
case $self in */*) ;; *) self=./$self ;; esac
while [ -L "$self" ]; do
  target=$(readlink "$self")
  case $target in /*) self=$target ;; *) self=\${self%/*}/$target ;; esac
done
here=\${self%/*}
${starter('$here')}`

/** Pages, packed as Debian and EL have them. */
const packed = (pages: readonly Item[], folder: string): Promise<Item[]> =>
  Promise.all(
    pages.map(async ({ path, content }) => itemOf(`${folder}/${path}.gz`, await gzip(content ?? new Uint8Array()))),
  )

/** Where shells look, below `share`; zsh's place is Debian's or everybody else's. */
function completionsIn(completions: readonly Item[], share: string, zsh: string): Item[] {
  return completions.map(({ path, content = new Uint8Array() }) => {
    if (path.endsWith('.bash')) return itemOf(`${share}/bash-completion/completions/${path.slice(0, -5)}`, content)
    if (path.endsWith('.fish')) return itemOf(`${share}/fish/vendor_completions.d/${path}`, content)
    if (path.startsWith('_')) return itemOf(`${share}/zsh/${zsh}/${path}`, content)
    throw new Error(`completions/${path} is of no shell that is known here.`)
  })
}

/** The files of a deb. */
export async function debItems(product: Product): Promise<Item[]> {
  const docs = 'usr/share/doc/pc-ctl'
  const files = await installed(product, 'vendor-completions', [
    itemOf(`${docs}/copyright`, Buffer.from(copyright(await readFile(join(root, 'LICENSE'), 'utf8')))),
    itemOf(`${docs}/changelog.gz`, await gzip(await readFile(join(root, 'CHANGELOG.md')))),
  ])
  return withFolders(files, () => true)
}

/** Folders of completions are there only if another package with completions is, so each such package has them. */
const ownInRpm = /^(?:opt\/pc-ctl|usr\/share\/(?:licenses\/pc-ctl|bash-completion|zsh|fish))(?:\/|$)/

/** The files of an rpm, and the folders that are its own. */
export async function rpmItems(product: Product): Promise<Item[]> {
  const licences = 'usr/share/licenses/pc-ctl'
  const files = await installed(product, 'site-functions', [
    itemOf(`${licences}/LICENSE`, await readFile(join(root, 'LICENSE'))),
    itemOf(`${licences}/LICENSE-node.txt`, product.node.licence),
    itemOf(`${licences}/THIRD-PARTY-LICENSES.txt`, await readFile(join(root, 'dist/THIRD-PARTY-LICENSES.txt'))),
  ])
  return withFolders(files, (folder) => ownInRpm.test(folder))
}

async function installed(product: Product, zsh: string, more: readonly Item[]): Promise<Item[]> {
  return [
    ...program(product).map((item) => ({ ...item, path: `opt/pc-ctl/${item.path}` })),
    itemOf('usr/bin/pc-ctl', Buffer.from(installedStarter), 0o755),
    ...(await packed(product.pages, 'usr/share/man/man1')),
    ...completionsIn(product.completions, 'usr/share', zsh),
    ...more,
  ]
}

/** The files of an archive, below its folder. */
export function archiveItems(product: Product): Item[] {
  const files = [
    ...program(product),
    itemOf('bin/pc-ctl', Buffer.from(portableStarter), 0o755),
    ...product.pages.map((page) => ({ ...page, path: `share/man/man1/${page.path}` })),
    ...completionsIn(product.completions, 'share', 'site-functions'),
  ]
  return withFolders(files, () => true)
}

const copyright = (
  licence: string,
): string => `Format: https://www.debian.org/doc/packaging-manuals/copyright-format/1.0/
Upstream-Name: pc-ctl

Files: *
Copyright: the authors of pc-ctl
License: Apache-2.0
Comment: The licences of what is bundled stand in /opt/pc-ctl/dist/THIRD-PARTY-LICENSES.txt.

Files: opt/pc-ctl/dist/openpgp.mjs
Copyright: the authors of OpenPGP.js
License: LGPL-3.0-or-later
Comment: The text of the licence stands in /opt/pc-ctl/dist/THIRD-PARTY-LICENSES.txt.

Files: opt/pc-ctl/bin/node
Copyright: the Node.js contributors, and the authors of what is linked into it
License: Node
Comment: The text of the licence stands in /opt/pc-ctl/LICENSE-node.txt.

License: Apache-2.0
${licence.trimEnd().replace(/^/gm, ' ').replace(/^ $/gm, ' .')}
`
