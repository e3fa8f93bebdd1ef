import { fstatSync } from 'node:fs'
import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'

import { Flags } from '@oclif/core'

import { shellQuoted } from '../shell.ts'
import { options } from '../options.ts'
import { faultGrammar, FaultSyntaxError, parseDuration, parseFault } from '../sandbox/host/faults.ts'
import { PolicySyntaxError, readPolicies } from '../rehearsal/operator-policies.ts'
import { frontReading } from '../rehearsal/front.ts'
import { packagecloudCtl } from '../rehearsal/packagecloud-ctl.ts'
import { prepareStage, type Prepared, StageError } from '../rehearsal/stage.ts'
import { NotPrivateError, operatorName, startSandbox, type Sandbox } from '../sandbox/host/sandbox.ts'
import { CtlCommand } from '../ui/command.ts'
import { didYouMean } from '../ui/near.ts'
import { CtlError, messageOf } from '../errors.ts'
import { ReaderGone, result } from '../ui/result.ts'
import { labelled, nested, verbatim } from '../text.ts'

const duration = Flags.custom<number>({
  helpValue: 'DURATION',
  parse: async (text) => usage(() => parseDuration(text), 'duration'),
})

/** What `--json` tells, once, when the sandbox is ready. */
export interface Result {
  readonly endpoint: string
  readonly frontUrl: string | undefined
  readonly frontToken: string | undefined
  readonly config: string
  readonly environment: Readonly<Record<string, string>>
}

export default class SandboxCommand extends CtlCommand {
  static override summary = 'Rehearse against an embedded AWS on this machine'
  static override description = [
    'Starts STS, IAM, KMS, Lambda, ACM, CloudFront with a working edge, key value stores, S3 and a front server that plays',
    'packagecloud, all on loopback. Prints the environment that points pc-ctl, aws and SDKs at it, with a packagecloud-ctl that restarts',
    'that front server. Runs until interrupted.',
    '',
    'Faults make chosen calls fail:',
    ...faultGrammar.map((line) => `  ${line}`),
  ].join('\n')
  static override examples = [
    '<%= config.bin %> <%= command.id %> --bucket packages-example-org --region eu-central-1 --state ./rehearsal',
    '<%= config.bin %> <%= command.id %> --fault cloudfront:CreateDistributionWithTags:1:after:ServiceUnavailable',
    '<%= config.bin %> <%= command.id %> --bucket packages-example-org --enforce-iam policies.json',
  ]
  static override flags = {
    port: Flags.integer({
      description: 'port of the AWS endpoint; any free one by default',
      helpValue: 'PORT',
      min: 0,
      max: 65_535,
    }),
    'front-port': Flags.integer({ description: 'port of the front server', helpValue: 'PORT', min: 0, max: 65_535 }),
    state: Flags.string({ description: 'folder that keeps everything for the next run', helpValue: 'DIR' }),
    config: Flags.string({
      description: 'packagecloud.rb of the front server; a sample is written if there is none',
      env: options.config.variable,
      helpValue: 'FILE',
    }),
    bucket: Flags.string({ description: 'bucket to create', helpValue: 'NAME' }),
    region: Flags.string({ description: 'region of the bucket', helpValue: 'REGION', default: 'us-east-1' }),
    latency: duration({ description: 'how long every answer waits' }),
    'deploy-time': duration({ description: 'how long a distribution is InProgress (default 5s)' }),
    fault: Flags.string({
      description: 'make calls fail, as described here',
      multiple: true,
      multipleNonGreedy: true,
      helpValue: 'SPEC',
    }),
    'enforce-iam': Flags.string({
      description: 'be a user with just these policies, as `permissions` prints them, and not the root user',
      multiple: true,
      multipleNonGreedy: true,
      helpValue: 'FILE',
    }),
  }

