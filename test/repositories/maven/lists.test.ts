import { createHash } from 'node:crypto'

import { expect } from 'chai'
import fc from 'fast-check'

import { artifactFile, rootOfFolder } from '../../../src/repositories/maven/keys.ts'
import { maven } from '../../../src/repositories/maven/maven.ts'
import { FormatBucket, type Planned } from '../format-bucket.ts'

const root = 'maven2/'
const lib = `${root}com/example/lib/`
const list = `${lib}maven-metadata.xml`

/** A bucket with POMs of an artifact, or files by their whole keys, and documents. */
function bucketWith(files: readonly string[], documents: Readonly<Record<string, string>> = {}): FormatBucket {
  const poms = files.map((file) => (file.includes('/') ? file : `${lib}${file}/lib-${file}.pom`))
  const objects = [...poms.map((key) => [key, 'x'] as const), ...Object.entries(documents)]
  return new FormatBucket(maven, root, { objects: objects.map(([key, text]) => [key, Buffer.from(text)] as const) })
}

const textAt = (bucket: FormatBucket, key: string): string => Buffer.from(bucket.read(key) ?? []).toString()

/** What reindexing makes of a list. */
async function relisted(files: readonly string[], before: string): Promise<{ text: string; plan: Planned }> {
  const bucket = bucketWith(files, { [list]: before })
  const plan = await bucket.reindex()
  return { text: textAt(bucket, list), plan }
}

const versioning = (inner: string): string =>
  `<metadata><groupId>com.example</groupId><artifactId>lib</artifactId><versioning>${inner}</versioning></metadata>`
const versions = (...of: readonly string[]): string =>
  `<versions>${of.map((version) => `<version>${version}</version>`).join('')}</versions>`

