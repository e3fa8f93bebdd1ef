/** What is played on a stage, frame by frame. */
import type { Size, Stage } from '../docs-stage.ts'
import { type Frame, Recorder } from './screen.ts'
import type { Shot } from './svg.ts'

/** For how long something is seen, in seconds; and of each how many drawings one. */
const pace = { word: 0.15, drawn: 0.25, each: 3, read: 2.5, end: 8 }
/** What a drawing ends with: from there to there a terminal shows nothing of it. */
const drawnEnd = '\u001b[?2026l'
const drawn = /(?<=\u001b\[\?2026l)/

const spinner = '⠋⠙⠹⠸⠼⠴⠦⠧⠇⠏'
const turning = new RegExp(`[${spinner}]`, 'g')

/** Takes in lines of shell that are typed, and what they show. */
export class Film {
  readonly #stage: Stage
  readonly #size: Size
  readonly #recorder: Recorder
  readonly #shots: Shot[] = []
  #drawn = 0

  constructor(stage: Stage, size: Size) {
    this.#stage = stage
    this.#size = size
    this.#recorder = new Recorder(size)
  }

  /** Types a line and runs it. */
  async play(line: string): Promise<void> {
    await this.#recorder.write('\u001b[32m$\u001b[0m ')
    for (const word of line.split(/(?<= )/)) {
      await this.#recorder.write(this.#stage.masks.mask(word))
      this.#take(pace.word)
    }
    await this.#recorder.write('\r\n')
    let written = Promise.resolve()
    await this.#stage.record(line, this.#size, (chunk) => {
      written = written.then(() => this.#show(chunk.toString('latin1')))
    })
    await written
    this.#take(pace.read)
    await this.#recorder.write('\r\n')
  }

  /** @param bytes - a part of what is written, a byte a character: it may end within a character */
  async #show(bytes: string): Promise<void> {
    for (const part of bytes.split(drawn)) {
      await this.#recorder.write(Buffer.from(part, 'latin1'))
      if (part.endsWith(drawnEnd) && ++this.#drawn % pace.each === 0) this.#take(pace.drawn)
    }
  }

  /** All that was seen, the end for longer. */
  shots(): Shot[] {
    const last = this.#shots.at(-1)
    return last === undefined ? [] : [...this.#shots.slice(0, -1), { ...last, seconds: pace.end }]
  }

  /** What turns and what counts seconds shows that time goes by; here it goes by with the frames. */
  #take(seconds: number): void {
    const last = this.#shots.at(-1)
    const sign = spinner[this.#shots.length % spinner.length] ?? ''
    const before = JSON.stringify(last?.frame ?? []).replace(turning, '')
    const frame = this.#masked(this.#recorder.frame())
    if (JSON.stringify(frame).replace(turning, '') !== before) {
      const turned = frame.map((runs) => runs.map((run) => ({ ...run, text: run.text.replace(turning, sign) })))
      this.#shots.push({ frame: turned, seconds })
    } else if (last !== undefined && last.seconds < seconds) this.#shots.splice(-1, 1, { ...last, seconds })
  }

  #masked(frame: Frame): Frame {
    const { masks } = this.#stage
    return frame.map((runs) =>
      runs.map((run) => ({ ...run, text: masks.mask(run.text).replace(/\(\d+ s\)/, '(0 s)') })),
    )
  }
}
