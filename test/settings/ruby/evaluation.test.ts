import { expect } from 'chai'
import fc from 'fast-check'

import { readRuby } from '../../../src/settings/ruby/read.ts'
import { CtlError } from '../../../src/errors.ts'
import { plain, ruby, valueOf } from './ruby-of.ts'

const expressions: Record<string, unknown> = {
  '1_000 + 0x10 + 0b11 + 0o17 + 017 + 0d9': 1058n,
  '2 * 1024 * 1024 * 1024': 2147483648n,
  '4294967296 + 1': 4294967297n,
  '-2147483649': -2147483649n,
  '-7 / 2': -4n,
  '-7 % 3': 2n,
  '7 / -2': -4n,
  '2 ** 10': 1024n,
  '1.5 + 1': 2.5,
  '"#{1.0} #{0.1} #{nil} #{true} #{:a} #{3}"': '1.0 0.1  true a 3',
  '1 == 1.0': true,
  "'a' == :a": false,
  "'a' != 'b'": true,
  '1 < 2 && 2 >= 2': true,
  '!nil': true,
  'not 0': false,
  "'' ? 1 : 2": 1n,
  "nil || 'x'": 'x',
  "false or 'x'": 'x',
  "nil && 'x'": null,
  '[4, 8].max': 8n,
  "%w(b a).min + [1, [2, nil]].join('-')": 'a1-2-',
  '[1, 2, 3][-1] + [1, 2].first + [1, 2].last': 6n,
  '[*[1, 2], 3]': [1n, 2n, 3n],
  '{ a: 1, "b" => 2, :c => nil }': { ':a': 1n, b: 2n, ':c': null },
  '{ a: 1 }["a"]': null,
  '{ a: nil }.fetch(:a, 2)': null,
  '{ a: 1 }.fetch(:b) { 3 }': 3n,
  '%i[a b]': [':a', ':b'],
  '%W(a#{1} b)': ['a1', 'b'],
  "' Ab '.strip.downcase.upcase.to_sym": ':AB',
  '"a\\n".chomp + "x-y".chomp("-y")': 'ax',
  "'12_3abc'.to_i + nil.to_i": 123n,
  "nil.to_s.empty? && ''.empty?": true,
  "'ab' * 2 + '%s-%d%%' % ['x', 3]": 'ababx-3%',
  "format('%s', 'a')": 'a',
  "'x'.nil? || nil.nil?": true,
  'if false then 1 elsif nil then 2 else 3 end': 3n,
  'unless nil then 1 end': 1n,
  '(1 if false)': null,
  'begin; 1; 2; end': 2n,
  "case 'b' when 'a', nil then 1 when 'b' then 2 else 3 end": 2n,
  'case when nil then 1 when 2 then 3 end': 3n,
  "nil&.foo || 'x'": 'x',
  "(Integer('x') rescue 5; 6)": 6n,
  "ENV['A'] || 'd'": 'env',
  "ENV['B'] || 'd'": 'd',
  "ENV.fetch('B', 'd') + ENV.fetch('B') { 'e' } + ENV.fetch('A', 'd')": 'deenv',
  "ENV.key?('A') && !ENV.key?('B')": true,
  "ENV.fetch('B', nil)": null,
  // What cannot be known spreads, but only where it matters.
  "File.read('/x').strip": '?depends on File.read, which is not evaluated',
  "foo || 'x'": '?uses foo, which this file does not set',
  "'x' || foo": 'x',
  'nil && foo': null,
  'foo ? 1 : 1': 1n,
  'foo ? 1 : 2': '?uses foo, which this file does not set',
  "ENV.fetch('B')": '?needs the environment variable B, which is not set',
  "'é'.upcase": '?uses String#upcase, which is not evaluated',
  '`hostname`': '?comes from a shell command, which is not run',
  '1 / 0': '?uses Integer#/, which is not evaluated',
  '2 ** -1': '?uses Integer#**, which is not evaluated',
  '10 ** 10 ** 10': '?uses Integer#**, which is not evaluated',
  "'x' * 10 ** 9": '?uses String#*, which is not evaluated',
  "case 'b' when /b/ then 1 else 2 end": '?depends on a regular expression, which is not evaluated',
  "case 'b' when /a/, 'b' then 1 else 2 end": 1n,
  '"#{[1]}"': '?is interpolated in a way that is not evaluated',
  __FILE__: '?depends on a source file, which is not evaluated',
}

