import { madeRpm, plainTags, type Tags } from './made-rpm.ts'

const zeros = (names: readonly string[]) => ({ int32: names.map(() => 0) })
const empties = (names: readonly string[]) => names.map(() => '')

const requires = (names: readonly string[]): Tags => ({ 1049: names, 1048: zeros(names), 1050: empties(names) })
const provides = (names: readonly string[], flags: readonly number[], versions: readonly string[]): Tags => ({
  1047: names,
  1112: { int32: flags },
  1113: versions,
})
const versions = [
  ...['1', '1-2', '0:1', '3:1-2', ':1-2', '1:', 'a:1-2', '1-2-3', '1:2-3-4', '-', '1-', '-2', '1:2:3-4', '', '1:2-'],
  ...['01:2', ' 1:2', '1~rc1-2^x', ':', '1:-2', '-1:2', '1.5:2', '+1:2', '1a:2'],
]
const sixteen = Array.from({ length: 16 }, (_, index) => index)
const bits = Array.from({ length: 32 }, (_, index) => index)
const numbered = (prefix: string, numbers: readonly number[]): string[] => numbers.map((number) => `${prefix}${number}`)
const wild = 'a\tb\nc\rd"e\'<>&\u007fé€😀\u0085 \ufeff'

/** The highest of the C library's symbol versions, by what createrepo_c was seen to choose. */
export const libcChoices: readonly (readonly [readonly string[], string])[] = [
  [['(GLIBC_2.4)', '(GLIBC_2.4)(64bit)', '(GLIBC_2.14)', '(GLIBC_2.14)(64bit)'], '(GLIBC_2.14)'],
  [['', '()(64bit)'], '()(64bit)'],
  [['()(64bit)', ''], '()(64bit)'],
  [['()(64bit)', '()'], '()(64bit)'],
  [['()(64bit)', '(GLIBC_PRIVATE)(64bit)'], '(GLIBC_PRIVATE)(64bit)'],
  [['(GLIBC_2.34)(64bit)', '(GLIBC_ABI_DT_RELR)(64bit)'], '(GLIBC_2.34)(64bit)'],
  [['(GLIBC_ABI_DT_RELR)(64bit)', '(GLIBC_PRIVATE)(64bit)'], '(GLIBC_ABI_DT_RELR)(64bit)'],
  [['(GLIBC_2.2.5)(64bit)', '(GLIBC_2.2)(64bit)'], '(GLIBC_2.2.5)(64bit)'],
  [['(GLIBC_2.3)(64bit)', '(GLIBC_2.10)', '(GLIBC_2.3.4)'], '(GLIBC_2.10)'],
  [['(GLIBC_2.3)', '(OTHER_3.1)'], '(OTHER_3.1)'],
]

const needs = ['A', 'B', 'A', 'C', 'C', 'C', 'rpmlib(x)', '/etc/own', '/usr/share/own', 'prov', 'prov', '', 'D', 'D']
const needFlags = [0, 0, 0, 8, 12, 8, 0, 0, 0, 0, 8, 0, 512, 0]

/** Tags of rpms that no rpmbuild makes, by name; all in shapes that rpm itself reads. */
export const oddTags: Readonly<Record<string, Tags>> = {
  plain: {},
  wild: {
    ...Object.fromEntries([1004, 1005, 1015, 1020, 1014, 1011, 1016, 1007].map((tag) => [tag, wild])),
    1001: '1"2<',
    1080: { int32: [5] },
    1081: [wild],
    1082: [wild],
    ...provides([wild], [8], ['1:2é-3"']),
    1116: { int32: [0] },
    1117: [wild],
    1118: ['/etc/'],
    1030: { int16: [0o100644] },
    1037: { int32: [0] },
  },
  empty: { 1004: '', 1005: '', 1015: '', 1020: '', 1014: '', 1011: '', 1016: '', 1007: '', 1044: 'x' },
  versions: provides(
    numbered('p', [...versions.keys()]),
    versions.map(() => 8),
    versions,
  ),
  comparisons: provides(
    numbered('p', sixteen),
    sixteen,
    sixteen.map(() => '1'),
  ),
  bits: { 1049: numbered('r', bits), 1048: { int32: bits.map((bit) => 2 ** bit) }, 1050: bits.map(() => '') },
  needs: {
    ...provides(['prov', 'prov', 'q'], [8, 8, 0], ['1', '1', '']),
    1049: needs,
    1048: { int32: needFlags },
    1050: needFlags.map((flags) => ((flags & 15) === 0 ? '' : '1')),
    1054: ['x', 'x', 'rpmlib(y)'],
    1053: { int32: [0, 0, 0] },
    1055: ['', '', ''],
    1116: { int32: [0, 1] },
    1117: ['own', 'own'],
    1118: ['/etc/', '/usr/share/'],
    1030: { int16: [0o100644, 0o100644] },
    1037: { int32: [0, 0] },
  },
  weak: {
    1049: ['m1', 'm2', 'm3', 'm3', 'self'],
    1048: { int32: [2 ** 19, 2 ** 19 + 512 + 8, 2 ** 19, 0, 2 ** 19] },
    1050: ['', '1', '', '', ''],
    ...provides(['self'], [0], ['']),
    ...{ 5046: ['rec'], 5047: [''], 5048: { int32: [0] }, 5049: ['sug'], 5050: [''], 5051: { int32: [0] } },
    ...{ 5052: ['sup'], 5053: [''], 5054: { int32: [0] }, 5055: ['enh'], 5056: [''], 5057: { int32: [0] } },
    ...{ 1156: ['s1', 's2'], 1157: ['', '1'], 1158: { int32: [0, 8 + 2 ** 27] } },
    ...{ 1159: ['e1', 'e2'], 1160: ['', '1'], 1161: { int32: [0, 8 + 2 ** 27] } },
  },
  changes: {
    1080: { int32: [100, 90, 90, 90, 80, 85, 91, 90, 90, 70, 60, 50] },
    1081: numbered('author  ', [...Array(12).keys()]).map((author) => `${author}  `),
    1082: numbered('- ', [...Array(12).keys()]).map((text) => `${text}\n`),
  },
  languages: { 100: ['C', 'de'], 1004: { i18n: ['first', 'erste'] }, 1005: { i18n: ['d', 'D'] } },
  'whole-paths': { 1027: ['/etc/a', '/usr/bin/b'], 1030: { int16: [0o40755, 0o100644] }, 1037: { int32: [0, 64] } },
  kinds: {
    1116: { int32: [0, 0, 0, 0, 0, 1, 2, 2] },
    1117: ['d', 'l', 'gd', 'gf', 'fifo', 'sbin/x', 'sendmail', 'sendmail2'],
    1118: ['/opt/', '/x', '/usr/lib/'],
    1030: { int16: [0o40755, 0o120777, 0o40755, 0o100644, 0o10644, 0o100644, 0o100644, 0o100644] },
    1037: { int32: [0, 0, 64, 64, 0, 0, 0, 0] },
  },
  sizes: { 1009: { int32: [7] }, 5009: { int64: [2 ** 40] }, 1003: { int32: [4294967295] } },
  source: { 1106: { int32: [1] } },
  ...Object.fromEntries(
    libcChoices.map(([names], index) => [`libc${index}`, requires(names.map((name) => `libc.so.6${name}`))]),
  ),
}

/** They, as rpms. */
export const oddRpms = (): (readonly [string, Buffer])[] =>
  Object.entries(oddTags).map(([name, tags]) => [name, madeRpm({ ...plainTags, 1000: name, ...tags })])