describe("Maven's list of versions", () => {
  it('is made as Maven makes it', async () => {
    const bucket = bucketWith(['1.0', '1.10', '1.9', '2.0-SNAPSHOT'])
    await bucket.reindex()
    expect(textAt(bucket, list)).to.equal(
      `<?xml version="1.0" encoding="UTF-8"?>
<metadata>
  <groupId>com.example</groupId>
  <artifactId>lib</artifactId>
  <versioning>
    <latest>2.0-SNAPSHOT</latest>
    <release>1.10</release>
    <versions>
      <version>1.0</version>
      <version>1.9</version>
      <version>1.10</version>
      <version>2.0-SNAPSHOT</version>
    </versions>
    <lastUpdated>20231114221321</lastUpdated>
  </versioning>
</metadata>
`,
    )
    for (const name of ['md5', 'sha1']) {
      const sum = createHash(name).update(textAt(bucket, list)).digest('hex')
      expect(textAt(bucket, `${list}.${name}`)).to.equal(sum)
    }
    expect(bucket.read(`${list}.sha256`)).to.equal(undefined)
  })

  it('keeps what was said to be the latest, until something newer comes or it is gone', async () => {
    const said = `<latest>1.1</latest><release>1.1</release>${versions('1.0', '1.1', '2.0')}`
    const same = await relisted(['1.0', '1.1', '2.0'], versioning(said))
    expect(same.text).to.equal(versioning(said))
    const older = await relisted(['1.0', '1.1', '1.0.1', '2.0'], versioning(said))
    expect(older.text).to.include('<latest>1.1</latest><release>1.1</release>')
    expect(older.text).to.include(versions('1.0', '1.0.1', '1.1', '2.0'))
    const newer = await relisted(['1.0', '1.1', '1.2-rc1', '2.0'], versioning(said))
    expect(newer.text).to.include('<latest>1.2-rc1</latest><release>1.2-rc1</release>')
    const gone = await relisted(['1.0', '2.0'], versioning(said))
    expect(gone.text).to.include('<latest>2.0</latest><release>2.0</release>')
  })

  it('names each version that is gone', async () => {
    const { plan } = await relisted(['1.0'], versioning(versions('0.9', '1.0', '1.1-beta')))
    expect(plan.findings).to.deep.equal(
      ['0.9', '1.1-beta'].map((version) => ({
        key: `${lib}${version}/`,
        what: 'is listed in the index but is not in the bucket; the new index does not list it',
        once: true,
      })),
    )
  })

  it('has versions of whatever kind of file', async () => {
    const before = versioning(versions('1.0', '1.1'))
    const { text, plan } = await relisted([`${lib}1.0/lib-1.0.deb`, `${lib}1.1/lib-1.1.rpm`], before)
    expect([text, plan.findings]).to.deep.equal([before, []])
  })

  it('keeps an order of its own, and says no more than it said', async () => {
    const { text } = await relisted(['1.0', '1.1', '3.0', '0.9'], versioning(versions('1.1', '1.0')))
    expect(text).to.equal(
      versioning(`${versions('1.1', '1.0', '0.9', '3.0')}<lastUpdated>20231114221321</lastUpdated>`),
    )
  })

  it('is made anew where it is no list, and says so', async () => {
    for (const broken of ['', 'no XML', '<metadata><versioning>', '<html/>', '<a>'.repeat(100_000), '\xff']) {
      const { text, plan } = await relisted(['1.0'], broken)
      expect(text, broken.slice(0, 20)).to.include('<version>1.0</version>')
      expect(plan.findings.map(({ key, once }) => [key, once])).to.deep.equal([[list, true]])
    }
  })

  it('is left alone where it is signed', async () => {
    const bucket = bucketWith(['1.0'], { [list]: versioning(versions()), [`${list}.asc`]: 'signature' })
    const plan = await bucket.reindex()
    expect(textAt(bucket, list)).to.equal(versioning(versions()))
    expect(plan.findings.map(({ what }) => what).join()).to.match(/is signed/)
  })

  it('keeps sums that are right, mends those that are not, and adds those that the repository has elsewhere', async () => {
    const text = versioning(versions('1.0'))
    const sha512 = createHash('sha512').update(text).digest('hex')
    const bucket = bucketWith(['1.0', `${root}com/example/x/1/x-1.pom`], {
      [list]: text,
      [`${list}.sha512`]: `${sha512.toUpperCase()}  maven-metadata.xml\r\n`,
      [`${list}.md5`]: 'old',
    })
    await bucket.reindex()
    expect(textAt(bucket, `${list}.sha512`)).to.equal(`${sha512.toUpperCase()}  maven-metadata.xml\r\n`)
    expect(textAt(bucket, `${list}.md5`)).to.equal(createHash('md5').update(text).digest('hex'))
    expect(textAt(bucket, `${root}com/example/x/maven-metadata.xml.sha512`)).to.have.length(128)
  })

  it('is of no artifact whose group nobody can tell', async () => {
    const bucket = new FormatBucket(maven, '', { objects: [['libs/tool/1.0/tool-1.0.pom', Buffer.from('x')]] })
    const plan = await bucket.reindex()
    expect(plan.groups.flat()).to.deep.equal([])
    expect(plan.findings.map(({ key }) => key)).to.deep.equal(['libs/tool/'])
    // A neighbour's list tells.
    const text = versioning(versions('1')).replace('com.example', 'libs')
    bucket.objects.set('libs/lib/maven-metadata.xml', Buffer.from(text))
    bucket.objects.set('libs/lib/1/lib-1.pom', Buffer.from('x'))
    await bucket.reindex()
    expect(textAt(bucket, 'libs/tool/maven-metadata.xml')).to.include('<groupId>libs</groupId>')
  })

  it('is read once for a plan', async () => {
    const bucket = bucketWith(['1.0', '1.1'], { [list]: versioning(versions('1.0')) })
    const reads: string[] = []
    const get = bucket.objects.get.bind(bucket.objects)
    bucket.objects.get = (key) => {
      reads.push(key)
      return get(key)
    }
    await bucket.plan()
    expect(reads.filter((key) => key === list)).to.have.length(1)
  })

  it('stays in its own text, whatever stands there', () =>
    fc.assert(
      fc.asyncProperty(
        fc.constantFrom('', '\n', '\r\n  ', '\n\t'),
        fc.constantFrom('', '<!-- a --> ', '<x a="1>2"/>', '<plugins><plugin><name>&amp;</name></plugin></plugins>'),
        fc.subarray(['1.0', '1.1', '2.0-SNAPSHOT'], { minLength: 1 }),
        async (space, extra, of) => {
          const before = `<metadata>${space}<artifactId>lib</artifactId>${space}${extra}<versioning>${space}</versioning></metadata>`
          const { text } = await relisted(of, before)
          expect(text).to.include(extra)
          expect(text).to.include(`<metadata>${space}<artifactId>lib</artifactId>`)
          const again = await relisted(of, text)
          expect(again.text).to.equal(text)
        },
      ),
    ))
})