describe('expressions in a Ruby file', () => {
  for (const [expression, value] of Object.entries(expressions)) {
    it(expression, async () => {
      expect(await valueOf(expression, { A: 'env' })).to.deep.equal(value)
    })
  }

  it('divide integers as Ruby does: down, the remainder with the sign of the divisor', () =>
    fc.assert(
      fc.asyncProperty(fc.bigInt(), fc.bigInt(), async (a, b) => {
        fc.pre(b !== 0n)
        const [quotient, remainder] = (await valueOf(`[(${a}) / (${b}), (${a}) % (${b})]`)) as [bigint, bigint]
        expect(quotient * b + remainder).to.equal(a)
        expect(remainder === 0n || remainder < 0n === b < 0n).to.equal(true)
        expect((remainder < 0n ? -remainder : remainder) < (b < 0n ? -b : b)).to.equal(true)
      }),
    ))
})

/** Source, then the values that `packagecloud_rails` has afterwards. */
const files: Record<string, [string, Record<string, unknown>]> = {
  'the later assignment wins': ["packagecloud_rails['a'] = 1\npackagecloud_rails[:a] = 2", { a: 2n }],
  'a nested key makes what leads there': ["packagecloud_rails['a'][:b]['c'] = 1", { a: { b: { c: 1n } } }],
  'a missing key is nil': ["packagecloud_rails['a'] ||= packagecloud_rails['b'] || 'x'", { a: 'x' }],
  'a present key survives ||=': ["packagecloud_rails['a'] = 1\npackagecloud_rails['a'] ||= 2", { a: 1n }],
  '&&= and += change what is there': [
    "packagecloud_rails['a'] = 'x'\npackagecloud_rails['a'] += 'y'\npackagecloud_rails['a'] &&= packagecloud_rails['a'] * 2",
    { a: 'xyxy' },
  ],
  'a variable can stand for the settings': ["rails = packagecloud_rails\nrails['a'] = 1", { a: 1n }],
  'several at once': ["packagecloud_rails['a'], b = 'x', 'y'\npackagecloud_rails['b'] = b", { a: 'x', b: 'y' }],
  swapping: ["a, b = 1, 2\na, b = b, a\npackagecloud_rails['a'] = a", { a: 2n }],
  'merge! and store and delete': [
    "packagecloud_rails.merge!('a' => 1, b: 2)\npackagecloud_rails.store('c', 3)\npackagecloud_rails.delete('a')",
    { b: 2n, c: 3n },
  ],
  'a branch not taken changes nothing': [
    "packagecloud_rails['a'] = 1\npackagecloud_rails['a'] = 2 if ENV['NO']",
    { a: 1n },
  ],
  'an unknown condition makes what differs unknown': [
    "if node['x']\n  packagecloud_rails['a'] = 1\n  packagecloud_rails['b'] = 2\nelse\n  packagecloud_rails['a'] = 1\nend",
    { a: 1n, b: '?uses node, which this file does not set' },
  ],
  'an unknown condition keeps what it does not touch': [
    "packagecloud_rails['a'] = 1\npackagecloud_rails['b'] = 1 unless foo",
    { a: 1n, b: '?uses foo, which this file does not set' },
  ],
  'a first mention on an unknown condition does not swallow later assignments': [
    "packagecloud_rails['p'] = 'x' if File.exist?('/etc/proxy')\npackagecloud_rails['a'] = 1",
    { p: '?depends on File.exist?, which is not evaluated', a: 1n },
  ],
  'a first mention in += does not swallow later assignments': [
    "packagecloud_rails['p'] += ['x'] if packagecloud_rails['p'].is_a?(Array)\npackagecloud_rails['a'] = 1",
    { p: '?uses Array, which this file does not set', a: 1n },
  ],
  'later assignments make known again': ["packagecloud_rails['a'] = foo\npackagecloud_rails['a'] = 1", { a: 1n }],
  blocks: ["x = 1\n[1].each { |x| packagecloud_rails['a'] = x }\npackagecloud_rails['b'] = x", { a: 1n, b: 1n }],
  'blocks that are called nobody knows how often': [
    "x = 1\nfoo.each { x = 2; packagecloud_rails['a'] = 2 }\npackagecloud_rails['b'] = x\npackagecloud_rails['c'] = 3",
    { a: '?uses foo, which this file does not set', b: '?uses foo, which this file does not set', c: 3n },
  ],
  'several settings at once': [
    "[packagecloud_rails, nginx].each { |each| each['a'] = 1 }\n%w(b c).each { |k| packagecloud_rails[k] = k }",
    { a: 1n, b: 'b', c: 'c' },
  ],
  'self in a block': ["packagecloud_rails.instance_eval { self['a'] = 1 }", { a: 1n }],
  loops: [
    "x = 1\nwhile x < 3\n  x += 1\nend\npackagecloud_rails['a'] = x",
    { a: '?depends on a while, which is not evaluated' },
  ],
  'methods, whenever they are called': [
    "def f\n  packagecloud_rails['a'] = 1\nend\npackagecloud_rails['a'] = 2\npackagecloud_rails['b'] = 3\nf",
    { a: '?depends on f, which is not evaluated', b: 3n },
  ],
  'a string changed in place, by another name': [
    "a = 'x'\nb = a\nb << 'y'\npackagecloud_rails['a'] = a",
    { a: '?is changed by <<, which is not evaluated' },
  ],
  'an array changed in place, by another name': [
    "a = [1]\nb = a\nb << 2\npackagecloud_rails['a'] = a",
    { a: [1n, 2n] },
  ],
  'a hash changed in place': ["h = { a: 1 }\nh[:b] = 2\npackagecloud_rails['h'] = h", { h: { a: 1n, b: 2n } }],
  'a hash changed after it was given': ["h = { a: 1 }\npackagecloud_rails['h'] = h\nh[:a] = 2", { h: { a: 1n } }],
  'a rescued exception': [
    "packagecloud_rails['b'] = 1\nbegin\n  packagecloud_rails['a'] = foo\nrescue\n  packagecloud_rails['a'] = 2\nend",
    { a: '?depends on whether an exception is rescued', b: 1n },
  ],
  'return ends the file': ["packagecloud_rails['a'] = 1\nreturn\npackagecloud_rails['a'] = 2", { a: 1n }],
  'return on an unknown condition makes the rest uncertain': [
    "packagecloud_rails['a'] = 1\nreturn if foo\npackagecloud_rails['b'] = 2",
    { a: 1n, b: '?depends on where the file is left' },
  ],
  'raise on an unknown condition rules that out': ["raise 'no' if foo\npackagecloud_rails['a'] = 1", { a: 1n }],
  'a method that may change everything': [
    "packagecloud_rails['a'] = 1\npackagecloud_rails.transmogrify!\npackagecloud_rails['b'] = 2",
    { a: '?may be changed by transmogrify!, which is not evaluated', b: 2n },
  ],
  'ENV can be set': ["ENV['X'] ||= 'y'\npackagecloud_rails['a'] = ENV['X']", { a: 'y' }],
  constants: ["REGION ||= 'eu'.freeze\nNONE = nil\npackagecloud_rails['a'] = REGION + NONE.to_s", { a: 'eu' }],
  'text in a heredoc is no setting': [
    "packagecloud_rails['m'] = <<~X\n  packagecloud_rails['a'] = 1\nX",
    { m: "packagecloud_rails['a'] = 1\n" },
  ],
  'a method has variables of its own': ["x = 1\ndef f\n  x = 2\nend\nf\npackagecloud_rails['a'] = x", { a: 1n }],
  'settings can be given to settings': [
    "nginx['h'] = { a: 1 }\nh = nginx['h']\npackagecloud_rails['a'] = h",
    { a: { a: 1n } },
  ],
  'nothing after __END__': ["packagecloud_rails['a'] = 1\n__END__\npackagecloud_rails['a'] = 2", { a: 1n }],
}

