import { channelDescriptor, openChannel, type ContainerChannel } from '../containers/function-channel.ts'
import { closeDoors } from '../containers/function-confinement.ts'
import { realmProgram, type RealmControl, type RealmHost, type RealmRun } from './realm.ts'

/** Sent to a worker: the program of a function, to be kept; a run; the answer to a question of its. */
export type WorkerOrder =
  | { kind: 'program'; id: string; text: string }
  | { kind: 'run'; id: string; run: RealmRun }
  | { kind: 'answer'; turn: number; value?: string | undefined }

/** Sent by a worker: ready (once), questions to the store, and one end of each run; turns are counted from 1. */
export type WorkerMessage =
  | { kind: 'ready' }
  | { kind: 'question'; turn: number; question: string }
  | { kind: 'end'; how: 'returned' | 'threw' | 'overran' | 'hung'; text: string; spent: number; logs: string[] }

export function isWorkerMessage(message: unknown): message is WorkerMessage {
  if (typeof message !== 'object' || message === null || !('kind' in message)) return false
  const { kind, question, turn, how, text, spent, logs } = message as Record<string, unknown>
  if (kind === 'question') return typeof question === 'string' && typeof turn === 'number'
  const isEnd = typeof how === 'string' && typeof text === 'string' && typeof spent === 'number' && Array.isArray(logs)
  return kind === 'ready' || (kind === 'end' && isEnd)
}

/**
 * The program of a worker: runs functions, each run in a realm of its own. It goes over to the new process as its own
 * source text, so it must not use anything from outside its body.
 *
 * @param furnish - {@link realmProgram}
 */
function worker(channel: ContainerChannel, close: typeof closeDoors, furnish: string): void {
  'use strict'
  const vm = process.getBuiltinModule('node:vm')
  const { createHash, createHmac } = process.getBuiltinModule('node:crypto')
  const longestOutput = 2 * 1024 * 1024
  const longestLogs = 10 * 1024
  type Ending = 'returned' | 'threw' | 'overran' | 'hung'
  type Furnish = (host: RealmHost, run: RealmRun) => RealmControl
  const furnishing = new vm.Script(furnish, { filename: 'runtime' })
  const programs = new Map<string, InstanceType<typeof vm.Script>>()
  const newRealm = () =>
    vm.createContext(vm.constants.DONT_CONTEXTIFY, { codeGeneration: { strings: false, wasm: false } })
  let next: ReturnType<typeof newRealm> | undefined = newRealm()
  let turn = 0
  let current:
    | { control: RealmControl | undefined; open: number; end: (how: Ending, text: string, spent: number) => void }
    | undefined

  /** What one run has of the container. What a run of before still does has no effect. */
  const hostOf = (mine: number): { host: RealmHost; end: (how: Ending, text: string, spent: number) => void } => {
    const logs: string[] = []
    let logged = 0
    const end = (how: Ending, text: string, spent: number): void => {
      if (mine !== turn || current === undefined) return
      current = undefined
      const isHuge = text.length > longestOutput
      channel.send({ kind: 'end', how: isHuge ? 'threw' : how, text: isHuge ? 'MemoryError' : text, spent, logs })
      // The next realm is made while nobody waits for it.
      setImmediate(() => (next ??= newRealm()))
    }
    // All that a function's code could make these throw is in its realm again as an error of its own.
    const host: RealmHost = {
      decoded: (text, encoding) => Buffer.from(text, encoding as 'utf8').toString('latin1'),
      encoded: (bytes, encoding) => Buffer.from(bytes, 'latin1').toString(encoding as 'utf8'),
      digest(algorithm, key, bytes) {
        const hash = key === undefined ? createHash(algorithm) : createHmac(algorithm, Buffer.from(key, 'latin1'))
        return hash.update(Buffer.from(bytes, 'latin1')).digest().toString('latin1')
      },
      log(line) {
        const room = longestLogs - logged
        if (room <= 0) return
        logs.push(line.slice(0, room))
        logged += line.length
      },
      ask(question) {
        if (mine !== turn || current === undefined) return
        current.open++
        channel.send({ kind: 'question', turn, question })
      },
      report: end,
    }
    return { host, end }
  }
  /** A run that waits for nothing and has not ended never will. */
  const watch = (mine: number, end: (how: Ending, text: string, spent: number) => void): void => {
    setImmediate(() => {
      if (mine === turn && current?.open === 0) end('hung', '', 0)
    })
  }
  const start = (id: string, run: RealmRun): void => {
    const realm = next ?? newRealm()
    next = undefined
    const mine = ++turn
    const { host, end } = hostOf(mine)
    current = { control: undefined, open: 0, end }
    try {
      current.control = (furnishing.runInContext(realm) as Furnish)(host, run)
      current.control.start(programs.get(id)?.runInContext(realm))
    } catch (error) {
      end('threw', String(error), 0)
    }
    watch(mine, end)
  }
  const answer = (given: number, value: string | undefined): void => {
    if (given !== turn || current === undefined) return
    const { control, end } = current
    current.open--
    control?.answer(value)
    watch(given, end)
  }
  const keep = (id: string, text: string): void => {
    const [oldest] = programs.keys()
    if (programs.size >= 50 && oldest !== undefined) programs.delete(oldest)
    programs.set(id, new vm.Script(text, { filename: 'function.js' }))
  }
  close()
  channel.listen((message) => {
    const order = message as WorkerOrder
    if (order.kind === 'program') keep(order.id, order.text)
    else if (order.kind === 'run') start(order.id, order.run)
    else answer(order.turn, order.value)
  })
  channel.send({ kind: 'ready' })
}

/** The program for `node --eval`. */
const parts = [`(${openChannel.toString()})(${channelDescriptor})`, closeDoors.toString(), JSON.stringify(realmProgram)]
export const workerProgram = `(${worker.toString()})(${parts.join(', ')})`
