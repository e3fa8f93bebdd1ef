/** A Maven repository, and a project that asks it for what it needs. */
import { createHash } from 'node:crypto'

import { zipSync } from 'fflate'

import { token } from './reindex-clients.ts'

export type Objects = Record<string, Uint8Array | string>

export const zipped = (files: Readonly<Record<string, string>>): Uint8Array =>
  zipSync(Object.fromEntries(Object.entries(files).map(([name, text]) => [name, Buffer.from(text)])))

export const digest = (algorithm: string, bytes: Uint8Array | string, encoding: 'hex' | 'base64'): string =>
  createHash(algorithm).update(bytes).digest(encoding)

const project = (more: string): string =>
  `<project xmlns="http://maven.apache.org/POM/4.0.0"><modelVersion>4.0.0</modelVersion>${more}</project>\n`

/** Needs nothing but what our repository has: no plugin runs in `validate`. Its parent is a range, its extension a jar. */
export const mavenProject = project(
  `<parent><groupId>org.example</groupId><artifactId>parent</artifactId><version>[1.0,2.0)</version><relativePath/></parent>
  <artifactId>user</artifactId><version>1.0</version><packaging>pom</packaging>
  <build><extensions><extension><groupId>org.example</groupId><artifactId>greeting</artifactId><version>1.0</version></extension></extensions></build>`,
)

export function mavenSettings(url: string): string {
  const repository = `<id>shop</id><url>${url}</url><releases><checksumPolicy>fail</checksumPolicy></releases>`
  return `<settings>
  <servers><server><id>shop</id><username>${token}</username><password>none</password></server></servers>
  <mirrors><mirror><id>shop</id><url>${url}</url><mirrorOf>*</mirrorOf></mirror></mirrors>
  <profiles><profile><id>shop</id>
    <repositories><repository>${repository}</repository></repositories>
    <pluginRepositories><pluginRepository>${repository}</pluginRepository></pluginRepositories>
  </profile></profiles>
  <activeProfiles><activeProfile>shop</activeProfile></activeProfiles>
</settings>\n`
}

/** A parent in several versions, and a jar with what Maven gives to every extension. */
export function mavenRepository(versions: readonly string[]): Objects {
  const files: Objects = {
    'org/example/parent/maven-metadata.xml': mavenMetadata(versions),
    ...mavenArtifact('org.example', 'greeting', '1.0', 'jar'),
    ...mavenArtifact('org.codehaus.plexus', 'plexus-utils', '1.1', 'jar'),
  }
  for (const version of versions) Object.assign(files, mavenArtifact('org.example', 'parent', version, 'pom'))
  const objects: Objects = {}
  for (const [path, body] of Object.entries(files)) {
    objects[`maven/${path}`] = body
    objects[`maven/${path}.sha1`] = digest('sha1', body, 'hex')
  }
  return objects
}

function mavenMetadata(versions: readonly string[]): string {
  const latest = versions.at(-1) ?? ''
  const list = versions.map((version) => `<version>${version}</version>`).join('')
  const versioning = `<latest>${latest}</latest><release>${latest}</release><versions>${list}</versions>`
  const names = '<groupId>org.example</groupId><artifactId>parent</artifactId>'
  return `<metadata>${names}<versioning>${versioning}</versioning></metadata>\n`
}

export function mavenArtifact(group: string, artifact: string, version: string, packaging: 'jar' | 'pom'): Objects {
  const base = `${group.replaceAll('.', '/')}/${artifact}/${version}/${artifact}-${version}`
  const names = `<groupId>${group}</groupId><artifactId>${artifact}</artifactId><version>${version}</version>`
  const pom = { [`${base}.pom`]: project(`${names}<packaging>${packaging}</packaging>`) }
  if (packaging === 'pom') return pom
  return { ...pom, [`${base}.jar`]: zipped({ 'META-INF/MANIFEST.MF': 'Manifest-Version: 1.0\n' }) }
}
