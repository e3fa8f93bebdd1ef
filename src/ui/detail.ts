/** What is told under `--verbose` alone. There is one stderr, so there is one switch. */
import { say } from './talk.ts'
import { verbatim } from '../text.ts'

let isShown = false

/** Tells details from now on. */
export const showDetails = (shown = true): void => {
  isShown = shown
}

export const areDetailsShown = (): boolean => isShown

/** Says a line of detail, if details are told. It is searched and pasted, so it is not wrapped. */
export function tellDetail(line: string): void {
  if (isShown) say(verbatim(line))
}
