/** Indexes as Helm reads them: with the YAML library that it uses, into a table of the same fields. */
import { execFileSync, spawnSync } from 'node:child_process'
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

import { expect } from 'chai'
import fc from 'fast-check'

import { writeYaml } from '../../../src/repositories/helm/write-yaml.ts'
import { isMap, readYaml, textOf } from '../../../src/repositories/helm/yaml.ts'

const sources = '/usr/share/gocode'
const isThere = existsSync(join(sources, 'src/sigs.k8s.io/yaml')) && spawnSync('go', ['version']).status === 0
const withLibrary = isThere ? it : it.skip

/** A document a line, as JSON, comes back as what Go has read; nothing is lenient. */
const program = `package main

import (
	"bufio"
	"encoding/json"
	"os"

	"sigs.k8s.io/yaml"
)

type index struct {
	V string            \`json:"v"\`
	L []string          \`json:"l"\`
	M map[string]string \`json:"m"\`
}

func main() {
	lines := bufio.NewScanner(os.Stdin)
	lines.Buffer(nil, 1<<26)
	out := json.NewEncoder(os.Stdout)
	for lines.Scan() {
		var text string
		var read index
		if err := json.Unmarshal(lines.Bytes(), &text); err != nil {
			panic(err)
		}
		if err := yaml.UnmarshalStrict([]byte(text), &read); err != nil {
			out.Encode(err.Error())
		} else {
			out.Encode(read)
		}
	}
}
`

describe('the YAML library of Helm', function () {
  this.timeout(300_000)
  let folder = ''
  before(() => {
    if (!isThere) return
    folder = mkdtempSync(join(tmpdir(), 'pc-ctl-helm-'))
    writeFileSync(join(folder, 'main.go'), program)
    const env = { ...process.env, GO111MODULE: 'off', GOPATH: sources, GOFLAGS: '', GOCACHE: join(folder, 'cache') }
    execFileSync('go', ['build', '-o', join(folder, 'read'), join(folder, 'main.go')], { env })
  })
  after(() => {
    if (folder !== '') rmSync(folder, { recursive: true, force: true })
  })

  const read = (texts: readonly string[]): unknown[] => {
    const input = texts.map((text) => `${JSON.stringify(text)}\n`).join('')
    const out = execFileSync(join(folder, 'read'), { input, maxBuffer: 2 ** 26 }).toString()
    return out
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line) as unknown)
  }

  const odd = fc.oneof(
    fc.string({ unit: 'grapheme-composite', maxLength: 20 }),
    fc.string({ unit: 'binary-ascii', maxLength: 20 }),
    fc.stringMatching(/^[-+.\d_xobeEyntf:, '"#&*!|>%@`{}[\]~?=\\/\n\t]{0,12}$/),
    fc.constantFrom('yes', 'No', 'null', '~', '', '1e3', '0x1', '1.10', '2020-01-01', '<<', '=', '.inf', '12:30', 'n'),
    fc.constantFrom('\u2028', '\u0085', '\ufeff', '0b11', '---', '...', '- a', ' a', 'a\n', 'a: b', 'a #b', '{}', '?'),
    fc.stringMatching(/^[0-9a-f]{64}$/),
  )

  withLibrary('reads every text as the text that it was', () => {
    const values = fc.sample(fc.record({ v: odd, l: fc.array(odd), m: fc.dictionary(odd, odd) }), 5000)
    const texts = values.map(({ v, l, m }) =>
      writeYaml(
        new Map<string, string | readonly string[] | ReadonlyMap<string, string>>([
          ['v', v],
          ['l', l],
          ['m', new Map(Object.entries(m))],
        ]),
      ),
    )
    for (const [index, one] of read(texts).entries()) {
      expect(one, texts[index]).to.deep.equal({ v: values[index]?.v, l: values[index]?.l, m: { ...values[index]?.m } })
    }
  })

  withLibrary('takes words without quotes for what is taken here', () => {
    const words = fc.sample(
      fc.oneof(
        fc.stringMatching(/^[-+]?[\d_]{1,12}(?:\.[\d_]{0,6})?(?:[eE][-+]?\d{1,2})?$/),
        fc.stringMatching(/^[-+]?0[xob]?[\da-f_]{1,10}$/),
        fc.stringMatching(/^[-+.a-zA-Z\d_~=<]{1,6}$/),
        fc.double({ noNaN: true }).map(String),
        fc.maxSafeInteger().map(String),
        fc.stringMatching(/^\d{4}-\d\d?-\d\d?$/),
      ),
      5000,
    )
    const wanted = words.filter((word) => !/^(?:-|---|<<)$|^[-?] /.test(word))
    for (const [index, one] of read(wanted.map((word) => `v: ${word}\n`)).entries()) {
      const ours = readYaml(`v: ${wanted[index] ?? ''}\n`)
      const value = isMap(ours) ? (ours.get('v') ?? null) : null
      expect(one, wanted[index]).to.deep.equal({ v: value === null ? '' : textOf(value), l: null, m: null })
    }
  })
})
