/** What clients get from the edge. */
import { get, getOften, getUntil, inSeconds, pause, signed, signedUrl } from './edge.ts'
import { contentOf, keys, put } from './objects.ts'
import type { Live } from './place.ts'

/** How often an object is asked for until some server of the edge has it. */
const tries = 8

export async function downloadPackages(live: Live): Promise<void> {
  const { findings } = live
  const [plain = '', plus = '', tilde = '', metadata = ''] = await signed(live, ...Object.values(keys))
  // Files of an earlier start may be at the edge still; those of this one are what matters from here on.
  const first = await getUntil(live, plain, ({ status }) => status === 200, 60)
  findings.note('A3', `${first.answer.status}: ${inOneLine(first.answer.text)}`, first.wanted)
  const late = first.seconds < 1 ? 'at once' : `after ${inSeconds(first.seconds)}`
  findings.note('A16', first.wanted ? `served ${late}` : `not served ${late}`, first.wanted && first.seconds < 10)

  await lookAtWords(live, plain)
  await lookAtRefusals(live, plain)
  await lookAtSpellings(live, plus, tilde)
  await lookAtParts(live, plain)

  const indexes = await getOften(live, metadata, 4)
  const fromCache = indexes.filter(({ cache }) => cache === 'Hit').length
  findings.note(
    'A23',
    `${cachesOf(indexes)} for an index`,
    fromCache === 0 && indexes.every(({ status }) => status === 200),
  )
}

/** The words that doctor reads, and whether URLs that are signed anew hit what others have fetched. */
async function lookAtWords(live: Live, url: string): Promise<void> {
  const another = await anew(live)
  const answers = [...(await getOften(live, url, 2)), ...(await getOften(live, another, tries))]
  const known = answers.every(({ cache }) => ['Hit', 'Miss', 'RefreshHit'].includes(cache))
  live.findings.note('A22', cachesOf(answers), known)
  const hits = answers.slice(2).filter(({ cache }) => cache === 'Hit').length
  live.findings.note('A21', `${hits} of ${tries} hits with another signature`, hits > 0)
}

/** Another signature of the same object: it is of a later second. */
async function anew(live: Live): Promise<string> {
  await pause(live, 1.1)
  return signedUrl(live, keys.plain)
}

async function lookAtRefusals(live: Live, url: string): Promise<void> {
  const last = url.at(-1) === '0' ? '1' : '0'
  const refused = await get(live, `${url.slice(0, -1)}${last}`)
  const good = await get(live, url)
  live.findings.note(
    'A18',
    `${refused.status} "${inOneLine(refused.text)}" (${refused.cache}), then ${good.status} for the signed one`,
    refused.status === 403 && !refused.cache.startsWith('Hit') && good.status === 200,
  )
}

/** The same object by both spellings: a server that has it from one hits with the other. */
async function lookAtSpellings(live: Live, plus: string, tilde: string): Promise<void> {
  const pairs = [
    { id: 'A19', key: keys.plus, url: plus, spelled: ['%2B', '+'] },
    { id: 'A20', key: keys.tilde, url: tilde, spelled: ['%7E', '~'] },
  ] as const
  for (const { id, key, url, spelled } of pairs) {
    const urls = spelled.map((one) => respelled(url, one))
    await getOften(live, urls[0] ?? '', tries)
    const answers = await getOften(live, urls[1] ?? '', tries)
    const right = answers.every(({ status, text }) => status === 200 && text.startsWith(key))
    const hit = answers[0]?.cache === 'Hit' || answers.filter(({ cache }) => cache === 'Hit').length > tries / 2
    live.findings.note(id, `${spelled[0]} first, then ${spelled[1]}: ${cachesOf(answers)}`, right && hit)
  }
}

/** The path of a signed URL with its `+` or `~` spelled as it is given; what is signed is the decoded path. */
function respelled(url: string, spelling: '%2B' | '+' | '%7E' | '~'): string {
  const [path = '', query = ''] = url.split('?')
  const every = spelling === '%2B' || spelling === '+' ? /%2B|\+/gi : /%7E|~/gi
  return `${path.replace(every, spelling)}?${query}`
}

async function lookAtParts(live: Live, url: string): Promise<void> {
  const head = await get(live, url, { method: 'HEAD' })
  const part = await get(live, url, { range: 'bytes=0-3' })
  live.findings.note(
    'A30',
    `HEAD ${head.status}, bytes 0-3: ${part.status} "${part.text}"`,
    head.status === 200 && part.status === 206 && part.text === keys.plain.slice(0, 4),
  )
}

/** An object that appears after somebody has asked for it. */
export async function publishAfterAMiss(live: Live): Promise<void> {
  const key = `walk/published-${live.stamp}_1.0_all.deb`
  const url = await signedUrl(live, key)
  const missing = await get(live, url)
  const what = /<Code>(\w+)<\/Code>/.exec(missing.text)?.[1] ?? inOneLine(missing.text)
  live.findings.note('A24', `${missing.status} ${what}`, missing.status === 404)
  await put(live, key, contentOf(live, key))
  await pause(live, 2)
  const found = await getUntil(live, url, ({ status }) => status === 200, 30)
  const after = inSeconds(found.seconds + 2)
  live.findings.note(
    'A25',
    found.wanted
      ? `200 ${after} after it was published`
      : `${found.answer.status} still, ${after} after it was published`,
    found.wanted && found.seconds < 1,
  )
}

const cachesOf = (answers: readonly { readonly cache: string }[]): string =>
  answers.map(({ cache }) => cache).join(', ')
const inOneLine = (text: string): string => text.trim().replaceAll(/\s+/g, ' ').slice(0, 120)
