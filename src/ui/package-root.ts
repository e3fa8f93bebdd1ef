import { existsSync } from 'node:fs'
import { dirname, join } from 'node:path'

/**
 * The folder that holds package.json. This file runs from src/ui and, bundled into a command, from somewhere in dist/,
 * so the way up differs.
 */
export const packageRoot = findRoot(import.meta.dirname)

/** Whether this code runs as a bundle of dist/, where what it needs beside itself has been copied to. */
export const isBundled = import.meta.dirname.startsWith(join(packageRoot, 'dist'))

function findRoot(folder: string): string {
  const parent = dirname(folder)
  return parent === folder || existsSync(join(folder, 'package.json')) ? folder : findRoot(parent)
}
