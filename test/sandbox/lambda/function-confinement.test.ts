import { existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

import { CreateRoleCommand, IAMClient } from '@aws-sdk/client-iam'
import { CreateFunctionCommand, InvokeCommand, LambdaClient } from '@aws-sdk/client-lambda'
import { expect } from 'chai'
import { zipSync } from 'fflate'

import { startSandbox, type Sandbox } from '../../../src/sandbox/host/sandbox.ts'
import { clientConfig } from '../../support/clients.ts'
import { edgeTrust } from '../../support/function-zip.ts'

/** Runs any code, and tells what it returned or why it could not. */
const handler = `
  import { createRequire } from 'node:module'
  const require = createRequire(import.meta.url)
  const AsyncFunction = (async () => undefined).constructor
  export const handler = async ({ source, outside, state }) => {
    try {
      const value = await new AsyncFunction('require', 'load', 'outside', 'state', source)(
        require, (name) => import(name), outside, state)
      return { value: value ?? null }
    } catch (error) {
      return { error: String(error?.code ?? error?.cause?.code ?? error) }
    }
  }
`
const denied = 'ERR_ACCESS_DENIED'
/** A network that can be closed: Node 25 and later. */
const closesNetwork = process.allowedNodeEnvironmentFlags.has('--allow-net')

describe('a function in the sandbox', () => {
  let folder: string
  let state: string
  let outside: string
  let sandbox: Sandbox
  let lambda: LambdaClient
  let there: string[]

  before(async () => {
    folder = mkdtempSync(join(tmpdir(), 'confinement-'))
    outside = join(folder, 'outside')
    state = join(folder, 'state')
    mkdirSync(outside)
    writeFileSync(join(outside, 'secret.json'), '"secret"')
    writeFileSync(join(outside, 'secret.env'), 'secret=1')
    sandbox = await startSandbox({ state, port: 0, timing: { roleAssumable: 0, functionActive: 0 } })
    lambda = new LambdaClient({ ...clientConfig(sandbox), maxAttempts: 1 })
    const iam = new IAMClient(clientConfig(sandbox))
    const { Role } = await iam.send(new CreateRoleCommand({ RoleName: 'f', AssumeRolePolicyDocument: edgeTrust }))
    iam.destroy()
    const shared = { Role: Role?.Arn, Runtime: 'nodejs22.x', Handler: 'index.handler', Timeout: 10 } as const
    const code = (source: string) => ({
      ZipFile: zipSync({ 'index.mjs': Buffer.from(source), 'own.txt': Buffer.from('own') }),
    })
    const variables = {
      DECLARED: 'yes',
      // Each of these would change what a Node that is started with it may do, or writes.
      NODE_OPTIONS: '--allow-fs-read=* --allow-fs-write=* --allow-child-process --allow-worker --no-permission',
      NODE_PATH: outside,
      NODE_V8_COVERAGE: join(outside, 'coverage'),
      NODE_COMPILE_CACHE: join(outside, 'cache'),
      NODE_REDIRECT_WARNINGS: join(outside, 'warnings'),
      NODE_EXTRA_CA_CERTS: join(outside, 'secret.env'),
    }
    await lambda.send(
      new CreateFunctionCommand({
        FunctionName: 'f',
        ...shared,
        Code: code(handler),
        Environment: { Variables: variables },
      }),
    )
    await lambda.send(new CreateFunctionCommand({ FunctionName: 'other', ...shared, Code: code(`${handler}//`) }))
    await lambda.send(new InvokeCommand({ FunctionName: 'other', Payload: '{"source":""}' }))
    there = [...readdirSync(folder, { recursive: true, encoding: 'utf8' })].sort()
  })
  after(async () => {
    lambda.destroy()
    await sandbox.close()
    rmSync(folder, { recursive: true })
  })

  const invoke = async (source: string, more: object = {}) => {
    const Payload = JSON.stringify({ source, outside, state, ...more })
    const answer = await lambda.send(new InvokeCommand({ FunctionName: 'f', Payload }))
    return JSON.parse(answer.Payload?.transformToString() ?? 'null') as {
      value?: unknown
      error?: string
      errorType?: string
    }
  }
  const attempts = (cases: Record<string, string>, answer: RegExp | string): void => {
    for (const [what, source] of Object.entries(cases)) {
      it(what, async () => {
        const { value, error } = await invoke(source)
        expect(error, `it was done: ${JSON.stringify(value)}`).to.match(new RegExp(answer))
      })
    }
  }

  it('is not started from where it could not be confined', async () => {
    const starts = await startSandbox({ state: join(folder, 'a*b'), port: 0 }).then(
      (other) => other.close().then(() => 'started'),
      (error: unknown) => String(error),
    )
    expect(starts).to.match(/can't be confined to .*a\*b.*Name another folder/)
    rmSync(join(folder, 'a*b'), { recursive: true })
  })

  it('has its own code, folder and variables', async () => {
    expect(await invoke("return require('fs').readFileSync('own.txt', 'utf8')")).to.deep.equal({ value: 'own' })
    expect(await invoke("return require('fs').readdirSync('.').sort()")).to.deep.equal({
      value: ['index.mjs', 'own.txt'],
    })
    expect(await invoke('return process.cwd() === process.env.LAMBDA_TASK_ROOT')).to.deep.equal({ value: true })
    const { value } = await invoke('return Object.keys(process.env)')
    for (const name of value as string[]) {
      expect(name).to.match(/^(AWS_|LAMBDA_|NODE_|DECLARED$|PATH$|LANG$|TZ$|_HANDLER$)/)
    }
    expect(await invoke('return process.env.DECLARED')).to.deep.equal({ value: 'yes' })
  })

  describe('reads nothing else:', () => {
    attempts(
      {
        'a file of the system': "return require('fs').readFileSync('/etc/passwd', 'utf8')",
        'a file outside': "return require('fs').readFileSync(outside + '/secret.json', 'utf8')",
        'by promise': "return (await load('node:fs/promises')).readFile(outside + '/secret.json', 'utf8')",
        'by callback': `return new Promise((resolve, reject) =>
          require('fs').readFile(outside + '/secret.json', (error, data) => error ? reject(error) : resolve(data)))`,
        'by stream': `for await (const piece of require('fs').createReadStream(outside + '/secret.json')) return piece`,
        'by a path of bytes': "return require('fs').readFileSync(Buffer.from(outside + '/secret.json'), 'utf8')",
        'by a URL': "return require('fs').readFileSync(new URL('file://' + outside + '/secret.json'), 'utf8')",
        'by a relative path': "return require('fs').readFileSync('../../../../outside/secret.json', 'utf8')",
        'by a path through its own folder':
          "return require('fs').readFileSync(process.cwd() + '/../../../../outside/secret.json', 'utf8')",
        'after a change of folder': `const own = process.cwd()
          try { process.chdir(outside); return require('fs').readFileSync('secret.json', 'utf8') } finally { process.chdir(own) }`,
        'as a module': "return require(outside + '/secret.json')",
        'as a module by NODE_PATH': "require('module')._initPaths(); return require('secret.json')",
        'as an imported module': "return load('file://' + outside + '/secret.json')",
        'as variables': "return process.loadEnvFile(outside + '/secret.env')",
        'as a blob': "return (await require('fs').openAsBlob(outside + '/secret.json')).text()",
        'a folder': "return require('fs').readdirSync(outside)",
        'the database with the root keys': "return require('fs').readFileSync(state + '/sandbox.sqlite', 'latin1')",
        'the state folder': "return require('fs').readdirSync(state)",
        'the packages of other functions': "return require('fs').readdirSync('..')",
        'the variables of the sandbox':
          "return require('fs').readFileSync('/proc/' + process.ppid + '/environ', 'latin1')",
        'its own first variables': "return require('fs').readFileSync('/proc/self/environ', 'latin1')",
        'files by number': "return require('fs').readFileSync('/dev/fd/0', 'utf8')",
        'a copy': "return require('fs').cpSync(outside, process.cwd() + '/copy', { recursive: true })",
      },
      `${denied}|MODULE_NOT_FOUND`,
    )
    attempts(
      {
        'the database by SQLite': `const { DatabaseSync } = require('node:sqlite')
          return new DatabaseSync(state + '/sandbox.sqlite').prepare('SELECT * FROM document').all()`,
        'the database by an imported SQLite': `const { DatabaseSync } = await load('node:sqlite')
          return new DatabaseSync(':memory:').exec("ATTACH '" + state + "/sandbox.sqlite' AS x")`,
      },
      /ERR_UNKNOWN_BUILTIN_MODULE/.source,
    )

    it('no file that was left open', async () => {
      const { value } = await invoke(`const { fstatSync } = require('fs')
        const files = []
        for (let at = 0; at < 256; at++) try { if (fstatSync(at).isFile() || fstatSync(at).isDirectory()) files.push(at) } catch {}
        return files`)
      expect(value).to.deep.equal([])
    })
  })

  describe('writes nothing:', () => {
    attempts(
      {
        'into its own folder': "require('fs').writeFileSync('new.txt', 'x')",
        'over its own code': "require('fs').appendFileSync('index.mjs', 'x')",
        outside: "require('fs').writeFileSync(outside + '/new.txt', 'x')",
        'into /tmp': "require('fs').mkdtempSync('/tmp/new-')",
        'a folder': "require('fs').mkdirSync(outside + '/new')",
        'a symbolic link': "require('fs').symlinkSync('/etc/passwd', 'link')",
        'a relative link': "require('fs').symlinkSync('../../../../outside/secret.json', 'link')",
        'a hard link': "require('fs').linkSync(outside + '/secret.json', 'link')",
        'another name': "require('fs').renameSync('own.txt', 'other.txt')",
        'nor removes': "require('fs').rmSync('own.txt')",
        'a heap snapshot': "require('v8').writeHeapSnapshot(outside + '/heap')",
        'a report': "process.report.writeReport(outside + '/report.json')",
        'a unix socket, where Node can close the network': closesNetwork
          ? `return new Promise((resolve, reject) =>
               require('net').createServer().on('error', reject).listen(outside + '/socket', resolve))`
          : "throw Object.assign(new Error('it can not'), { code: 'ERR_ACCESS_DENIED' })",
        'what V8 writes when told to': "require('v8').setFlagsFromString('--trace-turbo')",
        'what V8 writes when told to by import': "(await load('node:v8')).setFlagsFromString('--trace-turbo')",
      },
      denied,
    )

    it('by what only fails in silence', async () => {
      await invoke("require('trace_events').createTracing({ categories: ['v8', 'node'] }).enable()")
      await invoke("require('module').enableCompileCache(outside + '/cache'); require('module').flushCompileCache()")
      await invoke('process.emitWarning("warned")')
      await invoke('process.report.reportOnUncaughtException = true; process.report.directory = outside')
      // The last words of a process: reports, coverage, snapshots.
      await invoke(`process.report.reportOnFatalError = true
        try { require('v8').setHeapSnapshotNearHeapLimit(1) } catch {}
        const all = []; for (;;) all.push(new Array(1e6).fill(all.length + 0.5))`)
      await invoke("setTimeout(() => { throw new Error('thrown') }); await new Promise(() => undefined)")
      await invoke('process.exit()')
    })
  })

  describe('starts nothing:', () => {
    attempts(
      {
        'a process': "return require('child_process').spawnSync('id').stdout.toString()",
        'a shell': "return require('child_process').execSync('id').toString()",
        'a process by import': "return (await load('node:child_process')).execFileSync('id').toString()",
        'a process by another way':
          "return process.getBuiltinModule('child_process').spawnSync('id').stdout.toString()",
        'a Node': "return require('child_process').fork('index.mjs').pid",
        'a cluster': "require('cluster').setupPrimary({ exec: 'index.mjs' }); return require('cluster').fork().id",
        'a thread': "return new (require('worker_threads').Worker)('1', { eval: true }).threadId",
        'an add-on': "process.dlopen({ exports: {} }, process.cwd() + '/own.txt')",
        WASI: "return new (require('wasi').WASI)({ version: 'preview1' }).wasiImport",
        'a debugger of its own': "require('inspector').open(0)",
        'a debugger inside':
          "const session = new (require('inspector').Session)(); session.connect(); return 'connected'",
        internals: "return Object.keys(process.binding('spawn_sync'))",
        'internals of files': "return Object.keys(process.binding('fs'))",
        'hooks in a thread': "require('module').register('data:text/javascript,')",
        'an engine of OpenSSL': "require('crypto').setEngine('/tmp/engine.so')",
        'another program in its place':
          "if (process.execve === undefined) throw 'ERR_ACCESS_DENIED'; process.execve('/bin/true', ['true'], {})",
        'foreign functions':
          "if (process.allowedNodeEnvironmentFlags.has('--allow-ffi')) new (require('node:ffi').DynamicLibrary)('libc.so.6'); else throw 'ERR_ACCESS_DENIED'",
      },
      `${denied}|ERR_DLOPEN_DISABLED|ERR_CRYPTO_CUSTOM_ENGINE_NOT_SUPPORTED`,
    )
  })

  describe('leaves other processes alone:', () => {
    attempts(
      {
        'the sandbox': 'return process.kill(process.ppid, 0)',
        'its group': 'return process.kill(0, 0)',
        all: 'return process.kill(-1, 0)',
        'the first': 'return process.kill(1, 0)',
        'by import': "return (await load('node:process')).kill(process.ppid, 0)",
        'by another number': 'return process.kill(String(process.ppid), 0)',
        'by an inner way': "if (process._kill(process.ppid, 0) !== 0) throw 'EPERM'",
        'a debugger in the sandbox': 'process._debugProcess(process.ppid)',
        priority: "require('os').setPriority(process.ppid, 1)",
        'priority by import': "(await load('node:os')).setPriority(process.ppid, 1)",
      },
      `EPERM|${denied}`,
    )

    it('but not itself', async () => {
      expect(await invoke('return process.kill(process.pid, 0)')).to.deep.equal({ value: true })
      const { errorType } = await invoke("process.kill(process.pid, 'SIGKILL'); await new Promise(() => undefined)")
      expect(errorType).to.equal('Runtime.ExitError')
    })
  })

  describe('reaches the sandbox and nothing else:', () => {
    it('KMS', async () => {
      const source = `const answer = await fetch(process.env.AWS_ENDPOINT_URL_KMS, {
          method: 'POST', headers: { 'x-amz-target': 'TrentService.Decrypt' }, body: '{}' })
        return [answer.status, answer.ok, answer.url, (await answer.json()).__type]`
      const { value } = await invoke(source)
      expect(value).to.deep.equal([400, false, `${sandbox.endpoint}/`, 'MissingAuthenticationTokenException'])
    })

    it('its endpoint by node:http, and not what controls the sandbox', async () => {
      const code = `const http = require('http')
        const agent = new http.Agent({ keepAlive: true })
        const ask = (path, body) => new Promise((resolve, reject) => {
          const options = { method: 'POST', agent, headers: { 'x-amz-target': 'TrentService.Decrypt', 'content-length': body.length } }
          const sent = http.request(process.env.AWS_ENDPOINT_URL + path, options, (answer) => {
            let text = ''
            answer.setEncoding('utf8').on('data', (piece) => (text += piece)).on('end', () => resolve([answer.statusCode, JSON.parse(text).__type]))
          })
          sent.on('error', reject).end(body)
        })
        const answers = []
        for (const body of ['{}', '"' + 'x'.repeat(300_000) + '"']) answers.push(await ask('/', body))
        return answers`
      expect((await invoke(code)).value).to.deep.equal(Array(2).fill([400, 'MissingAuthenticationTokenException']))
      if (!closesNetwork) return
      const { error } = await invoke(
        "await new Promise((resolve, reject) => require('http').get(process.env.AWS_ENDPOINT_URL + '/_sandbox/calls', resolve).on('error', reject))",
      )
      expect(error).to.equal('ECONNRESET')
    })

    it('no other server by fetch', async () => {
      const server = createServer((_, answer) => answer.end('reached')).listen(0, '127.0.0.1')
      await new Promise((resolve) => server.once('listening', resolve))
      const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/`
      for (const address of [url, url.replace('127.0.0.1', 'localhost'), `${sandbox.endpoint}/_sandbox/calls`]) {
        expect(await invoke(`return (await fetch('${address}')).text()`)).to.deep.equal({ error: denied })
      }
      server.close()
    })

    if (closesNetwork) {
      const connected = (code: string): string =>
        `return new Promise((resolve, reject) => { const done = () => resolve('done'); ${code} })`
      attempts(
        {
          TCP: connected(
            "require('net').connect(new URL(process.env.AWS_ENDPOINT_URL_KMS).port, '127.0.0.1', done).on('error', reject)",
          ),
          'other servers by HTTP': connected("require('http').get('http://127.0.0.1:9/', done).on('error', reject)"),
          UDP: connected(
            "const s = require('dgram').createSocket('udp4').on('error', reject); s.send('x', 9, '127.0.0.1', done)",
          ),
          names: connected("require('dns').lookup('localhost', (error) => error ? reject(error) : done())"),
          'unix sockets': connected("require('net').connect(outside + '/socket', done).on('error', reject)"),
          servers: connected("require('http').createServer().on('error', reject).listen(0, done)"),
        },
        denied,
      )
    }

    it('and gives up when it is told to', async () => {
      sandbox.faults.add('s3:*:delay=5s')
      const source = `const signal = AbortSignal.timeout(50)
        try { await fetch(process.env.AWS_ENDPOINT_URL_KMS + '/bucket/key', { signal }) } catch (error) { return error.name }`
      const begun = Date.now()
      const { value } = await invoke(source)
      sandbox.faults.clear()
      expect([value, Date.now() - begun < 4000 || value]).to.deep.equal(['TimeoutError', true])
    })
  })

  describe('at last', () => {
    it('takes no more memory than it has, in buffers either', async function () {
      if (process.platform !== 'linux') this.skip()
      const { errorType } = await invoke(`const all = []
      for (let at = 0; at < 100; at++) {
        all.push(Buffer.alloc(20 * 1024 * 1024, 1))
        await new Promise((resolve) => setTimeout(resolve, 20))
      }
      return all.length`)
      expect(errorType).to.equal('Runtime.OutOfMemory')
      expect(await invoke('return 1')).to.deep.equal({ value: 1 })
    })

    it('does not confuse the sandbox by what it says', async () => {
      expect(await invoke('return [typeof process.send, process.connected ?? false]')).to.deep.equal({
        value: ['undefined', false],
      })
      const messages = [null, 1, 'x', [], {}, { kind: 'fetch' }, { kind: 'fetch', id: 1, url: 'x', headers: 1 }]
      const more = [{ kind: 'fetch-abort', id: 'x' }, { kind: 'error' }, { kind: 'result', payload: 1 }]
      const node = [{ cmd: 'NODE_HANDLE', type: 'x' }, { cmd: 'NODE_HANDLE_NACK' }, { cmd: 'NODE_' }]
      const lines = [...messages, ...more, ...node].map((message) => JSON.stringify(message))
      // As code does that mistakes the number of a file.
      const said = ['', 'no JSON', '{', '\0', ...lines, ''].join('\n')
      await invoke(`require('fs').writeSync(3, ${JSON.stringify(said)})`)
      expect(await invoke('return 2')).to.deep.equal({ value: 2 })
    })

    it('does not fill the sandbox with a message that never ends', async () => {
      const { errorType } = await invoke(`const piece = Buffer.alloc(65536, 'x')
        const { writeSync } = require('fs')
        const write = (at) => { try { return writeSync(at, piece) } catch (error) { if (error.code !== 'EAGAIN') throw error } }
        for (;;) write(3)`)
      expect(errorType).to.equal('Runtime.ExitError')
      expect(await invoke('return 3')).to.deep.equal({ value: 3 })
    })

    it('answers with what is long, and in any script', async () => {
      const { value } = await invoke("return '\u2028\\n\\u{1f600}'.repeat(200_000)")
      expect(value).to.equal('\u2028\n\u{1f600}'.repeat(200_000))
    })

    it('has left everything as it was, and ends with the sandbox', async () => {
      const { value: pid } = await invoke('return process.pid')
      const added = readdirSync(folder, { recursive: true, encoding: 'utf8' }).filter((name) => !there.includes(name))
      const own = added.filter((name) => !/^state\/lambda\/tasks\/[0-9a-f]{64}(\/(index\.mjs|own\.txt))?$/.test(name))
      expect(own).to.deep.equal([])
      await sandbox.close()
      sandbox = await startSandbox()
      expect(() => process.kill(Number(pid), 0)).to.throw(/ESRCH/)
      expect(existsSync(join(state, 'sandbox.sqlite'))).to.equal(true)
    })
  })
})
