import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { gunzipSync, gzipSync, inflateSync } from 'node:zlib'

import { expect } from 'chai'

import { gem } from '../../../src/repositories/gem/gem.ts'
import { runClient, testWith } from '../../e2e/reindex-clients.ts'
import { FormatBucket } from '../format-bucket.ts'
import { gemOf, gemWith, gemspecText, versionField } from './made-gems.ts'

/** All that RubyGems lets a gemspec say, in versions and for platforms that are easily taken for others. */
const script = String.raw`
ENV['SOURCE_DATE_EPOCH'] = '1700000000'
require 'rubygems/package'
def build(name, version, platform = nil)
  spec = Gem::Specification.new do |s|
    s.name, s.version, s.summary, s.authors, s.files = name, version, "a #{name}", ['Nobody'], []
    s.date = '2024-05-06'
    s.platform = platform if platform
    yield s if block_given?
  end
  Gem::DefaultUserInteraction.use_ui(Gem::SilentUI.new) { Gem::Package.build(spec, true) }
end
build('plain', '1.0')
build('plain', '1.1') { |s| s.description = "more\nof it: yes\n  - indented\n"; s.homepage = 'https://example.org/x?y=1#z'; s.license = 'MIT'; s.email = 'a@b.c' }
build('plain', '2.0.0.pre1') { |s| s.licenses = ['MIT', 'GPL-2.0']; s.email = ['a@b.c', 'd@e.f']; s.metadata = { 'homepage_uri' => 'https://x', 'mfa' => 'true', 'a' => 'true' } }
build('native', '1.0')
%w[x86_64-linux x86_64-linux-musl arm64-darwin x64-mingw32 x64-mingw-ucrt java x86-mswin32-60 mswin64 aarch64-linux-gnu universal-darwin-20
   i686-linux armv7-linux-gnueabihf sparc-solaris2.8 x86-freebsd13 jruby dalvik19 universal-dotnet4.0 amd64-openbsd6.9 my_platform3 what].each { |p| build('native', '1.0', p) }
build('native', '1.2', 'x86_64-linux')
build('native', '0.9')
build('deps', '1.0') { |s| s.add_dependency 'plain', '~> 1.0', '>= 1.0.3'; s.add_dependency 'native'; s.add_development_dependency 'rake', '> 3', '< 20', '!= 5'; s.required_ruby_version = ['>= 2.5', '< 4']; s.required_rubygems_version = '> 1.3.1' }
build('deps', '1.10') { |s| s.add_dependency 'zed', '= 1.0.a'; s.add_dependency 'alpha', '>= 0' }
build('deps', '1.9')
build('unicode', '0.1') { |s| s.authors = ['Zoë Ünï', '松本']; s.description = "ütf — “x”\n" * 30; s.summary = "long-\n  wrapped\n text\twith tabs " }
build('odd', '1') { |s| s.summary = '@at: #hash'; s.description = "'quoted' \"double\" \\ back\u0007bell\t\u{1f600}"; s.post_install_message = "thanks\n"; s.requirements << 'libfoo' }
build('yes', '1.0.0') { |s| s.summary = 'true'; s.description = '~'; s.homepage = 'null'; s.licenses = ['123', '1.5', '2020-01-01', ':sym', 'on', '0x1f', '1_000', '12:30', '.5', '1e3', '=', '<<', 'y', '-', '', '!x', '&a', '*b'] }
build('big', '3.2.1') { |s| s.metadata = { 'changelog_uri' => 'u' * 300 }; s.description = ("word " * 400).strip; s.authors = ['A'] * 3; s.extra_rdoc_files = []; s.rdoc_options = ['--main', 'README'] }
build('UPPER_case.dot-dash', '0.0.1.rc.2')
%w[1.0 1.0.0 1.0.0.0 1.a 10.0 9.0 1.0.0.1 0 2147483648.1].each { |v| build('ver', v) }
`

/**
 * As RubyGems of long ago has written it: aliases, other names, no lists that it knows today. What a dependency consists of
 * comes in the order of today: up to Ruby 3.1 the order depends on what the process has seen before.
 */
