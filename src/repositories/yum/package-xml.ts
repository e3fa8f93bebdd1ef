import { type DependencyKind, dependencyKinds, type RpmDependency } from './dependencies.ts'
import { type Evr, parseEvr } from './evr.ts'
import { isPrimaryFile, type RpmFile } from './files.ts'
import type { RpmFacts } from './package-facts.ts'
import { escapeAttribute as attribute, escapeText as text } from '../xml.ts'

/** What an index says of a package, with holes for what its headers do not tell. */
export interface PackageXml {
  /** Before, between and behind the SHA-256, the time of the file, and the attributes that tell its place. */
  readonly primary: readonly [string, string, string, string]
  /** Behind the SHA-256, which {@link idBefore} comes before. */
  readonly filelists: string
  readonly other: string
}

/** How filelists and other begin to speak of a package. */
export const idBefore = '<package pkgid="'

/**
 * Renders a package byte for byte as createrepo_c does.
 *
 * @param size - of the file in bytes
 */
export function packageXml(facts: RpmFacts, size: number): PackageXml {
  const changes = facts.changes.map(
    ({ author, date, text: what }) =>
      `  <changelog author="${attribute(author)}" date="${date}">${text(what)}</changelog>\n`,
  )
  const name = `" name="${attribute(facts.name)}" arch="${attribute(facts.arch)}">\n  ${versionXml(facts)}\n`
  return {
    primary: [
      `<package type="rpm">
  <name>${text(facts.name)}</name>
  <arch>${text(facts.arch)}</arch>
  ${versionXml(facts)}
  <checksum type="sha256" pkgid="YES">`,
      `</checksum>
${element('  ', 'summary', facts.summary)}${element('  ', 'description', facts.description)}${element('  ', 'packager', facts.packager)}${element('  ', 'url', facts.url)}\
  <time file="`,
      `" build="${facts.buildTime}"/>
  <size package="${size}" installed="${facts.installedSize}" archive="${facts.archiveSize}"/>
  <location `,
      `/>
  <format>
${formatXml(facts)}  </format>
</package>
`,
    ],
    filelists: `${name}${facts.files.map((file) => fileXml('  ', file)).join('')}</package>\n`,
    other: `${name}${changes.join('')}</package>\n`,
  }
}

/** The attributes of a place, which is relative to the repository's root, or to a base where there is one. Not escaped. */
export const placeXml = (href: string, base: string): string =>
  `${base === '' ? '' : `xml:base="${attribute(base)}" `}href="${attribute(href)}"`

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
