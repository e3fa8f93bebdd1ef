import { readFile } from 'node:fs/promises'
import { join } from 'node:path'

import { packageRoot } from '../../ui/package-root.ts'

/**
 * Reads the CloudFront Function's code as `scripts/build-function.ts` made it: all but the line of its configuration.
 *
 * @throws Error if there is none: a checkout that was never built
 */
export async function readFunctionBundle(): Promise<string> {
  const file = join(packageRoot, 'dist/edge/cloudfront-function.js')
  return readFile(file, 'utf8').catch((error: unknown) => {
    throw new Error(`The CloudFront Function's code is missing; npm run build makes it: ${file}`, { cause: error })
  })
}
