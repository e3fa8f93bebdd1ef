/**
 * Looks at the packages of others: are their licences ones that we can live with, and does the registry know of
 * vulnerabilities?
 *
 *     npm run audit [-- --strict]
 *
 * A registry that answers no such questions, as many mirrors do not, is told of; with --strict it is a failure.
 */
import { execFile } from 'node:child_process'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { promisify } from 'node:util'

import { mayBeUsed } from './licence-rules.ts'
import { bundledPackages } from './package/sbom.ts'

const root = join(import.meta.dirname, '..')

/** As `package-lock.json` has them, by their folders. */
export type Packages = Readonly<Record<string, { readonly version?: string; readonly license?: string }>>

/** As `npm audit --json` tells it. */
export interface Report {
  readonly error?: { readonly summary?: string }
  readonly message?: string
  readonly vulnerabilities?: Readonly<
    Record<string, { readonly severity: string; readonly nodes: readonly string[]; readonly via: readonly unknown[] }>
  >
}

/** Packages whose licences we can't live with. What is bundled is held to more when it is bundled. */
export const badLicences = (packages: Packages): string[] =>
  Object.entries(packages)
    .filter(([folder, { license = 'without a licence' }]) => folder !== '' && !mayBeUsed(license, 'only to build'))
    .map(([folder, { version = '', license = 'without a licence' }]) => `${folder} ${version}: ${license}`)

/**
 * Vulnerabilities that are to be acted upon: any of what is in the product, and grave ones of what only builds it.
 *
 * @param bundled - names and versions, such as `ejs 7.0.2`
 * @returns undefined if the registry has not answered
 */
export function vulnerable(report: Report, packages: Packages, bundled: ReadonlySet<string>): string[] | undefined {
  if (report.vulnerabilities === undefined) return undefined
  return Object.entries(report.vulnerabilities).flatMap(([name, { severity, nodes, via }]) => {
    const inProduct = nodes.some((node) => bundled.has(`${name} ${packages[node]?.version ?? ''}`))
    if (!inProduct && !['high', 'critical'].includes(severity)) return []
    const titles = via.map((one) => (typeof one === 'object' && one !== null && 'title' in one ? one.title : one))
    return [`${name} (${severity}${inProduct ? ', in the product' : ''}): ${titles.join('; ')}`]
  })
}

/** Ends with 1 where it finds something, and what is vulnerable is no error of npm's then. */
async function ask(): Promise<Report> {
  try {
    const { stdout } = await promisify(execFile)('npm', ['audit', '--json'], { cwd: root, maxBuffer: 2 ** 26 })
    return JSON.parse(stdout) as Report
  } catch (error) {
    const text = error instanceof Error && 'stdout' in error ? String(error.stdout) : ''
    return text.startsWith('{') ? (JSON.parse(text) as Report) : { message: String(error) }
  }
}

if (import.meta.main) {
  const strict = process.argv.includes('--strict')
  const { packages } = JSON.parse(await readFile(join(root, 'package-lock.json'), 'utf8')) as { packages: Packages }
  const report = await ask()
  const found = vulnerable(report, packages, await bundledPackages())
  const faults = [...badLicences(packages), ...(found ?? [])]
  if (found === undefined)
    console.log(`The registry was asked for vulnerabilities in vain: ${report.message ?? 'no answer'}`)
  for (const fault of faults) console.log(fault)
  if (faults.length === 0) console.log(`${Object.keys(packages).length - 1} packages: licences as they may be`)
  if (found?.length === 0) console.log('No vulnerabilities that are to be acted upon.')
  if (faults.length > 0 || (strict && found === undefined)) process.exitCode = 1
}
