/** The AWS command line and boto3, which some tests let have a look at the sandbox. */
import { execFile } from 'node:child_process'
import { promisify } from 'node:util'

const run = promisify(execFile)
const works = (program: string, ...words: string[]): Promise<boolean> =>
  run(program, words).then(
    () => true,
    () => false,
  )

/** Whether this machine has the AWS command line. */
export const hasAws = await works('aws', '--version')
/** Whether this machine's Python has boto3. */
export const hasBoto = await works('python3', '-c', 'import boto3')

/** Where a client is and whom it calls: the sandbox's variables, and a folder. */
export interface Surroundings {
  readonly env: Readonly<Record<string, string>>
  readonly cwd?: string
}

export interface Said {
  readonly stdout: string
  readonly stderr: string
}

// Both know AWS_ENDPOINT_URL since 2023 only; older ones, such as Debian 12's, would call AWS itself.
const endpointOf = ({ env: { AWS_ENDPOINT_URL = 'http://nowhere.invalid' } }: Surroundings): string => AWS_ENDPOINT_URL
const withBoto = `import boto3, functools, os
boto3.client = functools.partial(boto3.client, endpoint_url=os.environ['AWS_ENDPOINT_URL'])
`

const optionsOf = ({ env, ...rest }: Surroundings) => ({ ...rest, env: { ...process.env, AWS_PAGER: '', ...env } })

/** Runs `aws WORDS` on the sandbox. */
export const aws = (at: Surroundings, ...words: string[]): Promise<Said> =>
  run('aws', ['--endpoint-url', endpointOf(at), ...words], optionsOf(at))

/** Runs a Python script on the sandbox, in which `boto3` is imported already. */
export const boto = (at: Surroundings, script: string, ...words: string[]): Promise<Said> =>
  run(
    'python3',
    ['-c', withBoto + script, ...words],
    optionsOf({ ...at, env: { AWS_ENDPOINT_URL: endpointOf(at), ...at.env } }),
  )
