/**
 * Does the key of a package tell one version of it from the next? Debian policy 5.6.12, RPM's NVRA, PEP 427, gem and npm
 * all put a version that begins with a digit into the name of the file.
 */

/** What is called so is replaced by the next of it. */
const movingWord = 'latest|newest|current|nightly|daily|weekly|snapshot|canary|rawhide'
/** Behind a `+` is what it is built for: `agent_latest+ubuntu22.04_all.deb`. */
const inFileName = new RegExp(String.raw`(?<![^-_./])(${movingWord})(?![^-_.+])[^/]*$`, 'i')
const asFolder = new RegExp(
  String.raw`(?:^|\/)(${movingWord}|nightlies|snapshots|rolling|trunk|head|tip|master|edge|canaries)\/`,
  'i',
)

/** The word in the name of a file that says that it is replaced. */
export const movingWordOfFile = (file: string): string | undefined => inFileName.exec(file)?.[1]

/** The folder that says that what is in it is replaced. */
export const movingFolder = (key: string): string | undefined => asFolder.exec(key)?.[1]

/** packagecloud numbers what is pushed, and no number is given twice. */
const packagecloudNumber = /(?:^|\/)(?:package_files|[a-z]+_artifacts?)\/(?:[^/]+\/)*\d+(?:\.[A-Za-z0-9.]+)?$/
const packagecloudOwner = /^(?:.*\/)?\d+\/\d+\/(?:[^/]+\/)*\d+\.[A-Za-z0-9.]+$/

const machines = String.raw`x86[-_]64|x86|x64|amd64|i[3-6]86|386|arm64|aarch64|armv\d[a-z]*|armhf|armel|ppc64(?:le|el)?|s390x?|riscv64|loong(?:arch)?64|mips[a-z0-9]*|sparc64|ia64|noarch|all|any|src|nosrc`
const systems = String.raw`(?:32|64)-?bit|win(?:32|64|dows\d*)?|linux(?:32|64)?|darwin\d*|macos\d*|mingw\d*`
const distributions =
  'el|rhel|centos|fc|fedora|ol|amzn|al|sles|sle|suse|opensuse|leap|ubuntu|debian|deb|alpine|rocky|alma(?:linux)?'
/** Machines, systems and distributions, whose digits are no version of the package. */
const platform = String.raw`(?:${machines}|${systems}|(?:${distributions})\d[\d.]*)`
const platforms = new RegExp(String.raw`(?<=^|[-_.+])${platform}(?=$|[-_.+])`, 'gi')
/**
 * Of what is installed on a distribution, that one's version may stand apart: `agent-ubuntu-22.04-amd64.deb`,
 * `remi-release-9.rpm`. So may how wide its machine's words are: `agent-64.deb`.
 */
const platformAtEnd = new RegExp(String.raw`[-_.](?:(?:${distributions}|release|repo)-\d[\d.]*|32|64)[-_.]*$`, 'i')
const isPlatform = new RegExp(String.raw`^(?:${platform}|(?:${distributions})-?\d[\d.]*)$`, 'i')

const usualDeb = /^[a-z0-9][a-z0-9+.-]*_\d[^_/]*_[a-z0-9-]+\.u?deb$/
/** Most of them: a version of three numbers, and a machine behind it. */
const usualRpm = /-\d+\.\d+\.\d+[^/]*\.[a-z0-9_]+\.d?rpm$/
const versionToken = /^v?\d/i
/** Of a commit, or of content. */
const digest = /^(?=[0-9a-f]*\d)(?=[0-9a-f]*[a-f])[0-9a-f]{7,64}$/i
const threeNumbers = /\d+[._]\d+[._]\d+/
const date = /(?<!\d)20\d\d[-_.]?[01]\d[-_.]?[0-3]\d(?!\d)/
const fileEnding =
  /(?:\.(?:orig|debian)(?:-[^/.]+)?)?\.(?:tar\.[a-z0-9]+|tar|diff\.[a-z0-9]+|pkg\.tar\.[a-z0-9]+|[a-z][a-z0-9]*)$/i

/**
 * Is a version named, by the file or by the folders that it lies in?
 *
 * @param file - what the key ends with, behind its last slash
 */
export function namesVersion(key: string, file: string): boolean {
  // What most objects are called is asked for first: there may be a hundred million of them.
  if (usualDeb.test(file) || usualRpm.test(file)) return true
  if (packagecloudNumber.test(key) || packagecloudOwner.test(key)) return true
  return fileNamesVersion(file) || folderNamesVersion(key.slice(0, key.length - file.length))
}

function fileNamesVersion(file: string): boolean {
  const kind = /\.([a-z]+)$/i.exec(file)?.[1]?.toLowerCase() ?? ''
  const stem = file.replace(fileEnding, '')
  if (/^(?:whl|egg)$/.test(kind)) return versionToken.test(stem.split('-')[1] ?? '')
  if (threeNumbers.test(stem) || date.test(stem)) return true
  const ofSystem = /^(?:u?deb|ddeb|d?rpm)$/.test(kind)
  const fields = kind.endsWith('deb') ? fieldsOf(stem) : []
  if (fields.length > 0) return fields.some((field) => /\d/.test(field))
  const bare = ofSystem ? stem.replace(platforms, '').replace(platformAtEnd, '') : stem.replace(platforms, '')
  const parts = bare.split(/[-_]+|\.+$/).filter((part) => /[^.]/.test(part))
  // The version of a deb or rpm stands at the end of its name; of others something may follow it.
  const rest = ofSystem ? parts.slice(1).slice(-2) : parts.slice(1)
  return rest.some(isVersion) || /\.v?\d+(?:\.\d+)+/.test(bare)
}

/** `NAME_VERSION_ARCHITECTURE`, and no name has a `_`: what may be a version. */
const fieldsOf = (stem: string): string[] =>
  stem
    .replace(/x86_64/i, 'amd64')
    .split('_')
    .slice(1)
    .filter((field) => !isPlatform.test(field))

const isVersion = (part: string): boolean => versionToken.test(part) || digest.test(part)

const distribution =
  /(?:^|\/)(?:el|rhel|redhat|centos(?:-stream)?|fedora|rocky|alma(?:linux)?|ol|oracle(?:linux)?|amazon(?:linux)?|amzn|suse|sles|sle|opensuse|leap|ubuntu|debian|alpine|raspbian)\/[^/]*\d[^/]*\//i
const folderVersion = /(?:^|\/)(?:v|release[-_]|version[-_])?\d+\.\d+\.\d+[^/]*\//i
const folderDate = /(?:^|\/)20\d\d(?:[-_.]?[01]\d[-_.]?[0-3]\d[^/]*|\/[01]\d\/[0-3]\d)\//
const folderDigest = /(?:^|\/)[0-9a-f]{32,64}\//

/** A folder that is a version of three numbers, a date or a digest; `9/` or `22.04/` may be the distribution's. */
const folderNamesVersion = (folders: string): boolean => {
  const own = folders.replace(distribution, '/')
  return folderVersion.test(own) || folderDate.test(own) || folderDigest.test(own)
}
