import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'

import { CtlError, messageOf } from '../../errors.ts'
import type { ExportedInstallation } from './installation.ts'
import { stacksOf } from './cloud-formation.ts'
import { terraformOf } from './terraform.ts'

export const exportFormats = ['terraform', 'cloudformation'] as const
export type ExportFormat = (typeof exportFormats)[number]

/** A file of an export, and what is in it. */
export interface Document {
  readonly name: string
  readonly text: string
}

/** The files of an export, beside the package of the edge function. */
export function documentsOf(format: ExportFormat, installation: ExportedInstallation): Document[] {
  const stem = `${installation.name}-cloudfront`
  if (format === 'terraform') return [{ name: `${stem}.tf`, text: terraformOf(installation) }]
  return stacksOf(installation).flatMap(({ region, template, resourcesToImport }) => [
    { name: `${stem}-${region}.template.json`, text: jsonOf(template) },
    ...(resourcesToImport.length === 0
      ? []
      : [{ name: `${stem}-${region}.import.json`, text: jsonOf(resourcesToImport) }]),
  ])
}

const jsonOf = (value: unknown): string => `${JSON.stringify(value, undefined, 2)}\n`

/**
 * Writes new files into a folder, which is made if need be. What is there is not overwritten.
 *
 * @returns their paths
 * @throws CtlError of kind `refused` for a file that is there, of kind `failed` for what can't be written
 */
export async function writeNew(
  folder: string,
  files: readonly { readonly name: string; readonly text: string | Uint8Array }[],
): Promise<string[]> {
  const written: string[] = []
  try {
    await mkdir(folder, { recursive: true })
    for (const { name, text } of files) {
      await writeFile(join(folder, name), text, { flag: 'wx' })
      written.push(join(folder, name))
    }
  } catch (error) {
    const isThere = error instanceof Error && 'code' in error && error.code === 'EEXIST'
    const before = written.length === 0 ? '' : ` Written before: ${written.join(', ')}.`
    throw isThere
      ? new CtlError('refused', `Refused to overwrite a file of an export: ${messageOf(error)}.${before}`, {
          hint: 'Name another folder with --output, or move the file away.',
          cause: error,
        })
      : new CtlError('failed', `The export can't be written into ${folder}: ${messageOf(error)}.${before}`, {
          hint: 'Name another folder with --output.',
          cause: error,
        })
  }
  return written
}
