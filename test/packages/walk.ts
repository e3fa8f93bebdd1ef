/**
 * The README as somebody follows it who has never seen pc-ctl, from top to bottom: on machines that have nothing, with the
 * packages, every command in its order. What stands for something of one's own is replaced as one would, and where the page
 * leaves one alone that is told.
 */
import { once } from 'node:events'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'

import type { CleanRoot } from './clean-root.ts'
import { commandsInOrder } from './readme-commands.ts'

/** A command that was typed. */
export interface Walked {
  readonly heading: string
  /** As the README has it. */
  readonly line: string
  /** What was typed in its place, if anything was. */
  readonly typed: string | undefined
  /** Why it was not typed. */
  readonly elsewhere: string | undefined
  readonly seconds: number
  readonly code: number
  /** Both streams, as they came one after the other. */
  readonly output: string
}

/** What a walk takes place on. */
export interface Machines {
  /** A Debian with the packages in root's home. */
  readonly debian: CleanRoot
  /** Another one, for the archive. */
  readonly other: CleanRoot
  /** Installs an rpm as an EL would. */
  readonly dnf: (rpm: string) => Promise<void>
}

/** Where a line of the README is not just typed on the Debian; by the first pattern that it matches. */
type Way = { readonly elsewhere: string } | { readonly on: 'other' | 'el' | 'in a shell of its own' }

const ways: readonly (readonly [RegExp, Way])[] = [
  [/^dnf install /, { on: 'el' }],
  [/^tar /, { on: 'other' }],
  [/^npm install --global/, { elsewhere: 'it takes a Node; test/e2e/package.long.test.ts does it' }],
  [/^npm ci/, { elsewhere: 'it takes a checkout; .ci/run does it' }],
  [/^pc-ctl sandbox /, { on: 'in a shell of its own' }],
  [/ >> FILE$/, { elsewhere: 'an example of what can be done with the output' }],
]

/** What stands for something of one's own, what is pasted, and what is answered; `before` is what the last command has said. */
function asTyped(line: string, before: string): string {
  const paste = ' >> "$PC_CTL_CONFIG"'
  return line
    .replace(/https:\/\/packages\.example\.org/, '"$PC_CTL_FRONT"')
    .replace(/(--front-path) \S+/, '$1 1/debian/hello_1.0_all.deb')
    .replace(/ TOKEN$/, ' "$PC_CTL_FRONT_TOKEN"')
    .replace('--signing-key FILE', '--signing-key release-key.asc')
    .replace(/ \| jq$/, '')
    .replace(/--write-config$/, '$& --yes')
    .replace(/^pc-ctl generate-cloudfront-secret$/, `$&${paste}`)
    .replace(/^pc-ctl reconfigure-cloudfront-distribution .*$/, (shown) => {
      return `${/^pc-ctl reconfigure-cloudfront-distribution .+$/m.exec(before)?.[0] ?? shown}${paste}`
    })
    .replace(/^pc-ctl disable-cloudfront$/, '$& --write-config --run --yes')
}

const followed = ['Install', 'Try it', 'The runbook', 'Going back'] as const

/** Walks, and goes on where a command fails: what it ended with is in what is returned. */
export async function walk(readme: string, machines: Machines): Promise<Walked[]> {
  const { debian } = machines
  const walked: Walked[] = []
  const sandboxes: (() => Promise<void>)[] = []
  const open = async (line: string): Promise<string> => {
    const { ready, close } = await openSandbox(debian, line)
    sandboxes.unshift(close)
    return ready
  }
  try {
    for (const { heading, line } of commandsInOrder(readme, followed)) {
      // All of the runbook has been done by one command; its steps are gone through on a bucket that knows nothing of it.
      if (line.startsWith('pc-ctl reindex-everything') && sandboxes.length === 1) {
        await sandboxes.shift()?.()
        await open('pc-ctl sandbox --bucket packages-example-org --state ./by-hand')
        await typeIn(debian, 'pc-ctl put hello_1.0_all.deb s3://packages-example-org/1/debian/')
      }
      const before = walked.at(-1)?.output ?? ''
      walked.push({ heading, line, ...(await step(line, before, machines, open)) })
    }
    return walked
  } finally {
    for (const close of sandboxes) await close()
  }
}

async function step(
  line: string,
  before: string,
  { debian, other, dnf }: Machines,
  open: (line: string) => Promise<string>,
): Promise<Omit<Walked, 'heading' | 'line'>> {
  const way = ways.find(([pattern]) => pattern.test(line))?.[1]
  const words = asTyped(line, before)
  const typed = words === line ? undefined : words
  const begun = performance.now()
  const ended = (code: number, output: string, elsewhere?: string) => ({
    ...{ typed, elsewhere, code, output, seconds: (performance.now() - begun) / 1000 },
  })
  if (way === undefined) return typeIn(debian, words).then(({ code, output }) => ended(code, output))
  if ('elsewhere' in way) return ended(0, '', way.elsewhere)
  if (way.on === 'in a shell of its own') return ended(0, await open(line))
  if (way.on === 'other') return typeIn(other, words).then(({ code, output }) => ended(code, output))
  await dnf(line.replace(/.*\//, ''))
  return ended(0, '')
}

/** In root's home, with what the last sandbox has printed, as it was pasted. */
async function typeIn(root: CleanRoot, line: string): Promise<{ code: number; output: string }> {
  const script = `cd; if [ -e env.sh ]; then . ./env.sh; fi; { ${line}\n} 2>&1; echo "[$?]"`
  const said = await root.run(['bash', '-c', script])
  const [, output = '', code = ''] = /^([^]*)\[(\d+)\]\n$/.exec(said) ?? []
  return { code: Number(code), output }
}

/** Starts a sandbox in a shell of its own; what it prints for others is what they paste. */
async function openSandbox(root: CleanRoot, line: string): Promise<{ ready: string; close: () => Promise<void> }> {
  await root.run(['rm', '--force', '/root/sandbox.log', '/root/env.sh'])
  const shell = root.start(['bash', '-c', `cd && umask 077 && exec ${line} > env.sh 2> sandbox.log`])
  const over = once(shell, 'close')
  const close = async (): Promise<void> => {
    shell.kill('SIGTERM')
    await over
  }
  for (;;) {
    const said = await readFile(join(root.path, 'root/sandbox.log'), 'utf8').catch(() => '')
    if (/^Ctrl-C/m.test(said)) return { ready: said, close }
    if (shell.exitCode !== null) throw new Error(`The sandbox ended: ${said}`)
    await sleep(20)
  }
}
