/** Where the objects of an npm registry lie. */
import type { Doubt, MissingIndexes, PresentIndexes } from '../format.ts'

/** In a folder of its scope too, as `npm publish` names it. */
const tarball = /^(.+?)\/-\/((?:@[^/]+\/)?[^/]+\.tgz)$/
const scoped = /^((?:.*\/)?)(@[^/]+\/[^/]+)$/
const plain = /^((?:.*\/)?)([^/]+)$/

export const isTarball = (key: string): boolean => tarball.test(key)

/** The key of the packument that a tarball belongs to, and what the tarball is called beside it. */
export function placeOf(key: string): { readonly packument: string; readonly file: string } | undefined {
  const [, packument, file] = tarball.exec(key) ?? []
  return packument === undefined || file === undefined ? undefined : { packument, file }
}

/** The folder of all packuments: a scope is part of a package's name. */
export const rootOfPackument = (key: string): string => (scoped.exec(key) ?? plain.exec(key))?.[1] ?? ''

/** The name of the package that a packument is of; clients write the slash of a scope as `%2f`, and so do some tools. */
export const nameOfPackument = (key: string): string =>
  key.slice(rootOfPackument(key).length).replace(/^(@[^/%]+)%2f/i, '$1/')

/** Clients ask for a tarball by its name, or by whatever URL its packument tells. */
export const usualFile = (name: string, version: string): string => `${name.replace(/^@.*\//, '')}-${version}.tgz`

/** See `Format.missing`. */
export function missingPackuments(folders: Iterable<string>, { indexes, options }: PresentIndexes): MissingIndexes {
  const present = new Set(indexes)
  const repositories = new Map<string, Map<string, Uint8Array>>()
  const doubts = new Map<string, Doubt>()
  for (const folder of folders) {
    const packument = placeOf(`${folder}x.tgz`)?.packument
    if (packument === undefined || present.has(packument)) continue
    if (options.baseUrl === undefined) {
      doubts.set(folder, {
        why: 'what tells of npm packages tells their whole URLs, which no key does',
        todo: 'Say with --base-url what clients have before a key, such as --base-url https://packages.example.com/.',
      })
      continue
    }
    const root = rootOfPackument(packument)
    const made = repositories.get(root) ?? new Map<string, Uint8Array>()
    repositories.set(root, made.set(packument, new Uint8Array()))
  }
  return { repositories, doubts }
}

/** The URL of an object by its key, with nothing in it that a URL would take for something else. */
export const urlOf = (base: string, key: string): string =>
  base + key.split('/').map(encodeURIComponent).join('/').replaceAll('%40', '@')
