/**
 * Builds dist/: all commands and the code they share in one file, in which each is set up when it is asked for; the
 * libraries beside it, loaded when they are first used; and oclif's manifest. Each file more takes a start one to two
 * milliseconds.
 *
 * OpenPGP.js is LGPL: whoever has pc-ctl may put another version in the place of this one. So it stays a file of its own,
 * as it was published, and package.json ("imports") says where it is.
 *
 * It is built beside the present one and then takes its place, so that a command started meanwhile finds either whole.
 */
import { execFile } from 'node:child_process'
import { existsSync } from 'node:fs'
import { copyFile, mkdir, mkdtemp, readdir, rename, rm, writeFile } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import { promisify } from 'node:util'

import { Plugin } from '@oclif/core'
import { build, type OutputFile, type Plugin as BundlerPlugin, transform } from 'esbuild'

import { mishapWords } from '../src/sandbox/host/faults.ts'
import { performedOperations } from '../src/sandbox/host/performed.ts'
import { buildEdge } from './build-edge.ts'
import { buildFunction } from './build-function.ts'
import { buildSigning } from './build-signing.ts'
import {
  builtinsLazily,
  builtinsThere,
  librariesLazily,
  librariesThemselves,
  libraryEntries,
  lookingUp,
  moduleLookedUp,
  onePiece,
  pieces,
  usesInSource,
} from './lazily.ts'
import { licences } from './licences.ts'

const root = join(import.meta.dirname, '..')
const requireHere = createRequire(import.meta.url)
const dist = join(root, 'dist')
const next = await mkdtemp(`${dist}.`)

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

/** What oclif imports and pc-ctl has no use for, and what stands in its place. */
const unused: Readonly<Record<string, string>> = {
  // Whether this is Windows' Linux stands in a version line of oclif's own.
  'wsl-utils': 'export const isWsl = false',
  // Looks for commands where there is no manifest, and for plugins by patterns.
  tinyglobby: 'export {}',
  minimatch: 'export {}',
  // Of oclif's own progress.
  'cli-spinners': "const none = { frames: [''], interval: 80 }; export default { dots2: none, line: none }",
}

