/** Markdown as HTML, of which nothing but what is written here is markup. */
import { Marked, type Tokens } from 'marked'

/** A part of a page: what stands below a heading, as text. */
export interface Part {
  readonly heading: string
  /** Empty: the beginning of the page. */
  readonly id: string
  text: string
}

export interface Written {
  readonly html: string
  readonly parts: readonly Part[]
}

export const escaped = (text: string): string =>
  text
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;')
    .replaceAll('"', '&quot;')
    .replaceAll("'", '&#39;')

/**
 * Writes a page.
 *
 * @param follow - where a link of the page leads to in the site
 */
export function writeMarkdown(markdown: string, follow: (target: string) => string): Written {
  const parts: Part[] = [{ heading: '', id: '', text: '' }]
  const taken = new Set<string>()
  const add = (text: string): void => {
    const last = parts.at(-1)
    if (last !== undefined) last.text += `${text} `
  }
  const marked = new Marked({
    gfm: true,
    walkTokens(token) {
      if (token.type === 'heading') {
        const heading = plain((token as Tokens.Heading).tokens)
        const id = anchorOf(heading, taken)
        parts.push({ heading, id, text: '' })
        Object.assign(token, { id })
      } else if (token.type === 'code' || token.type === 'paragraph' || token.type === 'table') add(textOf(token))
      else if (token.type === 'text' && 'tokens' in token) add(textOf(token))
    },
    renderer: {
      heading(token) {
        const { id } = token as Tokens.Heading & { id: string }
        return `<h${token.depth} id="${id}">${this.parser.parseInline(token.tokens)} <a class="anchor" href="#${id}" aria-label="This part">#</a></h${token.depth}>\n`
      },
      link({ href, tokens }) {
        return `<a href="${escaped(follow(href))}">${this.parser.parseInline(tokens)}</a>`
      },
      image({ href, text }) {
        return `<img src="${escaped(follow(href))}" alt="${escaped(text)}">`
      },
      html: ({ text }) => (text.startsWith('<!--') ? '' : escaped(text)),
      code: ({ text }) => `<pre tabindex="0"><code>${escaped(text)}</code></pre>\n`,
      table(token) {
        const cells = (row: readonly Tokens.TableCell[], tag: string): string =>
          row.map(({ tokens }) => `<${tag}>${this.parser.parseInline(tokens)}</${tag}>`).join('')
        const head = token.header.some(({ text }) => text !== '')
          ? `<thead><tr>${cells(token.header, 'th')}</tr></thead>`
          : ''
        const body = token.rows.map((row) => `<tr>${cells(row, 'td')}</tr>\n`).join('')
        return `<div class="wide" tabindex="0"><table>${head}<tbody>\n${body}</tbody></table></div>\n`
      },
    },
  })
  return { html: marked.parse(markdown, { async: false }), parts: parts.filter(({ id, text }) => id + text !== '') }
}

/** As GitHub makes anchors of headings; a second one is `-1`. */
function anchorOf(heading: string, taken: Set<string>): string {
  const anchor = heading
    .toLowerCase()
    .replaceAll(/[^\p{L}\p{N}\s_-]/gu, '')
    .replaceAll(' ', '-')
  let free = anchor
  for (let times = 1; taken.has(free); times += 1) free = `${anchor}-${times}`
  taken.add(free)
  return free
}

const plain = (tokens: readonly object[]): string =>
  tokens
    .map((token) => ('tokens' in token ? plain(token.tokens as object[]) : 'text' in token ? token.text : ''))
    .join('')

/** What somebody may look for in it. */
function textOf(token: object): string {
  if ('rows' in token) {
    const { header, rows } = token as Tokens.Table
    return [header, ...rows].flatMap((row) => row.map(({ tokens }) => plain(tokens))).join(' ')
  }
  return 'tokens' in token ? plain(token.tokens as object[]) : 'text' in token ? String(token.text) : ''
}
