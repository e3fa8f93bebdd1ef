import { BadPackageError } from '../format.ts'
import type { RpmTags } from './rpm-tags.ts'

export type RpmChange = {
  readonly author: string
  /** Unix seconds. */
  readonly date: number
  readonly text: string
}

const tag = { times: 1080, names: 1081, texts: 1082 }
const newest = 10

/**
 * The ten newest entries of the changelog, oldest first. Entries of one day share their date, and the index's readers
 * sort by date: so each such entry is told one second later than the one before, as createrepo_c does.
 */
export function changesOf(tags: RpmTags): RpmChange[] {
  const dates = tags.integers(tag.times)
  const authors = tags.strings(tag.names)
  const texts = tags.strings(tag.texts)
  if (dates.length !== authors.length || dates.length !== texts.length) {
    throw new BadPackageError('its changelog is not whole')
  }
  const told = spread(dates.slice(0, newest))
  return told
    .map((date, index) => ({ author: (authors[index] ?? '').replace(/ +$/, ''), date, text: texts[index] ?? '' }))
    .reverse()
}

/** Moves what has the date of the next older entry up by a second, and then what has that date, and so on. */
function spread(newestFirst: readonly number[]): number[] {
  const told: number[] = []
  for (const date of newestFirst) {
    let taken = date
    for (let newer = told.length - 1; newer >= 0 && told[newer] === taken; newer--) told[newer] = ++taken
    told.push(date)
  }
  return told
}
