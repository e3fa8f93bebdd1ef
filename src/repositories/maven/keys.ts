/**
 * What a key tells of a Maven repository.
 *
 * @see https://maven.apache.org/repositories/layout.html
 */
import { kindOf } from '../layout.ts'

/** One build of a snapshot version, which each upload makes anew. */
export interface Build {
  /** UTC, such as `20240131.235959`. */
  readonly timestamp: string
  readonly number: number
}

/** A file of one version of an artifact. */
export interface ArtifactFile {
  /** The prefix of all versions, with a slash at its end. */
  readonly folder: string
  /** As its folder is called: of a snapshot without its build. */
  readonly version: string
  readonly build?: Build
  /** Empty without. */
  readonly classifier: string
  /** Without the first dot, such as `tar.gz` or `jar.asc`. */
  readonly extension: string
}

const inVersionFolder = /^((?:.*\/)?([^/]+)\/)([^/]+)\/([^/]+)$/
const sum = /\.(?:md5|sha1|sha256|sha512)$/
const snapshot = /^(.*-)?SNAPSHOT$/
const buildAt = /^(\d{8}\.\d{6})-(\d{1,15})(?=[-.])/
const ending = /^(?:-(.+?))?\.((?:tar\.[^.]+|[^.]+)(?:\.asc)?)$/

export const isSnapshot = (version: string): boolean => snapshot.test(version)

/** The file that a key means; undefined if it is of no version, or belongs to a file as a sum does. */
export function artifactFile(key: string): ArtifactFile | undefined {
  const [, folder, artifact, version, file] = inVersionFolder.exec(key) ?? []
  if (folder === undefined || artifact === undefined || version === undefined || file === undefined) return undefined
  if (!file.startsWith(`${artifact}-`) || sum.test(file)) return undefined
  // Of whatever format: Maven's versions can be debs and rpms.
  if (!['package', 'overwritten'].includes(kindOf(key).is)) return undefined
  const rest = file.slice(artifact.length + 1)
  const [base, build] = isSnapshot(version) ? buildOf(rest, version.slice(0, -'SNAPSHOT'.length)) : []
  const before = base ?? version
  const [, classifier = '', extension] = rest.startsWith(before) ? (ending.exec(rest.slice(before.length)) ?? []) : []
  if (extension === undefined) return undefined
  return { folder, version, ...(build === undefined ? {} : { build }), classifier, extension }
}

function buildOf(rest: string, base: string): [version: string, build: Build] | [] {
  const [text, timestamp, number] = rest.startsWith(base) ? (buildAt.exec(rest.slice(base.length)) ?? []) : []
  return timestamp === undefined ? [] : [`${base}${text}`, { timestamp, number: Number(number) }]
}

/** The folder of `maven-metadata.xml`, with a slash at its end. */
const metadataFolder = /^((?:.*\/)?[^/]+\/)maven-metadata\.xml$/

/**
 * The folder of all versions that a list of versions, or of builds, belongs to; undefined for other keys.
 */
export function listedFolder(key: string): string | undefined {
  const folder = metadataFolder.exec(key)?.[1]
  return folder !== undefined && isSnapshot(lastOf(folder)) ? parentOf(folder) : folder
}

const lastOf = (folder: string): string => folder.split('/').at(-2) ?? ''
const parentOf = (folder: string): string => /^(.*\/)?[^/]+\/$/.exec(folder)?.[1] ?? ''

/** With these groups begin: domains, the other way round. */
const domains = new Set('com org net edu gov mil int io ai javax jakarta androidx'.split(' '))
/** With these too, but stages and departments are called the same. */
const words = new Set('dev app co biz info cloud software tech'.split(' '))
const isDomain = (segment: string): boolean => domains.has(segment) || words.has(segment) || /^[a-z]{2}$/.test(segment)
const repositoryName =
  /^(?:maven\d?|m2|(?:\w+-)*(?:releases?|snapshots?)(?:-local)?|(?:libs-|maven-)?(?:public|central|local)|repo|repository)$/
/** Below these there may be repositories of any name. */
const shelf = /^(?:repo|repository|public|central|local)$/

/**
 * The folder that groups begin in, as far as a key tells. What does not tell is a root of its own, which does no harm: no
 * artifact is in two of them.
 *
 * @param folder - of all versions of an artifact
 * @returns also whether groups begin there for sure
 */
export function rootOfFolder(folder: string): { readonly root: string; readonly isSure: boolean } {
  const segments = folder.split('/').slice(0, -1)
  const above = segments.slice(0, -1)
  const domain = above.findIndex((segment) => domains.has(segment))
  const name = above.findIndex((segment) => repositoryName.test(segment))
  // Repositories lie on shelves: `repository/maven-releases/`.
  let start = name
  while (start !== -1 && repositoryName.test(above[start] ?? '')) start++
  const isNamed = name !== -1 && start < above.length && (domain === -1 || name < domain)
  if (isNamed && isDomain(above[start] ?? '')) return { root: rootTo(segments, start), isSure: true }
  if (domain !== -1) {
    return {
      root: rootTo(segments, domain),
      isSure: !above
        .slice(0, domain)
        .slice(0, -1)
        .some((one) => words.has(one)),
    }
  }
  // On a shelf, the lists that are there tell of each repository where its groups begin.
  if (isNamed) return { root: rootTo(segments, start), isSure: !shelf.test(above[start - 1] ?? '') }
  return { root: parentOf(folder), isSure: false }
}

const rootTo = (segments: readonly string[], end: number): string =>
  segments
    .slice(0, end)
    .map((segment) => `${segment}/`)
    .join('')
