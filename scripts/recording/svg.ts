/** A recording as one SVG, which any browser plays: frames below one another, of which one is seen at a time. */
import type { Size } from '../docs-stage.ts'
import type { Frame, Run } from './screen.ts'

/** A frame, and for how long it is seen. */
export interface Shot {
  readonly frame: Frame
  readonly seconds: number
}

const cell = { width: 8.4, height: 19 }
const margin = { side: 16, top: 44, bottom: 16 }

/** GitHub's dark palette: on a ground of its own it is read on light pages and dark ones. */
const palette = {
  ground: '#0d1117',
  bar: '#161b22',
  line: '#3d444d',
  text: '#e6edf3',
  dim: '#9198a1',
  colours: [
    ...['#6e7681', '#ff7b72', '#3fb950', '#d29922', '#58a6ff', '#bc8cff', '#39c5cf', '#b1bac4'],
    ...['#8b949e', '#ffa198', '#56d364', '#e3b341', '#79c0ff', '#d2a8ff', '#56d4dd', '#ffffff'],
  ],
}

/**
 * Where nothing moves (a printer, somebody who wants no motion) the last frame is seen.
 *
 * @param title - what is recorded, for who can't see it
 */
export function recordingSvg(shots: readonly Shot[], { columns, rows }: Size, title: string): string {
  const width = Math.ceil(columns * cell.width) + 2 * margin.side
  const screen = rows * cell.height
  const height = screen + margin.top + margin.bottom
  const lines = new Map<string, string>()
  const idOf = (line: string): string => {
    const id = lines.get(line) ?? `l${lines.size}`
    lines.set(line, id)
    return id
  }
  const frames = shots.map(({ frame }, index) => {
    const uses = frame.flatMap((runs, row) =>
      runs.length === 0 ? [] : [`<use href="#${idOf(lineOf(runs))}" y="${(row + 1) * cell.height - 5}"/>`],
    )
    return `<g transform="translate(0 ${index * screen})">${uses.join('')}</g>`
  })
  const defined = [...lines].map(([line, id]) => `<text id="${id}">${line}</text>`)
  return `${[
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" width="${width}" height="${height}" role="img" aria-label="${escaped(title)}">`,
    `<title>${escaped(title)}</title>`,
    `<style>${styleOf(shots, screen)}</style>`,
    `<defs>`,
    ...defined,
    `</defs>`,
    `<rect x=".5" y=".5" width="${width - 1}" height="${height - 1}" rx="10" fill="${palette.ground}" stroke="${palette.line}"/>`,
    ...[palette.colours[1], palette.colours[3], palette.colours[2]].map(
      (colour, index) => `<circle cx="${22 + index * 20}" cy="20" r="6" fill="${colour ?? ''}"/>`,
    ),
    `<svg x="${margin.side}" y="${margin.top}" width="${width - 2 * margin.side}" height="${screen}">`,
    `<g id="film">`,
    ...frames,
    `</g>`,
    `</svg>`,
    `</svg>`,
  ].join('\n')}\n`
}

function styleOf(shots: readonly Shot[], screen: number): string {
  const total = shots.reduce((sum, { seconds }) => sum + seconds, 0)
  const last = -(shots.length - 1) * screen
  let begun = 0
  const keys = shots.map(({ seconds }, index) => {
    const key = `${((begun / total) * 100).toFixed(3)}%{transform:translateY(${-index * screen}px)}`
    begun += seconds
    return key
  })
  return [
    `text{white-space:pre;fill:${palette.text};font:14px ui-monospace,'SFMono-Regular','DejaVu Sans Mono',Menlo,Consolas,monospace}`,
    `.b{font-weight:700}.d{fill:${palette.dim}}`,
    ...palette.colours.map((colour, index) => `.c${index}{fill:${colour}}`),
    `#film{transform:translateY(${last}px)}`,
    `@media (prefers-reduced-motion:no-preference){#film{animation:film ${total.toFixed(2)}s step-end infinite}}`,
    `@media print{#film{animation:none}}`,
    `@keyframes film{${keys.join('')}to{transform:translateY(${last}px)}}`,
  ].join('')
}

/** Each run begins in its column, however wide the font is. */
function lineOf(runs: readonly Run[]): string {
  let column = 0
  return runs
    .map(({ text, colour, bold, dim }) => {
      const classes = [...(colour === undefined ? [] : [`c${colour}`]), ...(bold ? ['b'] : []), ...(dim ? ['d'] : [])]
      const x = (column * cell.width).toFixed(1)
      const { length } = Array.from(text)
      column += length
      if (text.trim() === '') return ''
      const fitted = `textLength="${(length * cell.width).toFixed(1)}" lengthAdjust="spacingAndGlyphs"`
      return `<tspan x="${x}" ${fitted}${classes.length === 0 ? '' : ` class="${classes.join(' ')}"`}>${escaped(text)}</tspan>`
    })
    .join('')
}

const escaped = (text: string): string =>
  text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;').replaceAll('"', '&quot;')
