import { expect } from 'chai'

import { normalWords } from '../src/words.ts'

describe('the ways to ask for help and the version', () => {
  for (const [typed, meant] of [
    ['help', '--help'],
    ['-h', '--help'],
    ['help status', 'status --help'],
    ['help status --help', 'status --help'],
    ['status -h', 'status --help'],
    ['status --json -h', 'status --json --help'],
    ['version', '--version'],
    ['-V', '--version'],
    ['-v', '--version'],
    ['-v --json', '--version --json'],
    ['status -v', 'status -v'],
    ['help --json', '--json --help'],
    ['help --json status', '--json status --help'],
    ['help help', '--help'],
    ['help version', '--help'],
    ['version --json', '--version --json'],
    ['version --help', '--help'],
    ['version please', 'version please'],
    ['restart -- -h', 'restart -- -h'],
    ['put file s3://bucket/help', 'put file s3://bucket/help'],
    ['', ''],
  ] as const) {
    const words = (text: string): string[] => text.split(' ').filter((word) => word !== '')
    it(`${typed || 'nothing'} is ${meant || 'nothing'}`, () => {
      expect(normalWords(words(typed))).to.deep.equal(words(meant))
    })
  }
})
