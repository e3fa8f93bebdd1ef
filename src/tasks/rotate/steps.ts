/** The steps of a rotation as they are shown, and how far one has come. */
import type { Engine } from '../../edge/engine.ts'
import { type Block, item } from '../../text.ts'
import type { Rotation } from '../rotation/state.ts'

/** What makes edges accept other secrets. */
const having: Readonly<Record<Engine, readonly [bootstrap: string, reconfigure: string, dropped: string]>> = {
  lambda: [
    'bootstrap-cloudfront: publish the function with both',
    'reconfigure-cloudfront-distribution: have all edges accept both',
    'publish the function without it, and have all edges run that',
  ],
  function: [
    'bootstrap-cloudfront: put both into the key value store, where they are live at once',
    'see that the edge accepts both',
    'take it out of the key value store, where that is live at once',
  ],
}

const titles = ([bootstrap, reconfigure, dropped]: (typeof having)[Engine]): readonly string[] => [
  'packagecloud.rb holds the new secret, and the old one as cloudfront_previous_secret',
  bootstrap,
  reconfigure,
  'restart every front server, after which it signs with the new one',
  'wait until no URL is good any more that was signed with the old one',
  '--finish: take the old one out of packagecloud.rb',
  `--finish: ${dropped}`,
]

/** How a step stands. */
export interface RotationStep {
  /** From 1 on. */
  readonly number: number
  readonly title: string
  readonly state: 'done' | 'to do'
  /** What is known of it; a clause. */
  readonly note: string
}

/** How many steps are done when a rotation is at one. */
const done: Readonly<Record<Rotation['step'], number>> = {
  elsewhere: 0,
  publish: 1,
  edges: 2,
  restart: 3,
  wait: 4,
  finish: 5,
}

export function stepsOf(rotation: Rotation | undefined, engine: Engine): RotationStep[] {
  const many = rotation === undefined ? 0 : done[rotation.step]
  return titles(having[engine]).map((title, index) => {
    const number = index + 1
    const isDone = number <= many || (number === 6 && many >= 3 && rotation?.inFile === false)
    return { number, title, state: isDone ? 'done' : 'to do', note: noteOf(number, rotation) }
  })
}

function noteOf(number: number, rotation: Rotation | undefined): string {
  const { since = null, finishFrom = null } = rotation ?? {}
  if (number === 4 && since !== null) return `seen at ${since}`
  return number === 5 && finishFrom !== null ? `until ${finishFrom}` : ''
}

export const stepsText = (steps: readonly RotationStep[]): Block[] =>
  steps.map(({ number, title, state, note }) =>
    item(state === 'done' ? 'ok' : 'todo', `${number}. ${title}${note === '' ? '' : ` (${note})`}`),
  )
