/**
 * stdout: what a command was run for. All of it goes through here, so that what can't be written is an error for every
 * command alike, and a reader that has had enough is none for any. No other file writes to stdout; ESLint sees to that.
 *
 * Written with `writeSync` rather than through `process.stdout`, which takes it for written where a file took only a
 * part (the disk is full, or the quota), and which loses at the end of the process what a slow pipe has not taken yet.
 */
import { setTimeout as sleep } from 'node:timers/promises'

import { CtlError, messageOf } from '../errors.ts'
import { isTerminal, type Screen, screenOf } from './screen.ts'
import type { Line } from '../text.ts'

// Not imported: that would load all that node:fs refers to, which takes a tenth of the time that Node takes to start.
const { closeSync, fstatSync, writeSync } = process.getBuiltinModule('node:fs')

const stdout = 1

/** Whether the result goes to a terminal. */
export const isResultSeen = (): boolean => isTerminal(stdout)

/** What can be shown where the result is seen, as it is now. */
export const resultScreen = (): Screen =>
  screenOf(isResultSeen() ? { isTTY: true, columns: process.stdout.columns } : { isTTY: false })

/** How many lines can be seen at once where the result is; `Infinity` where it is not seen. */
export const resultRows = (): number => (isResultSeen() ? process.stdout.rows || Infinity : Infinity)

/** Ends a command whose reader has had enough, as `| head` has: quietly, for that is no failure. */
export class ReaderGone extends Error {
  override readonly name = 'ReaderGone'
}

/** The result, or a part of it, is lost. Told when the command ends, wherever it is thrown before. */
export class Unwritten extends CtlError {}

/** What is written to. */
export interface Sink {
  /** Writes some of it; answers how many bytes, or throws an error with a `code`. */
  write(bytes: Uint8Array): number
  /** The last chance to hear that something was not kept: a network file system tells only now. */
  close(): void
}

const processStdout: Sink = {
  write: (bytes) => writeSync(stdout, bytes),
  close: () => {
    if (fstatSync(stdout).isFile()) closeSync(stdout)
  },
}

/** Characters. */
const worthACall = 32_768

/** Milliseconds until a pipe that is full is tried again. */
const retryAfter = 4

/** The result of a command, on its way to stdout. */
export class Result {
  readonly #waiting: (Uint8Array | Iterator<string, undefined>)[] = []
  readonly #sink: Sink
  #isEmptying = false
  #emptied: Promise<void> = Promise.resolve()
  #failure: NodeJS.ErrnoException | undefined
  #isReaderGone = false
  #afterLoss: readonly Line[] = ['Make room or send it elsewhere, and run the same command again.']

  constructor(sink: Sink = processStdout) {
    this.#sink = sink
  }

  /**
   * Writes at once what can be written at once. Never throws, so that a command that has changed something goes on to
   * its end; {@link taken} tells how it went.
   */
  print(text: string): void {
    if (text === '' || this.#isOver()) return
    this.#waiting.push(Buffer.from(text))
    if (!this.#isEmptying) this.#emptied = this.#empty()
  }

  /** As {@link print}, of what is made piece by piece: no sooner than it can be written. */
  printAll(pieces: Iterable<string>): void {
    if (this.#isOver()) return
    this.#waiting.push(pieces[Symbol.iterator]())
    if (!this.#isEmptying) this.#emptied = this.#empty()
  }

  /** What to do if the result is lost, once running the same command again is not all there is to say. */
  ifLost(...advice: readonly Line[]): void {
    this.#afterLoss = advice
  }

  /**
   * Waits until all has been taken.
   *
   * @throws {@link Unwritten} if something could not be written; {@link ReaderGone} if nobody reads on
   */
  async taken(): Promise<void> {
    await this.#emptied
    if (this.#isReaderGone) throw new ReaderGone()
    if (this.#failure !== undefined) throw unwritten(this.#failure, this.#afterLoss)
  }

  /** As {@link taken}, after which nothing more is printed. */
  async end(): Promise<void> {
    await this.taken()
    try {
      this.#sink.close()
    } catch (error) {
      this.#note(error)
    }
    await this.taken()
  }

  #isOver(): boolean {
    return this.#failure !== undefined || this.#isReaderGone
  }

  async #empty(): Promise<void> {
    this.#isEmptying = true
    for (let next = this.#next(); next !== undefined && !this.#isOver(); next = this.#next()) {
      for (let rest = next; rest.length > 0 && !this.#isOver();) {
        try {
          rest = rest.subarray(this.#sink.write(rest))
        } catch (error) {
          if (isFull(error)) await sleep(retryAfter)
          else this.#note(error)
        }
      }
    }
    this.#isEmptying = false
  }

  /** What is to be written next; of pieces so many that they are worth a call. */
  #next(): Uint8Array | undefined {
    for (let first = this.#waiting[0]; first !== undefined; first = this.#waiting[0]) {
      if (first instanceof Uint8Array) {
        this.#waiting.shift()
        return first
      }
      const taken: string[] = []
      let length = 0
      while (length < worthACall) {
        const piece = first.next()
        if (piece.done === true) {
          this.#waiting.shift()
          break
        }
        taken.push(piece.value)
        length += piece.value.length
      }
      if (length > 0) return Buffer.from(taken.join(''))
    }
    return undefined
  }

  #note(error: unknown): void {
    const code = codeOf(error)
    if (code === 'EPIPE' || code === 'ECONNRESET') this.#isReaderGone = true
    else this.#failure = error instanceof Error ? error : new Error(messageOf(error))
  }
}

const codeOf = (error: unknown): string | undefined =>
  error instanceof Error && 'code' in error ? String(error.code) : undefined

/** A pipe that doesn't block is full: whoever reads is slower. */
const isFull = (error: unknown): boolean => codeOf(error) === 'EAGAIN'

function unwritten(cause: NodeJS.ErrnoException, hint: readonly Line[]): Unwritten {
  const { getSystemErrorMessage } = process.getBuiltinModule('node:util')
  const why = cause.errno === undefined ? cause.message : getSystemErrorMessage(cause.errno)
  return new Unwritten('failed', `The result could not be written to stdout: ${why}.`, {
    hint,
    code: cause.code ?? 'failed',
    cause,
  })
}

/** The one result that a process has. */
export const result = new Result()
