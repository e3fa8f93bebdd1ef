import { expect } from 'chai'

import { chooseObjects } from '../../../src/reindex/selection.ts'
import { idleChoices, nearPrefixes } from '../../../src/tasks/reindex/matching-nothing.ts'

const keys = ['.pc-ctl/lock', '7/11/debian/a.deb', '7/11/el/b.rpm', '7/12/debian/c_1.0.deb', 'README.txt']

/** What S3 tells of a folder with a delimiter. */
const below = async (folder: string): Promise<string[]> => {
  const inside = keys.filter((key) => key.startsWith(folder)).map((key) => key.slice(folder.length))
  return [...new Set(inside.map((rest) => folder + rest.replace(/\/.*$/s, '/')))]
}

describe('prefixes that are near', () => {
  for (const [typed, advice] of [
    ['7/11/debain/', 'Did you mean `7/11/debian/`?'],
    ['7/11/Debian', 'Did you mean `7/11/debian/`?'],
    ['7/11/debain/pool/main', 'Did you mean `7/11/debian/`?'],
    ['7/13/', 'Did you mean `7/11/` or `7/12/`?'],
    ['/7/11', 'Did you mean `7/11`?'],
    ['s3://packages-example-org/7/11/el/', 'Did you mean `7/11/el/`?'],
    ['s3://packages-example-org/7/11/ell/', 'Did you mean `7/11/el/`?'],
    ['7/12/debian/c_1.1.deb', 'Did you mean `7/12/debian/c_1.0.deb`?'],
    ['7/11/ubuntu-archive/', 'There are 7/11/debian/ and 7/11/el/.'],
    ['something/else', 'There is 7/.'],
  ] as const) {
    it(`are told for ${typed}`, async () => {
      expect(await nearPrefixes(typed, below)).to.deep.equal([advice])
    })
  }

  it('are none where nothing is there, or nobody may list it', async () => {
    expect(await nearPrefixes('a/', async () => [])).to.deep.equal([])
    const denied = await nearPrefixes('a/', () => Promise.reject(new Error('AccessDenied')))
    expect(denied).to.deep.equal([])
  })
})

describe('choices that nothing matches', () => {
  it('are told, each of them, also where another one matches the same keys first', () => {
    const choice = chooseObjects({ exclude: ['**.deb', '7/**', 'pool', 'x/*'], only: ['apt', 'gem'] })
    for (const key of ['7/11/debian/a.deb', '7/11/el/b.rpm']) choice.excludes(key)
    const told = idleChoices(choice, { formats: new Set(['apt', 'yum']) }).map((one) => (one as { text: string }).text)
    expect(told).to.deep.equal([
      '--exclude pool leaves out nothing: the whole key has to match, as pool/** does below a folder.',
      '--exclude x/* leaves out nothing.',
      '--only takes gem, but nothing there is gem.',
    ])
  })

  it('are told of a mapping, unless a prefix leaves out what they may be for', () => {
    const mapping = { file: 'm.json', text: '[{"match":"a/**","class":"package"},{"match":"b/**","class":"neither"}]' }
    const told = (prefix: string): string[] => {
      const choice = chooseObjects({ mapping, prefix })
      choice.judge('a/1')
      return idleChoices(choice, { formats: new Set() }).map((one) => (one as { text: string }).text)
    }
    expect(told('')).to.deep.equal(['The mapping file has a rule for b/**, but no key is like that.'])
    expect(told('a/')).to.deep.equal([])
  })
})
