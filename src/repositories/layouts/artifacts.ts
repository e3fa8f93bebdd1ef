import type { Layout } from './layout.ts'

/** Repositories of charts, providers, images and trees. */
export const artifacts: readonly Layout[] = [
  {
    format: 'helm',
    sources: ['https://helm.sh/docs/topics/chart_repository/', 'https://helm.sh/docs/topics/provenance/'],
    index: [/^(.*\/)index(?:-cache)?\.yaml(?:\.gz)?$/],
    packages: [/\.tgz\.prov$/],
  },
  {
    format: 'terraform',
    sources: [
      'https://developer.hashicorp.com/terraform/internals/provider-registry-protocol',
      'https://developer.hashicorp.com/terraform/internals/provider-network-mirror-protocol',
    ],
    index: [
      /\/\.well-known\/terraform\.json$/,
      /^(.*?\/)v\d+\/(?:providers|modules)\/(?:[^/]+\/){2,3}versions(?:\.json)?$/,
      // Where to load one version from, which may move.
      /\/v\d+\/(?:providers|modules)\/(?:[^/]+\/){3,4}download(?:\/[^/]+\/[^/]+)?$/,
    ],
    evidence: [/^(.*\/)terraform-provider-[^/]+_v?\d[^/]*\.zip$/],
    beside: [/^(.*\/)index\.json$/, /^(.*\/)\d[^/]*\.json$/],
    packages: [/\/terraform-provider-[^/]+_v?\d[^/]*(?:\.zip|_SHA256SUMS(?:\.[0-9A-Fa-f]+)?|_manifest\.json)$/],
  },
  {
    format: 'ostree',
    sources: ['https://ostreedev.github.io/ostree/repo/', 'https://ostreedev.github.io/ostree/formats/'],
    index: [/\/objects\/[0-9a-f]{2}\/[0-9a-f]{62}\.commitmeta2?$/, /\/delta-indexes\/[^/]+\/[^/]+\.index$/],
    evidence: [/^(.*\/)objects\/[0-9a-f]{2}\/[0-9a-f]{62}\.(?:filez|file|commit|dirtree|dirmeta)$/],
    beside: [
      /^(.*\/)(?:config|summary(?:\.sig|\.idx|\.idx\.sig)?)$/,
      /^(.*\/)refs\/(?:heads|remotes|mirrors)\/.+$/,
      /^(.*\/)summaries\/[^/]+$/,
    ],
    // Named by the SHA-256 of their content.
    sealed: [
      /\/objects\/[0-9a-f]{2}\/[0-9a-f]{62}\.(?:filez|file|commit|dirtree|dirmeta)$/,
      /\/summaries\/[0-9a-f]{64}\.gz$/,
    ],
    // Named by the commits that they lead from and to, and not the same when they are made again.
    overwritten: [/\/deltas\/[\w+-]{2}\/[^/]+\/(?:superblock|\d+)$/],
  },
  {
    format: 'docker',
    sources: [
      'https://github.com/opencontainers/distribution-spec/blob/main/spec.md',
      'https://github.com/opencontainers/image-spec/blob/main/image-layout.md',
      'https://github.com/distribution/distribution/blob/main/registry/storage/paths.go',
    ],
    index: [
      /\/docker\/registry\/v2\/repositories\/.+\/link$/,
      /\/v2\/_catalog$/,
      /\/v2\/.+\/tags\/list$/,
      /\/v2\/.+\/manifests\/(?!sha\d+:[0-9a-f]{64,128}$)[^/]+$/,
      /\/v2\/.+\/referrers\/[^/]+$/,
      /^(.*\/)oci-layout$/,
    ],
    beside: [/^(.*\/)index\.json$/],
    // Named by the digest of their content.
    sealed: [
      /\/docker\/registry\/v2\/blobs\/sha(?:256|512)\/[0-9a-f]{2}\/[0-9a-f]{64,128}\/data$/,
      /\/v2\/.+\/(?:blobs|manifests)\/sha(?:256|512):[0-9a-f]{64,128}$/,
      /\/blobs\/sha(?:256\/[0-9a-f]{64}|512\/[0-9a-f]{128})$/,
    ],
  },
]
