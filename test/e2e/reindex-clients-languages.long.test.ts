/**
 * gem, pip, npm and mvn of repositories whose indexes somebody else keeps: reindex-everything sees to the attributes,
 * with which front server, signed URLs and edge serve the packages, and no index is ever stale.
 */
import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { gzipSync } from 'node:zlib'

import { expect } from 'chai'

import { cacheControl } from '../../src/repositories/cache-control.ts'
import { tar } from '../repositories/apt/packages-made.ts'
import { digest, mavenProject, mavenRepository, mavenSettings, type Objects, zipped } from './maven-repository.ts'
import {
  type Attributes,
  expectServed,
  runClient,
  type Shop,
  startShop,
  testWith,
  token,
  withFolder,
} from './reindex-clients.ts'

/** What whoever comes by keeps for a day. */
const stale: Attributes = { CacheControl: 'public, max-age=86400' }

describe('reindex-everything, for users of other repositories', function () {
  this.timeout(300_000)
  let shop: Shop
  const published = new Map<string, string>()
  before(async () => {
    shop = await startShop()
    // Brings a package of its own.
    await shop.reindex()
    await shop.open()
  })
  after(() => shop.close())

  /** Publishes with a tool that sets the wrong attributes, then puts them right. */
  async function publish(objects: Objects): Promise<void> {
    const changed = Object.entries(objects).filter(([key, body]) => published.get(key) !== digest('md5', body, 'hex'))
    // By Last-Modified, which gem goes by, an index is another one only in another second.
    await sleep(1000 - (Date.now() % 1000))
    for (const [key, body] of changed) {
      await shop.put(key, body, { ...stale, ...(isGzipped(key) ? { ContentEncoding: 'gzip' } : {}) })
      published.set(key, digest('md5', body, 'hex'))
    }
    const { total } = await shop.reindex('--attributes-only')
    expect(total).to.include({ failed: 0, skipped: 0, rewritten: changed.length })
  }

  testWith(['gem'], 'installs what is served, and sees a new version at once', () =>
    withFolder(async (folder) => {
      const source = `${shop.urlWithToken}/ruby/`
      const installed = async (): Promise<string[]> => {
        const home = join(folder, 'gems')
        const flags = ['--clear-sources', '--source', source, '--install-dir', home, '--no-document', '--norc']
        await runClient(folder, ['gem', 'install', 'greeting', ...flags])
        return (await readdir(join(home, 'gems'))).sort()
      }
      await publish(await gemRepository(folder, ['1.0']))
      expect(await installed()).to.deep.equal(['greeting-1.0'])
      await publish(await gemRepository(folder, ['1.0', '1.1']))
      expect(await installed()).to.deep.equal(['greeting-1.0', 'greeting-1.1'])
      await expectServed(shop, [
        'ruby/gems/greeting-1.1.gem',
        'ruby/specs.4.8.gz',
        'ruby/quick/Marshal.4.8/greeting-1.1.gemspec.rz',
      ])
    }),
  )

  testWith(['python3', '-m', 'pip'], 'downloads what is served, and sees a new version at once', () =>
    withFolder(async (folder) => {
      const downloaded = async (): Promise<string[]> => {
        const flags = ['--isolated', '--disable-pip-version-check', '--no-cache-dir', '--dest', join(folder, 'wheels')]
        const index = ['--index-url', `${shop.urlWithToken}/py/simple/`]
        await runClient(folder, ['python3', '-m', 'pip', 'download', ...flags, ...index, 'greeting'])
        return (await readdir(join(folder, 'wheels'))).sort()
      }
      const [first, second] = [wheel('1.0'), wheel('1.1')]
      await publish(pythonRepository(shop.url, [first]))
      expect(await downloaded()).to.deep.equal([first.name])
      await publish(pythonRepository(shop.url, [first, second]))
      expect(await downloaded()).to.deep.equal([first.name, second.name])
      await expectServed(shop, [`py/packages/${second.name}`, 'py/simple/greeting/'])
      const page = await shop.ask('py/simple/greeting/')
      expect(page.headers.get('content-type')).to.equal('text/html')
    }),
  )

  testWith(['npm'], 'installs what is served, and sees a new version at once', () =>
    withFolder(async (folder) => {
      const registry = `${shop.url}/npm/`
      const auth = Buffer.from(`${token}:`).toString('base64')
      await writeFile(
        join(folder, '.npmrc'),
        `registry=${registry}\n${registry.replace('http:', '')}:_auth=${auth}\nupdate-notifier=false\naudit=false\nfund=false\n`,
      )
      await writeFile(join(folder, 'package.json'), '{"name": "user", "version": "1.0.0", "private": true}')
      const installed = async (name: string): Promise<unknown> => {
        await runClient(folder, ['npm', 'install', '--cache', join(folder, 'cache'), `${name}@latest`])
        const manifest = await readFile(join(folder, 'node_modules', name, 'package.json'), 'utf8')
        return (JSON.parse(manifest) as { version: unknown }).version
      }
      for (const name of ['greeting', '@example/greeting']) {
        await publish(npmRepository(registry, name, ['1.0.0']))
        expect(await installed(name)).to.equal('1.0.0')
        await publish(npmRepository(registry, name, ['1.0.0', '1.1.0']))
        expect(await installed(name)).to.equal('1.1.0')
        const tarball = `npm/${name}/-/greeting-1.1.0.tgz`
        await expectServed(shop, [tarball])
        // What is said here is undone by clients, whose sums are those of the tarball as it is.
        expect((await shop.ask(tarball)).headers.get('content-encoding')).to.equal(null)
        const described = await shop.ask(`npm/${name}`)
        expect(described.headers.get('cache-control')).to.equal(cacheControl.metadata)
        expect(described.headers.get('x-cache')).to.equal('Miss from cloudfront')
      }
    }),
  )

  testWith(['mvn'], 'resolves what is served, and sees a new version at once', () =>
    withFolder(async (folder) => {
      const settings = join(folder, 'settings.xml')
      await writeFile(settings, mavenSettings(`${shop.url}/maven`))
      await mkdir(join(folder, 'project'))
      await writeFile(join(folder, 'project', 'pom.xml'), mavenProject)
      const local = join(folder, 'local')
      const resolved = async (): Promise<string[]> => {
        const flags = ['--batch-mode', '--no-transfer-progress', '-U', '-s', settings, `-Dmaven.repo.local=${local}`]
        await runClient(join(folder, 'project'), ['mvn', ...flags, 'validate'])
        const files = await readdir(join(local, 'org', 'example'), { recursive: true })
        return files.filter((file) => /\.(pom|jar)$/.test(file)).sort()
      }
      await publish(mavenRepository(['1.0']))
      const first = ['greeting/1.0/greeting-1.0.jar', 'greeting/1.0/greeting-1.0.pom', 'parent/1.0/parent-1.0.pom']
      expect(await resolved()).to.deep.equal(first)
      await publish(mavenRepository(['1.0', '1.1']))
      expect(await resolved()).to.include('parent/1.1/parent-1.1.pom')
      await expectServed(shop, [
        'maven/org/example/greeting/1.0/greeting-1.0.jar',
        'maven/org/example/parent/1.1/parent-1.1.pom',
        'maven/org/example/parent/maven-metadata.xml',
      ])
    }),
  )
})

