/**
 * Builds dist/: every command and the code they share, bundled with their dependencies into ES modules that load only
 * what the command in hand needs, plus oclif's manifest, so that start-up reads one JSON file and one command.
 *
 * It is built beside the present one and then takes its place, so that a command started meanwhile finds either whole.
 */
import { execFile } from 'node:child_process'
import { existsSync } from 'node:fs'
import { copyFile, mkdtemp, readdir, rename, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { promisify } from 'node:util'

import { Plugin } from '@oclif/core'
import { build, type Plugin as BundlerPlugin } from 'esbuild'

import { buildEdge } from './build-edge.ts'
import { buildSigning } from './build-signing.ts'
import { licences } from './licences.ts'

const root = join(import.meta.dirname, '..')
const dist = join(root, 'dist')
const next = await mkdtemp(`${dist}.`)

/**
 * OpenPGP.js is LGPL: whoever has pc-ctl may put another version in the place of this one. So it stays a file of its own,
 * as it was published, and package.json ("imports") says where it is.
 */
const openpgp: BundlerPlugin = {
  name: 'openpgp',
  setup(bundler) {
    bundler.onResolve({ filter: /^openpgp$/ }, () => ({ path: '#openpgp', external: true }))
  },
}

/** oclif's parts that are used, each by its own path: its index loads all there are, semver and its like among them. */
const oclifParts = `
  export { Command } from '@oclif/core/command'
  export { Config } from '@oclif/core/config'
  export * as Args from '@oclif/core/args'
  export * as Errors from '@oclif/core/errors'
  export * as Flags from '@oclif/core/flags'
  export { run } from '@oclif/core/run'
  export { ux } from '@oclif/core/ux'
`
const oclif: BundlerPlugin = {
  name: 'oclif',
  setup(bundler) {
    bundler.onResolve({ filter: /^@oclif\/core$/ }, () => ({ path: 'parts', namespace: 'oclif', sideEffects: false }))
    bundler.onLoad({ filter: /.*/, namespace: 'oclif' }, () => ({ contents: oclifParts, resolveDir: root }))
  },
}

/** What is printed at once is printed from one file: each module more takes its time. */
const main: BundlerPlugin = {
  name: 'main',
  setup(bundler) {
    bundler.onResolve({ filter: /^\.\/(?:run|completion\/complete)\.ts$/ }, ({ path }) => ({
      path: path.replace(/\.ts$/, '.js'),
      external: true,
    }))
  },
}

/** How all of it is bundled. */
const bundling = {
  absWorkingDir: root,
  outbase: 'src',
  bundle: true,
  // Names of chunks and the order in them follow from paths, which must not depend on where node_modules really stands.
  preserveSymlinks: true,
  format: 'esm',
  // As ES modules, clients of AWS bring only what is used of them.
  mainFields: ['module', 'main'] as string[],
  platform: 'node',
  target: 'node22',
  // A quarter less to install and to read at each start than with names as they were; nothing asks a class for its name.
  minify: true,
  legalComments: 'none',
  metafile: true,
  logLevel: 'warning',
} as const

const commands = (await readdir(join(root, 'src/commands'))).filter((file) => file.endsWith('.ts'))

try {
  const { metafile } = await build({
    ...bundling,
    entryPoints: [
      'src/run.ts',
      'src/help.ts',
      'src/look-for-update.ts',
      'src/completion/complete.ts',
      'src/completion/look-up.ts',
      'src/reindex/indexes/read-worker.ts',
      'src/repositories/compression/decode-worker.ts',
      ...commands.map((file) => `src/commands/${file}`),
    ],
    outdir: next,
    splitting: true,
    chunkNames: 'chunks/[name]-[hash]',
    // CommonJS inside the bundle asks for node:* through require().
    banner: { js: "import{createRequire as __r}from'node:module';const require=__r(import.meta.url);" },
    // oclif asks for TypeScript only while developing plugins.
    external: ['typescript'],
    plugins: [openpgp, oclif],
  })
  const started = await build({ ...bundling, entryPoints: ['src/main.ts'], outdir: next, plugins: [main] })
  const edge = await buildEdge(join(next, 'edge/index.mjs'))
  await buildSigning(next)
  await copyFile(join(root, 'node_modules/@ruby/prism/src/prism.wasm'), join(next, 'prism.wasm'))
  await copyFile(join(root, 'node_modules/openpgp/dist/node/openpgp.min.mjs'), join(next, 'openpgp.mjs'))
  await writeFile(
    join(next, 'THIRD-PARTY-LICENSES.txt'),
    await licences([metafile, started.metafile, edge], ['openpgp', '@ruby/prism']),
  )
  await takePlace()
} finally {
  await rm(next, { recursive: true, force: true })
}

const plugin = new Plugin({ root, ignoreManifest: true, errorOnManifestCreate: true, respectNoCacheDefault: true })
await plugin.load()
await writeFile(join(root, 'oclif.manifest.json'), `${JSON.stringify(plugin.manifest, undefined, 2)}\n`)
// Nothing of whoever builds is in the pages: neither terminal nor settings nor locale.
const env = { FORCE_COLOR: '1', TERM: 'xterm', LC_ALL: 'C.UTF-8', TZ: 'UTC', HOME: root }
await promisify(execFile)(process.execPath, [join(root, 'scripts/help-pages.ts')], { env })

async function takePlace(): Promise<void> {
  const old = `${next}.old`
  if (existsSync(dist)) await rename(dist, old)
  await rename(next, dist)
  await rm(old, { recursive: true, force: true })
}
