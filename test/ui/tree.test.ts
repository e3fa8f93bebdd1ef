import { expect } from 'chai'

import { item, tree } from '../../src/text.ts'
import { lay } from '../../src/ui/layout.ts'
import { noTerminal } from '../../src/ui/screen.ts'

const grown = tree('root', [
  tree(item('ok', 'a branch with many words'), [tree('leaf'), tree('leaf')]),
  tree('last', [tree('leaf')]),
])

describe('a tree', () => {
  it('has what hangs on something beneath it', () => {
    expect(lay([grown], noTerminal).split('\n')).to.deep.equal([
      'root',
      '├─ ✔ a branch with many words',
      '│  ├─ leaf',
      '│  └─ leaf',
      '└─ last',
      '   └─ leaf',
    ])
  })

  it('is as narrow as the screen, and ASCII where only that is shown', () => {
    expect(lay([grown], { columns: 20, colour: false, unicode: false }).split('\n')).to.deep.equal([
      'root',
      '|- * a branch with',
      '|  |    many words',
      '|  |- leaf',
      '|  `- leaf',
      '`- last',
      '   `- leaf',
    ])
  })
})
