import { execFile, spawn, spawnSync } from 'node:child_process'
import { chmod, mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { json, text } from 'node:stream/consumers'
import { promisify } from 'node:util'

import { python } from '../../scripts/python.ts'
import { compiled } from './run-cli.ts'

const root = join(import.meta.dirname, '../..')

/** Shells that pc-ctl brings completions for. */
export type Shell = 'bash' | 'zsh' | 'fish'

/** Whether a shell is installed. */
export const isInstalled = (shell: Shell): boolean => spawnSync(shell, ['--version']).status === 0

/** Prompts, and what is on the line in brackets once Ctrl-X Ctrl-P has been typed; the completions are loaded. */
const startFiles = {
  bash: `PS1='READY> '
bind 'set enable-bracketed-paste off' 'set bell-style none' 'set page-completions off'
bind -x '"\\C-x\\C-p": printf "\\n<<%s>>\\n" "$READLINE_LINE"'
source <(pc-ctl completion bash)
`,
  zsh: `PS1='READY> '
fpath=(${root}/completions $fpath)
autoload -Uz compinit
compinit -u -D
show() { print -r -- ''; print -r -- "<<$BUFFER>>" }
zle -N show
bindkey -e
bindkey '^X^P' show
`,
}

/** An interactive shell on a terminal, in a folder of its own that is its home too. */
export interface ShellUnderTest {
  readonly folder: string
  readonly env: Record<string, string>
}

/** Makes a home for shells, and `pc-ctl` a program. */
export async function settle({ folder, env }: ShellUnderTest): Promise<Record<string, string>> {
  const bin = join(folder, 'bin')
  await mkdir(bin)
  await writeFile(join(bin, 'pc-ctl'), `#!/bin/sh\nexec '${process.execPath}' '${join(root, 'bin/run.js')}' "$@"\n`)
  await chmod(join(bin, 'pc-ctl'), 0o755)
  await writeFile(join(folder, '.bashrc'), startFiles.bash)
  await writeFile(join(folder, '.zshrc'), startFiles.zsh)
  return {
    ...env,
    PATH: `${bin}:${process.env['PATH'] ?? ''}`,
    HOME: folder,
    ZDOTDIR: folder,
    LC_ALL: 'C.UTF-8',
    TERM: 'xterm',
    ...compiled,
    AWS_EC2_METADATA_DISABLED: 'true',
  }
}

const programs = {
  bash: ['/bin/bash', '--noprofile', '-i'],
  zsh: ['/usr/bin/env', 'zsh', '-d', '-i'],
}

/** What stands on the line of an interactive shell once TAB has been typed behind each of some lines. */
export async function tabbed(
  shell: keyof typeof programs,
  lines: readonly string[],
  { folder, env }: ShellUnderTest,
): Promise<string[]> {
  const then = (said: string, keys: string) => ({ stream: 'stdin', text: said, do: 'type', keys })
  const when = [
    ...lines.map((line, index) => then(index === 0 ? 'READY>' : '>>', `\x15${line}\t\x18\x10`)),
    then('>>', '\x15exit\n'),
  ]
  const driver = spawn(python, ['-IS', join(import.meta.dirname, 'terminals.py')], {
    stdio: ['pipe', 'pipe', 'pipe'],
  })
  const streams = { stdin: 'tty', stdout: 'stdin', stderr: 'stdin', columns: 200 }
  driver.stdin.end(JSON.stringify({ argv: programs[shell], cwd: folder, env, ...streams, when }))
  const [said, run] = await Promise.all([text(driver.stderr), json(driver.stdout).catch(() => undefined)])
  if (run === undefined) throw new Error(`the driver of the terminals failed: ${said}`)
  const { stdin } = run as { stdin: string }
  return Array.from(stdin.matchAll(/<<(.*?)>>/gs), ([, line = '']) => line)
}

/** The candidates that fish has for the end of each of some lines, without what they are. */
export async function fishOffers(lines: readonly string[], { folder, env }: ShellUnderTest): Promise<string[][]> {
  const script = 'pc-ctl completion fish | source; for line in $argv; complete -C $line; printf "\\f"; end'
  // The embedded AWS that is asked may be in this very process.
  const { stdout, stderr } = await promisify(execFile)('fish', ['--no-config', '-c', script, ...lines], {
    cwd: folder,
    env,
  })
  if (stderr !== '') throw new Error(stderr)
  const offers = stdout.split('\f').slice(0, -1)
  return offers.map((all) => all.split('\n').flatMap((each) => (each === '' ? [] : (each.split('\t')[0] ?? ''))))
}