const oclif: BundlerPlugin = {
  name: 'oclif',
  setup(bundler) {
    bundler.onResolve({ filter: /^@oclif\/core$/ }, () => ({ path: 'parts', namespace: 'oclif', sideEffects: false }))
    bundler.onLoad({ filter: /.*/, namespace: 'oclif' }, () => ({ contents: oclifParts, resolveDir: root }))
    // What finds commands and plugins, for help alone.
    const folder = join(root, 'node_modules/@oclif/core/lib/config')
    bundler.onResolve({ filter: /^\.\/plugin(-loader)?$/ }, ({ path, resolveDir, namespace }) =>
      namespace === 'file' && resolveDir === folder ? { path, namespace: 'oclif when it is used' } : undefined,
    )
    bundler.onLoad({ filter: /.*/, namespace: 'oclif when it is used' }, ({ path }) => ({
      contents: moduleLookedUp(`require('${path}')`, Object.keys(requireHere(join(folder, path)) as object)),
      resolveDir: folder,
    }))
    bundler.onResolve({ filter: new RegExp(`^(?:${Object.keys(unused).join('|')})$`) }, ({ path }) => ({
      path,
      namespace: 'unused',
    }))
    bundler.onLoad({ filter: /.*/, namespace: 'unused' }, ({ path }) => ({ contents: unused[path] ?? '' }))
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

const commands = (await readdir(join(root, 'src/commands')))
  .filter((file) => file.endsWith('.ts'))
  .map((file) => file.slice(0, -'.ts'.length))

/** What is asked for from outside of the pieces. */
const ways = `
  export const run = () =>
    require('./src/run.ts').runCommandLine((name) => (Object.hasOwn(commands, name) ? commands[name]() : undefined))
  export const help = () => require('./src/help.ts').default
  export const worker = () => require('./src/reindex/batch/function.ts')
  export const commands = {
    ${commands.map((name) => `'${name}': () => require('./src/commands/${name}.ts').default,`).join('\n')}
  }
`

/** Where oclif looks for help and the commands. */
const oclifFiles: readonly (readonly [file: string, text: string])[] = [
  ['help.cjs', "module.exports=require('./program.cjs').help()"],
  ...commands.map((name): [string, string] => [
    `commands/${name}.cjs`,
    `module.exports=require('../program.cjs').commands['${name}']()`,
  ]),
]

/** What `src/compiled.ts` loads: CommonJS, whose code V8 hands out and takes back as it is after a run. */
const asCommonJS = {
  format: 'cjs',
  outExtension: { '.js': '.cjs' },
  // The last one is called in a checkout only.
  define: {
    'import.meta.dirname': '__dirname',
    'import.meta.filename': '__filename',
    'import.meta.resolve': 'undefined',
  },
  logOverride: { 'empty-import-meta': 'error' },
  // As what is bundled has it, being ES modules.
  banner: { js: '"use strict";' },
} as const

try {
  const { libraries: uses, modules } = await usesInSource()
  // oclif asks for TypeScript only while developing plugins.
  const external = ['typescript']
  const plugins = [oclif, lookingUp, builtinsLazily, librariesLazily(uses)]
  const started = await Promise.all(
    [
      ...pieces.map((piece) => ({
        entry: { in: `piece:${piece}`, out: piece },
        own: [onePiece(piece, modules, piece === 'program' ? ways : '')],
      })),
      // What a TAB waits for is a program by itself.
      ...['completion/complete', 'completion/look-up'].map((name) => ({
        entry: { in: `src/${name}.ts`, out: name },
        own: [],
      })),
    ].map(({ entry, own }) =>
      build({
        ...bundling,
        ...asCommonJS,
        write: false,
        entryPoints: [entry],
        outdir: next,
        external,
        plugins: [...own, ...plugins],
      }),
    ),
  )
  const startedApart = await build({
    ...bundling,
    write: false,
    entryPoints: [
      'src/look-for-update.ts',
      'src/reindex/indexes/read-worker.ts',
      'src/repositories/compression/decode-worker.ts',
    ],
    // Libraries and CommonJS are asked for through require().
    banner: { js: "const require=process.getBuiltinModule('node:module').createRequire(import.meta.url);" },
    outdir: next,
    external,
    plugins,
  })
  for (const { path, text } of [...started, startedApart].flatMap(({ outputFiles }) => outputFiles))
    await write(path, inAscii(text))
  const libraries = await build({
    ...bundling,
    entryPoints: libraryEntries(uses),
    outdir: join(next, 'lib'),
    splitting: true,
    chunkNames: 'chunks/[name]-[hash]',
    outExtension: { '.js': '.cjs' },
    external,
    plugins: [librariesThemselves(uses), builtinsThere, lookingUp, builtinsLazily],
    write: false,
  })
  await Promise.all(libraries.outputFiles.map(writeAsCommonJS))
  await mkdir(join(next, 'commands'))
  for (const [file, text] of oclifFiles) await writeFile(join(next, file), `${text}\n`)
  const main = await build({
    ...bundling,
    entryPoints: ['src/main.ts'],
    outdir: next,
    plugins: [lookingUp, builtinsLazily],
  })
  const edge = await buildEdge(join(next, 'edge/index.mjs'))
  await writeFile(join(next, 'edge/cloudfront-function.js'), (await buildFunction()).bundle)
  await buildSigning(next)
  await copyFile(join(root, 'node_modules/@ruby/prism/src/prism.wasm'), join(next, 'prism.wasm'))
  await copyFile(join(root, 'node_modules/openpgp/dist/node/openpgp.min.mjs'), join(next, 'openpgp.mjs'))
  await writeFile(
    join(next, 'THIRD-PARTY-LICENSES.txt'),
    await licences(
      [...started.map(({ metafile }) => metafile), startedApart.metafile, libraries.metafile, main.metafile, edge],
      ['openpgp', '@ruby/prism'],
    ),
  )
  await takePlace()
} finally {
  await rm(next, { recursive: true, force: true })
}

const plugin = new Plugin({ root, ignoreManifest: true, errorOnManifestCreate: true, respectNoCacheDefault: true })
await plugin.load()
await writeFile(join(root, 'oclif.manifest.json'), `${JSON.stringify(await withFaultWords(plugin.manifest))}\n`)
// Nothing of whoever builds is in the pages: neither terminal nor settings nor locale.
const env = { FORCE_COLOR: '1', TERM: 'xterm', LC_ALL: 'C.UTF-8', TZ: 'UTC', HOME: root }
await promisify(execFile)(process.execPath, [join(root, 'scripts/help-pages.ts')], { env })

/** What completion can't load the whole sandbox to know. */
async function withFaultWords({ commands: all, ...rest }: Plugin['manifest']): Promise<object> {
  const { sandbox } = all
  const fault = { ...sandbox?.flags['fault'], faults: { services: await performedOperations(), mishaps: mishapWords } }
  return { ...rest, commands: { ...all, sandbox: { ...sandbox, flags: { ...sandbox?.flags, fault } } } }
}

/** Only ES modules are split; but that Node's loader finds some forty of them before the first call takes a while. */
async function writeAsCommonJS({ path, text }: OutputFile): Promise<void> {
  const { target, minify } = bundling
  // Who has ES modules import it by its names would need them listed at its end, which is left out so.
  const platform = 'neutral'
  const supported = { 'dynamic-import': false }
  const { code } = await transform(text, { format: 'cjs', platform, target, minify, supported })
  await write(path, inAscii(code))
}

async function write(path: string, text: string): Promise<void> {
  await mkdir(dirname(path), { recursive: true })
  await writeFile(path, text)
}

/**
 * With a single character beyond Latin-1 or its half, a file is two bytes a character to V8, and Node decodes and hashes all
 * of it by the slow way. esbuild leaves such only in regular expressions, where they may be written so as well.
 */
function inAscii(text: string): string {
  return text.replace(/[^\0-\x7F]/g, (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`)
}

async function takePlace(): Promise<void> {
  const old = `${next}.old`
  if (existsSync(dist)) await rename(dist, old)
  await rename(next, dist)
  await rm(old, { recursive: true, force: true })
}