const ancient = `--- !ruby/object:Gem::Specification
rubygems_version: 0.9.4
specification_version: 2
name: ancient
version: !ruby/object:Gem::Version
  version: 0.4.0
date: 2008-03-04 00:00:00 -08:00
summary: Of long ago, with = and & in it.
require_paths:
- lib
email: old@example.org
homepage: http://example.org
rubyforge_project:
description:
autorequire:
default_executable:
bindir: bin
has_rdoc: true
required_ruby_version: &id001 !ruby/object:Gem::Requirement
  requirements:
  - - ">"
    - !ruby/object:Gem::Version
      version: 0.0.0
  version:
required_rubygems_version: *id001
platform: ruby
signing_key:
cert_chain:
post_install_message:
authors:
- &who Somebody
- *who
files:
- lib/ancient.rb
test_files: []
dependencies:
- !ruby/object:Gem::Dependency
  name: rake
  type: :runtime
  version_requirements: &id002 !ruby/object:Gem::Requirement
    none: false
    requirements:
    - - ">="
      - &id003 !ruby/object:Gem::Version
        version: "0"
- !ruby/object:Gem::Dependency
  name: hoe
  requirement: *id002
  type: :runtime
  version_requirements: *id002
- !ruby/object:Gem::Dependency
  name: three
  requirement: !ruby/object:Gem::Requirement
    requirements:
    - - "="
      - *id003
  type: :development
`

describe('gems beside the real tool', function () {
  this.timeout(120_000)
  let folder = ''
  before(() => (folder = mkdtempSync(join(tmpdir(), 'pc-ctl-gem-'))))
  after(() => rmSync(folder, { recursive: true, force: true }))

  testWith(['gem'], 'generate_index says the same of all gems, byte for byte', async () => {
    const gems = join(folder, 'gems')
    await runClient(folder, ['mkdir', 'gems'])
    await runClient(gems, ['ruby', '-e', script])
    writeFileSync(join(gems, 'ancient-0.4.0.gem'), gemWith(gzipSync(ancient)))
    const odd = {
      name: 'handmade',
      version: versionField('0.0.7'),
      summary: '',
      description: 'no',
      metadata: '\n  a: b',
    }
    writeFileSync(join(gems, 'handmade-0.0.7.gem'), gemOf({ fields: odd }))
    const flow = gemspecText({ name: 'flow', authors: '[A, "B"]', licenses: '[MIT]', email: '\n- a@b.c\n- ' })
    writeFileSync(join(gems, 'flow-1.0.gem'), gemWith(gzipSync(flow)))
    await runClient(folder, ['gem', 'generate_index', '--directory', folder])
    const files = readdirSync(gems).map((name) => [`gems/${name}`, readFileSync(join(gems, name))] as const)
    const bucket = new FormatBucket(gem, '', { objects: files })
    const { repositories } = gem.missing(['gems/'], { indexes: [], roots: [], options: {} })
    const plan = await bucket.reindex({ created: repositories.get('') ?? new Map() })
    expect([plan.bad, plan.findings]).to.deep.equal([[], []])
    expect(plan.packages).to.equal(files.length).and.to.be.at.least(45)
    const theirs = readdirSync(join(folder, 'quick/Marshal.4.8')).sort()
    const ours = [...bucket.objects.keys()].filter((key) => key.startsWith('quick/')).sort()
    expect(ours).to.deep.equal(theirs.map((name) => `quick/Marshal.4.8/${name}`))
    for (const key of ours) {
      const [mine, right] = [bucket.read(key) ?? new Uint8Array(), readFileSync(join(folder, key))].map((rz) =>
        inflateSync(rz).toString('latin1'),
      )
      expect(mine, key).to.equal(right)
    }
    for (const list of ['specs', 'latest_specs', 'prerelease_specs']) {
      const mine = gunzipSync(bucket.read(`${list}.4.8.gz`) ?? new Uint8Array())
      expect(mine.toString('latin1'), list).to.equal(readFileSync(join(folder, `${list}.4.8`), 'latin1'))
    }
  })
})
