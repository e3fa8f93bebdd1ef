import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { deflateRawSync } from 'node:zlib'

import { CreateRoleCommand, IAMClient } from '@aws-sdk/client-iam'
import {
  CreateFunctionCommand,
  InvokeCommand,
  LambdaClient,
  ListFunctionsCommand,
  UpdateFunctionCodeCommand,
} from '@aws-sdk/client-lambda'
import { expect } from 'chai'

import { unpackedPackage } from '../../../src/sandbox/lambda/function-package.ts'
import { readZip } from '../../../src/sandbox/lambda/input.ts'
import { startSandbox, type Sandbox } from '../../../src/sandbox/host/sandbox.ts'
import { ZipError } from '../../../src/zip-archive.ts'
import { craftedZip, type CraftedFile } from '../../support/crafted-zip.ts'
import { clientConfig, failureOf } from '../../support/clients.ts'
import { edgeTrust } from '../../support/function-zip.ts'

const index: CraftedFile = { name: 'index.mjs', body: 'export const handler = async () => 42' }
/** 30 MB of nothing, whatever is said about it. */
const packed = deflateRawSync(Buffer.alloc(30_000_000))

describe('the sandbox Lambda unpacks', () => {
  let folder: string
  let sandbox: Sandbox
  let lambda: LambdaClient
  let Role: string | undefined

  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'function-package-'))
    const timing = { roleAssumable: 0, functionActive: 0 }
    sandbox = await startSandbox({ state: join(folder, 'state'), timing, port: 0 })
    lambda = new LambdaClient({ ...clientConfig(sandbox), maxAttempts: 1 })
    const iam = new IAMClient(clientConfig(sandbox))
    const made = await iam.send(new CreateRoleCommand({ RoleName: 'f', AssumeRolePolicyDocument: edgeTrust }))
    Role = made.Role?.Arn
    iam.destroy()
  })
  after(async () => {
    lambda.destroy()
    await sandbox.close()
    await rm(folder, { recursive: true })
  })

  const create = (name: string, ...files: CraftedFile[]) =>
    lambda.send(
      new CreateFunctionCommand({
        FunctionName: name,
        Role,
        Runtime: 'nodejs22.x',
        Handler: 'index.handler',
        Code: { ZipFile: craftedZip(files) },
      }),
    )

  it('a package with folders, and runs it', async () => {
    const code = "import { lib } from './lib/deep/lib.mjs'\nexport const handler = async () => lib"
    await create(
      'folders',
      { name: 'index.mjs', body: code },
      { name: 'lib/', mode: 0o040755 },
      { name: 'lib/deep/lib.mjs', body: 'export const lib = 7' },
    )
    const runs = [1, 2, 3].map(() => lambda.send(new InvokeCommand({ FunctionName: 'folders' })))
    for (const { Payload } of await Promise.all(runs)) expect(Payload?.transformToString()).to.equal('7')
  })

  const tooLarge = 'InvalidParameterValueException: Unzipped size must be smaller than 262144000 bytes'
  const refused: [string, CraftedFile[], string | RegExp][] = [
    ['what is too large, as it says', [{ name: 'zeros', packed, size: 300_000_000 }], tooLarge],
    [
      'what is too large, all together',
      Array.from({ length: 9 }, (_, at) => ({ name: `f${at}`, packed, size: 30_000_000 })),
      tooLarge,
    ],
    ['what is larger than it says', [{ name: 'zeros', packed, size: 1000 }], /"zeros" is damaged, or not of the size/],
    ['what leads out of the folder', [{ name: '../../../evil', body: 'x' }], /leads out of its folder/],
    ['an absolute path', [{ name: '/tmp/evil', body: 'x' }], /absolute path/],
    ['a link', [{ name: 'link', mode: 0o120777, body: '/etc/passwd' }], /link or a device/],
    ['a file twice', [index], /holds "index.mjs" twice/],
    ['what is encrypted', [{ name: 'secret', flags: 1 }], /encrypted/],
    [
      '20,001 files',
      Array.from({ length: 20_000 }, (_, at) => ({ name: `f${at}`, method: 0 })),
      /more than 20000 files/,
    ],
  ]
  for (const [what, files, message] of refused) {
    it(`but refuses ${what}`, async () => {
      const said = await failureOf(create('bomb', index, ...files))
      const wording = 'InvalidParameterValueException: Could not unzip uploaded file. Please check your file, then'
      if (typeof message === 'string') expect(said).to.equal(message)
      else expect(said).to.match(message).and.to.contain(wording)
      const updated = lambda.send(
        new UpdateFunctionCodeCommand({ FunctionName: 'folders', ZipFile: craftedZip([index, ...files]) }),
      )
      expect(await failureOf(updated)).to.equal(said)
      const { Functions } = await lambda.send(new ListFunctionsCommand({}))
      expect(Functions?.map(({ FunctionName }) => FunctionName)).to.deep.equal(['folders'])
      expect(await readdir(join(folder, 'state/lambda/code'))).to.have.length(1)
    })
  }

  it('but refuses a package that holds nothing', async () => {
    expect(await failureOf(create('bomb'))).to.match(/non-empty zip/)
    expect(await failureOf(create('bomb', { name: 'folder/' }))).to.match(/non-empty zip/)
  })

  it('but refuses a package of more than 50 MiB', async () => {
    const ZipFile = Buffer.alloc(52_428_801).toString('base64')
    expect(await failureOf(readZip({ ZipFile }))).to.match(/less than 52428800 bytes/)
  })

  it('one function of two that are made at once under one name', async () => {
    const made = await Promise.all([1, 2, 3, 4].map(() => failureOf(create('once', { ...index, method: 0 }))))
    expect(made.filter((said) => said === 'none')).to.have.length(1)
    expect(made.filter((said) => said.startsWith('ResourceConflictException'))).to.have.length(3)
  })
})

describe('an unpacked package', () => {
  let tasks: string
  beforeEach(async () => {
    tasks = await mkdtemp(join(tmpdir(), 'tasks-'))
  })
  afterEach(() => rm(tasks, { recursive: true }))

  it('is made once, also when several ask for it', async () => {
    const zip = craftedZip([{ name: 'a/b', body: 'text' }])
    const places = await Promise.all([1, 2, 3].map(() => unpackedPackage(tasks, 'hash', () => zip)))
    expect(new Set(places)).to.deep.equal(new Set([join(tasks, 'hash')]))
    expect(await readFile(join(tasks, 'hash/a/b'), 'utf8')).to.equal('text')
    expect(await readdir(tasks)).to.have.members(['hash', 'package.json'])
    await unpackedPackage(tasks, 'hash', () => {
      throw new Error('it is there already')
    })
  })

  it('leaves nothing behind when it can’t be made', async () => {
    const zip = craftedZip([
      { name: 'good', body: 'x' },
      { name: 'zeros', packed, size: 1000 },
    ])
    const failure = await unpackedPackage(tasks, 'hash', () => zip).catch((error: unknown) => error)
    expect(failure).to.be.instanceOf(ZipError)
    expect(await readdir(tasks)).to.deep.equal(['package.json'])
  })
})
