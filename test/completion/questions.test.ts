import { expect } from 'chai'

import { type Found, questionFor, wordsOf } from '../../src/completion/questions.ts'
import type { Subject } from '../../src/completion/subjects.ts'

const words = (subject: Subject, begun: string, found: readonly Found[]): string[] =>
  wordsOf(subject, begun, found).map(({ word }) => word)

const distributions: readonly Found[] = [
  {
    name: 'E1',
    note: 'packages.example.org',
    buckets: ['packages'],
    domains: ['d1.cloudfront.net', 'packages.example.org'],
  },
  { name: 'E2', note: 'd2.cloudfront.net', buckets: ['packages'], domains: ['d2.cloudfront.net'] },
]

describe('what is asked for the word at the cursor', () => {
  it('is what is below the folder that the word has reached', () => {
    expect(questionFor('keys', '/pool/main/a')).to.deep.equal({ about: 'folder', folder: 'pool/main/' })
    expect(questionFor('prefixes', 'po')).to.deep.equal({ about: 'folder', folder: '' })
    expect(questionFor('s3-uris', 's3://b/pool/x')).to.deep.equal({ about: 'folder', bucket: 'b', folder: 'pool/' })
    expect(questionFor('invalidations', 's3://b/')).to.deep.equal({ about: 'folder', bucket: 'b', folder: '' })
  })

  it('is which buckets or distributions there are, before one is named', () => {
    expect(questionFor('s3-uris', 's3://b')).to.deep.equal({ about: 'buckets' })
    expect(questionFor('invalidations', 's3://b')).to.deep.equal({ about: 'distributions' })
    expect(questionFor('distributions', 's3://b')).to.deep.equal({ about: 'distributions' })
  })

  it('is what there is of a distribution, once that is named', () => {
    expect(questionFor('invalidation-uris', 'cf://E')).to.deep.equal({ about: 'distributions' })
    expect(questionFor('invalidation-uris', 'cf://E1/I')).to.deep.equal({ about: 'invalidations', distribution: 'E1' })
    expect(words('invalidation-uris', 'cf://E1/', [{ name: 'I2' }])).to.deep.equal(['cf://E1/I2'])
    expect(words('invalidation-uris', 'E', distributions)).to.include.members(['cf://E1', 'E2'])
  })

  it('is which versions the edge function has', () => {
    expect(questionFor('versions', 'arn:')).to.deep.equal({ about: 'versions' })
    expect(words('versions', 'arn:', [{ name: 'arn:aws:lambda:1' }])).to.deep.equal(['arn:aws:lambda:1'])
  })

  it('is nothing for a path of a distribution', () => {
    expect(questionFor('invalidations', '/index')).to.equal(undefined)
  })
})

describe('the words of an answer', () => {
  it('name a distribution by its id and its bucket, and by all its names once one has begun', () => {
    expect(words('distributions', '', distributions)).to.deep.equal(['cf://E1', 'cf://E2', 's3://packages'])
    expect(words('distributions', 'p', distributions)).to.include.members([
      'E1',
      'd1.cloudfront.net',
      'packages.example.org',
    ])
    expect(wordsOf('distributions', '', distributions)[0]?.note).to.equal('packages.example.org')
    expect(words('distribution-ids', '', distributions)).to.deep.equal(['E1', 'E2'])
  })

  it('are the names that a distribution answers to, or those that were given to it', () => {
    expect(words('domains', '', distributions)).to.deep.equal([
      'd1.cloudfront.net',
      'packages.example.org',
      'd2.cloudfront.net',
    ])
    expect(words('aliases', '', distributions)).to.deep.equal(['packages.example.org'])
    expect(questionFor('aliases', 'p')).to.deep.equal({ about: 'distributions' })
  })

  it('go on in a bucket', () => {
    expect(words('invalidations', '', distributions)).to.include('s3://packages/')
    expect(words('invalidations', 's3://packages/a', [{ name: 'a/' }])).to.deep.equal(['s3://packages/a/'])
    expect(words('s3-uris', 's3://', [{ name: 'packages' }])).to.deep.equal(['s3://packages/'])
    expect(words('bucket-uris', '', [{ name: 'packages' }])).to.deep.equal(['s3://packages'])
  })

  it('are keys with the slash that was typed, and prefixes only folders', () => {
    const found = [{ name: 'a/b/' }, { name: 'a/c.deb' }]
    expect(words('keys', '/a/', found)).to.deep.equal(['/a/b/', '/a/c.deb'])
    expect(words('keys', 'a/', found)).to.deep.equal(['a/b/', 'a/c.deb'])
    expect(words('prefixes', 'a/', found)).to.deep.equal(['a/b/'])
  })
})
