import type { Names } from '../../aws/names.ts'
import type { AwsCli } from '../takedown.ts'

/** Command lines of the AWS CLI, each list for a POSIX shell. */
interface FunctionCopy {
  /** Writes what edges run into two files here: code and configuration. */
  readonly keep: readonly string[]
  /** Has edges run what is in the files. */
  readonly putBack: readonly string[]
}

/**
 * A CloudFront Function has no versions: what edges run is gone once something else is published, unless somebody keeps a
 * copy. No secret is in it.
 */
export function copyOfFunction({ functionName }: Names, cli: AwsCli): FunctionCopy {
  const [code, config] = [`${functionName}-live.js`, `${functionName}-live.json`]
  const functions = (verb: string, ...words: string[]): string =>
    cli('cloudfront', `${verb}-function`, '--name', functionName, ...words)
  // Of the stage in development, which both calls want to be told.
  const etag = `--if-match "$(${functions('describe', '--query', 'ETag', '--output', 'text')})"`
  return {
    keep: [
      functions('get', '--stage', 'LIVE', code),
      `${functions('describe', '--stage', 'LIVE', '--query', 'FunctionSummary.FunctionConfig', '--output', 'json')} > ${config}`,
    ],
    putBack: [
      `${functions('update', '--function-config', `file://${config}`, '--function-code', `fileb://${code}`)} ${etag}`,
      `${functions('publish')} ${etag}`,
    ],
  }
}