/** Made by Ruby: only it writes its own formats. */
const gemScript = `
ENV['SOURCE_DATE_EPOCH'] = '1700000000'
require 'rubygems/package'
specs = ARGV.map do |version|
  spec = Gem::Specification.new do |s|
    s.name, s.version, s.summary, s.authors, s.files = 'greeting', version, 'a greeting', ['Nobody'], []
  end
  Gem::DefaultUserInteraction.use_ui(Gem::SilentUI.new) { Gem::Package.build(spec, true) }
  File.binwrite("greeting-#{version}.gemspec.rz", Gem.deflate(Marshal.dump(spec)))
  ['greeting', spec.version, 'ruby']
end
{ 'specs' => specs, 'latest_specs' => [specs.last], 'prerelease_specs' => [] }.each do |name, list|
  File.binwrite("#{name}.4.8.gz", Gem::Util.gzip(Marshal.dump(list)))
end
`

async function gemRepository(folder: string, versions: readonly string[]): Promise<Objects> {
  const at = join(folder, `made ${versions.length}`)
  await mkdir(at)
  await runClient(at, ['ruby', '-e', gemScript, ...versions])
  const objects: Objects = {}
  for (const name of await readdir(at)) {
    const place = name.endsWith('.gem') ? 'gems/' : name.endsWith('.rz') ? 'quick/Marshal.4.8/' : ''
    objects[`ruby/${place}${name}`] = await readFile(join(at, name))
  }
  return objects
}

function wheel(version: string): { name: string; body: Uint8Array } {
  const info = `greeting-${version}.dist-info`
  const files = {
    'greeting.py': `version = '${version}'\n`,
    [`${info}/METADATA`]: `Metadata-Version: 2.1\nName: greeting\nVersion: ${version}\n`,
    [`${info}/WHEEL`]: 'Wheel-Version: 1.0\nGenerator: test\nRoot-Is-Purelib: true\nTag: py3-none-any\n',
    [`${info}/RECORD`]: '',
  }
  return { name: `greeting-${version}-py3-none-any.whl`, body: zipped(files) }
}

/** PEP 503. Links are absolute: to pip the page is where it was redirected to, and nothing there is signed. */
function pythonRepository(url: string, wheels: readonly { name: string; body: Uint8Array }[]): Objects {
  const links = wheels.map(
    ({ name, body }) =>
      `<a href="${url}/py/packages/${name}#sha256=${digest('sha256', body, 'hex')}">${name}</a><br>\n`,
  )
  const page = `<!DOCTYPE html>\n<html><body>\n${links.join('')}</body></html>\n`
  return {
    ...Object.fromEntries(wheels.map(({ name, body }) => [`py/packages/${name}`, body])),
    'py/simple/greeting/': page,
  }
}

/** As some tools put packuments of many versions into a bucket, with a Content-Encoding that says so. */
const isGzipped = (key: string): boolean => key === 'npm/@example/greeting'

/** A packument and its tarballs, at the paths that npm asks for. */
function npmRepository(registry: string, name: string, versions: readonly string[]): Objects {
  const objects: Objects = {}
  const described: Record<string, object> = {}
  for (const version of versions) {
    const manifest = { name, version, description: 'a greeting' }
    const body = gzipSync(tar([{ name: 'package/package.json', body: Buffer.from(JSON.stringify(manifest)) }]))
    const file = `${name}/-/${name.replace(/^@.*\//, '')}-${version}.tgz`
    objects[`npm/${file}`] = body
    const integrity = `sha512-${digest('sha512', body, 'base64')}`
    described[version] = { ...manifest, dist: { tarball: `${registry}${file}`, integrity } }
  }
  const latest = versions.at(-1) ?? ''
  const packument = JSON.stringify({ name, 'dist-tags': { latest }, versions: described })
  objects[`npm/${name}`] = isGzipped(`npm/${name}`) ? gzipSync(packument) : packument
  return objects
}
