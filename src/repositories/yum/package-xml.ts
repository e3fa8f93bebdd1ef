import { type DependencyKind, dependencyKinds, type RpmDependency } from './dependencies.ts'
import { type Evr, parseEvr } from './evr.ts'
import { isPrimaryFile, type RpmFile } from './files.ts'
import type { RpmFacts } from './package-facts.ts'
import { escapeAttribute as attribute, escapeText as text } from './xml.ts'

/** A package as an index lists it: what its headers tell, and what only its place and its bytes tell. */
export interface IndexedRpm {
  readonly facts: RpmFacts
  /** Of the whole file, in hex. */
  readonly sha256: string
  /** The file's size in bytes. */
  readonly size: number
  /** Unix seconds; must not change with every rewriting of the object, or the index changes for no reason. */
  readonly fileTime: number
  /** Where clients find it, relative to the repository's root or to `base`. Not escaped. */
  readonly href: string
  /** `xml:base` of an index whose packages lie elsewhere. */
  readonly base?: string
}

/** Renders a package for primary.xml, byte for byte as createrepo_c does. */
export function primaryXml({ facts, sha256, size, fileTime, href, base }: IndexedRpm): string {
  const place = base === undefined ? '' : `xml:base="${attribute(base)}" `
  return `<package type="rpm">
  <name>${text(facts.name)}</name>
  <arch>${text(facts.arch)}</arch>
  ${versionXml(facts)}
  <checksum type="sha256" pkgid="YES">${sha256}</checksum>
${element('  ', 'summary', facts.summary)}${element('  ', 'description', facts.description)}${element('  ', 'packager', facts.packager)}${element('  ', 'url', facts.url)}\
  <time file="${fileTime}" build="${facts.buildTime}"/>
  <size package="${size}" installed="${facts.installedSize}" archive="${facts.archiveSize}"/>
  <location ${place}href="${attribute(href)}"/>
  <format>
${formatXml(facts)}  </format>
</package>
`
}

/** Renders a package for filelists.xml, byte for byte as createrepo_c does. */
export const filelistsXml = ({ facts, sha256 }: IndexedRpm): string =>
  `${packageTag(facts, sha256)}${facts.files.map((file) => fileXml('  ', file)).join('')}</package>\n`

/** Renders a package for other.xml, byte for byte as createrepo_c does. */
export function otherXml({ facts, sha256 }: IndexedRpm): string {
  const changes = facts.changes.map(
    ({ author, date, text: what }) =>
      `  <changelog author="${attribute(author)}" date="${date}">${text(what)}</changelog>\n`,
  )
  return `${packageTag(facts, sha256)}${changes.join('')}</package>\n`
}

const packageTag = (facts: RpmFacts, sha256: string): string =>
  `<package pkgid="${sha256}" name="${attribute(facts.name)}" arch="${attribute(facts.arch)}">\n  ${versionXml(facts)}\n`

const versionXml = ({ epoch, version, release }: RpmFacts): string =>
  `<version epoch="${epoch}" ver="${attribute(version)}" rel="${attribute(release)}"/>`

function formatXml(facts: RpmFacts): string {
  return [
    element('    ', 'rpm:license', facts.license),
    element('    ', 'rpm:vendor', facts.vendor),
    element('    ', 'rpm:group', facts.group),
    element('    ', 'rpm:buildhost', facts.buildHost),
    element('    ', 'rpm:sourcerpm', facts.sourceRpm),
    `    <rpm:header-range start="${facts.headerStart}" end="${facts.headerEnd}"/>\n`,
    ...dependencyKinds.map((kind) => dependenciesXml(kind, facts.dependencies[kind])),
    ...facts.files.filter(isPrimaryFile).map((file) => fileXml('    ', file)),
  ].join('')
}

const element = (indentation: string, name: string, value = ''): string =>
  `${indentation}<${name}>${text(value)}</${name}>\n`

function dependenciesXml(kind: DependencyKind, entries: readonly RpmDependency[]): string {
  if (entries.length === 0) return ''
  return `    <rpm:${kind}>\n${entries.map(entryXml).join('')}    </rpm:${kind}>\n`
}

function entryXml({ name, flags, evr, pre }: RpmDependency): string {
  // Only what compares has a version.
  const version: Evr = flags === undefined ? {} : parseEvr(evr ?? '')
  const attributes = [
    flags === undefined ? '' : ` flags="${flags}"`,
    version.epoch === undefined ? '' : ` epoch="${attribute(version.epoch)}"`,
    version.version === undefined ? '' : ` ver="${attribute(version.version)}"`,
    version.release === undefined ? '' : ` rel="${attribute(version.release)}"`,
    pre === true ? ' pre="1"' : '',
  ]
  return `      <rpm:entry name="${attribute(name)}"${attributes.join('')}/>\n`
}

const fileXml = (indentation: string, { path, type }: RpmFile): string =>
  `${indentation}<file${type === undefined ? '' : ` type="${type}"`}>${text(path)}</file>\n`
