import type { Layout } from './layout.ts'

/** What Maven calls files of a version that was not built at one moment: all that lies there without its time. */
const snapshotFolder = String.raw`(?:[^/]+-)?SNAPSHOT`
/** No versions, but what is replaced by the next. */
const moving = 'latest|current|stable|release|nightly|daily|weekly|snapshot|edge|main|master|dev|beta|LATEST|RELEASE'
const artifact = String.raw`(?:jar|war|ear|aar|rar|sar|par|nar|har|hpi|jpi|kar|klib|pom|module|zip|tgz|tar(?:\.(?:gz|bz2|xz|zst))?|xml|json|yaml|yml|properties|so|dll|dylib|exe|bin)`

/** Registries of programming languages. */
export const languages: readonly Layout[] = [
  {
    format: 'gem',
    sources: [
      'https://guides.rubygems.org/rubygems-org-compact-index-api/',
      'https://guides.rubygems.org/command-reference/#gem-generate_index',
    ],
    index: [
      /^(.*\/)(?:latest_|prerelease_)?specs\.4\.8(?:\.gz)?$/,
      /^(.*?\/)quick\/Marshal\.4\.8\/[^/]+\.gemspec\.rz$/,
      /^(.*\/)(?:Marshal\.4\.8|yaml)\.Z$/,
    ],
    // The compact index alone: files whose names are words.
    evidence: [/^(.*\/)versions$/, /^(.*\/)info\/[^/.]+$/],
    beside: [/^(.*\/)(?:versions|names)$/, /^(.*\/)info\/[^/]+$/, /^(.*?\/)quick\/Marshal\.4\.8\//],
    packages: [/\.gem$/],
  },
  {
    format: 'pypi',
    sources: [
      'https://packaging.python.org/en/latest/specifications/simple-repository-api/',
      'https://packaging.python.org/en/latest/specifications/binary-distribution-format/',
    ],
    index: [
      /^(.*?\/)simple\/(?:[^/]+\/)?(?:index\.(?:html|json|v1_json|v1_html))?$/,
      /\/pypi\/[^/]+(?:\/[^/]+)?\/json$/,
    ],
    beside: [/^(.*?\/)simple$/, /^(.*?\/)simple\/[^/.]+$/],
    packages: [
      /\.(?:whl|egg)$/,
      // Wheels and source distributions beside their index.
      /\/simple\/[^/]+\/[^/]+\.(?:tar\.(?:gz|bz2|xz|Z)|tgz|zip|exe|msi)$/,
    ],
    packagesBeside: [/^(.*?\/)packages\/(?:[^/]+\/)*[^/]+-\d[^/]*\.(?:tar\.(?:gz|bz2|xz)|zip)$/],
  },
  {
    format: 'npm',
    // A packument is told by the tarballs beside it: `packuments.ts` of the engine.
    sources: ['https://github.com/npm/registry/blob/main/docs/REGISTRY-API.md'],
    placed: [/\/([^/]+)\/-\/(?:@[^/]+\/)?\1-\d+\.\d+\.\d+[^/]*\.tgz$/],
    packages: [/\/-\/(?:@[^/]+\/)?[^/]+\.tgz$/],
  },
  {
    format: 'maven',
    sources: [
      'https://maven.apache.org/repositories/layout.html',
      'https://maven.apache.org/repositories/metadata.html',
    ],
    index: [
      /\/maven-metadata[^/]*\.xml(?:\.[a-z0-9]+)*$/,
      /\/archetype-catalog\.xml(?:\.[a-z0-9]+)*$/,
      /\/\.index\/nexus-maven-repository-index[^/]*$/,
    ],
    overwritten: [new RegExp(String.raw`\/${snapshotFolder}\/(?!(?:[^/]+\/)*[^/]*-\d{8}\.\d{6}-\d+[-.][^/]*$)[^/].*$`)],
    placed: [
      // Not `agent/latest/agent-latest.zip`.
      new RegExp(String.raw`\/([^/]+)\/(?!(?:${moving})\/)([^/]+)\/\1-\2(?:-[^/]+)?\.${artifact}$`),
      new RegExp(String.raw`\/${snapshotFolder}\/(?:[^/]+\/)*[^/]*-\d{8}\.\d{6}-\d+[-.][^/]*$`),
    ],
    packages: [/\.(?:jar|war|ear|aar)$/, /\/[^/]+-\d[^/]*\.(?:pom|module)$/],
  },
  {
    format: 'nuget',
    sources: [
      'https://learn.microsoft.com/en-us/nuget/api/package-base-address-resource',
      'https://learn.microsoft.com/en-us/nuget/api/registration-base-url-resource',
      'https://github.com/emgarten/Sleet/blob/main/doc/feed-structure.md',
    ],
    evidence: [/^(.*\/)[^/]*flat-?container[^/]*\/[^/]+\/[^/]+\/[^/]+\.nupkg$/],
    beside: [
      /^(.*\/)index\.json$/,
      /^(.*\/)[^/]*flat-?container[^/]*\/[^/]+\/index\.json$/,
      /^(.*\/)[^/]*registrations?[^/]*\/.+\.json$/,
      /^(.*\/)catalog[^/]*\/.+\.json$/,
      /^(.*\/)(?:search|autocomplete)\/query$/,
      /^(.*\/)sleet\.[^/]+\.json$/,
      /^(.*\/)badges\/.+$/,
    ],
    placed: [/\/([^/]+)\/([^/]*\d[^/]*)\/(?:\1\.nuspec|\1\.\2\.s?nupkg)$/],
    packages: [/\.s?nupkg$/],
  },
  {
    format: 'cargo',
    sources: [
      'https://doc.rust-lang.org/cargo/reference/registry-index.html',
      'https://doc.rust-lang.org/cargo/reference/registries.html',
    ],
    evidence: [
      /^(.*\/)config\.json$/,
      /^(.*\/)(?:1\/[a-z]|2\/[a-z][\w-]|3\/([a-z])\/\2[\w-]{2}|([a-z][\w-])\/([\w-]{2})\/\3\4[\w-]*)$/i,
    ],
    beside: [
      /^(.*\/)config\.json$/,
      /^(.*\/)(?:1\/[a-z]|2\/[a-z][\w-]|3\/([a-z])\/\2[\w-]{2}|([a-z][\w-])\/([\w-]{2})\/\3\4[\w-]*)$/i,
    ],
    placed: [/\/[^/]+\/\d+\.\d+\.\d+[^/]*\/download$/],
    packages: [/\.crate$/],
  },
  {
    format: 'cran',
    sources: ['https://cran.r-project.org/doc/manuals/r-release/R-admin.html#Setting-up-a-package-repository'],
    index: [
      /^(.*\/)(?:src|bin\/(?:[^/]+\/)+)\/?contrib\/(?:[^/]+\/)?PACKAGES(?:\.gz|\.rds|\.json)?$/,
      /\/PACKAGES(?:\.gz|\.rds|\.json)?$/,
    ],
    beside: [/^(.*\/)src\/contrib\/Meta\/[^/]+$/],
    packages: [/\/contrib\/(?:[^/]+\/)*[A-Za-z][\w.]*_\d[^/_]*\.(?:tar\.(?:gz|bz2|xz)|tgz|zip)$/],
  },
  {
    format: 'composer',
    sources: [
      'https://getcomposer.org/doc/05-repositories.md',
      'https://getcomposer.org/doc/articles/handling-private-packages.md',
    ],
    index: [/^(.*\/)packages\.json$/],
    beside: [/^(.*\/)(?:p|p2|include|packages)\/(?:[^/]+\/)*[^/]+\.json$/],
    // Providers and includes carry the digest of their content, archives the commit that they were made of.
    sealed: [
      /\$[0-9a-f]{40,128}\.json$/,
      /\/dist\/[^/]+\/[^/]+\/[^/]+-(?=[0-9a-f]*\d)[0-9a-f]{6,40}\.(?:zip|tar(?:\.(?:gz|bz2|xz))?)$/,
    ],
  },
  {
    format: 'go',
    sources: ['https://go.dev/ref/mod#goproxy-protocol', 'https://go.dev/design/25530-sumdb#checksum-database'],
    index: [
      /\/@latest$/,
      /\/@v\/list$/,
      // What a branch or tag stands for now.
      /\/@v\/(?!v\d+\.\d+\.\d+)[^/]+\.info$/,
      /\/sumdb\/[^/]+\/(?:latest|supported)$/,
      /\/sumdb\/[^/]+\/lookup\/.+$/,
      /\/tile\/\d+\/(?:data|\d+)\/(?:x\d{3}\/)*\d{3}\.p\/\d+$/,
    ],
    sealed: [
      /\/@v\/v\d+\.\d+\.\d+[^/]*\.(?:info|mod|zip|ziphash)$/,
      /\/sumdb\/[^/]+\/tile\/\d+\/(?:data|\d+)\/(?:x\d{3}\/)*\d{3}$/,
    ],
  },
  {
    format: 'conda',
    sources: [
      'https://docs.conda.io/projects/conda-build/en/stable/concepts/generating-index.html',
      'https://conda.org/learn/ceps/cep-0016',
    ],
    index: [
      /^(.*\/)[^/]+\/(?:current_)?repodata(?:_from_packages)?\.(?:json(?:\.(?:bz2|zst|gz))?|jlap)$/,
      /^(.*\/)channeldata\.json$/,
      /\/(?:repodata_shards\.msgpack\.zst|run_exports\.json(?:\.(?:bz2|zst))?)$/,
    ],
    // Shards are named by their content.
    sealed: [/\/[0-9a-f]{64}\.msgpack\.zst$/],
    packages: [
      /\.conda$/,
      /\/(?:noarch|(?:linux|osx|win|freebsd|emscripten|wasi|zos)-[^/]+)\/[^/]+-\d[^/]*-[^/-]+\.tar\.bz2$/,
    ],
  },
]
