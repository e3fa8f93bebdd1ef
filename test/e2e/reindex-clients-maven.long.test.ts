/** mvn of a repository whose lists of versions and of builds pc-ctl makes. */
import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'

import { expect } from 'chai'

import { mavenArtifact, mavenProject, mavenSettings, type Objects, zipped } from './maven-repository.ts'
import { expectServed, rounds, runClient, type Shop, startShop, testWith, withFolder } from './reindex-clients.ts'

/** Asks for a range of its parent's versions and for a snapshot. */
const project = mavenProject.replace(
  '<version>1.0</version></extension>',
  '<version>1.0-SNAPSHOT</version></extension>',
)

const pomOf = (version: string): Objects => mavenArtifact('org.example', 'parent', version, 'pom')

/** A build of the snapshot, in which it says which. */
function build(timestamp: string, number: number): Objects {
  const base = `org/example/greeting/1.0-SNAPSHOT/greeting-1.0-${timestamp}-${number}`
  const made = mavenArtifact('org.example', 'greeting', '1.0-SNAPSHOT', 'jar')
  return {
    [`${base}.pom`]: made['org/example/greeting/1.0-SNAPSHOT/greeting-1.0-SNAPSHOT.pom'] ?? '',
    [`${base}.jar`]: zipped({ 'META-INF/MANIFEST.MF': 'Manifest-Version: 1.0\n', build: String(number) }),
  }
}

describe('reindex-everything, for users of Maven', function () {
  this.timeout(900_000)
  let shop: Shop
  before(async () => {
    shop = await startShop()
    await put({
      ...pomOf('1.0'),
      ...build('20240101.101010', 1),
      ...mavenArtifact('org.codehaus.plexus', 'plexus-utils', '1.1', 'jar'),
    })
    await shop.reindex('--create-missing')
    await shop.open()
  })
  after(() => shop.close())

  async function put(objects: Objects): Promise<void> {
    for (const [path, body] of Object.entries(objects)) await shop.put(`maven/${path}`, body)
  }

  /** What a project gets, with all that it had before or with nothing. */
  async function client(
    folder: string,
  ): Promise<{ resolve: () => Promise<string[]>; read: (file: string) => Promise<Buffer> }> {
    await writeFile(join(folder, 'settings.xml'), mavenSettings(`${shop.url}/maven`).replaceAll('>fail<', '>warn<'))
    await mkdir(join(folder, 'project'))
    await writeFile(join(folder, 'project', 'pom.xml'), project)
    const local = join(folder, 'local')
    const settings = ['-s', join(folder, 'settings.xml'), `-Dmaven.repo.local=${local}`]
    return {
      async resolve() {
        const flags = ['--batch-mode', '--no-transfer-progress', '-U', ...settings]
        await runClient(join(folder, 'project'), ['mvn', ...flags, 'validate'])
        const files = await readdir(join(local, 'org', 'example'), { recursive: true })
        return files.filter((file) => /\.(pom|jar)$/.test(file)).sort()
      },
      read: (file) => readFile(join(local, 'org', 'example', file)),
    }
  }

  testWith(['mvn'], 'resolves a range and a snapshot, and sees what is new at once', () =>
    withFolder(async (folder) => {
      const { resolve, read } = await client(folder)
      expect(await resolve()).to.include.members([
        'greeting/1.0-SNAPSHOT/greeting-1.0-20240101.101010-1.jar',
        'parent/1.0/parent-1.0.pom',
      ])
      await put({ ...pomOf('1.1'), ...pomOf('1.1-rc1'), ...build('20240102.101010', 2) })
      await shop.reindex('--only', 'maven')
      expect(await resolve()).to.include.members([
        'greeting/1.0-SNAPSHOT/greeting-1.0-20240102.101010-2.jar',
        'parent/1.1/parent-1.1.pom',
      ])
      const jar = await read('greeting/1.0-SNAPSHOT/greeting-1.0-SNAPSHOT.jar')
      expect(jar.equals(await shop.get('maven/org/example/greeting/1.0-SNAPSHOT/greeting-1.0-20240102.101010-2.jar')))
        .to.be.true
      await expectServed(shop, [
        'maven/org/example/parent/1.1/parent-1.1.pom',
        'maven/org/example/parent/maven-metadata.xml',
      ])
      const again = await shop.reindex('--only', 'maven')
      expect(again.indexes.map(({ outcome }) => outcome)).to.deep.equal(['unchanged'])
    }),
  )

  testWith(['mvn'], `never fails in ${rounds} rounds while versions come and go`, async () => {
    await put(pomOf('1.2'))
    await shop.reindexHere()
    let done = 0
    let number = 2
    const parents = new Set<string>()
    let isOver = false
    const publishOn = async (): Promise<void> => {
      while (!isOver) {
        number++
        await put({ ...pomOf(`1.2.${number}`), ...build(`20240103.${String(100_000 + number)}`, number) })
        if (number > 12) await shop.remove(`maven/org/example/parent/1.2.${number - 10}/parent-1.2.${number - 10}.pom`)
        await shop.reindexHere()
      }
    }
    const use = (): Promise<void> =>
      withFolder(async (folder) => {
        const { resolve } = await client(folder)
        while (done++ < rounds) for (const file of await resolve()) parents.add(file)
      })
    const using = Promise.all([use(), use()]).finally(() => (isOver = true))
    await Promise.all([publishOn(), using])
    expect([...parents].filter((file) => file.startsWith('parent/1.2.')).length).to.be.greaterThan(1)
  })
})
