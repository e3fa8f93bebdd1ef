import type { Engine } from '../../edge/engine.ts'
import type { Rotation } from './state.ts'

const goOn = '`pc-ctl rotate-cloudfront-secret`'
const finish = '`pc-ctl rotate-cloudfront-secret --finish`'

/**
 * What is known of edges that were given both secrets. Of a distribution's deployment CloudFront tells when all have it; of what
 * was put into a key value store it tells nobody, and no document but for "seconds".
 */
const edgesHaveBoth: Readonly<Record<Engine, string>> = {
  lambda: 'all edges accept both secrets',
  function: 'the key value store holds both secrets, which edges have within seconds as a rule',
}

/** In which step a rotation is, and what goes on with it: one line. */
export function rotationText({ step, since, finishFrom, why }: Rotation, engine: Engine): string {
  switch (step) {
    case 'publish':
      return `the new one is in packagecloud.rb, not at the edge: restart no front server, run ${goOn}`
    case 'edges':
      return `not all edges accept both secrets yet: restart no front server, run ${goOn}`
    case 'restart':
      return `${edgesHaveBoth[engine]}: restart the front servers, then run ${goOn} with --front for each`
    case 'wait':
      return finishFrom === null
        ? `front servers sign with the new one since ${since ?? ''}; once no older URL is in use, run ${finish} with --force`
        : `front servers sign with the new one since ${since ?? ''}; from ${finishFrom} on, run ${finish}`
    case 'finish':
      return `the old one is of no use any more: run ${finish}`
    case 'elsewhere':
      return why ?? ''
  }
}
