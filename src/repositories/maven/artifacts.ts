/** What the keys of a repository's packages come to. */
import type { IndexedPackage } from '../format.ts'
import { ownText } from '../own-text.ts'
import { Builds } from './build-list.ts'
import { artifactFile } from './keys.ts'

/** All versions of an artifact. */
export interface Artifact {
  readonly versions: Set<string>
  /** By snapshot version: those whose files are named by their builds. */
  readonly builds: Map<string, Builds>
  /** Without a POM nothing but the look of its keys says that it is one. */
  hasPom: boolean
}

const newArtifact = (): Artifact => ({ versions: new Set(), builds: new Map(), hasPom: false })

/** By folder, in the order of a listing. */
export function artifactsOf(packages: Iterable<IndexedPackage>): Map<string, Artifact> {
  const artifacts = new Map<string, Artifact>()
  for (const { key } of packages) {
    const file = artifactFile(key)
    if (file === undefined) continue
    // A signature alone is no version; of a build it is a file like any other.
    if (file.build === undefined && file.extension.endsWith('.asc')) continue
    const artifact = artifacts.get(file.folder) ?? newArtifact()
    if (artifact.versions.size === 0) artifacts.set(ownText(file.folder), artifact)
    const version = ownText(file.version)
    artifact.versions.add(version)
    if (file.extension === 'pom') artifact.hasPom = true
    if (file.build === undefined) continue
    const builds = artifact.builds.get(version) ?? new Builds(version)
    if (builds.latest === undefined) artifact.builds.set(version, builds)
    builds.take(file)
  }
  return artifacts
}
