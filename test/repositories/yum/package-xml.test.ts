import { readFileSync } from 'node:fs'
import { expect } from 'chai'
import { readRpm, type RpmFacts } from '../../../src/repositories/yum/package-facts.ts'
import { packageXml } from '../../../src/repositories/yum/package-xml.ts'
import { MemoryBucket } from './memory-bucket.ts'
import { madeRpm, plainTags } from './made-rpm.ts'
import { libcChoices, oddTags } from './odd-rpms.ts'
import { emptyRepository, openedData } from './repositories.ts'

const fixture = (name: string): Buffer => readFileSync(new URL(`fixtures/${name}`, import.meta.url))

async function factsOf(name: string): Promise<RpmFacts> {
  const rpm = madeRpm({ ...plainTags, 1000: name, ...oddTags[name] })
  return readRpm(async (start, length) => rpm.subarray(start, start + length), rpm.length)
}

describe('what the index says of a package', () => {
  it('is what createrepo_c says, byte for byte', async () => {
    const bucket = emptyRepository(new MemoryBucket(), 'el/')
    for (const name of ['fix-data.noarch.rpm', 'fix-tool.noarch.rpm', 'fix-tool.src.rpm'])
      bucket.put(`el/${name}`, fixture(name))
    await bucket.reindex('el/')
    for (const type of ['primary', 'filelists', 'other']) {
      expect(openedData(bucket, 'el/', type)).to.equal(fixture(`${type}.xml`).toString())
    }
  })

  it('leaves out requirements that tell a client nothing', async () => {
    const { requires } = (await factsOf('needs')).dependencies
    expect(requires).to.deep.equal([
      { name: 'A' },
      { name: 'B' },
      { name: 'C', flags: 'EQ', evr: '1' },
      { name: 'C', flags: 'GE', evr: '1' },
      { name: 'C', flags: 'EQ', evr: '1' },
      { name: '/usr/share/own' },
      { name: 'prov' },
      { name: 'D', pre: true },
      { name: 'D' },
    ])
  })

  for (const [index, [names, chosen]] of libcChoices.entries()) {
    it(`chooses libc.so.6${chosen} of ${names.length} symbol versions (${index})`, async () => {
      expect((await factsOf(`libc${index}`)).dependencies.requires).to.deep.equal([{ name: `libc.so.6${chosen}` }])
    })
  }

  it('sorts weak dependencies of all kinds', async () => {
    const { requires, recommends, suggests, supplements, enhances } = (await factsOf('weak')).dependencies
    const names = [requires, recommends, suggests, supplements, enhances].map((all) => all.map(({ name }) => name))
    expect(names).to.deep.equal([['m3'], ['m1', 'm2', 'm3', 'rec', 's2'], ['sug', 's1'], ['sup', 'e2'], ['enh', 'e1']])
  })

  it('tells ten changes, oldest first, each of one day a second later', async () => {
    const { changes } = await factsOf('changes')
    expect(changes.map(({ date }) => date)).to.deep.equal([70, 90, 91, 92, 85, 80, 90, 91, 92, 100])
    expect(changes.at(-1)).to.deep.equal({ author: 'author  0', date: 100, text: '- 0\n' })
  })

  it('marks folders and ghosts, and lists in primary what is likely to be required', async () => {
    const facts = await factsOf('kinds')
    expect(facts.files.map(({ type = 'file' }) => type).join(' ')).to.equal('dir file dir ghost file file file file')
    const xml = packageXml(facts, 1).primary.join('')
    expect(xml.match(/<file.*/g)).to.deep.equal(['<file>/xsbin/x</file>', '<file>/usr/lib/sendmail</file>'])
  })

  it('tells no version where nothing compares, and no dependency whose epoch is no number', async () => {
    const render = async (name: string): Promise<string> => packageXml(await factsOf(name), 1).primary.join('')
    expect(await render('comparisons'))
      .to.include('name="p0"/>')
      .and.include('name="p8" flags="EQ" epoch="0" ver="1"/>')
    expect(await render('versions')).to.include('name="p7" flags="EQ" epoch="0" ver="1" rel="2-3"/>')
    expect(await render('versions')).not.to.include('epoch="a"')
  })
})
