/** What was named to be gone over and is not there: a slip would look as if there were nothing to do. */
import type { Aws } from '../../aws/connect.ts'
import type { Scanned } from '../../reindex/listing/scan.ts'
import { type Choice, ownPrefix } from '../../reindex/selection.ts'
import { namesBelow } from '../../resources/s3/names-below.ts'
import { CtlError } from '../../errors.ts'
import { didYouMean } from '../../ui/near.ts'
import { type Block, kept, listed, warning } from '../../text.ts'

/** How many names are told where none is near. */
const mostNames = 5

/**
 * @throws CtlError (usage) if nothing in the bucket begins with the prefix that was given
 */
export async function assertSomethingBelow(
  aws: Aws,
  bucket: string,
  { prefix }: Choice,
  { objects, leftOut }: Pick<Scanned, 'objects' | 'leftOut'>,
): Promise<void> {
  if (prefix === '' || objects + leftOut > 0) return
  throw new CtlError('usage', `Nothing in ${bucket} begins with ${kept(prefix)} (--prefix).`, {
    hint: await nearPrefixes(prefix, (folder) => namesBelow(aws, bucket, folder)),
    code: 'NothingBelow',
  })
}

/**
 * Prefixes that are there, as advice: looked for where the one that was typed leaves what is there.
 *
 * @param below - lists a folder; what it throws leaves out the advice
 */
export async function nearPrefixes(
  prefix: string,
  below: (folder: string) => Promise<readonly string[]>,
): Promise<string[]> {
  const [, typed = prefix] = /^(?:s3:\/\/[^/]*)?\/*(.*)$/s.exec(prefix) ?? []
  try {
    if (typed !== prefix && typed !== '' && (await isThere(typed, below))) return didYouMean(typed, [typed])
    const segments = typed.split(/(?<=\/)/)
    // From below, since the last that is right is most often near the end.
    for (let level = segments.length - 1; level >= 0; level--) {
      const folder = segments.slice(0, level).join('')
      const all = (await below(folder)).filter((name) => name !== ownPrefix)
      if (all.length > 0) return adviceFrom(folder, segments[level] ?? '', all)
    }
  } catch {
    // Whoever may not list more than the prefix gets no advice.
  }
  return []
}

async function isThere(prefix: string, below: (folder: string) => Promise<readonly string[]>): Promise<boolean> {
  const names = await below(prefix.slice(0, prefix.lastIndexOf('/') + 1))
  return prefix.endsWith('/') ? names.length > 0 : names.some((name) => name.startsWith(prefix))
}

function adviceFrom(folder: string, segment: string, names: readonly string[]): string[] {
  const plain = (name: string): string => name.replace(/\/$/, '')
  const byPlain = new Map(names.map((name) => [plain(name.slice(folder.length)), name]))
  const near = didYouMean(plain(segment), [...byPlain.keys()], (name) => byPlain.get(name) ?? name)
  if (near.length > 0) return near
  const folders = names.filter((name) => name.endsWith('/'))
  const told = folders.length > 0 ? folders : names
  const first = told.slice(0, mostNames)
  const more = told.length > first.length ? ' and more' : ''
  return [`There ${told.length === 1 ? 'is' : 'are'} ${more === '' ? listed(first, 'and') : first.join(', ')}${more}.`]
}

/** Warnings of what was named to choose objects by, and has chosen none. */
export function idleChoices(choice: Choice, { formats }: Pick<Scanned, 'formats'>): Block[] {
  const idle = (choice.only ?? []).filter((format) => !formats.has(format))
  return [
    ...choice.idleGlobs().map((glob) => warning(`--exclude ${kept(glob)} leaves out nothing${whyIdle(glob)}.`)),
    ...(idle.length === 0
      ? []
      : [warning(`--only takes ${listed(idle, 'and')}, but nothing there is ${listed(idle, 'or')}.`)]),
    // With a prefix, the others may be meant for elsewhere.
    ...(choice.prefix === '' ? choice.idleRules() : []).map((glob) =>
      warning(`The mapping file has a rule for ${kept(glob)}, but no key is like that.`),
    ),
  ]
}

/** That the whole key has to match is what is most often forgotten. */
const whyIdle = (glob: string): string =>
  glob.includes('*')
    ? ''
    : `: the whole key has to match, as ${kept(`${glob.replace(/\/$/, '')}/**`)} does below a folder`
