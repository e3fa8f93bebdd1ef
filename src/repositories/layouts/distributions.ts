import type { Layout } from './layout.ts'

const compressed = String.raw`(?:\.(?:gz|bz2|xz|zst|lzma))?`
const aptIndex = String.raw`(?:InRelease|Release(?:\.gpg)?|(?:Packages|Sources|Contents-[^/.]+|Translation-[^/.]+|Components-[^/]+\.yml|Commands-[^/.]+)${compressed})`
const sourceTar = String.raw`\.tar\.(?:gz|xz|bz2|lzma|zst)`

/** Repositories of operating systems' packages. */
export const distributions: readonly Layout[] = [
  {
    format: 'yum',
    sources: [
      'https://en.opensuse.org/openSUSE:Standards_Rpm_Metadata',
      'https://github.com/rpm-software-management/createrepo_c',
    ],
    index: [
      /^(.*?\/)repodata\/repomd\.xml(?:\.asc|\.key)?$/,
      // The lists, named after their content too: a client that holds an old repomd.xml asks for them by it.
      /\/repodata\/(?:[0-9a-f]{32,128}-)?(?:primary|filelists|other|comps|group|modules|updateinfo|productid|prestodelta|susedata|susedata\.[a-z_]+|susedinfo|suseinfo|patterns|deltainfo|appdata|appdata-icons|appstream|license|pkgorigins)(?:[-_.][^/]*)?$/,
    ],
    beside: [/^(.*?\/)repodata\//],
    packages: [/\.d?rpm$/],
  },
  {
    format: 'apt',
    sources: [
      'https://wiki.debian.org/DebianRepository/Format',
      'https://www.debian.org/doc/debian-policy/ch-controlfields.html#version',
      'https://manpages.debian.org/dpkg-dev/dsc.5.html',
    ],
    index: [
      new RegExp(String.raw`^(.*?\/)dists\/(?:[^/]+\/)+${aptIndex}$`),
      new RegExp(String.raw`^(.*\/)${aptIndex}$`),
      /\/dists\/(?:[^/]+\/)+dep11\/icons-[^/]+\.tar(?:\.gz)?$/,
      /\/by-hash\/(?:MD5Sum|SHA1|SHA256|SHA512)\/[0-9a-f]+$/,
    ],
    beside: [/^(.*?\/)dists\//],
    packages: [
      /\.(?:deb|udeb|ddeb|dsc)$/,
      /_[^/]+\.(?:buildinfo|changes)$/,
      new RegExp(String.raw`\.(?:orig|debian)(?:-[^/.]+)?${sourceTar}$|\.diff\.(?:gz|xz|bz2)$`),
      // A source package without a Debian revision is one tarball.
      new RegExp(String.raw`\/pool\/(?:[^/]+\/)*[a-z0-9][a-z0-9+.-]*_\d[^/_]*${sourceTar}$`),
    ],
    packagesBeside: [
      new RegExp(String.raw`^(.*?\/)dists\/(?:[^/]+\/)+[a-z0-9][a-z0-9+.-]*_\d[^/_]*${sourceTar}$`),
      new RegExp(String.raw`^(.*\/)[a-z0-9][a-z0-9+.-]*_\d[^/_]*${sourceTar}$`),
    ],
  },
  {
    format: 'alpine',
    sources: ['https://wiki.alpinelinux.org/wiki/Apk_spec'],
    index: [/^(.*\/)[^/]+\/APKINDEX(?:\.[^/]+)?\.tar\.gz$/, /\/APKINDEX(?:\.[^/]+)?\.tar\.gz$/],
    packages: [/\.apk$/],
  },
  {
    format: 'pacman',
    sources: ['https://man.archlinux.org/man/repo-add.8', 'https://man.archlinux.org/man/pacman.conf.5'],
    evidence: [/^(.*\/)[^/]+\.pkg\.tar(?:\.(?:zst|xz|gz|bz2|lz4))?$/],
    beside: [/^(.*\/)[^/]+\.(?:db|files|links)(?:\.tar(?:\.(?:zst|xz|gz|bz2))?)?(?:\.old)?(?:\.sig)?$/],
    packages: [/\.pkg\.tar(?:\.(?:zst|xz|gz|bz2|lz4))?$/],
  },
]
