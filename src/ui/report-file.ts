import { once } from 'node:events'
import { createWriteStream, existsSync, rmSync } from 'node:fs'
import { open, rename, rm, stat } from 'node:fs/promises'
import { dirname, extname } from 'node:path'
import { finished } from 'node:stream/promises'

import { CtlError, messageOf } from '../errors.ts'
import { commandLine } from '../shell.ts'
import { verbatim } from '../text.ts'

/** Where a report is to be written. */
export interface ReportFile {
  /**
   * Writes the report. The file is whole or as it was before.
   *
   * @param pieces - its text, however long
   * @throws CtlError (failed) if it can't be written
   */
  write(pieces: Iterable<string>): Promise<void>
}

/** Whether a report with this name is a page to look at; else it is JSON. */
export const isPage = (file: string): boolean => /^\.html?$/i.test(extname(file))

/**
 * Makes sure that a report can be written, hours before there is one: it is written beside its place and then put there.
 * Nothing lies there in the meantime: whatever ends the process by then, there is nothing to clear up.
 *
 * @throws CtlError (usage) if it can't
 */
export async function openReportFile(file: string): Promise<ReportFile> {
  // A pipe or terminal is written to as it is: nothing can take its place.
  const special = await isSpecial(file)
  const path = special ? file : `${file}.part`
  try {
    if (!special) {
      await begin(path)
      await rm(path)
    }
  } catch (error) {
    throw notWritten('usage', file, error)
  }
  return {
    async write(pieces) {
      const remove = (): void => rmSync(path, { force: true })
      // Also called where the process is ended by a second signal or an error of ours.
      if (!special) process.on('exit', remove)
      try {
        if (!special) await begin(path)
        await writeAll(path, pieces)
        if (!special) await rename(path, file)
      } catch (error) {
        if (!special) await rm(path, { force: true }).catch(() => undefined)
        throw notWritten('failed', file, error)
      } finally {
        process.off('exit', remove)
      }
    },
  }
}

/** Makes the file anew. What lies there is a killed run's, perhaps of another user, or a link that leads astray. */
async function begin(path: string): Promise<void> {
  await rm(path, { force: true })
  await (await open(path, 'wx')).close()
}

function notWritten(failure: 'usage' | 'failed', file: string, cause: unknown): CtlError {
  const folder = dirname(file)
  const lacks = cause instanceof Error && 'code' in cause && cause.code === 'ENOENT' && !existsSync(folder)
  const reason = lacks ? `there is no folder ${folder}.` : messageOf(cause)
  const hint = [
    ...(lacks ? [verbatim(commandLine(['mkdir', '-p', folder]))] : []),
    ...(failure === 'usage' ? [] : ['The run itself is done: the same command tells its result again.']),
  ]
  return new CtlError(failure, `The report ${file} can't be written: ${reason}`, {
    hint,
    code: 'ReportNotWritten',
    cause,
  })
}

async function isSpecial(file: string): Promise<boolean> {
  try {
    const found = await stat(file)
    if (found.isDirectory()) throw notWritten('usage', file, new Error('it is a folder'))
    return !found.isFile()
  } catch (error) {
    if (error instanceof CtlError) throw error
    return false
  }
}

async function writeAll(path: string, pieces: Iterable<string>): Promise<void> {
  const stream = createWriteStream(path)
  const ended = finished(stream)
  // Looked at below, and by then it may have failed long ago.
  ended.catch(() => undefined)
  for (const piece of pieces) {
    if (!stream.write(piece)) await Promise.race([once(stream, 'drain'), ended])
  }
  stream.end()
  await ended
}
