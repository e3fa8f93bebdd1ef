import { Args, Flags, type Interfaces, Parser } from '@oclif/core'
import { expect } from 'chai'
import fc from 'fast-check'

import { CtlError } from '../../src/errors.ts'
import type { Shape } from '../../src/ui/command-shape.ts'
import { checkUsage } from '../../src/ui/usage.ts'

const flags = {
  json: Flags.boolean(),
  bucket: Flags.string({ env: 'TEST_BUCKET', helpValue: 'NAME' }),
  format: Flags.option({ options: ['s3cmd', 'table'] as const })({ env: 'TEST_FORMAT' }),
  concurrency: Flags.integer({ min: 1, max: 2000, char: 'c' }),
  port: Flags.integer({ min: 0 }),
  alias: Flags.string({ aliases: ['cf-add-cname'], multiple: true, multipleNonGreedy: true }),
  only: Flags.string({ multiple: true, delimiter: ',', options: ['apt', 'yum'] }),
  enable: Flags.boolean({ char: 'e', exclusive: ['disable'] }),
  disable: Flags.boolean({ char: 'd', exclusive: ['enable'] }),
  'dry-run': Flags.boolean({ char: 'n' }),
  'exit-code': Flags.boolean({ dependsOn: ['dry-run'] }),
  secret: Flags.boolean({ hidden: true }),
  yes: Flags.boolean({ relationships: [{ type: 'some', flags: ['enable', 'alias'] }] }),
}
const target = Args.string({ description: 'cf://ID', required: true, ignoreStdin: true })
const shapes = {
  one: { args: { target }, strict: true },
  loose: { args: { target }, strict: false },
  none: { args: {}, strict: true },
  many: {
    args: { group: Args.string({ multiple: true, options: ['a', 'b'], ignoreStdin: true }) },
    strict: true,
  },
}
const shape = (of: keyof typeof shapes): Shape => ({ command: 'pc-ctl it', flags, ...shapes[of] })

function refusal(of: keyof typeof shapes, argv: string[], environment: NodeJS.ProcessEnv = {}): CtlError | undefined {
  try {
    checkUsage(argv, shape(of), environment)
    return undefined
  } catch (error) {
    if (error instanceof CtlError) return error
    throw error
  }
}

