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
import { join, relative } from 'node:path'

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
 * Makes exports of which each is looked up when it is used; stands once in each bundle. What Node of another version lacks
 * is undefined there.
 *
 * They are inherited: esbuild gives each module that imports from CommonJS an object of its own with a copy of all that
 * the exports themselves have, but the same prototype.
 */
const lookUp = `
  module.exports = (load, all, isModule) => {
    let loaded
    const there = () => (loaded ??= load())
    const names = {}
    for (const name of all.split(' ')) {
      const set = (value) => void (there()[name] = value)
      Object.defineProperty(names, name, { get: () => there()[name], set, enumerable: true, configurable: true })
    }
    if (isModule) Object.defineProperty(names, '__esModule', { value: true })
    return Object.create(names)
  }
`

/** CommonJS that exports names, each looked up when it is used. */
const lookedUp = (load: string, names: readonly string[], isModule = false): string =>
  `module.exports = require('look up')(() => ${load}, '${names.join(' ')}'${isModule ? ', true' : ''})`

/** The same for CommonJS that was made of an ES module, as who asks for it can tell. */
export const moduleLookedUp = (load: string, names: readonly string[]): string => lookedUp(load, names, true)

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

/** What all that is here is made with. */
export const lookingUp: Plugin = {
  name: 'looking up',
  setup(bundler) {
    bundler.onResolve({ filter: /^look up$/ }, ({ path }) => ({ path, namespace: 'look up' }))
    bundler.onLoad({ filter: /.*/, namespace: 'look up' }, () => ({ contents: lookUp }))
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

/** A library or a module of the source, and what the source uses of it. */
export type Uses = ReadonlyMap<string, ReadonlySet<string>>

/**
 * The pieces that the source is bundled in, each a file that is loaded when something of it is first used: rooms, and those
 * that they are used with. What is in none is in the first one, which all commands begin with.
 */
const rooms: Readonly<Record<string, RegExp>> = {
  program: /^src\//,
  ruby: /^src\/settings\/ruby\//,
  reindex: /^src\/(?:reindex|repositories)\//,
  runbooks: /^src\/(?:tasks|resources)\//,
  sandbox: /^src\/(?:sandbox|rehearsal)\//,
}

export const pieces = Object.keys(rooms)

const pieceOf = (file: string): string => pieces.findLast((piece) => rooms[piece]?.test(file)) ?? 'program'

/** Finds what the source uses, of which libraries and of which modules; oclif, which each command begins with, is none of these. */
export async function usesInSource(): Promise<{ readonly libraries: Uses; readonly modules: Uses }> {
  const [libraries, modules] = [new Map<string, Set<string>>(), new Map<string, Set<string>>()]
  const add = (uses: Map<string, Set<string>>, from: string, names: readonly string[]): void =>
    void uses.set(from, new Set([...(uses.get(from) ?? []), ...names]))
  for await (const file of glob('src/**/*.ts', { cwd: root })) {
    const source = ts.createSourceFile(file, await readFile(join(root, file), 'utf8'), ts.ScriptTarget.Latest)
    for (const from of importedLater(source)) if (from.startsWith('.')) add(modules, join(file, '..', from), [])
    for (const statement of source.statements) {
      const [from, names] = usedBy(statement)
      if (names.length === 0) continue
      if (from.startsWith('.')) add(modules, join(file, '..', from), names)
      else if (!from.startsWith('@oclif/') && nameOf(from) === undefined) add(libraries, from, names)
    }
  }
  return { libraries, modules }
}

/** What is imported by `import()`: all of it. */
function importedLater(node: ts.Node): string[] {
  const found: string[] = []
  node.forEachChild((child) => void found.push(...importedLater(child)))
  if (!ts.isCallExpression(node) || node.expression.kind !== ts.SyntaxKind.ImportKeyword) return found
  const [from] = node.arguments
  return from !== undefined && ts.isStringLiteral(from) ? [...found, from.text] : found
}

/** Whether a statement imports, or exports something that it imports; from where, and what. */
function usedBy(statement: ts.Statement): [from: string, names: readonly string[]] {
  if (ts.isImportDeclaration(statement) && ts.isStringLiteral(statement.moduleSpecifier)) {
    return [statement.moduleSpecifier.text, namesIn(statement.importClause)]
  }
  const isExport = ts.isExportDeclaration(statement) && !statement.isTypeOnly
  const { moduleSpecifier: from, exportClause: what } = isExport ? statement : {}
  if (from === undefined || !ts.isStringLiteral(from) || what === undefined || !ts.isNamedExports(what)) return ['', []]
  return [from.text, what.elements.filter(({ isTypeOnly }) => !isTypeOnly).map(nameThere)]
}

/** What is imported or exported, as it is called where it comes from. */
const nameThere = ({ name, propertyName }: ts.ImportSpecifier | ts.ExportSpecifier): string =>
  (propertyName ?? name).text

/**
 * Bundles one piece: what it imports of another one is loaded when it is first used.
 *
 * @param modules - what the source uses of which module
 * @param ways - what else it exports
 */
export const onePiece = (piece: string, modules: Uses, ways: string): Plugin => ({
  name: `piece ${piece}`,
  setup(bundler) {
    const all = [...modules.keys()].sort()
    bundler.onResolve({ filter: /^piece:/ }, ({ path }) => ({ path, namespace: 'piece' }))
    bundler.onLoad({ filter: /.*/, namespace: 'piece' }, () => {
      const there = all.flatMap((file, at) => (pieceOf(file) === piece ? `${at}: () => require('./${file}'),` : []))
      return { contents: `export const modules = {${there.join('\n')}}\n${ways}`, resolveDir: root }
    })
    bundler.onResolve({ filter: /^\.{1,2}\// }, ({ path, importer, kind, namespace, resolveDir }) => {
      const file = relative(root, join(resolveDir, path))
      if (namespace === 'piece' || !importer.startsWith(join(root, 'src')) || pieceOf(file) === piece) return undefined
      return { path: file, namespace: kind === 'dynamic-import' ? 'all of another piece' : 'another piece' }
    })
    const load = (file: string): string => {
      const at = all.indexOf(file)
      if (at === -1) throw new Error(`Nobody is known to use ${file}, which ${piece} imports.`)
      return `require('./${pieceOf(file)}.cjs').modules[${at}]()`
    }
    bundler.onResolve({ filter: /^\.\/\w+\.cjs$/ }, ({ path, namespace }) =>
      namespace.endsWith('another piece') ? { path, external: true } : undefined,
    )
    bundler.onLoad({ filter: /.*/, namespace: 'another piece' }, ({ path }) => ({
      contents: lookedUp(load(path), [...(modules.get(path) ?? [])]),
    }))
    bundler.onLoad({ filter: /.*/, namespace: 'all of another piece' }, ({ path }) => ({
      contents: `module.exports = ${load(path)}`,
    }))
  },
})

/** @throws Error for `import * as`, of which nobody knows what it uses */
function namesIn(clause: ts.ImportClause | undefined): string[] {
  if (clause === undefined || clause.phaseModifier === ts.SyntaxKind.TypeKeyword) return []
  const { name, namedBindings } = clause
  if (namedBindings !== undefined && ts.isNamespaceImport(namedBindings)) {
    throw new Error(`import * as ${namedBindings.name.text}: name what is used, else all of it is bundled.`)
  }
  const named = namedBindings?.elements.filter(({ isTypeOnly }) => !isTypeOnly) ?? []
  return [...(name === undefined ? [] : ['default']), ...named.map(nameThere)]
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
