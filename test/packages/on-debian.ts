/** The .deb, as an operator has it on a server: installed, used, removed. */
import { once } from 'node:events'
import { join } from 'node:path'

import { expect } from 'chai'

import { asRootDo, type CleanRoot, copyOf, differences } from './clean-root.ts'
import { fileIn, type Made } from './made-packages.ts'
import { goneFile, olderPackages } from './older-package.ts'

/** What `pc-ctl sandbox --json` announces. */
interface Announcement {
  readonly frontUrl: string
  readonly frontToken: string
  readonly config: string
  readonly environment: Record<string, string>
}

const bucket = 'packages-example-org'

export function isAtHomeOnDebian(made: () => Made): void {
  describe('the .deb, on a Debian without Node, npm and compilers', () => {
    let debian: CleanRoot
    let before_: string[]
    const run: CleanRoot['run'] = (command, how) => debian.run(command, how)
    before(async () => {
      debian = made().debian
      before_ = await debian.files()
      await asRootDo('cp', [await fileIn(made().here, '_amd64.deb'), join(debian.path, 'tmp/pc-ctl.deb')])
    })

    it('is installed by apt-get, without a script, and says its version', async () => {
      const programs = ['node', 'npm', 'gcc', 'cc', 'make', 'python3']
      const script = 'for program; do ! command -v "$program" || exit 1; done'
      expect(await run(['sh', '-c', script, 'sh', ...programs])).to.equal('')
      await run(['apt-get', 'install', '--yes', '/tmp/pc-ctl.deb'])
      expect(await run(['pc-ctl', '--version'])).to.match(/^pc-ctl\/\S+ linux-x64 node-v24\.\d+\.\d+\n$/)
      expect(await run(['dpkg', '--verify', 'pc-ctl'])).to.equal('')
      expect(await run(['ls', '/var/lib/dpkg/info'])).not.to.match(/^pc-ctl\.(?:pre|post)/m)
      for (const page of ['pc-ctl', 'pc-ctl-bootstrap-cloudfront', 'pc-ctl-cfdelete']) {
        expect(await run(['gzip', '--decompress', '--stdout', `/usr/share/man/man1/${page}.1.gz`])).to.match(/^\.TH /m)
      }
      const complete = '. /usr/share/bash-completion/completions/pc-ctl && complete -p pc-ctl'
      expect(await run(['bash', '-c', complete])).to.match(/^complete .*pc-ctl$/m)
    })

    it('takes the place of an older one, of which nothing is left, and asks for nothing', async () => {
      const upgraded = await copyOf(debian, join(made().folder, 'upgraded'))
      await upgraded.run(['apt-get', 'purge', '--yes', 'pc-ctl'])
      const older = await olderPackages(made().folder)
      await asRootDo('cp', [older.deb, join(upgraded.path, 'tmp/older.deb')])
      await upgraded.run(['apt-get', 'install', '--yes', '/tmp/older.deb'])
      expect(await upgraded.run(['pc-ctl', '--version'])).to.equal('older\n')
      expect(await upgraded.run(['cat', goneFile])).to.equal('gone\n')
      await upgraded.run(['apt-get', 'install', '--yes', '/tmp/pc-ctl.deb'])
      expect(await upgraded.run(['pc-ctl', '--version'])).to.match(/^pc-ctl\//)
      expect(await upgraded.run(['sh', '-c', `test ! -e ${goneFile} && dpkg --verify pc-ctl`])).to.equal('')
      // A file that is a setting would be asked about.
      expect(await upgraded.run(['dpkg-query', '--show', '--showformat=${Conffiles}', 'pc-ctl'])).to.equal('')
    })

    it('is at home with `man` and TAB, where these are', async () => {
      const server = await copyOf(debian, join(made().folder, 'server'))
      await server.run(['apt-get', 'update'])
      await server.run(['apt-get', 'install', '--yes', '--no-install-recommends', 'man-db', 'bash-completion'])
      expect(await server.run(['man', '--pager=cat', 'pc-ctl'])).to.match(/^NAME\n +pc-ctl - /m)
      expect(await server.run(['man', '--pager=cat', 'pc-ctl-cfdelete'])).to.match(
        /^NAME\n +pc-ctl-cfremove, pc-ctl-cfdelete - /m,
      )
      // As a login shell has it, which loads what a command needs at the first TAB.
      const tab = [
        '. /usr/share/bash-completion/bash_completion; _completion_loader pc-ctl',
        'COMP_WORDS=(pc-ctl boots); COMP_CWORD=1; COMP_LINE="pc-ctl boots"; COMP_POINT=12',
        '$(complete -p pc-ctl | sed "s/.*-F \\([^ ]*\\).*/\\1/") pc-ctl boots pc-ctl; echo "${COMPREPLY[@]}"',
      ]
      expect((await server.run(['bash', '-c', tab.join('\n')])).trim()).to.equal('bootstrap-cloudfront')
    })

    it('has a sandbox, and goes through the runbook on it', async () => {
      const state = '/tmp/rehearsal'
      const sandbox = debian.start([
        ...['env', 'HOME=/tmp', 'pc-ctl', 'sandbox', '--bucket', bucket, '--region', 'eu-central-1'],
        ...['--deploy-time', '1s', '--state', state, '--json'],
      ])
      const over = once(sandbox, 'close')
      try {
        const place = await announced(sandbox.stdout)
        const env = { ...place.environment, HOME: '/tmp', XDG_STATE_HOME: '/tmp/state' }
        const pcCtl = (...args: string[]): Promise<string> => run(['pc-ctl', ...args], { env })
        await run(['pc-ctl', 'put', '-', `s3://${bucket}/1/debian/hello_1.0_all.deb`], { env, input: 'hello' })
        expect(await pcCtl('enable-cloudfront', '--write-config', '--yes')).to.match(/^\d+ ok, 0 failed,/m)
        expect(await pcCtl('status', '--exit-code')).to.match(/^Distribution +Deployed/m)
        const authorization = `Basic ${Buffer.from(`${place.frontToken}:`).toString('base64')}`
        const answer = await fetch(`${place.frontUrl}/1/debian/hello_1.0_all.deb`, { headers: { authorization } })
        expect([answer.status, answer.headers.get('x-cache'), await answer.text()]).to.deep.equal([
          200,
          // doctor has had it.
          'Hit from cloudfront',
          'hello',
        ])
      } finally {
        sandbox.kill('SIGTERM')
        await over
      }
    })

    it('leaves nothing when it is removed', async () => {
      await run(['apt-get', 'purge', '--yes', 'pc-ctl'])
      await run(['find', '/tmp', '-mindepth', '1', '-delete'])
      // That one is Debian's, but no package has it: who empties it takes it along.
      const left = differences(before_, await debian.files()).filter((line) => line !== '- d 755 opt')
      expect(left).to.deep.equal([])
    })
  })
}

async function announced(stdout: AsyncIterable<unknown> | null): Promise<Announcement> {
  let text = ''
  for await (const chunk of stdout ?? []) {
    text += String(chunk)
    try {
      return (JSON.parse(text) as { result: Announcement }).result
    } catch {
      // Not all of it is there yet.
    }
  }
  throw new Error(`The sandbox did not start: ${text}`)
}
