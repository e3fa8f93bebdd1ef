/**
 * Node's permission model as arguments of a container: it reads the unpacked package and nothing else, writes nothing,
 * starts no processes, threads, add-ons, WASI or inspector, and from Node 25 on opens no connections either. Without
 * `--allow-…` all of that is off; what the model leaves open is closed here and by {@link closeDoors}.
 * https://nodejs.org/api/permissions.html
 *
 * @param taskRoot - absolute path without symbolic links
 * @throws Error for a path with a `*`, which would be a wildcard
 */
export function confinement(taskRoot: string): string[] {
  if (taskRoot.includes('*'))
    throw new Error(
      `Functions can't be confined to ${taskRoot}: to Node the * stands for anything. Name another folder.`,
    )
  return [
    '--permission',
    `--allow-fs-read=${taskRoot}`,
    `--allow-fs-read=${taskRoot}/*`,
    // The model does not cover SQLite, which opens, makes and attaches any file.
    '--no-experimental-sqlite',
    // Nor, before 22.22 and 24, what Node itself writes: trace events, and a heap snapshot before memory runs out.
    '--trace-event-file-pattern=/dev/null',
    '--diagnostic-dir=/dev/null',
  ]
}

/** Arguments of a process that has no package to read: as {@link confinement}, and no text becomes code in it. */
export const confinedToNothing: readonly string[] = [
  '--permission',
  '--no-experimental-sqlite',
  '--trace-event-file-pattern=/dev/null',
  '--diagnostic-dir=/dev/null',
  '--disallow-code-generation-from-strings',
]

/**
 * Runs in a container before the function's code: takes from it what the permission model leaves it to reach other
 * processes with. Signals would end the sandbox, or open its debugger; flags of V8 write files.
 * It goes over as its own source text, so it must not use anything from outside its body.
 */
export function closeDoors(): void {
  const { pid } = process
  const denied = (what: string): Error =>
    Object.assign(new Error(`${what} is restricted to the function's own process`), { code: 'ERR_ACCESS_DENIED' })
  const inside = process as NodeJS.Process & {
    /** What process.kill ends in; answers 0 or a negative errno. */
    _kill(target: number, signal: number): number
    _debugProcess(target: number): void
  }
  const kill = inside._kill.bind(inside)
  const os = process.getBuiltinModule('node:os')
  const { constants, setPriority } = os
  inside._kill = (target, signal) => (target === pid ? kill(target, signal) : -constants.errno.EPERM)
  inside._debugProcess = () => {
    throw denied('A debugger')
  }
  os.setPriority = (first: number, second?: number): void => {
    if (second !== undefined && first !== 0 && first !== pid) throw denied('Priority')
    setPriority(0, second ?? first)
  }
  process.getBuiltinModule('node:v8').setFlagsFromString = () => {
    throw denied('V8')
  }
  process.getBuiltinModule('node:module').syncBuiltinESMExports()
}
