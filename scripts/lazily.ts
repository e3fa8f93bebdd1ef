/**
 * Has a bundle load what it imports from elsewhere only when it is first used: Node's own modules, and the libraries,
 * which are files of their own in dist/lib. The source imports them like anything else.
 *
 * An import of `node:http` by a name loads all that the module could export, undici among it, which takes more time than
 * Node takes to start; `process.getBuiltinModule` loads the module alone. Of the clients of AWS, each takes as long to
 * set up as half a start of Node, and a command begins with one of them.
 */
import { glob, readFile } from 'node:fs/promises'
import { builtinModules } from 'node:module'
import { join } from 'node:path'

import type { Plugin } from 'esbuild'
import ts from 'typescript'

const root = join(import.meta.dirname, '..')

/** What Node has loaded by the time it starts a program. */
const loadedAnyway = new Set(['buffer', 'events', 'fs', 'module', 'os', 'path', 'process', 'url', 'util'])

const nameOf = (path: string): string | undefined => {
  const name = path.replace(/^node:/, '')
  return builtinModules.includes(name) || builtinModules.includes(`node:${name}`) ? name : undefined
}

/**
 * CommonJS that exports names, each looked up when it is used. What Node of another version lacks is undefined there.
 *
 * They are inherited: esbuild gives each module that imports from CommonJS an object of its own with a copy of all that
 * the exports themselves have, but the same prototype.
 */
const lookedUp = (load: string, names: readonly string[]): string => `
  let loaded
  const load = () => (loaded ??= ${load})
  const names = {}
  for (const name of ${JSON.stringify(names)}) {
    const set = (value) => void (load()[name] = value)
    Object.defineProperty(names, name, { get: () => load()[name], set, enumerable: true, configurable: true })
  }
  module.exports = Object.create(names)
`

/**
 * The same for what Node has loaded already: to copy `node:util` alone would load what it has for when it is asked for,
 * worker threads among it. What is a function, or has state of its own, can't be inherited from.
 */
const inherited = (name: string): string => {
  const load = `process.getBuiltinModule('node:${name}')`
  const isPlain = typeof process.getBuiltinModule(`node:${name}`) === 'object' && name !== 'process'
  return `module.exports = ${isPlain ? `Object.create(${load})` : load}`
}

/** The same for what has nothing but a default export, which may be a function. */
const defaultLookedUp = (load: string): string => `
  let loaded
  const load = () => (loaded ??= ${load}).default
  module.exports = new Proxy(function () {}, {
    get: (_, name) => load()[name],
    apply: (_, self, args) => Reflect.apply(load(), self, args),
  })
`

/** Those of Node's own modules that are there anyway, as they are: a file of its own would be made of each. */
export const builtinsThere: Plugin = {
  name: 'builtins that are there',
  setup(bundler) {
    bundler.onResolve({ filter: /^[\w:/]+$/ }, ({ path }) => {
      const name = nameOf(path)
      return name !== undefined && loadedAnyway.has(name) ? { path: `node:${name}`, external: true } : undefined
    })
  },
}

/** Node's own modules, when they are first used. */
export const builtinsLazily: Plugin = {
  name: 'builtins',
  setup(bundler) {
    bundler.onResolve({ filter: /^[\w:/]+$/ }, ({ path }) => {
      const name = nameOf(path)
      return name === undefined ? undefined : { path: name, namespace: 'builtin' }
    })
    bundler.onLoad({ filter: /.*/, namespace: 'builtin' }, ({ path }) => {
      if (loadedAnyway.has(path)) return { contents: inherited(path) }
      const names = Object.keys(process.getBuiltinModule(`node:${path}`) ?? {})
      return { contents: lookedUp(`process.getBuiltinModule('node:${path}')`, names) }
    })
  },
}

/** A library, and what the source uses of it. */
export type Uses = ReadonlyMap<string, ReadonlySet<string>>

/** Finds which libraries the source uses, and what of them; oclif, which each command begins with, is none of these. */
export async function usesOfLibraries(): Promise<Uses> {
  const uses = new Map<string, Set<string>>()
  for await (const file of glob('src/**/*.ts', { cwd: root })) {
    const source = ts.createSourceFile(file, await readFile(join(root, file), 'utf8'), ts.ScriptTarget.Latest)
    for (const statement of source.statements) {
      if (!ts.isImportDeclaration(statement) || !ts.isStringLiteral(statement.moduleSpecifier)) continue
      const { text: library } = statement.moduleSpecifier
      const names = namesIn(statement.importClause)
      if (names.length === 0 || library.startsWith('.') || library.startsWith('@oclif/')) continue
      if (nameOf(library) !== undefined) continue
      uses.set(library, new Set([...(uses.get(library) ?? []), ...names]))
    }
  }
  return uses
}

/** @throws Error for `import * as`, of which nobody knows what it uses */
function namesIn(clause: ts.ImportClause | undefined): string[] {
  if (clause === undefined || clause.phaseModifier === ts.SyntaxKind.TypeKeyword) return []
  const { name, namedBindings } = clause
  if (namedBindings !== undefined && ts.isNamespaceImport(namedBindings)) {
    throw new Error(`import * as ${namedBindings.name.text}: name what is used, else all of it is bundled.`)
  }
  const named = namedBindings?.elements.filter(({ isTypeOnly }) => !isTypeOnly) ?? []
  return [...(name === undefined ? [] : ['default']), ...named.map((one) => (one.propertyName ?? one.name).text)]
}

/** `aws-sdk-client-kms` of `@aws-sdk/client-kms`. */
const fileOf = (library: string): string => library.replace(/^@|\.js$/g, '').replace(/[/.]/g, '-')

/** The libraries of the source, when they are first used: `#lib/NAME`, of which package.json says where it is. */
export const librariesLazily = (uses: Uses): Plugin => ({
  name: 'libraries',
  setup(bundler) {
    bundler.onResolve({ filter: /^#/ }, ({ path }) => ({ path, external: true }))
    bundler.onResolve({ filter: /^[^.]/ }, ({ path, importer }) =>
      uses.has(path) && importer.startsWith(join(root, 'src')) ? { path, namespace: 'library' } : undefined,
    )
    bundler.onLoad({ filter: /.*/, namespace: 'library' }, ({ path }) => {
      const names = [...(uses.get(path) ?? [])]
      const load = `require('${path === 'openpgp' ? '#openpgp' : `#lib/${fileOf(path)}`}')`
      return {
        contents: names.join() === 'default' ? defaultLookedUp(load) : lookedUp(load, names),
        resolveDir: root,
      }
    })
  },
})

/** The files of the libraries, with nothing in them but what is used. */
export const libraryEntries = (uses: Uses) =>
  [...uses.keys()]
    .filter((library) => library !== 'openpgp')
    .sort()
    .map((library) => ({ in: `library:${library}`, out: fileOf(library) }))

export const librariesThemselves = (uses: Uses): Plugin => ({
  name: 'libraries themselves',
  setup(bundler) {
    bundler.onResolve({ filter: /^library:/ }, ({ path }) => ({
      // As Node has it for modules of this kind, the default of CommonJS is all of it, whatever that says of itself.
      path: `${path.slice('library:'.length)}.mjs`,
      namespace: 'library',
    }))
    bundler.onLoad({ filter: /.*/, namespace: 'library' }, ({ path }) => {
      const library = path.replace(/\.mjs$/, '')
      const names = [...(uses.get(library) ?? [])].sort().join(', ')
      return { contents: `export { ${names} } from '${library}'`, resolveDir: root }
    })
  },
})
