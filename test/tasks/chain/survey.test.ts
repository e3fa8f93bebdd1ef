import { expect } from 'chai'

import { create, keep, type Resource } from '../../../src/resources/resource.ts'
import { type Chain, compute, ensure, together } from '../../../src/tasks/chain/chain.ts'
import { needsOf, supposed } from '../../../src/tasks/chain/survey.ts'

interface Context {
  account: string
  folder: string
  key: string
  file: string
}

/** A file that is made nowhere: whoever asks what is there fails the test. */
const file: Resource<{ folder: string; name: string }, string> = {
  kind: 'File',
  name: ({ name }) => name,
  id: (path) => path,
  needs: ({ folder, name }) => [{ access: 'write', actions: ['disk:Put'], resources: [`${folder}/${name}`] }],
  pattern: ({ folder }) => `${folder}/*`,
  describe: () => expect.fail('something was looked at'),
  decide: ({ name }, live) => (live === undefined ? create(name) : keep(live)),
  apply: () => expect.fail('something was written'),
}

const never = () => expect.fail('something was looked up')

const chain = (skipped?: string): Chain<Context> => [
  compute('Folder', { from: never, as: 'folder', suppose: ({ account }) => `${account}/folder` }),
  together(
    'Files',
    ensure('Write the key', { resource: file, want: ({ folder }) => ({ folder, name: 'key' }), as: 'key' }),
    {
      ...ensure('Write another', { resource: file, want: ({ folder }) => ({ folder, name: 'another' }), as: 'file' }),
      skip: () => skipped,
    },
  ),
  ensure('Write what the key says', { resource: file, want: ({ key }) => ({ folder: key, name: 'told' }), as: 'file' }),
]

const resourcesOf = (of: Chain<Context>, given: Partial<Context>): string[] =>
  needsOf(of, given).flatMap(({ resources }) => resources)

describe('A chain that is read and not run', () => {
  it('needs what all its steps need, each supposing what those before it say that they would hand on', () => {
    expect(resourcesOf(chain(), { account: 'a' })).to.deep.equal([
      'a/folder/key',
      'a/folder/another',
      'a/folder/*/told',
    ])
    expect(supposed(chain(), { account: 'a' })).to.deep.equal({
      account: 'a',
      folder: 'a/folder',
      key: 'a/folder/*',
      file: 'a/folder/*',
    })
  })

  it('needs nothing for steps that are left out', () => {
    expect(resourcesOf(chain('not wanted'), { account: 'a' })).to.deep.equal(['a/folder/key', 'a/folder/*/told'])
  })

  it('supposes nothing of what is known', () => {
    expect(resourcesOf(chain('not wanted'), { folder: 'mine', key: 'own' })).to.deep.equal(['mine/key', 'own/told'])
  })

  it('fails, in place of needing less, where a step asks for what none supposes', () => {
    expect(() => needsOf(chain())).to.throw()
  })
})
