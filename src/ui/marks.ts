import { styleText } from 'node:util'

import type { Mark } from '../text.ts'
import type { Screen } from './screen.ts'

type Style = Parameters<typeof styleText>[0]

interface Glyph {
  readonly unicode: string
  readonly ascii: string
  readonly style?: Style
}

const glyph = (unicode: string, ascii = unicode, style?: Style): Glyph => ({
  unicode,
  ascii,
  ...(style === undefined ? {} : { style }),
})

/** All that pc-ctl itself writes beyond ASCII, and what stands for it where only that is shown. */
const glyphs = {
  ok: glyph('✔', '*', 'green'),
  failed: glyph('✖', 'x', 'red'),
  warning: glyph('!', '!', 'yellow'),
  refused: glyph('!', '!', 'red'),
  skipped: glyph('–', '-'),
  unknown: glyph('?', '?', 'yellow'),
  busy: glyph('…', '...'),
  waiting: glyph('·', '.', 'dim'),
  todo: glyph('→', '->'),
  note: glyph('-'),
  keep: glyph('='),
  create: glyph('+', '+', 'green'),
  update: glyph('~', '~', 'yellow'),
  remove: glyph('-', '-', 'red'),
} as const satisfies Readonly<Record<Mark, Glyph>>

/** A mark where all characters can be shown, as on a page. */
export const signOf = (mark: Mark): string => glyphs[mark].unicode

/** A mark as a screen shows it. */
export function markText(mark: Mark, screen: Screen): string {
  const { unicode, ascii, style }: Glyph = glyphs[mark]
  return styled(style, screen.unicode ? unicode : ascii, screen)
}

/** Text in a style, where the screen has colours. */
export const styled = (style: Style | undefined, text: string, { colour }: Pick<Screen, 'colour'>): string =>
  style === undefined || !colour || text === '' ? text : styleText(style, text, { validateStream: false })
