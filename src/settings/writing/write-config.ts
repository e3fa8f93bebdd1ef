/** The only way in which packagecloud.rb is ever written. */
import { flagOrVariable } from '../../options.ts'
import { CtlError, messageOf } from '../../errors.ts'
import { type Block, item, nested, verbatim } from '../../text.ts'
import { readOriginal, replaceFile, type Original, type Replaced } from './replace-file.ts'
import { type Edit, type Rewritten, rewrite, type Wanted } from './rewrite.ts'

/** What would be written. */
export interface Draft {
  readonly file: string
  readonly original: Original
  readonly rewritten: Rewritten
}

/**
 * Looks what setting some keys would change; writes nothing.
 *
 * @throws CtlError as {@link rewrite}; of kind `configuration` for a file that is not there or can't be read
 */
export async function draftConfig(
  file: string,
  wanted: Wanted,
  environment: NodeJS.ProcessEnv = process.env,
): Promise<Draft> {
  const original = await readOriginal(file).catch((error: unknown) => {
    if (error instanceof CtlError) throw error
    throw new CtlError('configuration', `${file} can not be written: ${messageOf(error)}.`, {
      hint: `Run this on the packagecloud host, or name the file with ${flagOrVariable('config')}.`,
      cause: error,
    })
  })
  return { file, original, rewritten: await rewrite(original.content, file, wanted, environment) }
}

/**
 * Writes a draft, if it changes anything.
 *
 * @returns `undefined` where nothing had to be written
 * @throws CtlError as {@link replaceFile}
 */
export async function writeDraft(
  { original, rewritten: { bytes, edits } }: Draft,
  now: Date = new Date(),
): Promise<Replaced | undefined> {
  if (edits.length === 0) return undefined
  return replaceFile(original, bytes, now, ['Or run the same command without --write-config, and change it by hand.'])
}

/** The difference that a draft makes, with secrets masked. */
export function draftText({ file, rewritten: { edits } }: Draft): Block[] {
  return [`What changes in ${file}:`, nested(edits.flatMap(editText), 2)]
}

const editText = ({ line, before, after }: Edit): Block[] => [
  ...(before === null ? [] : [item({ sign: `${line} -` }, verbatim(oneLine(before)))]),
  item({ sign: `${line} +` }, verbatim(oneLine(after))),
]

const oneLine = (text: string): string => text.replace(/\s*\n\s*/g, ' ')
