import { Flags } from '@oclif/core'

import { adoptFlag, changeFlags } from './change-flags.ts'
import { boundaryFlag } from './boundary-flag.ts'
import { tagFlag } from './tag-flags.ts'

const helpGroup = 'BEYOND ONE MACHINE'
const dependsOn = ['run-on']
/** What is made is made for either. */
const relationships = [{ type: 'some' as const, flags: ['run-on', 'checksums'] }]

/** Who does the work of reindex-everything. */
const workplaces = ['local', 'batch'] as const

/** Functions at a time, where no number is given. */
export const usualFunctions = 20

/** Flags of commands that can have S3 Batch Operations do their work. */
export const runOnFlags = {
  'run-on': Flags.option({
    options: workplaces,
    description:
      'where packages are read and objects rewritten: on this host, or by a function that S3 Batch Operations invokes; local if none is given',
    helpGroup,
    exclusive: ['shard', 'list'],
  })(),
  'objects-per-shard': Flags.integer({
    description: 'with --run-on batch: objects that one run of the function is told to do; 1000 if none is given',
    helpValue: 'N',
    helpGroup,
    min: 1,
    max: 5000,
    dependsOn,
  }),
  checksums: Flags.option({
    options: ['read', 'batch'] as const,
    description:
      'how digests are had that nothing tells: packages are read whole, or S3 Batch Operations computes them; read if none is given',
    helpGroup,
    exclusive: ['attributes-only', 'shard', 'list'],
  })(),
  yes: { ...changeFlags.yes, helpGroup, relationships },
  adopt: { ...adoptFlag.adopt, helpGroup, relationships },
  ...tagFlag,
  'permissions-boundary': {
    ...boundaryFlag['permissions-boundary'],
    description: "permissions boundary of the function's role and of that of jobs",
    helpGroup,
    relationships,
  },
}