  async run(): Promise<void> {
    // Beside the modes that the sandbox gives its files, for those that libraries make.
    process.umask(0o077)
    const { flags } = await this.parse(SandboxCommand)
    const faults = (flags.fault ?? []).map((text) => usage(() => parseFault(text)))
    const policyFiles = flags['enforce-iam']
    const policies = policyFiles && (await Promise.all(policyFiles.map(policiesIn))).flat()
    const temporary = flags.state === undefined ? await mkdtemp(join(tmpdir(), 'pc-ctl-rehearsal-')) : undefined
    const folder = resolve(flags.state ?? temporary ?? '.')
    const config = resolve(flags.config ?? join(folder, 'packagecloud.rb'))
    const ended = new Promise<void>((end) => {
      for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => end())
    })
    const sandbox = await startSandbox({
      port: flags.port,
      frontPort: flags['front-port'],
      state: flags.state,
      startFront: frontReading(config),
      latency: flags.latency,
      timing: flags['deploy-time'] === undefined ? {} : { deploy: flags['deploy-time'] },
      faults,
      policies,
    }).catch((error: unknown) => {
      if (error instanceof FaultSyntaxError) throw unreadable(error, 'fault')
      if (error instanceof NotPrivateError) {
        throw new CtlError('refused', `The state folder can't hold the keys: ${error.message}.`, { hint: error.remedy })
      }
      throw new CtlError('failed', `The sandbox could not start: ${messageOf(error)}`, { cause: error })
    })
    try {
      const prepared = await prepareStage(sandbox, { bucket: flags.bucket, region: flags.region, config }).catch(
        (error: unknown) => {
          if (!(error instanceof StageError)) throw error
          throw new CtlError('usage', `--bucket ${flags.bucket ?? ''} --region ${flags.region}: ${error.message}`, {
            hint: 'A bucket has a name of 3 to 63 lower-case letters, digits, dots and hyphens.',
            cause: error,
          })
        },
      )
      process.on('SIGHUP', () => void this.#restartFront(sandbox))
      const environment = {
        ...sandbox.environment,
        AWS_REGION: flags.region,
        AWS_DEFAULT_REGION: flags.region,
        [options.config.variable]: config,
        [options.front.variable]: sandbox.frontUrl ?? '',
        [options.token.variable]: sandbox.front?.token ?? '',
        [options.ctl.variable]: await packagecloudCtl(folder, sandbox.endpoint),
      }
      this.#announce(sandbox, environment, config, prepared.config, policyFiles)
      await isTaken()
      await ended
    } finally {
      await sandbox.close()
      if (temporary !== undefined) await rm(temporary, { recursive: true, force: true })
    }
  }

  #announce(
    sandbox: Sandbox,
    environment: Result['environment'],
    config: string,
    prepared: Prepared,
    policyFiles: readonly string[] | undefined,
  ): void {
    const { endpoint, frontUrl, front } = sandbox
    for (const [name, value] of Object.entries(environment))
      this.print(verbatim(`export ${name}=${shellQuoted(value)}`))
    if (this.jsonEnabled()) {
      const result: Result = { endpoint, frontUrl, frontToken: front?.token, config, environment }
      this.logJson(this.toSuccessJson(result))
    }
    this.say(`An embedded AWS at ${endpoint}; calls and faults at ${endpoint}/_sandbox`)
    this.say('The front server:', nested([verbatim(`curl -L -u ${front?.token ?? ''}: ${frontUrl ?? ''}/KEY`)], 2))
    this.say(`It reads ${config}${preparedWords[prepared]} now and on SIGHUP (PID ${process.pid}).`)
    if (policyFiles !== undefined) {
      this.say(`You are the IAM user ${operatorName}, with just the policies of ${policyFiles.join(', ')}.`)
    }
    if (isOpenToOthers(1)) {
      this.say(labelled('Note', 'other users can read the file that stdout goes to, and it holds the keys.'))
    }
    this.say('Paste the lines above into another shell, then run `pc-ctl enable-cloudfront --write-config` there.')
    this.say('Ctrl-C ends the sandbox.')
  }

  async #restartFront(sandbox: Sandbox): Promise<void> {
    await sandbox.front?.restart().then(
      () => this.say('The front server has read its settings again.'),
      (error: unknown) => this.say(`The front server can't use its settings: ${messageOf(error)}`),
    )
  }
}

/** Without the keys nobody can use the sandbox; somebody who reads only the first lines has them. */
const isTaken = (): Promise<void> =>
  result.taken().catch((error: unknown) => {
    if (!(error instanceof ReaderGone)) throw error
  })

/** Does a file descriptor write to a file that others can read? */
function isOpenToOthers(descriptor: number): boolean {
  const target = fstatSync(descriptor)
  return target.isFile() && (target.mode & 0o044) !== 0
}

const preparedWords: Readonly<Record<Prepared, string>> = {
  written: ' (a sample, just written)',
  switched: ' (now with the credentials printed above)',
  kept: '',
}

/** The policies in a file. Throws a usage error that names the file. */
async function policiesIn(file: string): Promise<string[]> {
  try {
    return readPolicies(await readFile(file, 'utf8'))
  } catch (error) {
    const reason = error instanceof PolicySyntaxError ? error.message : `it can't be read: ${messageOf(error)}`
    throw new CtlError('usage', `--enforce-iam ${file}: ${reason}`, {
      hint: 'It takes what `pc-ctl permissions GROUP --account ID --bucket NAME` prints.',
      cause: error,
    })
  }
}

/** What can't be read on the command line is a usage error. */
function usage<T>(parse: () => T, what: 'fault' | 'duration' = 'fault'): T {
  try {
    return parse()
  } catch (error) {
    throw error instanceof FaultSyntaxError ? unreadable(error, what) : error
  }
}

function unreadable({ message, slip }: FaultSyntaxError, what: 'fault' | 'duration'): CtlError {
  const meant = slip === undefined ? [] : didYouMean(slip.word, slip.known)
  const grammar = what === 'fault' ? faultGrammar.map((line) => verbatim(line)) : []
  return new CtlError('usage', message, { hint: [...meant, ...grammar] })
}
