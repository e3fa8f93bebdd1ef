/** Fields of control files that are not as they should be, and what apt 2.6 makes of each. */
export interface OddField {
  readonly name: string
  readonly value: string
  /**
   * `error`: apt reads nothing at all while it is in a list. `warning`: it tells every user, and goes on. `fine`: it says
   * nothing. `dpkg`: apt says nothing, but dpkg would not install the package, or another apt than 2.6 can't read it.
   */
  readonly apt: 'error' | 'warning' | 'fine' | 'dpkg'
}

const dependencies = ['Pre-Depends', 'Depends', 'Recommends', 'Suggests', 'Enhances', 'Conflicts', 'Breaks', 'Replaces']
const of = (apt: OddField['apt'], name: string, ...values: readonly string[]): OddField[] =>
  values.map((value) => ({ name, value, apt }))

const broken = [
  ...[
    'foo (>>>= 1',
    'foo (>= 1',
    'foo)',
    '(foo)',
    'foo ()',
    'foo (>=)',
    'foo (>= )',
    'foo (1)',
    'foo (<1)',
    'foo (ab)',
  ],
  ...[
    'foo bar',
    'foo\n bar',
    'foo || bar',
    'foo,, bar',
    ', foo',
    '|',
    'foo (= 1) bar',
    'foo (>= 1) (<= 2)',
    'foo (= 1);',
  ],
  ...['foo [amd64]', 'foo <!nocheck>', 'foo>', '<foo', 'foo >= 1', 'foo (((1)))', 'x'.repeat(70_000)],
]
const sound = [
  ...[
    'foo,',
    'foo |',
    'foo(>=1)',
    'foo (abc)',
    'foo (1), bar',
    'foo (== 1)',
    'foo (=> 1)',
    'foo (>=\n 1)',
    'foo,\n bar',
  ],
  ...['\n foo,\n bar', ':any', 'foo:', 'foo:native', '${misc:Depends}', 'foo;bar', 'f\u00f6\u00f6', 'foo\f', '\tfoo'],
]

export const oddFields: readonly OddField[] = [
  ...of('error', 'Depends', ...broken, `foo (>= ${'1'.repeat(70_000)})`),
  ...dependencies.flatMap((name) => of('error', name, 'foo (>>>= 1')),
  ...of('fine', 'Depends', ...sound, '', 'foo (!= 1)', 'foo (>= 1 2)', 'foo (>= ${v})'),
  ...of('error', 'Provides', 'foo (>>>= 1', ', foo', 'foo bar'),
  ...of('fine', 'Provides', 'foo (= 1)', 'foo,', 'foo:any'),
  ...of('warning', 'Provides', 'foo (>= 1)', 'foo | bar', 'foo (<< 2), bar'),
  ...of('fine', 'Built-Using', 'foo (>>>= 1'),
  ...of('error', 'Description-md5', 'deadbeef', 'a'.repeat(31), 'a'.repeat(33)),
  ...of('dpkg', 'Description-md5', 'g'.repeat(32)),
  ...of('fine', 'Description-md5', 'A'.repeat(32), ''),
  ...of('error', 'Section', 'x'.repeat(70_000)),
  ...of('error', 'Source', 'x'.repeat(70_000)),
  ...of('fine', 'Source', 'foo (1', 'foo 1 2', ''),
  ...of('warning', 'Multi-Arch', 'bogus', 'Same'),
  ...of('fine', 'Multi-Arch', 'same', 'foreign', 'no', ''),
  ...of('warning', 'Essential', 'maybe', '2'),
  ...of('fine', 'Essential', 'YES', '1', 'off', ''),
  ...of('warning', 'Protected', 'maybe'),
  ...of('warning', 'Important', 'maybe'),
  ...of('warning', 'Phased-Update-Percentage', '101'),
  ...of('fine', 'Phased-Update-Percentage', 'abc', '100', '0'),
  ...of('fine', 'Installed-Size', 'abc', '-5', '1.5', '9'.repeat(25)),
  ...of('fine', 'Priority', 'bogus', ''),
  ...of('fine', 'Maintainer', '', 'x'.repeat(70_000)),
  ...of('dpkg', 'Version', '1 2', '1/2', '1\u00f6'),
  ...of('fine', 'Version', 'abc', '1..2', '1-', '1:2-3~4+5'),
  ...of('dpkg', 'Architecture', 'amd64 i386', 'a/../b'),
  ...of('dpkg', 'Package', 'a b', 'a/b', 'f\u00f6\u00f6', '-a'),
  ...of('fine', 'Package', 'Foo', 'a_b'),
]
