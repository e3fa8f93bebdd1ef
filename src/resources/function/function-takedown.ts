import type { Names } from '../../aws/names.ts'
import type { AwsCli, Takedown } from '../takedown.ts'

/** Reads the ETag that CloudFront wants to be told, of the stage in development: that of the other one is refused. */
const functionETag = (cli: AwsCli, name: string): string =>
  cli('cloudfront', 'describe-function', '--name', name, '--query', 'ETag', '--output', 'text')

/** Nothing may run the function any more (API reference, DeleteFunction). */
export const takedownOfFunction = ({ functionName }: Names, cli: AwsCli): Takedown[] => [
  {
    title: 'Delete the CloudFront function',
    commands: [
      `${cli('cloudfront', 'delete-function', '--name', functionName)} --if-match "$(${functionETag(cli, functionName)})"`,
    ],
    expected: 'Nothing is printed. `FunctionInUse`: a distribution runs it still.',
    takes: 'a call',
    loses: 'The CloudFront function, in development and as it is published.',
    undo: 'bootstrap-cloudfront --engine function makes it again.',
  },
]

/** Nothing may be associated with the store any more (API reference, DeleteKeyValueStore). */
export const takedownOfStore = ({ functionName }: Names, cli: AwsCli): Takedown[] => {
  const etag = cli(
    ...['cloudfront', 'describe-key-value-store', '--name', functionName],
    ...['--query', 'ETag', '--output', 'text'],
  )
  return [
    {
      title: 'Delete the key value store, with the secrets in it',
      commands: [`${cli('cloudfront', 'delete-key-value-store', '--name', functionName)} --if-match "$(${etag})"`],
      expected: 'Nothing is printed. `CannotDeleteEntityWhileInUse`: a function reads it still.',
      takes: 'a call',
      loses: 'The key value store, and the copy of the secrets in it; packagecloud.rb has them too.',
      undo: 'bootstrap-cloudfront --engine function makes it again, with another id.',
    },
  ]
}
