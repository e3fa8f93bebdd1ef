import { readFileSync, readlinkSync } from 'node:fs'

/**
 * What tells a process from every other one, on whatever machine and in whatever container. A process id alone doesn't:
 * it is given anew, and each PID namespace counts for itself, even where two have one host name.
 */
export interface ProcessIdentity {
  readonly pid: number
  /** Of this start of this machine. */
  readonly boot: string
  /** Where the process id counts. */
  readonly namespace: string
  /** When it began, in clock ticks since the start of the machine. */
  readonly started: string
}

/** The identity of this process; undefined where there is no Linux to tell it. */
export function ownIdentity(): ProcessIdentity | undefined {
  const here = place()
  const started = startOf(process.pid)
  return here === undefined || started === undefined ? undefined : { pid: process.pid, ...here, started }
}

/** Is a process known to have ended? Only where it would be seen from here if it had not. */
export function hasEnded({ pid, boot, namespace, started }: ProcessIdentity): boolean {
  const here = place()
  return here?.boot === boot && here.namespace === namespace && startOf(pid) !== started
}

function place(): Pick<ProcessIdentity, 'boot' | 'namespace'> | undefined {
  try {
    return {
      boot: readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim(),
      namespace: readlinkSync('/proc/self/ns/pid'),
    }
  } catch {
    return undefined
  }
}

/**
 * Undefined if there is no such process.
 *
 * Source: proc_pid_stat(5): field 22. The second one is the command's name in parentheses, which may hold anything.
 */
function startOf(pid: number): string | undefined {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'latin1')
    const [state, ...rest] = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
    // It has ended, and only its parent has not asked yet how.
    return state === 'Z' || state === 'X' ? undefined : rest[18]
  } catch {
    return undefined
  }
}
