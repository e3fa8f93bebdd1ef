import { expect } from 'chai'

import { cacheControlOf, classify } from '../../src/repositories/cache-control.ts'

const packages = [
  '7/11/ubuntu/package_files/42136.deb',
  '7/11/el/8/package_files/78137.rpm',
  'pool/main/h/hello/hello_2.10-3+deb12u1_amd64.deb',
  'pool/main/h/hello/hello_2.10.orig.tar.gz',
  'pool/main/h/hello/hello_2.10-3.debian.tar.xz',
  'pool/main/h/hello/hello_2.10-3.dsc',
  'gems/rack-3.0.0.gem',
  'python/packages/six-1.16.0-py2.py3-none-any.whl',
  'python/packages/six-1.16.0.tar.gz',
  'npm/left-pad/-/left-pad-1.3.0.tgz',
  'maven2/org/x/y/1.0/y-1.0.jar',
  'maven2/org/x/y/1.0/y-1.0.jar.sha1',
  'maven2/org/x/y/1.0/y-1.0.pom',
  'maven2/org/x/y/1.0-SNAPSHOT/y-1.0-20240102.030405-1.jar',
  'alpine/v3.20/main/x86_64/zlib-1.3.1-r1.apk',
  'charts/nginx-1.2.3.tgz',
]
const metadata = [
  '1358/1665/ubuntu/dists/jammy/InRelease',
  'dists/stable/main/binary-amd64/by-hash/SHA256/0123',
  'flat/Packages.gz',
  'flat/by-hash/SHA256/58e3d930d344a0cb9beb1a4686c18a38d8d74f1b1f077789cd6ff7c2569ff96f',
  'flat/Release.gpg',
  'el/8/x86_64/repodata/repomd.xml',
  'el/8/x86_64/repodata/0123-primary.xml.gz',
  'specs.4.8.gz',
  'prerelease_specs.4.8',
  'quick/Marshal.4.8/rack-3.0.0.gemspec.rz',
  'info/rack',
  'simple/six/index.html',
  'python/packages/six-1.16.0.tar.gz.metadata',
  'maven2/org/x/y/maven-metadata.xml',
  'maven2/org/x/y/maven-metadata.xml.sha1',
  'maven2/org/x/y/1.0-SNAPSHOT/y-1.0-SNAPSHOT.jar',
  'charts/index.yaml',
  'alpine/v3.20/main/x86_64/APKINDEX.tar.gz',
  '505/623/gpg/dokku-dokku-FB2B6AA421CD193F.pub.gpg',
]
const neither = ['README.md', 'images/logo.png', 'backups/db.sql.gz']

describe('Cache-Control by key', () => {
  for (const key of packages) it(`${key} is a package`, () => expect(classify(key)).to.equal('package'))
  for (const key of metadata) it(`${key} is metadata`, () => expect(classify(key)).to.equal('metadata'))
  for (const key of neither) it(`${key} is neither`, () => expect(classify(key)).to.equal('neither'))

  it('says that a package may be cached for a year and metadata never', () => {
    expect(cacheControlOf('a.deb')).to.equal('public, max-age=31536000, immutable')
    expect(cacheControlOf('dists/x/Release')).to.equal(
      'no-cache, no-store, max-age=0, must-revalidate, stale-if-error=0',
    )
    expect(cacheControlOf('README.md')).to.equal(undefined)
  })
})