describe('settings in a Ruby file', () => {
  for (const [title, [source, settings]] of Object.entries(files)) {
    it(title, async () => {
      expect(plain((await ruby(source)).get('packagecloud_rails')?.value)).to.deep.equal(settings)
    })
  }

  it('remembers the line of the assignment', async () => {
    const file = await ruby("# é\n\nexternal_url 'https://é'\npackagecloud_rails['é'] = <<X\nx\nX\nnginx['a'] = 1\n")
    expect(file.get('external_url')).to.include({ value: 'https://é', line: 3 })
    expect(file.get('packagecloud_rails', 'é')?.line).to.equal(4)
    expect(file.get('nginx', 'a')?.line).to.equal(7)
  })

  it('notes what could change settings, without what it says', async () => {
    const file = await ruby(
      [
        "packagecloud_rails['b'] = 1",
        "eval \"packagecloud_rails['cloudfront_secret'] = 'hidden'\"",
        "require_relative 'x'",
        "load '/x' if foo",
        'binding.eval(x)',
        "YAML.load('x')",
        "require 'json'",
        '%w(a b).map { |k| packagecloud_rails["x_#{k}"] = 1 }',
        "eval('no') if false",
        "packagecloud_rails['a'] = 1",
      ].join('\n'),
    )
    expect(file.notes.map(({ line, text }) => `${line} ${text}`)).to.deep.equal([
      '2 eval(…)',
      '3 require_relative(…)',
      '4 load(…)',
      '5 eval(…)',
      '8 an assignment to a key of packagecloud_rails that is not known',
    ])
    expect(file.get('packagecloud_rails', 'a')?.value).to.equal(1n)
    expect(plain(file.get('packagecloud_rails', 'b')?.value)).to.equal('?depends on eval, which is not evaluated')
  })

  it('says where a syntax error is, and not what stands there', async () => {
    const secret = 'c2VjcmV0c2VjcmV0c2VjcmV0c2VjcmV0c2VjcmV0c2U'
    // Prism quotes the end that the second one lacks.
    for (const source of [`a = 1\nx['cloudfront_secret'] = ${secret}'\n`, `a = 1\nx = <<${secret}\n`]) {
      const error = await ruby(source).catch((e: unknown) => e)
      expect(error).to.be.instanceOf(CtlError)
      expect(String(error))
        .to.match(/f\.rb:2: \S/)
        .and.not.include(secret)
      expect((error as CtlError).exitCode).to.equal(3)
    }
  })

  it('refuses a file nested too deeply, instead of breaking down', async () => {
    for (const depth of [120, 150, 200, 250, 300, 400, 1000, 200_000]) {
      for (const [open, close] of [['(', ')'] as const, ['[', ']'] as const, ['{ a: ', '}'] as const]) {
        const read = await ruby(`a = ${open.repeat(depth)}1${close.repeat(depth)}`).catch((e: unknown) => e)
        if (read instanceof Error) expect(read.message).to.equal('f.rb is nested too deeply to be read.')
        else expect(depth, open).to.be.lessThan(1000)
      }
    }
    // And goes on to read the next one.
    expect(await valueOf('1')).to.equal(1n)
  })

  it('never fails in any other way, whatever the file holds', () => {
    const tokens =
      `packagecloud_rails ['a'] = |= ||= << { } ( ) [ ] , => 'x' "#{ } 1 2.0 nil + - * ** / % x y @a $b C if
      unless else elsif end case when do while def begin rescue ensure return raise eval ENV .fetch .a! &. && || ! ;
      \n \n : ? .. & *`.split(/[ ]+/)
    const source = fc.array(fc.constantFrom(...tokens)).map((some) => some.join(' '))
    return fc.assert(
      fc.asyncProperty(source, async (some) => {
        await ruby(some).catch((error: unknown) => void expect(error).to.be.instanceOf(CtlError))
      }),
      { numRuns: 500 },
    )
  })

  it('reads comments in another encoding, but no strings', async () => {
    const bytes = Buffer.from("# caf\xe9\na = 'caf\xe9'\nb = 'x'\n", 'latin1')
    const file = await readRuby(bytes, 'f.rb', {})
    expect(plain(file.variable('a'))).to.equal('?is not valid UTF-8')
    expect(file.variable('b')).to.equal('x')
  })
})
