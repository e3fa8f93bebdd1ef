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

/** Prompts, and what is on the line in brackets once Ctrl-X Ctrl-P has been typed. */
const bareStartFiles = {
  bash: `PS1='READY> '
bind 'set enable-bracketed-paste off' 'set bell-style none' 'set page-completions off'
bind -x '"\\C-x\\C-p": printf "\\n<<%s>>\\n" "$READLINE_LINE"'
`,
  zsh: `PS1='READY> '
show() { print -r -- ''; print -r -- "<<$BUFFER>>" }
zle -N show
bindkey -e
bindkey '^X^P' show
`,
}

/** How completions are loaded where packages have brought them to zsh. */
const loaded = {
  bash: 'source <(pc-ctl completion bash)\n',
  zsh: `fpath=(${root}/completions $fpath)\nautoload -Uz compinit\ncompinit -u -D\n`,
}

/** An interactive shell on a terminal, in a folder of its own that is its home too. */
export interface ShellUnderTest {
  readonly folder: string
  readonly env: Record<string, string>
}

/**
 * Makes a home for shells, and `pc-ctl` a program.
 *
 * @param lines - of an installation guide, which are typed in place of the completions being there
 */
export async function settle({ folder, env }: ShellUnderTest, lines?: string): Promise<Record<string, string>> {
  const bin = join(folder, 'bin')
  await mkdir(bin)
  await writeFile(join(bin, 'pc-ctl'), `#!/bin/sh\nexec '${process.execPath}' '${join(root, 'bin/run.js')}' "$@"\n`)
  await chmod(join(bin, 'pc-ctl'), 0o755)
  for (const name of ['bash', 'zsh'] as const) {
    await writeFile(join(folder, `.${name}rc`), bareStartFiles[name] + (lines === undefined ? loaded[name] : ''))
  }
  const settled = {
    ...env,
    PATH: `${bin}:${process.env['PATH'] ?? ''}`,
    HOME: folder,
    ZDOTDIR: folder,
    LC_ALL: 'C.UTF-8',
    TERM: 'xterm',
    ...compiled,
    AWS_EC2_METADATA_DISABLED: 'true',
  }
  if (lines !== undefined) await promisify(execFile)('bash', ['-ec', lines], { cwd: folder, env: settled })
  return settled
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
export async function fishOffers(
  lines: readonly string[],
  { folder, env }: ShellUnderTest,
  load = 'pc-ctl completion fish | source',
): Promise<string[][]> {
  const script = load + '; for line in $argv; complete -C $line; printf "\\f"; end'
  // The embedded AWS that is asked may be in this very process.
  const { stdout, stderr } = await promisify(execFile)(
    'fish',
    [...(load === '' ? [] : ['--no-config']), '-c', script, ...lines],
    {
      cwd: folder,
      env,
    },
  )
  if (stderr !== '') throw new Error(stderr)
  const offers = stdout.split('\f').slice(0, -1)
  return offers.map((all) => all.split('\n').flatMap((each) => (each === '' ? [] : (each.split('\t')[0] ?? ''))))
}
