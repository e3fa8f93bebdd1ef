/**
 * Loads pc-ctl's own files with what V8 has compiled of them in a run before.
 *
 * Node has such a cache, but keeps a file as it is when it has just been loaded (`module.enableCompileCache`): of what is
 * called later, which is nearly all, nothing is compiled, and each start does it anew. This one is written when a run has
 * come to its end, and so holds what that run has used; all files are one, in place of one to be found for each.
 */

// Not imported: that would load all that these could export.
const { openSync, readFileSync, readSync, renameSync, statSync, writeFileSync } = process.getBuiltinModule('node:fs')
// eslint-disable-next-line rooms/imports -- This loads what the build has made of all rooms.
const { createRequire } = process.getBuiltinModule('node:module')
const path = process.getBuiltinModule('node:path')

/** Milliseconds after which a run that goes on is long enough: V8 throws away what has not been called for a while. */
const longEnough = 10_000

/** A file as it was. V8 itself looks only whether it is as long. */
interface Version {
  readonly size: number
  readonly time: number
}

/** What is kept of one file. */
interface Kept extends Version {
  /** Reads it; `undefined` where it is damaged. */
  readonly code: () => Buffer | undefined
}

/**
 * A store begins with the checksum and the length of the JSON that follows, which tells what is kept of which file, in the
 * order of the code, and the checksum of that: V8 runs damaged code as it is. So many characters each:
 */
const [checksumDigits, lengthDigits] = [64, 10]
type Index = readonly (readonly [file: string, size: number, time: number, length: number, checksum: string])[]

type Require = (id: string) => unknown
type Body = (exports: unknown, require: Require, module: Module, filename: string, dirname: string) => void
interface Module {
  exports: unknown
}

/**
 * Makes a `require` for files of a folder, which are CommonJS in ASCII; what is not theirs is looked for by Node.
 *
 * @param folder - where they are
 * @param store - what V8 has compiled; written when the process ends, if it is not there, or lacks a file that was loaded
 */
export function requireCompiled(folder: string, store: string | undefined): Require {
  const { Script } = process.getBuiltinModule('node:vm')
  const elsewhere = createRequire(path.join(folder, 'program.cjs'))
  const kept = new Map(store === undefined ? [] : read(store))
  const loaded = new Map<string, Module>()
  const scripts = new Map<string, Version & { readonly script: InstanceType<typeof Script> }>()

  function load(file: string): unknown {
    const before = loaded.get(file)
    if (before !== undefined) return before.exports
    const { size, mtimeMs: time } = statSync(file)
    const known = kept.get(file)
    const code = known?.size === size && known.time === time ? known.code() : undefined
    const text = `(function(exports,require,module,__filename,__dirname){${readFileSync(file, 'latin1')}\n})`
    const script = new Script(text, { filename: file, ...(code === undefined ? {} : { cachedData: code }) })
    if (code === undefined || script.cachedDataRejected === true) keepLater()
    scripts.set(file, { size, time, script })
    const module: Module = { exports: {} }
    loaded.set(file, module)
    const body = script.runInThisContext() as Body
    const dirname = path.dirname(file)
    body(module.exports, requireFrom(dirname), module, file, dirname)
    return module.exports
  }

  const requireFrom = (from: string): Require =>
    Object.assign((id: string): unknown => {
      const file = fileOf(id, from)
      return file === undefined ? elsewhere(id) : load(file)
    }, elsewhere)

  /** The file of ours that is asked for. `#lib/NAME` is what package.json says, without looking there each time. */
  function fileOf(id: string, from: string): string | undefined {
    const file = id.startsWith('#lib/')
      ? path.join(folder, `lib/${id.slice('#lib/'.length)}.cjs`)
      : path.resolve(from, id)
    return file.endsWith('.cjs') && file.startsWith(path.join(folder, path.sep)) ? file : undefined
  }

  let isToKeep = false
  function keepLater(): void {
    if (store === undefined || isToKeep) return
    isToKeep = true
    const keep = (): void => {
      clearTimeout(timer)
      process.off('exit', keep)
      for (const [file, { script, ...of }] of scripts) kept.set(file, { ...of, code: () => script.createCachedData() })
      write(store, kept)
    }
    const timer = setTimeout(keep, longEnough).unref()
    process.on('exit', keep)
  }

  return requireFrom(folder)
}

/** What is kept is read file by file, when it is asked for: the first call to AWS needs a third of it. */
function read(store: string): ReadonlyMap<string, Kept> {
  try {
    const opened = openSync(store, 'r')
    const part = (at: number, length: number, checksum: string): Buffer => {
      const bytes = Buffer.allocUnsafeSlow(length)
      if (readSync(opened, bytes, 0, length, at) !== length || checksumOf(bytes) !== checksum)
        throw new Error('damaged')
      return bytes
    }
    const head = Buffer.alloc(checksumDigits + lengthDigits)
    readSync(opened, head)
    const length = Number(head.toString('latin1', checksumDigits))
    const index = JSON.parse(part(head.length, length, head.toString('latin1', 0, checksumDigits)).toString()) as Index
    let next = head.length + length
    return new Map(
      index.map(([file, size, time, length, checksum]) => {
        const at = next
        next += length
        return [file, { size, time, code: () => ifWhole(() => part(at, length, checksum)) }]
      }),
    )
  } catch {
    // There is none, or none that can be read: then all is compiled, and kept.
    return new Map()
  }
}

function ifWhole<T>(read: () => T): T | undefined {
  try {
    return read()
  } catch {
    return undefined
  }
}

/** In the place of the present one at once: another process may be about to read it. */
function write(store: string, kept: ReadonlyMap<string, Kept>): void {
  const next = `${store}.${process.pid}`
  try {
    const there = [...kept].flatMap(([file, { size, time, code: read }]) => {
      const found = statSync(file, { throwIfNoEntry: false })
      const code = found?.size === size && found.mtimeMs === time ? read() : undefined
      return code === undefined ? [] : [{ file, size, time, code }]
    })
    const index: Index = there.map(({ file, size, time, code }) => [file, size, time, code.length, checksumOf(code)])
    const json = Buffer.from(JSON.stringify(index))
    const head = Buffer.from(checksumOf(json) + String(json.length).padStart(lengthDigits))
    writeFileSync(next, Buffer.concat([head, json, ...there.map(({ code }) => code)]), { mode: 0o600 })
    renameSync(next, store)
  } catch {
    // Nowhere to keep it.
  }
}

/** With zlib's, which would do, that is loaded too; each call of AWS needs crypto anyway. */
const checksumOf = (bytes: Buffer): string => process.getBuiltinModule('node:crypto').hash('sha256', bytes, 'hex')
