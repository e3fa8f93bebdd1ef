import { CtlError, messageOf } from '../errors.ts'

const mostFrames = 8

/**
 * What lies behind an error, a line each, for `--verbose`: its causes, and of a mistake of ours where it happened. No
 * stack trace, since those of a bundle tell nothing: the functions keep their names there, their places don't.
 */
export function causesOf(error: unknown): string[] {
  const lines: string[] = []
  const expected = error instanceof CtlError
  for (let cause = expected ? error.cause : error; cause !== undefined && lines.length < mostFrames;) {
    if (!(cause instanceof CtlError)) lines.push(`caused by ${describe(cause)}`)
    if (!expected || isMistake(cause)) lines.push(...placeOf(cause))
    cause = cause instanceof Error ? cause.cause : undefined
  }
  return lines
}

/** What no wrong input and no network brings about. */
const isMistake = (cause: unknown): boolean =>
  cause instanceof TypeError || cause instanceof ReferenceError || cause instanceof RangeError

function describe(cause: unknown): string {
  const [first = ''] = messageOf(cause).split('\n')
  return cause instanceof Error && cause.name !== '' && cause.name !== 'Error' ? `${cause.name}: ${first}` : first
}

/** The functions that were under way, the innermost first. */
function placeOf(cause: unknown): string[] {
  if (!(cause instanceof Error)) return []
  const names = [...(cause.stack ?? '').matchAll(/^\s+at (?:async |new )*([\w$.#<>]+) \(/gm)].map(
    ([, name = '']) => name,
  )
  const own = names.filter((name) => !name.startsWith('process.') && name !== 'Object.<anonymous>').slice(0, mostFrames)
  return own.length === 0 ? [] : [`in ${own.join(' < ')}`]
}
