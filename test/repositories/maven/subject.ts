import { createHash } from 'node:crypto'
import { XMLParser } from 'fast-xml-parser'

import { maven } from '../../../src/repositories/maven/maven.ts'
import type { FormatSubject } from '../behaves-like-a-format.ts'
import type { Read } from '../format-bucket.ts'

const root = 'maven2/'
const lib = `${root}com/example/lib/`
const tool = `${root}com/example/tool/`

const pom = (version: string): Uint8Array => Buffer.from(`<project><version>${version}</version></project>`)
const lines = (...text: readonly string[]): Uint8Array => Buffer.from(text.map((line) => `${line}\n`).join(''))
const sha1 = (bytes: Uint8Array): string => createHash('sha1').update(bytes).digest('hex')

/** As Gradle might have written it, with what only it knows. */
const ofLib = lines(
  '<?xml version="1.0" encoding="UTF-8"?>',
  '<!-- ours -->',
  '<metadata>',
  '    <groupId>com.example</groupId>',
  '    <artifactId>lib</artifactId>',
  '    <versioning>',
  '        <latest>1.1-SNAPSHOT</latest>',
  '        <release>1.0</release>',
  '        <versions>',
  '            <version>1.0</version>',
  '            <version>1.1-SNAPSHOT</version>',
  '        </versions>',
  '        <lastUpdated>20230101000000</lastUpdated>',
  '    </versioning>',
  '    <x:note xmlns:x="urn:x">kept</x:note>',
  '</metadata>',
)
const ofBuilds = lines(
  '<metadata>',
  '  <groupId>com.example</groupId>',
  '  <artifactId>lib</artifactId>',
  '  <version>1.1-SNAPSHOT</version>',
  '  <versioning>',
  '    <snapshot>',
  '      <timestamp>20230101.101010</timestamp>',
  '      <buildNumber>1</buildNumber>',
  '    </snapshot>',
  '    <lastUpdated>20230101101011</lastUpdated>',
  '    <snapshotVersions>',
  '      <snapshotVersion>',
  '        <extension>pom</extension>',
  '        <value>1.1-20230101.101010-1</value>',
  '        <updated>20230101101011</updated>',
  '      </snapshotVersion>',
  '    </snapshotVersions>',
  '  </versioning>',
  '</metadata>',
)
const ofGroup = lines(
  '<metadata><plugins><plugin><name>x</name><prefix>x</prefix><artifactId>x</artifactId></plugin></plugins></metadata>',
)

/** A repository of releases and snapshots, with lists that somebody else has written. */
export async function mavenSubject(): Promise<FormatSubject> {
  const build = '1.1-20230101.101010-1'
  return {
    format: maven,
    root,
    objects: new Map([
      [`${lib}1.0/lib-1.0.pom`, pom('1.0')],
      [`${lib}1.0/lib-1.0.jar`, Buffer.from('jar')],
      [`${lib}1.1-SNAPSHOT/lib-${build}.pom`, pom('1.1-SNAPSHOT')],
      [`${lib}1.1-SNAPSHOT/lib-${build}-sources.tar.gz`, Buffer.from('sources')],
      [`${lib}maven-metadata.xml`, ofLib],
      [`${lib}maven-metadata.xml.sha1`, Buffer.from(`${sha1(ofLib)}  maven-metadata.xml\n`)],
      [`${lib}1.1-SNAPSHOT/maven-metadata.xml`, ofBuilds],
      [`${root}com/example/maven-metadata.xml`, ofGroup],
    ]),
    added: { key: `${tool}2.0/tool-2.0.pom`, body: pom('2.0'), name: 'com.example:tool:2.0' },
    client,
    carried: (read) => [
      /<!-- .* -->|<x:note.*note>/g.exec(Buffer.from(read(`${lib}maven-metadata.xml`) ?? []).toString())?.slice(),
      Buffer.from(read(`${root}com/example/maven-metadata.xml`) ?? []).toString(),
    ],
    bare: {
      root: 'bare/',
      objects: new Map([
        ['bare/org/example/x/1.0/x-1.0.pom', pom('1.0')],
        ['bare/org/example/x/1.0/x-1.0.jar', Buffer.from('jar')],
      ]),
      names: ['org.example:x:1.0'],
    },
  }
}

const parser = new XMLParser({ isArray: (name) => ['version', 'snapshotVersion'].includes(name), parseTagValue: false })

interface Metadata {
  readonly metadata: {
    readonly groupId?: string
    readonly artifactId?: string
    readonly versioning?: {
      readonly versions?: { readonly version?: readonly string[] } | ''
      readonly snapshotVersions?: {
        readonly snapshotVersion?: readonly { classifier?: string; extension: string; value: string }[]
      }
    }
  }
}

/** From the lists of versions, and of builds, to the files. */
async function client(read: Read): Promise<{ names: string[]; complaints: string[] }> {
  const names: string[] = []
  const complaints: string[] = []
  const metadata = (key: string): Metadata['metadata'] | undefined => {
    const bytes = read(`${key}maven-metadata.xml`)
    return bytes && (parser.parse(Buffer.from(bytes)) as Metadata).metadata
  }
  for (const folder of [lib, tool, 'bare/org/example/x/']) {
    const of = metadata(folder)
    const artifact = folder.split('/').at(-2) ?? ''
    const versions = of?.versioning?.versions
    for (const version of (versions !== '' && versions?.version) || []) {
      if (of?.artifactId !== artifact) complaints.push(`${folder} is of ${String(of?.artifactId)}`)
      const builds = metadata(`${folder}${version}/`)?.versioning?.snapshotVersions?.snapshotVersion ?? []
      for (const { classifier, extension, value } of builds) {
        const file = `${artifact}-${value}${classifier === undefined ? '' : `-${classifier}`}.${extension}`
        if (read(`${folder}${version}/${file}`) === undefined) complaints.push(`${file} is missing`)
      }
      const built = builds.find(({ extension }) => extension === 'pom')?.value ?? version
      if (read(`${folder}${version}/${artifact}-${built}.pom`) !== undefined) {
        names.push(`${String(of?.groupId)}:${artifact}:${version}`)
      }
    }
  }
  return { names, complaints }
}
