import { readFile } from 'node:fs/promises'

import { Flags, type Interfaces } from '@oclif/core'

import { nearFiles, whyNoFile } from '../ui/near-files.ts'
import { CtlError, messageOf } from '../errors.ts'

/** Flags of commands that go over all objects of a bucket. */
export const reindexFlags = {
  prefix: Flags.string({ description: 'only objects below this prefix', helpValue: 'PREFIX', helpGroup: 'WHICH' }),
  only: Flags.string({
    description: 'only these formats, such as apt,yum',
    helpValue: 'FORMATS',
    helpGroup: 'WHICH',
    multiple: true,
    delimiter: ',',
  }),
  exclude: Flags.string({
    description: 'leave out keys like this: * within a folder, ** anything; can be given again',
    helpValue: 'GLOB',
    helpGroup: 'WHICH',
    multiple: true,
  }),
  mapping: Flags.string({
    description: 'JSON file that says what objects are whose keys can not be guessed',
    helpValue: 'FILE',
    helpGroup: 'WHICH',
  }),
  concurrency: Flags.integer({
    description: 'requests at a time, at most; with --run-on batch runs of the function at a time, 20 if none is given',
    helpValue: 'N',
    default: 256,
    min: 1,
    max: 2000,
  }),
  'state-dir': Flags.string({ description: 'folder of the journal', helpValue: 'DIR' }),
  full: Flags.boolean({ description: 'look at every object again, whatever the journal knows' }),
  report: Flags.string({
    description: 'write the whole report as JSON, or as a page to look at if the name of the file ends in .html',
    helpValue: 'FILE',
  }),
}

/** The values of {@link reindexFlags} after parsing. */
export type ReindexFlags = Interfaces.InferredFlags<typeof reindexFlags>

/** Those that a command needs as well that goes on where this one has ended, with the same objects and the same journal. */
export const carriedChoice = (flags: Partial<ReindexFlags>): string[] => [
  ...(['prefix', 'mapping', 'state-dir'] as const).flatMap((name) => wordsOf(name, flags[name])),
  ...wordsOf('only', flags.only?.join(',')),
  ...(flags.exclude ?? []).flatMap((glob) => wordsOf('exclude', glob)),
]

const wordsOf = (name: string, value: string | undefined): string[] => (value === undefined ? [] : [`--${name}`, value])

/** @throws CtlError (usage) if the mapping file can't be read */
export async function readMapping(file: string | undefined): Promise<{ file: string; text: string } | undefined> {
  if (file === undefined) return undefined
  try {
    return { file, text: await readFile(file, 'utf8') }
  } catch (error) {
    throw new CtlError('usage', `The mapping file ${file} can't be read: ${whyNoFile(error) ?? messageOf(error)}.`, {
      hint: nearFiles(file),
      cause: error,
    })
  }
}

/** Which inventory to divide a listing by; a command says what it wants it for. */
export const inventoryFlag = (description: string) => ({
  inventory: Flags.string({ description, helpValue: 's3://BUCKET/.../manifest.json' }),
})
