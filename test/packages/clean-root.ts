/** A Debian that has nothing but what apt itself needs, to install into. */
import { type ChildProcess, execFile, spawn } from 'node:child_process'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import { promisify } from 'node:util'

const execute = promisify(execFile)

/** CI of others is no root, but can be. */
export const asRoot: readonly string[] = process.getuid?.() === 0 ? [] : ['sudo', '-n']

/** The release to install into; `pc-ctl` asks for Debian 10, which mirrors no longer have. */
const release = 'bookworm'

/** A root folder, in which commands run with /proc and /dev, and of which everything can be removed. */
export interface CleanRoot {
  readonly path: string
  /** Runs a command in it, which must end well; returns its stdout. */
  run(command: readonly string[], how?: { env?: Record<string, string>; input?: string }): Promise<string>
  /** Starts one that goes on. Ended by a signal, it leaves nothing. */
  start(command: readonly string[]): ChildProcess
  /** All files and folders with their modes, but for what package managers keep for themselves. */
  files(): Promise<string[]>
}

/**
 * Makes a root; the folder must not be there.
 *
 * @param variant - `minbase` is what a container has, `apt` less
 */
export async function cleanDebian(path: string, variant: 'apt' | 'minbase' = 'apt'): Promise<CleanRoot> {
  const flags = ['--quiet', `--variant=${variant}`, '--mode=root', '--components=main', '--format=directory']
  const lean = ['--dpkgopt=path-exclude=/usr/share/locale/*', '--aptopt=Acquire::Languages "none"']
  await asRootDo('mmdebstrap', [...flags, ...lean, release, path])
  return rootAt(path)
}

/** Copies a root to where none is yet. */
export async function copyOf(root: CleanRoot, path: string): Promise<CleanRoot> {
  await asRootDo('cp', ['--archive', root.path, path])
  return rootAt(path)
}

/** What two lists of files differ by, as diff marks it. */
export const differences = (before: readonly string[], after: readonly string[]): string[] => [
  ...before.filter((line) => !after.includes(line)).map((line) => `- ${line}`),
  ...after.filter((line) => !before.includes(line)).map((line) => `+ ${line}`),
]

/** Removes whatever may belong to root. */
export const removeAll = (path: string): Promise<string> => asRootDo('rm', ['--recursive', '--force', path])

/** Runs a command as root on this machine; returns its stdout, and fails with all that it said. */
export async function asRootDo(command: string, args: readonly string[]): Promise<string> {
  const [program = '', ...words] = [...asRoot, command, ...args]
  try {
    const env = { PATH: process.env['PATH'], LC_ALL: 'C.UTF-8', HOME: '/root', DEBIAN_FRONTEND: 'noninteractive' }
    const { stdout } = await execute(program, words, { env, maxBuffer: 2 ** 26 })
    return stdout
  } catch (error) {
    if (!(error instanceof Error) || !('stderr' in error)) throw error
    throw new Error(`${command} ${args.join(' ')}\n${String(error.stderr)}`, { cause: error })
  }
}

/** The mounts are gone with the last process that has them. */
const enter =
  'mount -t proc proc "$0/proc" && mount --rbind /dev "$0/dev" && mount --make-rslave "$0/dev" && exec chroot "$0" "$@"'
const variables = { PATH: '/usr/sbin:/usr/bin:/sbin:/bin', HOME: '/root', LC_ALL: 'C.UTF-8' }

function rootAt(path: string): CleanRoot {
  const start = (command: readonly string[], env: Record<string, string> = {}): ChildProcess => {
    const settings = Object.entries({ ...variables, DEBIAN_FRONTEND: 'noninteractive', ...env })
    const inside = ['env', '-i', ...settings.map(([name, value]) => `${name}=${value}`), ...command]
    const [program = '', ...words] = [...asRoot, 'unshare', '--mount', 'sh', '-c', enter, path, ...inside]
    return spawn(program, words, { cwd: '/', stdio: 'pipe' })
  }
  return {
    path,
    start: (command) => start(command),
    async run(command, { env = {}, input = '' } = {}) {
      const child = start(command, env)
      const { stdin, stdout, stderr } = child
      if (stdin === null || stdout === null || stderr === null) throw new TypeError('Its streams are no pipes.')
      // One that reads nothing may be gone before it is written.
      stdin.on('error', () => undefined)
      stdin.end(input)
      const ended = new Promise<number | null>((resolve) => child.once('close', resolve))
      const [result, talk, code] = await Promise.all([text(stdout), text(stderr), ended])
      if (code !== 0) throw new Error(`${command.join(' ')} ended with ${String(code)}\n${result}${talk}`)
      return result
    },
    async files() {
      const managers = ['var/lib/dpkg', 'var/lib/apt', 'var/lib/rpm', 'root/.rpmdb', 'var/lib/dnf', 'etc/dnf']
      const own = [...managers, 'var/cache', 'var/log', 'proc', 'dev']
      const without = own.flatMap((folder) => ['-path', join(path, folder), '-prune', '-o'])
      const listed = await asRootDo('find', [path, '-xdev', ...without, '-printf', '%y %m %P\\n'])
      return listed.trimEnd().split('\n').sort()
    },
  }
}
