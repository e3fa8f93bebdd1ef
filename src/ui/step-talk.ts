import { AsyncLocalStorage } from 'node:async_hooks'

import { say } from './talk.ts'
import { item } from '../text.ts'

/** How a step talks while it works, and how it learns that the operator wants to stop. */
export interface Talk {
  /** Shows one line beneath the step: what it is doing or waiting for. */
  tell(text: string): void
  /** Aborted by SIGINT, SIGTERM or SIGHUP. Waits end at once; calls in hand are finished. */
  readonly signal: AbortSignal
}

const now = new AsyncLocalStorage<Talk>()

/** Runs a step; whatever it calls, however deep, talks to whoever watches that step. */
export const talking = <T>(talk: Talk, step: () => Promise<T>): Promise<T> => now.run(talk, step)

/** The talk of the step at work, if there is one. */
export const talkOfStep = (): Talk | undefined => now.getStore()

/** The talk of the step at work. Commands without steps talk to stderr, and stop only with the process. */
export const talkNow = (): Talk => talkOfStep() ?? plain

/** A wait without the time that it has taken so far, which changes each second and is no news. */
export const essenceOf = (text: string): string => text.replace(/ \([^()]*\)$/, '')

let last = ''
const plain: Talk = {
  tell(text) {
    if (essenceOf(text) === last) return
    last = essenceOf(text)
    say(item('busy', text))
  },
  signal: new AbortController().signal,
}
