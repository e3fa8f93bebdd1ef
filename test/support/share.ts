/**
 * Which half of what is much alike is tried: `0` or `1`, set by .ci/run, which has less time than whoever changes what it is
 * about. The commit decides, so that it is judged the same twice, and another one tries the others.
 */
const half = process.env['TEST_HALF']

/**
 * What of a list is tried: all of it, or every second one.
 *
 * @param which - of those who each try a share of the same list: neighbours try different halves
 */
export const share = <T>(all: readonly T[], which = 0): readonly T[] =>
  half === undefined ? all : all.filter((_, index) => (index + which) % 2 === Number(half))

/** How many of a number of random moments, requests or rounds are tried. */
export const shareOf = (count: number): number => (half === undefined ? count : Math.ceil(count / 2))
