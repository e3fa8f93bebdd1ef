/**
 * The code of the CloudFront Function: one line that holds its configuration, and the bundle of `cloudfront-function.ts`,
 * always the same bytes. A CloudFront Function has neither environment nor files, so what the installation was told stands
 * in its code, where it is read back.
 */
import { type EdgeRules, rulesIn } from './config.ts'

const { createHash } = process.getBuiltinModule('node:crypto')

/** What CloudFront calls the language that the bundle is written in. */
export const functionRuntime = 'cloudfront-js-2.0'

/** CloudFront's limit for the code of a function, in bytes. */
export const longestCode = 10 * 1024

/** What is there of the function's code. */
export interface FunctionCode {
  readonly rules: EdgeRules
  /** Tells bundles apart, see {@link bundleHash}. */
  readonly hash: string
}

const beginning = "import cf from 'cloudfront';import crypto from 'crypto';const rules="
const end = ';\n'

/** SHA-256 of the bundle, in hex. */
export const bundleHash = (bundle: string): string => createHash('sha256').update(bundle).digest('hex')

/**
 * The code as CloudFront gets it. The same bundle and rules make the same bytes.
 *
 * @param bundle - as `scripts/build-edge.ts` made it
 */
export function functionCode(bundle: string, { longestLife, sha1 }: EdgeRules): string {
  return `${beginning}${JSON.stringify({ longestLife, sha1 })}${end}${bundle}`
}

/**
 * Reads code back.
 *
 * @returns undefined for code that {@link functionCode} can't have made, whoever has written it
 */
export function readFunctionCode(code: string): FunctionCode | undefined {
  const at = code.indexOf(end)
  if (!code.startsWith(beginning) || at < 0) return undefined
  const bundle = code.slice(at + end.length)
  try {
    const rules = rulesIn(JSON.parse(code.slice(beginning.length, at)))
    return functionCode(bundle, rules) === code ? { rules, hash: bundleHash(bundle) } : undefined
  } catch {
    return undefined
  }
}