describe('a command line', () => {
  const told = (of: keyof typeof shapes, line: string, environment?: NodeJS.ProcessEnv): string | undefined =>
    refusal(of, line.split(' '), environment)?.message

  it('is refused with what was typed and what is allowed', () => {
    for (const [of, line, says] of [
      ['one', 'x --bogus', 'pc-ctl it has no flag --bogus.'],
      ['one', 'x --bogus=1 -z --bogus', 'pc-ctl it has no flags --bogus or -z.'],
      ['one', 'x --bucket', '--bucket needs a value: --bucket NAME.'],
      ['one', 'x --bucket --json', '--bucket needs a value: --bucket NAME.'],
      ['one', 'x --format', '--format needs a value: s3cmd or table.'],
      ['one', 'x -c', '-c needs a value: a whole number from 1 to 2000.'],
      ['one', 'x --format=xml', `--format can't be "xml": it takes s3cmd or table.`],
      ['one', 'x --concurrency 0', `--concurrency can't be "0": it takes a whole number from 1 to 2000.`],
      ['one', 'x -c1e3', `--concurrency can't be "1e3": it takes a whole number from 1 to 2000.`],
      ['one', 'x --port -1', `--port can't be "-1": it takes a whole number, 0 or more.`],
      ['one', 'x --only apt,rpm', `--only can't be "rpm": it takes apt or yum.`],
      ['one', 'x --bucket a --bucket b', '--bucket can be given only once.'],
      ['one', 'x --dry-run=yes', '--dry-run takes no value.'],
      ['one', 'x -ed', "--enable and --disable can't be given together."],
      ['one', 'x --exit-code', '--exit-code goes only with --dry-run.'],
      ['one', 'x --yes', '--yes goes only with --enable or --alias.'],
      ['one', '--json', 'pc-ctl it needs TARGET.'],
      ['one', 'x y z', 'pc-ctl it takes no argument after TARGET, so not "y" and "z" either.'],
      ['none', 'x', 'pc-ctl it takes no argument, so not "x" either.'],
      // What stands behind a flag that nobody knows may be its value.
      ['one', 'x --bogus y', 'pc-ctl it has no flag --bogus.'],
      ['many', '--bogus c', 'pc-ctl it has no flag --bogus.'],
      ['one', '--bogus', 'pc-ctl it has no flag --bogus. pc-ctl it needs TARGET.'],
      ['many', 'a c', `GROUP can't be "c": it is a or b.`],
    ] as const) {
      expect(told(of, line), line).to.equal(says)
    }
    expect(told('none', '--json', { TEST_FORMAT: 'xml' })).to.equal(
      `TEST_FORMAT can't be "xml": it takes s3cmd or table.`,
    )
  })

  it('lacks what it must have, and is told what that may be', () => {
    const kind = Flags.option({ options: ['enable', 'remove'] as const, required: true })()
    const file = Flags.string({ helpValue: 'FILE', required: true })
    const shell = Args.string({ options: ['bash', 'zsh'], required: true, ignoreStdin: true })
    expect(() =>
      checkUsage([], { command: 'pc-ctl it', flags: { kind, file }, args: { shell }, strict: true }, {}),
    ).to.throw(
      '--kind must be given: enable or remove. ' +
        '--file must be given: --file FILE. ' +
        'pc-ctl it needs SHELL: bash or zsh.',
    )
  })

  it('is refused for everything at once', () => {
    const error = refusal('one', ['--bogus', '--concurrency', 'x', '--exit-code'])
    expect(error?.message).to.equal(
      'pc-ctl it has no flag --bogus. ' +
        `--concurrency can't be "x": it takes a whole number from 1 to 2000. ` +
        '--exit-code goes only with --dry-run. ' +
        'pc-ctl it needs TARGET.',
    )
    expect(error?.hint.map(String)).to.deep.equal(['TARGET: cf://ID', 'What it takes:', 'pc-ctl it --help'])
    expect(error).to.include({ failure: 'usage', exitCode: 2, code: 'usage' })
  })

  it('is taken in all spellings', () => {
    for (const [of, line] of [
      ['one', 'x --bucket b -c 5 --json'],
      ['one', '--bucket=b=c -c5 x'],
      ['one', '-ne -c=5 x'],
      ['one', '--cf-add-cname a --alias b x'],
      ['one', '-- --bogus'],
      ['one', '-'],
      ['one', '-5'],
      ['loose', 'x y z'],
      ['none', '--only apt yum,apt'],
      ['many', ''],
    ] as const) {
      expect(told(of, line === '' ? '--json' : line), line).to.equal(undefined)
    }
  })

  it('is judged as oclif judges it, but for --flag=VALUE that oclif takes for the value of another flag', async () => {
    const words = [
      ...[
        '--bucket',
        '--bucket=b',
        '--format',
        '--format=table',
        'table',
        '--format=x',
        '-c',
        '-c7',
        '-c=7',
        '7',
        '-7',
      ],
      ...['--concurrency', '--only', '--only=apt,yum', 'apt', '--alias', '--cf-add-cname=x', '-e', '-ed', '--enable'],
      ...['--disable', '-n', '--exit-code', '--bogus', '-z', '--bogus=1', '--', '-', 'a', 'b', '--json', '-nc', '-nc9'],
    ]
    await fc.assert(
      fc.asyncProperty(
        fc.constantFrom('one', 'loose', 'none', 'many'),
        fc.array(fc.constantFrom(...words), { maxLength: 6 }),
        async (of, argv) => {
          const refused = refusal(of, argv)
          const { args, strict }: { args: Interfaces.ArgInput; strict: boolean } = shapes[of]
          const oclif = await Parser.parse(argv, { flags: { ...flags }, args, strict }).then(
            () => undefined,
            (error: unknown) => String(error),
          )
          if (oclif === undefined && refused !== undefined) expect(refused.message).to.match(/^-\S+ needs a value/)
          else expect(refused !== undefined, `${argv.join(' ')}: ${String(oclif)}`).to.equal(oclif !== undefined)
        },
      ),
      { numRuns: 2000 },
    )
  })
})
