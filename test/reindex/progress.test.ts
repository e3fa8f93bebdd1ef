import { expect } from 'chai'

import { Progress } from '../../src/reindex/progress.ts'
import { lay } from '../../src/ui/layout.ts'
import { clearLine } from '../../src/ui/live-line.ts'
import { noTerminal } from '../../src/ui/screen.ts'
import type { Say } from '../../src/ui/text.ts'

/** A terminal as far as it is used: its lines after all that was written. */
class Screen {
  readonly columns: number
  readonly lines: string[] = ['']
  readonly written: string[] = []
  private column = 0
  private heard: (() => void) | undefined

  constructor(columns = 80) {
    this.columns = columns
  }

  readonly say: Say = (...blocks) => this.write(`${lay(blocks, noTerminal)}\n`)

  /** Resolves once something is written that a condition holds for. */
  async until(is: (text: string) => boolean): Promise<void> {
    while (!this.written.some(is)) await new Promise<void>((resolve) => (this.heard = resolve))
  }

  write(text: string): void {
    this.written.push(text)
    if (text.startsWith('\r')) expect(text.length - '\r\u001b[K'.length, 'it wraps').to.be.lessThan(this.columns)
    for (const [, code, plain = ''] of text.matchAll(/(\u001b\[K|\r|\n)|([^\u001b\r\n]+|\u001b)/g))
      this.put(code, plain)
    this.heard?.()
  }

  private put(code: string | undefined, plain: string): void {
    const at = this.lines.length - 1
    const line = this.lines[at] ?? ''
    if (code === '\n') this.lines.push('')
    if (code === '\n' || code === '\r') this.column = 0
    else if (code !== undefined) this.lines[at] = line.slice(0, this.column)
    else {
      this.lines[at] = line.slice(0, this.column) + plain + line.slice(this.column + plain.length)
      this.column += plain.length
    }
  }
}

describe('the progress of a long run', () => {
  const part = { title: 'Make the indexes', noun: 'packages', total: 3000, detail: () => 'apt 7/11/debian/' }

  it('is told with all that an operator wants to know', () => {
    let time = 0
    const progress = new Progress('nothing', { now: () => time })
    progress.begin(part)
    expect(progress.line()).to.equal('Make the indexes: 0 of 3,000 packages, 0/s, apt 7/11/debian/')
    time = 10_000
    progress.add(999, 50e6)
    progress.add(1, 5e6)
    progress.retries = 1200
    progress.slowDowns = 3
    expect(progress.line()).to.equal(
      'Make the indexes: 1,000 of 3,000 packages, 100/s, 5.5 MB/s, about 20 s left, 1,200 retries, ' +
        '3 times asked to slow down, apt 7/11/debian/',
    )
    // There were more than had been known.
    progress.add(2001)
    expect(progress.line()).to.match(/^Make the indexes: 3,001 packages, 300\/s, 5.5 MB\/s, 1,200 retries/)
    progress.begin({ title: 'List', noun: 'objects' })
    time = 20_000
    progress.add(50)
    expect(progress.line()).to.match(/^List: 50 objects, 5\/s, 1,200 retries/)
  })

  it('is told in lines where there is no terminal, without control codes', async () => {
    const screen = new Screen(1000)
    const progress = new Progress('lines', { stream: screen, say: screen.say, every: { lines: 1, live: 1 } })
    progress.begin({ ...part, detail: () => 'apt a\u001b[2J\nb/' })
    progress.add(1500)
    await screen.until((text) => text.includes('1,500 of 3,000 packages'))
    progress.end()
    progress.end()
    const [first, ...rest] = screen.lines
    expect(first).to.equal('… Make the indexes')
    expect(rest.at(-2)).to.match(/^✔ Make the indexes: 1,500 packages in \d+ s$/)
    expect(rest.at(-1)).to.equal('')
    for (const line of rest.slice(0, -2)) {
      expect(line).to.match(/^… Make the indexes: [\d,]+ of 3,000 packages, [\d,]+\/s, .*apt a\\u001b\[2J\\u000ab\/$/)
    }
    expect(screen.written.join('')).not.to.match(/[\u001b\r]/)
  })

  it('is on a terminal from the beginning, and leaves nothing there where it is only a look', () => {
    const screen = new Screen()
    const progress = new Progress('fleeting', { stream: screen, say: screen.say })
    progress.begin({ title: 'List the bucket', noun: 'objects' })
    expect(screen.lines).to.deep.equal(['List the bucket: 0 objects, 0/s'])
    progress.end()
    expect(screen.lines).to.deep.equal([''])
    progress.begin({ title: 'List the bucket', noun: 'objects' })
    progress.stop()
    expect(screen.lines, 'but for what failed').to.deep.equal(['✖ List the bucket', ''])
  })

  it('counts one thing as one', () => {
    const screen = new Screen()
    const progress = new Progress('live', { stream: screen, say: screen.say, now: () => 0 })
    progress.begin({ title: 'List the bucket', noun: 'objects' })
    progress.add(1)
    progress.end()
    expect(screen.lines[0]).to.equal('✔ List the bucket: 1 object in 0 s')
  })

  it('says so each half minute, and five times a second on a terminal', () => {
    const set = globalThis.setInterval
    const spans: (number | undefined)[] = []
    globalThis.setInterval = (work: () => void, span?: number) => {
      spans.push(span)
      return set(work, 1_000_000)
    }
    try {
      for (const show of ['lines', 'live', 'nothing'] as const) {
        const screen = new Screen()
        const progress = new Progress(show, { stream: screen, say: screen.say })
        progress.begin(part)
        progress.stop()
      }
    } finally {
      globalThis.setInterval = set
    }
    expect(spans).to.deep.equal([30_000, 200])
  })

  it('changes one line of a terminal, whatever else is written and however narrow it is', async () => {
    for (const columns of [30, 200]) {
      const screen = new Screen(columns)
      const progress = new Progress('live', { stream: screen, say: screen.say, every: { lines: 1, live: 1 } })
      let detail = 'apt a/'
      progress.begin({ ...part, detail: () => detail })
      await screen.until((text) => text.includes('0 of 3'))
      clearLine(screen)
      screen.write('Something else.\n')
      progress.add(1234)
      detail = 'apt ü/\u001b[2J漢字'
      await screen.until((text) => text.includes('1,234'))
      clearLine(screen)
      screen.write('And more.\n')
      await screen.until((text) => text.startsWith('\rMake the indexes: 1,234'))
      progress.add(1)
      progress.end()
      progress.begin({ title: 'List', noun: 'objects' })
      await screen.until((text) => text.startsWith('\rList: 0'))
      progress.stop()
      progress.stop()
      const [other, more, done, ...rest] = screen.lines
      expect([other, more]).to.deep.equal(['Something else.', 'And more.'])
      expect(done).to.match(/^✔ Make the indexes: 1,235 packages in \d+ \w+$/)
      expect(rest, 'a part that was stopped keeps its title').to.deep.equal(['✖ List', ''])
    }
  })
})
