/** What projects and their files are called. */

/** A name as clients ask for it: PEP 503, Normalized Names. */
export const normalized = (name: string): string => name.replace(/[-_.]+/g, '-').toLowerCase()

/** PEP 508: letters, digits and `-_.` between them. */
export const isProjectName = (name: string): boolean =>
  name.length <= 200 && /^[a-z0-9](?:[a-z0-9._-]*[a-z0-9])?$/i.test(name)

/** PEP 427: `NAME-VERSION[-BUILD]-PYTHON-ABI-PLATFORM.whl`. */
const wheel = /^([A-Za-z0-9](?:[\w.]*[A-Za-z0-9])?)-([\w.!+]+)(?:-\d[\w.]*)?-[\w.]+-[\w.]+-[\w.]+\.whl$/
const sdist = /^([\w.!+-]+)\.(?:tar\.(?:gz|bz2|xz)|tgz|zip)$/

export const isWheel = (file: string): boolean => file.endsWith('.whl')

/** A file that was built for distribution: not whatever else a page may lead to. */
export const isDistribution = (file: string): boolean =>
  /\.(?:whl|egg|exe|msi|tar\.(?:gz|bz2|xz|Z)|tgz|zip)$/.test(file)

/**
 * The project that a file is of, by its name; undefined where that is no name of a wheel or a source distribution (PEP 427
 * and 625; older ones may have dashes in their name).
 *
 * @param said - the project's name as the file itself has it, if it has one
 */
export function projectOf(file: string, said: string | undefined): string | undefined {
  const [, ofWheel] = wheel.exec(file) ?? []
  if (ofWheel !== undefined) return normalized(ofWheel)
  const [, base] = sdist.exec(file) ?? []
  if (base === undefined) return undefined
  if (said !== undefined && normalized(base).startsWith(`${normalized(said)}-`)) return normalized(said)
  const [, name] = /^(.+?)-\d/.exec(base) ?? []
  return name === undefined || !isProjectName(name) ? undefined : normalized(name)
}
