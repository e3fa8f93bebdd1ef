import { expect } from 'chai'

import {
  cacheControl,
  cacheControlOf,
  cachingOf,
  classify,
  type Facts,
  isCachedRight,
} from '../../src/repositories/cache-control.ts'

const packages = [
  '7/11/ubuntu/package_files/42136.deb',
  '7/11/el/8/package_files/78137.rpm',
  '7/11/ubuntu/package_files/42137.tar.gz',
  '7/11/ubuntu/package_files/42138.asc',
  '144/18748/java_artifact/1646086.war',
  'package_files/1.deb',
  'pool/main/h/hello/hello_2.10-3+deb12u1_amd64.deb',
  'pool/main/h/hello/hello_2.10.orig.tar.gz',
  'pool/main/h/hello/hello_2.10.orig.tar.gz.asc',
  'pool/main/h/hello/hello_2.10.orig-docs.tar.xz',
  'pool/main/h/hello/hello_2.10-3.debian.tar.xz',
  'pool/main/h/hello/hello_2.10-3.dsc',
  'pool/main/d/dpkg/dpkg_1.22.6.tar.xz',
  'gems/rack-3.0.0.gem',
  'gems/nokogiri-1.16.0-x86_64-linux.gem',
  'python/packages/six-1.16.0-py2.py3-none-any.whl',
  'python/packages/six-1.16.0.tar.gz',
  'python/packages/six-1.16.0.tar.gz.metadata',
  'npm/left-pad/-/left-pad-1.3.0.tgz',
  'npm/@types/passport-latest/-/passport-latest-1.0.5.tgz',
  'maven2/org/x/y/1.0/y-1.0.jar',
  'maven2/org/x/y/1.0/y-1.0.jar.sha1',
  'maven2/org/x/y/1.0/y-1.0.pom',
  'maven2/org/x/y/1.0/y-1.0-bin.tar.gz.asc.md5',
  'maven2/org/x/y/Finchley.SR2/y-Finchley.SR2.pom',
  'maven2/org/x/y/1.0-SNAPSHOT/y-1.0-20240102.030405-1.jar',
  'maven2/org/x/y/1.0-SNAPSHOT/y-1.0-20240102.030405-1-sources.jar.sha1',
  'alpine/v3.20/main/x86_64/zlib-1.3.1-r1.apk',
  'charts/nginx-1.2.3.tgz',
  'charts/nginx-1.2.3.tgz.prov',
  'releases/v1.2.3/agent.deb',
  // Whatever folder they lie in.
  'pool/main/i/info/info_7.0_amd64.deb',
  'pool/main/s/simple/simple_1.0-1.dsc',
  'pool/main/s/simple/simple_1.0.orig.tar.gz',
  'pool/main/k/keyring/keyring_1.0_all.deb',
  'pool/main/g/gpg/gpg_2.2.40.orig.tar.bz2.asc',
  'yum/simple/foo-1.0-1.noarch.rpm',
  'enterprise/remi-release-9.3-2.el9.remi.noarch.rpm',
  'newrelic-repo-5-3.noarch.rpm',
  'agent-abcdef1.x86_64.rpm',
  'yum/repodata/foo-1.0-1.noarch.rpm',
  'simple/foo/foo-1.0-py3-none-any.whl',
  'simple/foo/foo-1.0-py3-none-any.whl.metadata',
  'simple/foo/foo-1.0.tar.gz',
  'dists/stable/main/binary-amd64/foo_1.0_amd64.deb',
  'quick/Marshal.4.8/rack-3.0.0.gem',
]
const overwritable = [
  'latest/agent.deb',
  'nightly/agent.rpm',
  'apt/agent-stable_current_amd64.deb',
  'yum/agent-latest.x86_64.rpm',
  'epel-release-latest-9.noarch.rpm',
  'zabbix-release_latest_7.0+ubuntu24.04_all.deb',
  'zabbix-release_latest+ubuntu24.04_all.deb',
  'enterprise/remi-release-9.rpm',
  'free/fedora/rpmfusion-free-release-39.noarch.rpm',
  'skypeforlinux-64.deb',
  'downloads/agent.tgz',
  'el/8/agent.rpm',
  'centos/7.9.2009/x86_64/agent.rpm',
  'ubuntu/22.04/agent_amd64.deb',
  'agent_x86_64.deb',
  'agent-x86_64.rpm',
  'agent-ubuntu-22.04.deb',
  'agent-ubuntu-22.04-amd64.deb',
  'agent_ubuntu22.04_arm64.deb',
  'mysql-community-release-el7.rpm',
  'yum/simple/foo.rpm',
  'android/app-release.apk',
  'libs/log4j.jar',
  '7/11/ubuntu/package_files/agent.deb',
  'maven2/org/x/y/LATEST/y-LATEST.jar',
  'latest/agent.deb.sha256',
  'debs/agent_amd64.deb.asc',
  'maven2/org/x/y/1.0-SNAPSHOT/y-1.0-SNAPSHOT.jar',
  'maven2/org/x/y/1.0-SNAPSHOT/y-1.0-SNAPSHOT.jar.sha1',
  'maven2/org/x/y/1.0-SNAPSHOT/y-1.0-SNAPSHOT-sources.jar',
  'maven2/org/x/y/1.0-SNAPSHOT/y-1.0-SNAPSHOT-bin.tar.gz',
  'maven2/org/x/y/1.0-SNAPSHOT/y-1.0-SNAPSHOT.pom.asc',
  'maven2/org/x/y/1.0-SNAPSHOT/y-1.0-SNAPSHOT.deb',
]
const metadata = [
  '1358/1665/ubuntu/dists/jammy/InRelease',
  'dists/stable/main/binary-amd64/by-hash/SHA256/0123',
  'flat/Packages.gz',
  'flat/by-hash/SHA256/58e3d930d344a0cb9beb1a4686c18a38d8d74f1b1f077789cd6ff7c2569ff96f',
  'flat/Release.gpg',
  'el/8/x86_64/repodata/repomd.xml',
  'el/8/x86_64/repodata/0123456789abcdef0123456789abcdef-primary.xml.gz',
  'specs.4.8.gz',
  'prerelease_specs.4.8',
  'quick/Marshal.4.8/rack-3.0.0.gemspec.rz',
  'simple/six/index.html',
  'simple/six/',
  'maven2/org/x/y/maven-metadata.xml',
  'maven2/org/x/y/maven-metadata.xml.sha1',
  'maven2/org/x/y/1.0-SNAPSHOT/maven-metadata.xml.sha256',
  'charts/index.yaml',
  'alpine/v3.20/main/x86_64/APKINDEX.tar.gz',
  // Keys of repositories.
  '505/623/gpg/dokku-dokku-FB2B6AA421CD193F.pub.gpg',
  '7/11/gpgkey',
  '7/11/gpgkey/gitlab-gitlab-ce-3D645A26AB9FBD22.pub.gpg',
  'apt/pubkey.gpg',
  'apt/KEY.gpg',
  'yum/RPM-GPG-KEY-example',
  'apt/example-archive-keyring.gpg',
  'alpine/keys/ann@example.org-5f0a.rsa.pub',
]
const neither = [
  'README.md',
  'images/logo.png',
  'backups/db.sql.gz',
  'backups/db_20240101.sql.gz',
  'agent.tar.gz',
  'downloads/agent/latest/agent-latest.zip',
  'downloads/agent/stable/agent-stable.tar.gz',
  // A folder's name alone proves no index.
  'pool/main/i/info/readme',
  'info/rack',
  'versions',
  'docs/simple/tutorial',
  'simple',
  'dists/readme.txt',
  'repodata/readme.txt',
  'notes.asc',
  'app.db',
  'index.json',
]

