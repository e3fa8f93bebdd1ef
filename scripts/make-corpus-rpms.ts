/**
 * Rpms with all that an index can tell of one: epochs, dependencies of all kinds and weights, scripts, triggers, files of
 * all kinds, ELF files with their sonames, changelogs, texts that are not ASCII, every compression of the payload, sources.
 */
import { execFile } from 'node:child_process'
import { existsSync } from 'node:fs'
import { copyFile, mkdir, mkdtemp, readdir, rename, rm, symlink, utimes, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { promisify } from 'node:util'

import { inParallel } from './in-parallel.ts'

const run = promisify(execFile)

/** rpmbuild makes many packages of one spec in the time of a few, but has one compression for all of them. */
const specs = 10
const compressions = ['w9.gzdio', 'w6.xzdio', 'w3.zstdio', 'w9.bzdio', 'w.ufdio']
const fileCounts = [1, 3, 8, 20, 60, 2, 1, 4, 10, 25, 5, 200]
/** 14 November 2023, so that two runs make the same. */
const epochSeconds = 1_700_000_000

/**
 * Makes rpms until there are `count`.
 *
 * @throws Error where rpmbuild is missing or fails
 */
export async function makeRpms(folder: string, count: number): Promise<void> {
  await mkdir(folder, { recursive: true })
  if ((await readdir(folder)).filter((file) => file.endsWith('.rpm')).length >= count) return
  const work = await mkdtemp(join(tmpdir(), 'pc-ctl-rpms-'))
  try {
    const all = Array.from({ length: count }, (_, at) => at)
    const bySpec = Array.from({ length: Math.min(specs, count) }, (_, spec) => spec)
    await inParallel(bySpec, async (spec) => {
      const members = all.filter((at) => at % specs === spec)
      await build(join(work, String(spec)), folder, spec, members)
    })
  } finally {
    await rm(work, { recursive: true, force: true })
  }
}

async function build(top: string, folder: string, spec: number, members: readonly number[]): Promise<void> {
  const tree = join(top, 'tree')
  await mkdir(tree, { recursive: true })
  for (const at of members) await writeFiles(tree, at)
  const file = join(top, 'lab.spec')
  await writeFile(file, specText(spec, members, tree))
  const defines = {
    _topdir: top,
    _rpmdir: join(top, 'made'),
    _srcrpmdir: join(top, 'made'),
    _rpmfilename: '%%{NAME}-%%{VERSION}-%%{RELEASE}.%%{ARCH}.rpm',
    _buildhost: 'lab',
    clamp_mtime_to_source_date_epoch: '1',
    use_source_date_epoch_as_buildtime: '1',
  }
  const flags = Object.entries(defines).flatMap(([name, value]) => ['--define', `${name} ${value}`])
  const env = { ...process.env, SOURCE_DATE_EPOCH: String(epochSeconds), LC_ALL: 'C.UTF-8' }
  // Of the source packages two are enough.
  await run('rpmbuild', [spec < 2 ? '-ba' : '-bb', '--target', 'x86_64', ...flags, file], { env, maxBuffer: 1e8 })
  for (const made of await readdir(join(top, 'made'))) {
    // Appears whole or not at all, on whatever disk.
    await copyFile(join(top, 'made', made), join(folder, `${made}.part`))
    await utimes(join(folder, `${made}.part`), epochSeconds, epochSeconds)
    await rename(join(folder, `${made}.part`), join(folder, made))
  }
}

const kindOf = (at: number): string => ['app', 'lib', 'tool'][at % 3] ?? ''
/** Two versions of every name, in different specs. */
const nameOf = (at: number): string => `lab-${kindOf(at >> 1)}${String(at >> 1).padStart(3, '0')}`
const isElf = (at: number): boolean => at % 10 === 7 || at % 10 === 2
const isNoarch = (at: number): boolean => at % 4 === 0 && !isElf(at)

interface MadeFile {
  readonly path: string
  /** As `%files` has it. */
  readonly listed: string
  /** A program or library of this machine, or a text. */
  readonly from?: string
}

function filesOf(at: number): MadeFile[] {
  const name = nameOf(at)
  const folders = [
    `/usr/share/${name}`,
    `/usr/bin`,
    `/etc/${name}`,
    `/opt/${name}/lib`,
    `/usr/share/doc/${name} ü & <x>`,
  ]
  const files = Array.from({ length: fileCounts[at % fileCounts.length] ?? 1 }, (_, index): MadeFile => {
    const folder = folders[index % folders.length] ?? ''
    const path = `${folder}/${name}-${index}${index % 7 === 0 ? '-é' : ''}`
    return { path, listed: `${folder.startsWith('/etc') ? '%config(noreplace) ' : ''}"${path}"` }
  })
  const elf = isElf(at) ? elves.filter((path) => existsSync(path)).slice(0, 1 + (at % 3)) : []
  return [
    ...files,
    ...elf.map((from) => {
      const path = `/usr/lib64/${name}/${from.slice(from.lastIndexOf('/') + 1)}`
      return { path, listed: `%attr(755, root, root) "${path}"`, from }
    }),
  ]
}

/** Small ones that any Debian has: a program with versioned symbols, a library that provides some. */
const elves = ['/bin/ls', '/lib/x86_64-linux-gnu/libz.so.1', '/usr/bin/xz', '/lib/x86_64-linux-gnu/libcrypt.so.1']

async function writeFiles(tree: string, at: number): Promise<void> {
  for (const { path, from } of filesOf(at)) {
    const target = join(tree, path)
    await mkdir(dirname(target), { recursive: true })
    if (from === undefined)
      await writeFile(target, textOf(at * 1000 + path.length, 200 + ((path.length * 997) % 15_000)))
    else await copyFile(from, target)
  }
  await mkdir(join(tree, 'var/lib', nameOf(at)), { recursive: true })
  await mkdir(join(tree, 'opt'), { recursive: true })
  await symlink('/usr/bin/env', join(tree, 'opt', `link-${nameOf(at)}`)).catch(() => undefined)
}

/** Text of a length that compresses as text does. */
function textOf(seed: number, length: number): string {
  let state = seed + 1
  let text = ''
  while (text.length < length) {
    state = (state * 1_103_515_245 + 12_345) % 2 ** 31
    text += `${(state >> 7).toString(36).slice(0, 1 + (state % 5))} `
  }
  return `${text}\n`
}

function specText(spec: number, members: readonly number[], tree: string): string {
  const payload = compressions[spec % compressions.length] ?? ''
  return `%define _binary_payload ${payload}
%define _source_payload ${payload}
%define _build_id_links none
%define debug_package %{nil}
%define __os_install_post %{nil}
Name: lab-spec${spec}
Version: 1.${spec}
Release: 1
Summary: Made in one go
License: MIT
%description
Never built itself.
${members.map(packageText).join('')}
%install
cp -a ${tree}/. %{buildroot}/
${members.map((at) => `mkdir -p %{buildroot}/var/log; touch "%{buildroot}/var/log/${nameOf(at)}.log"\n`).join('')}
${members.map(scriptsText).join('')}
${members.map(filesText).join('')}
%changelog
${changesText(spec)}`
}

function packageText(at: number): string {
  const name = nameOf(at)
  const lines = [
    `%package -n ${name}`,
    `Version: ${1 + (at % 2)}.${at % 7}${at % 9 === 0 ? '~rc1' : ''}${at % 11 === 0 ? '^git5' : ''}`,
    `Release: ${1 + (at % 3)}.lab`,
    `Summary: Lab package ${at} <&> "é"`,
    'License: MIT AND Apache-2.0',
    ...(at % 8 === 3 ? [] : ['Vendor: Lab & Co', `URL: https://example.com/?a=${name}&b`]),
    ...(at % 8 === 5 ? [] : ['Group: Applications/System', 'Packager: Läb <lab@example.com>']),
    ...(at % 5 === 1 ? [`Epoch: ${at % 3}`] : []),
    ...(isNoarch(at) ? ['BuildArch: noarch'] : []),
    ...[
      'Requires: bash >= 4.0',
      'Requires: /usr/bin/env',
      'Requires(pre): shadow-utils',
      'Requires(post): /sbin/ldconfig',
    ],
    ...[
      `Requires: ${name}-config = 1:2.0-3`,
      'Requires: bash',
      'Requires: bash >= 4.0',
      `Provides: ${name}-config = 1:2.0-3`,
    ],
    `Provides: virtual(${name}) = ${at}`,
    ...(at % 3 === 0
      ? ['Recommends: lab-lib001', 'Suggests: emacs', 'Supplements: vim', 'Enhances: (vim and nano)']
      : []),
    ...(at % 4 === 0 ? [`Conflicts: old-${name} < 1.0`, `Obsoletes: old-${name} < 1.0-3`] : []),
    ...(at % 4 === 1
      ? [
          'Requires: (glibc or musl)',
          'Requires: ((a >= 1:2 and b) if c else d)',
          'Recommends: (x or y)',
          'Conflicts: (x unless y)',
        ]
      : []),
  ]
  return `${lines.join('\n')}
%description -n ${name}
A made package, number ${at}, with ünïcode and <xml> & "entities".
\tA tab, a ${'long '.repeat(at % 30)}line.

${'Another paragraph.\n'.repeat(at % 4)}
`
}

function scriptsText(at: number): string {
  const name = nameOf(at)
  return [
    at % 3 === 0 ? `%post -n ${name}\necho hi\n` : '',
    at % 3 === 1 ? `%preun -n ${name} -p /bin/sh\nexit 0\n` : '',
    at % 6 === 2 ? `%pretrans -n ${name} -p <lua>\nprint("x")\n` : '',
    at % 6 === 4 ? `%postun -n ${name} -p /sbin/ldconfig\n` : '',
    at % 6 === 5 ? `%triggerin -n ${name} -- bash < 9, zsh\necho trigger\n` : '',
  ].join('\n')
}

const filesText = (at: number): string =>
  [
    `%files -n ${nameOf(at)}`,
    ...filesOf(at).map(({ listed }) => listed),
    `%dir /var/lib/${nameOf(at)}`,
    `/opt/link-${nameOf(at)}`,
    `%ghost "/var/log/${nameOf(at)}.log"`,
    '',
  ].join('\n')

/** None, or some on one day, or more than an index tells. */
function changesText(spec: number): string {
  const entries = Array.from({ length: (spec * 3) % 16 }, (_, index) => {
    const day = String(28 - (index - (index % 3))).padStart(2, '0')
    const author = index % 2 === 0 ? 'Lab Person' : 'Läb "Q" Pérson'
    const weekday = ['Sun', 'Mon', 'Tue', 'Wed', 'Thu', 'Fri', 'Sat'][new Date(`2023-10-${day}`).getUTCDay()]
    return `* ${weekday} Oct ${day} 2023 ${author} <lab@example.com> - ${20 - index}-${spec}\n- change ${index} & <fix> ü\n  second line\n`
  })
  return entries.join('\n')
}