describe("Maven's list of builds", () => {
  const folder = `${lib}1.0-SNAPSHOT/`
  const builds = `${folder}maven-metadata.xml`
  const file = (name: string): string => `${folder}lib-1.0-${name}`

  it('tells the newest build of each kind of file', async () => {
    const bucket = bucketWith([
      ...[file('20240101.101010-1.pom'), file('20240101.101010-1.jar'), file('20240101.101010-1-jdk1.8.tar.gz')],
      ...[file('20240102.101010-2.pom'), file('20240102.101010-2.jar'), file('20240102.101010-2.jar.asc')],
    ])
    await bucket.reindex()
    const text = textAt(bucket, builds)
    expect(text).to.include('<metadata modelVersion="1.1.0">').and.to.include('<version>1.0-SNAPSHOT</version>')
    expect(text).to.match(/<timestamp>20240102\.101010<\/timestamp>\s*<buildNumber>2<\/buildNumber>/)
    const entries = [...text.matchAll(/<snapshotVersion>([^]*?)<\/snapshotVersion>/g)].map(([, inner = '']) =>
      inner
        .replaceAll(/<\/?\w+>|\s+/g, ' ')
        .trim()
        .replaceAll(/ +/g, ' '),
    )
    expect(entries).to.deep.equal([
      'jar 1.0-20240102.101010-2 20240102101010',
      'jar.asc 1.0-20240102.101010-2 20240102101010',
      'pom 1.0-20240102.101010-2 20240102101010',
      'jdk1.8 tar.gz 1.0-20240101.101010-1 20240101101010',
    ])
    expect(textAt(bucket, list)).to.include('<version>1.0-SNAPSHOT</version>').and.not.to.include('<release>')
  })

  it('stays as it is where files are not named by builds, or its own list is right', async () => {
    const local = '<metadata><versioning><snapshot><localCopy>true</localCopy></snapshot></versioning></metadata>'
    const bucket = bucketWith([file('SNAPSHOT.pom'), file('SNAPSHOT.jar')], { [builds]: local })
    await bucket.reindex()
    expect(textAt(bucket, builds)).to.equal(local)
    const old = `<metadata><versioning><snapshot><timestamp>20240101.101010</timestamp><buildNumber>7</buildNumber></snapshot></versioning></metadata>`
    const second = bucketWith([file('20240101.101010-7.pom')], { [builds]: old })
    await second.reindex()
    expect(textAt(second, builds)).to.equal(old)
  })
})

describe("the keys of Maven's files", () => {
  it('tell what a file is', () => {
    const file = (key: string): unknown => artifactFile(`m/com/x/a-b/${key}`)
    const folder = 'm/com/x/a-b/'
    expect(file('1.0/a-b-1.0.jar')).to.deep.equal({ folder, version: '1.0', classifier: '', extension: 'jar' })
    expect(file('1.0/a-b-1.0-x.y.tar.gz')).to.include({ classifier: 'x.y', extension: 'tar.gz' })
    expect(file('1-SNAPSHOT/a-b-1-20240101.101010-12-s.jar.asc')).to.deep.equal({
      ...{ folder, version: '1-SNAPSHOT', classifier: 's', extension: 'jar.asc' },
      build: { timestamp: '20240101.101010', number: 12 },
    })
    for (const none of ['1.0/a-b-1.0.jar.sha1', '1.0/a-b-1.01.jar', '1.0/readme.txt', 'a-b-1.0.jar', '1.0/a-b-1.0']) {
      expect(file(none), none).to.equal(undefined)
    }
  })

  it('tell where groups begin, for sure or not', () => {
    expect(rootOfFolder('x/maven2/com/example/lib/')).to.deep.equal({ root: 'x/maven2/', isSure: true })
    expect(rootOfFolder('com/example/lib/')).to.deep.equal({ root: '', isSure: true })
    expect(rootOfFolder('us/releases/acme/lib/')).to.deep.equal({ root: 'us/releases/', isSure: true })
    expect(rootOfFolder('acme/lib/')).to.deep.equal({ root: 'acme/'.slice(0, 5), isSure: false })
    expect(rootOfFolder('lib/')).to.deep.equal({ root: '', isSure: false })
    const sure = {
      'dev/maven2/com/acme/lib/': 'dev/maven2/',
      'software/com/acme/lib/': 'software/',
      'nexus/repository/maven-releases/de/acme/lib/': 'nexus/repository/maven-releases/',
      'nexus/repository/acme-snapshots/junit/junit/': 'nexus/repository/acme-snapshots/',
      'art/libs-release-local/dev/acme/lib/': 'art/libs-release-local/',
      'com/acme/repository/io/lib/': '',
    }
    for (const [folder, root] of Object.entries(sure)) {
      expect(rootOfFolder(folder), folder).to.deep.equal({ root, isSure: true })
    }
    expect(rootOfFolder('nexus/repository/hosted/acme/lib/').root).to.equal('nexus/repository/')
    // A repository of a name of its own, and departments that are called as groups begin.
    for (const folder of ['nexus/repository/hosted/acme/lib/', 'app/tool/', 'software/acme/com/example/lib/']) {
      expect(rootOfFolder(folder).isSure, folder).to.equal(false)
    }
  })

  it('tell nobody who is hostile anything for long', () => {
    for (const key of [
      '/'.repeat(1e5),
      `${'a/'.repeat(1e5)}a-1.pom`,
      `com/a/${'-'.repeat(1e5)}/a-1.jar`,
      `a/1/a-1${'.tar'.repeat(1e4)}`,
    ]) {
      maven.roleOf(key)
      maven.rootOf(`${key}/maven-metadata.xml`)
    }
  })
})