describe('Cache-Control by key', () => {
  for (const key of packages) it(`${key} is a package`, () => expect(classify(key)).to.equal('package'))
  for (const key of overwritable) it(`${key} may be overwritten`, () => expect(classify(key)).to.equal('overwritable'))
  for (const key of metadata) it(`${key} is metadata`, () => expect(classify(key)).to.equal('metadata'))
  for (const key of neither) it(`${key} is neither`, () => expect(classify(key)).to.equal('neither'))

  it('says that a package may be cached for a year and metadata never', () => {
    expect(cacheControlOf('a_1_all.deb')).to.equal('public, max-age=31536000, immutable')
    expect(cacheControlOf('dists/x/Release')).to.equal(
      'no-cache, no-store, max-age=0, must-revalidate, stale-if-error=0',
    )
    expect(cacheControlOf('README.md')).to.equal(undefined)
  })

  it('takes an empty folder for nothing', () => {
    expect(cachingOf('pool/main/s/simple/', { size: 0 }).class).to.equal('neither')
    expect(cachingOf('pool/main/s/simple/', { size: 20 }).class).to.equal('metadata')
  })
})

describe('packages that may be overwritten', () => {
  const told = (key: string, facts: Facts = {}) => {
    const { class: kind, cacheControl: control } = cachingOf(key, facts)
    return [kind, control]
  }
  const versioned = 'nightly/agent_1.0_amd64.deb'
  const pool = 'pool/main/a/agent/agent_1.0_amd64.deb'
  const { overwritable: checked } = cacheControl

  it('have a Cache-Control that no other class has, and keep it without a journal', () => {
    expect([cacheControl.package, cacheControl.metadata]).not.to.include(checked)
    expect(told(pool)).to.deep.equal(['package', cacheControl.package])
    expect(told(pool, { seenToChange: true, cacheControl: cacheControl.package })).to.deep.equal([
      'overwritable',
      checked,
    ])
    expect(told(pool, { cacheControl: checked })).to.deep.equal(['overwritable', checked])
  })

  it('keep what is stricter', () => {
    for (const strict of ['no-store', 'private, max-age=60', cacheControl.metadata]) {
      expect(told('latest/agent.deb', { cacheControl: strict })).to.deep.equal(['overwritable', strict])
    }
    for (const loose of ['', 'max-age=60', 'no-cache', cacheControl.package]) {
      expect(told('latest/agent.deb', { cacheControl: loose })).to.deep.equal(['overwritable', checked])
    }
  })

  it('are still told later where only a journal knew, and nobody was to store them', () => {
    const [kind, control = ''] = told(pool, { seenToChange: true, cacheControl: 'no-store' })
    expect(kind).to.equal('overwritable')
    expect(control).to.contain('no-store').and.contain(checked)
    expect(told(pool, { cacheControl: control })).to.deep.equal(['overwritable', control])
    expect(told(pool, { seenToChange: true, cacheControl: control })).to.deep.equal(['overwritable', control])
  })

  it('are those in a folder of that name that somebody gave a short life, with a version as well', () => {
    for (const short of [
      'no-cache',
      'max-age=300',
      'public, MAX-AGE="60"',
      'max-age=31536000, s-maxage=60',
      'no-store',
    ])
      expect(told(versioned, { cacheControl: short })[0], short).to.equal('overwritable')
    for (const long of ['', 'public', 'max-age=31536000', cacheControl.package]) {
      expect(told(versioned, { cacheControl: long }), long).to.deep.equal(['package', cacheControl.package])
    }
    expect(told(pool, { cacheControl: 'max-age=300' })).to.deep.equal(['package', cacheControl.package])
  })

  it('are right for a status that looks at some objects, whatever they were told by', () => {
    for (const [key, present] of [
      ['latest/agent.deb', 'no-store'],
      ['latest/agent.deb', checked],
      [pool, checked],
      [pool, cacheControl.package],
      ['gems/info/rack', undefined],
    ] as const) {
      expect(isCachedRight(key, present), `${key} ${present ?? ''}`).to.equal(true)
    }
    for (const [key, present] of [
      ['latest/agent.deb', cacheControl.package],
      [pool, undefined],
      [pool, 'max-age=60'],
    ] as const) {
      expect(isCachedRight(key, present), `${key} ${present ?? ''}`).to.equal(false)
    }
  })

  it('are never what is named by its content', () => {
    const digest = 'ab'.repeat(32)
    for (const key of [
      `v2/agent/blobs/sha256:${digest}`,
      `repo/objects/ab/${digest.slice(2)}.filez`,
      `channel/noarch/${digest}.msgpack.zst`,
    ]) {
      expect(told(key, { seenToChange: true })).to.deep.equal(['package', cacheControl.package])
    }
  })
})
