import { spawnSync } from 'node:child_process'

import { expect } from 'chai'
import fc from 'fast-check'

import { Blocks, Encoded, Expression, type HclBody, hclBlock, hclString, withStrings } from '../../src/ui/hcl.ts'
import { readHcl } from '../support/hcl-reader.ts'

const body: HclBody = {
  name: 'a',
  much_longer: 1,
  list: ['x', new Expression('local.y')],
  on: true,
  nothing: undefined,
  empty: [],
  tags: { 'a:b': 'c', de: 'f' },
  policy: new Encoded({ Version: '2012-10-17', Statement: [{ Sid: '${aws}' }] }),
  lifecycle: new Blocks({ prevent_destroy: true }, {}),
}

describe('hclBlock', () => {
  it('writes arguments beneath each other, then blocks, as `terraform fmt` has them', () => {
    expect(hclBlock('resource', ['aws_x', 'y'], body)).to.equal(`resource "aws_x" "y" {
  name        = "a"
  much_longer = 1
  list = [
    "x",
    local.y,
  ]
  on    = true
  empty = []
  tags = {
    "a:b" = "c"
    de    = "f"
  }
  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [
      {
        Sid = "$\${aws}"
      },
    ]
  })

  lifecycle {
    prevent_destroy = true
  }

  lifecycle {}
}
`)
  })

  it('is left as it is by `terraform fmt`', function () {
    const env = { PATH: process.env['PATH'], TF_CLI_CONFIG_FILE: '/dev/null' }
    const formatted = spawnSync('terraform', ['fmt', '-'], { input: hclBlock('a', ['b'], body), encoding: 'utf8', env })
    if (formatted.error !== undefined) this.skip()
    expect(formatted.stdout).to.equal(hclBlock('a', ['b'], body))
  })

  it('lets no string out of its quotes', () => {
    const texts = fc.string({ unit: fc.constantFrom('$', '%', '{', '}', '"', '\\', '\n', '\b', 'a', 'ü', '\u2028') })
    fc.assert(
      fc.property(texts, (text) => {
        expect(readHcl(hclBlock('x', [], { text }))[0]?.args['text']).to.equal(text)
        expect(hclString(text)).not.to.match(/\\[bf](?<!\\\\.)/)
      }),
    )
  })
})

describe('withStrings', () => {
  it('replaces strings and expressions wherever they stand, and nothing else', () => {
    const seen: string[] = []
    withStrings(body, (value) => {
      seen.push(value instanceof Expression ? value.text : value)
      return value
    })
    expect(seen).to.deep.equal(['a', 'x', 'local.y', 'c', 'f', '2012-10-17', '${aws}'])
  })
})
