/** Every format that makes indexes, by the same promises. */
import { expect } from 'chai'

import { formats } from '../../src/repositories/formats.ts'
import { alpineSubject } from './alpine/subject.ts'
import { aptSubject } from './apt/subject.ts'
import { behavesLikeAFormat, type FormatSubject } from './behaves-like-a-format.ts'
import { gemSubject } from './gem/subject.ts'
import { helmSubject } from './helm/subject.ts'
import { mavenSubject } from './maven/subject.ts'
import { npmSubject } from './npm/subject.ts'
import { pypiSubject } from './pypi/subject.ts'
import { yumSubject } from './yum/subject.ts'

const subjects: Readonly<Record<string, () => Promise<FormatSubject>>> = {
  apt: aptSubject,
  yum: yumSubject,
  gem: gemSubject,
  maven: mavenSubject,
  npm: npmSubject,
  helm: helmSubject,
  pypi: pypiSubject,
  alpine: alpineSubject,
}

describe('the formats', () => {
  it('are all held to their contract', () => {
    expect(Object.keys(subjects)).to.deep.equal(formats.map(({ name }) => name))
  })
})

for (const [name, prepare] of Object.entries(subjects)) behavesLikeAFormat(name, prepare)
