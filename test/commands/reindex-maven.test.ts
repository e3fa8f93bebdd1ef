import { expect } from 'chai'

import { resultOf } from '../support/json-document.ts'
import type { Report } from '../../src/reindex/report.ts'
import { type Installation, install } from '../support/installation.ts'
import { madeRpm, plainTags } from '../repositories/yum/made-rpm.ts'
import { MemoryBucket } from '../repositories/yum/memory-bucket.ts'
import { hrefs, repositoryOf } from '../repositories/yum/repositories.ts'

const lib = 'mvn/maven2/com/example/lib/'
const build = 'both/com/example/tool/1.0-SNAPSHOT/tool-1.0-20240131.101010-1'

describe('pc-ctl reindex-everything, a Maven repository', function () {
  this.timeout(60_000)
  let place: Installation
  before(async () => {
    place = await install()
    for (const version of ['1.0', '1.1']) await place.put(`${lib}${version}/lib-${version}.pom`, '<project/>')
    await place.put(`${lib}maven-metadata.xml`, '<metadata/>')
  })
  after(() => place.close())

  const run = async (...flags: string[]): Promise<Report> => {
    const { code, stdout, stderr } = await place.run(['reindex-everything', ...flags, '--json'])
    expect(code, stdout + stderr).to.equal(0)
    return resultOf(stdout) as Report
  }
  const outcomes = ({ indexes }: Report): unknown =>
    Object.fromEntries(indexes.map(({ root, format, outcome }) => [`${format} ${root}`, outcome]))

  it('is named by the folder that its groups begin in, wherever it is told of', async () => {
    const { repositories, indexes } = await run('--dry-run')
    // Beside it lies what the installation begins with.
    expect([...repositories].map(({ root, format }) => `${format} ${root}`)).to.include('maven mvn/maven2/')
    expect(indexes.map(({ root, outcome }) => [root, outcome])).to.deep.equal([['mvn/maven2/', 'would be written']])
  })

  it('of which only a part is wanted keeps its indexes, and that is said', async () => {
    const { indexes, problems } = await run('--dry-run', '--prefix', lib)
    expect([indexes, problems]).to.deep.equal([
      [],
      [
        {
          key: 'mvn/maven2/',
          what: 'is a repository (maven) of which only a part is below --prefix: its indexes stay as they are',
          todo: 'Give all of it: `--prefix mvn/maven2/`.',
        },
      ],
    ])
  })

  it('may have a package that is one of yum, too: each reads it for itself', async () => {
    const rpm = madeRpm({ ...plainTags, 1000: 'tool' })
    const trees = new MemoryBucket()
    repositoryOf(trees, 'both/', [])
    for (const [key, { body }] of trees.objects) await place.put(key, body)
    await place.put('both/com/example/tool/maven-metadata.xml', '<metadata/>')
    await place.put(`${build}.pom`, '<project/>')
    await place.put(`${build}.rpm`, rpm)
    // Whichever comes first, and neither has it read again.
    expect(outcomes(await run('--prefix', 'both/', '--only', 'maven'))).to.deep.equal({ 'maven both/': 'written' })
    for (const outcome of ['written', 'unchanged']) {
      const report = await run('--prefix', 'both/')
      expect([report.problems, outcomes(report)]).to.deep.equal([
        [],
        { 'yum both/': outcome, 'maven both/': 'unchanged' },
      ])
    }
    const repomd = await place.read('both/repodata/repomd.xml')
    const [href = ''] = /repodata\/[^"]*-primary\.xml\.gz/.exec(Buffer.from(repomd).toString()) ?? []
    const written = new MemoryBucket()
      .put('both/repodata/repomd.xml', repomd)
      .put(`both/${href}`, await place.read(`both/${href}`))
    expect(hrefs(written, 'both/')).to.deep.equal([`${build.slice('both/'.length)}.rpm`])
    const versions = await place.read('both/com/example/tool/maven-metadata.xml')
    expect(Buffer.from(versions).toString()).to.contain('<version>1.0-SNAPSHOT</version>')
  })
})
