/** Where pc-ctl keeps what it can find out again: a folder that nobody else can put anything into. */

// Not imported: what it brings with it takes its time, and somebody waits for each key.
const { chmodSync, lstatSync, mkdirSync, statSync } = process.getBuiltinModule('node:fs')
const path = process.getBuiltinModule('node:path')

/**
 * Makes a folder of the cache where it is missing (XDG Base Directory Specification, `$XDG_CACHE_HOME`; what is not an
 * absolute path is ignored).
 *
 * @param names - of the folder, below `pc-ctl`
 * @returns its path; nothing where there can be none that is ours alone, as with `sudo` that leaves HOME somebody else's
 */
export function privateCacheFolder(
  environment: Readonly<Record<string, string | undefined>>,
  ...names: readonly string[]
): string | undefined {
  const home = environment['HOME'] ?? ''
  const wished = environment['XDG_CACHE_HOME'] ?? ''
  const base = path.isAbsolute(wished) ? wished : path.isAbsolute(home) ? path.join(home, '.cache') : undefined
  if (base === undefined) return undefined
  try {
    if (!isThere(base)) {
      if (statSync(path.dirname(base)).uid !== process.geteuid?.()) return undefined
      make(base)
    }
    // A folder such as /tmp is the system's; in one of somebody else's nothing of ours should lie.
    if (![0, process.geteuid?.()].includes(statSync(base).uid)) return undefined
    let folder = base
    for (const name of ['pc-ctl', ...names]) {
      folder = path.join(folder, name)
      if (!isThere(folder)) make(folder)
      const found = lstatSync(folder)
      if (found.uid !== process.geteuid?.() || !found.isDirectory()) return undefined
      if ((found.mode & 0o077) !== 0) chmodSync(folder, 0o700)
    }
    return folder
  } catch {
    return undefined
  }
}

const isThere = (place: string): boolean => lstatSync(place, { throwIfNoEntry: false }) !== undefined

/** One folder, and not `recursive`: where none can be made and none is denied, as below /proc, that would go on for ever. */
function make(place: string): void {
  try {
    mkdirSync(place, { mode: 0o700 })
  } catch (error) {
    // Another process was there first.
    if (!isThere(place)) throw error
  }
}
