/** What puts right what a check has found: commands as they are typed, with all that can be known filled in. */
import { rails } from '../../options.ts'
import type { LiveDistribution } from '../../resources/cloudfront/live-distribution.ts'
import { CtlError } from '../../errors.ts'
import { type Line, verbatim } from '../../text.ts'
import { rubyLiteral } from '../../ui/template.ts'
import { dnsRecord, dnsText } from '../names/dns.ts'
import { commandLine } from '../../shell.ts'
import type { Status, StatusLine } from '../status/status.ts'
import type { Place } from './place.ts'

/** A command in a sentence; one that has a backtick of its own stands on a line of its own. */
export const typed = (command: string, before = 'Run', after = '.'): Line[] =>
  command.includes('`') ? [`${before}:`, verbatim(command)] : [`${before} \`${command}\`${after}`]

/** Such as `pc-ctl cfinfo cf://ID`, with the settings flags in use. */
export const pcCtl = ({ carried }: Pick<Place, 'carried'>, ...words: readonly string[]): string =>
  commandLine(['pc-ctl', ...words, ...carried])

/** What is known to help where AWS need not, or can't, be looked at. */
export interface Otherwise {
  /** Where all in AWS is as it should be. */
  readonly nothingDiffers?: readonly Line[]
  /** Where AWS can't be looked at; by default the two commands that put right whatever differs. */
  readonly notLooked?: readonly Line[]
}

/**
 * The commands that put right what differs in AWS, as `status` prints them: it is looked at now, so that none is advised
 * that has nothing to do there or would be refused.
 */
export async function repairs(place: Place, otherwise: Otherwise = {}): Promise<Line[]> {
  const found = await place.behind.status()
  if (found instanceof CtlError) return notLooked(place, found, otherwise)
  const elsewhere = await otherDistribution(place, found)
  if (elsewhere !== undefined) return elsewhere
  const wrong = found.resources.filter(({ state }) => state !== 'ok')
  if (wrong.length > 0) return stepsFor(wrong)
  const { distribution, version } = found
  if (distribution !== undefined && distribution.status !== 'Deployed' && version.associated !== undefined) {
    const waiting = pcCtl(place, 'reconfigure-cloudfront-distribution', version.associated)
    return typed(
      waiting,
      'Not all edges have the last change yet. Run',
      ', which waits until they do; then look again.',
    )
  }
  return [...(otherwise.nothingDiffers ?? [`Nothing differs in AWS from what \`${pcCtl(place, 'status')}\` expects.`])]
}

function notLooked(place: Place, { failure, code, message, hint }: CtlError, otherwise: Otherwise): Line[] {
  // What keeps an installation from being looked at keeps it from being repaired: its own advice comes first.
  if (failure === 'refused' || code === 'NoSuchDistribution') return [message, ...hint]
  const known = otherwise.notLooked ?? [
    ...typed(pcCtl(place, 'bootstrap-cloudfront'), 'Run', ', then the command that it prints.'),
  ]
  return [...known, `What differs in AWS was not looked at: ${message}`]
}

function stepsFor(wrong: readonly StatusLine[]): Line[] {
  const differing = wrong.map(({ kind, name, changes, because, inTheWay }) => {
    const what = changes.length > 0 ? [...changes.map(({ field }) => field), ...inTheWay] : because
    return `${kind} ${name}${what.length === 0 ? '' : ` (${what.join(', ')})`}`
  })
  const commands = [...new Set(wrong.flatMap(({ repair }) => repair?.lines ?? []))]
  const todo = [...new Set(wrong.flatMap((line) => line.todo))]
  return [
    `In AWS this differs: ${differing.join('; ')}.`,
    ...commands.flatMap((command, index) => typed(command, index === 0 ? 'Run' : 'Then run')),
    ...todo,
  ]
}

/** Commands for the installation's distribution do nothing for a domain that is another's. */
async function otherDistribution(place: Place, { distribution: ours }: Status): Promise<Line[] | undefined> {
  const named = await place.behind.distribution()
  if (ours === undefined || named instanceof CtlError) return undefined
  if (named !== 'none' && named.id === ours.id) return undefined
  const whose = named === 'none' ? 'no distribution of this account has that name' : `${place.domain} is ${named.id}'s`
  return [
    `The installation's distribution is ${ours.id} (${ours.domain}), and ${whose}.`,
    ...setDomain(place, ours.domain),
  ]
}

function setDomain(place: Place, domain: string): Line[] {
  return [
    `Have packagecloud use its domain: put this line into ${place.behind.configFile}.`,
    verbatim(`${rails('cloudfront_packages_domain')} = ${rubyLiteral(domain)}`),
    ...applyHere(place, 'Then run'),
  ]
}

/** What makes packagecloud.rb live. */
export const applyHere = (place: Place, before = 'Run'): Line[] => [
  `${before} \`${pcCtl(place, 'reconfigure')}\`, then \`${pcCtl(place, 'restart')}\`, on every front server; a reconfigure ` +
    'alone is not enough.',
]

/** Attributes of objects, which need no signing key. */
export const reindex = (place: Place): Line[] =>
  typed(pcCtl(place, 'reindex-everything', '--attributes-only'), 'Run', ', which sets it on all objects.')

/** Has the edges drop paths; they are percent-encoded or end in a wildcard. */
export async function invalidate(place: Place, paths: readonly string[], before = 'Run'): Promise<Line[]> {
  const target = await distributionWord(place)
  return typed(
    pcCtl(place, 'cfinval', '--wait', target, ...paths),
    before,
    ', which waits until the edges have dropped it.',
  )
}

/** How commands are told of the distribution: by its id if that is known, else by its name, which they look up. */
async function distributionWord(place: Place): Promise<string> {
  const named = await place.behind.distribution()
  if (!(named instanceof CtlError) && named !== 'none') return `cf://${named.id}`
  return `cf://${place.behind.configuredId ?? place.domain}`
}

/** Has a name of the operator's own lead to the distribution. */
export async function nameRepairs(place: Place): Promise<Line[]> {
  const named = await place.behind.distribution()
  const compare = `Compare it with the domain that \`${pcCtl(place, 'status')}\` shows.`
  if (named instanceof CtlError) return [compare, 'A name of your own needs a CNAME or ALIAS record that points to it.']
  if (named !== 'none') return named.domain === place.domain ? ofCloudFront : recordFor(place, named)
  const ours = await place.behind.status()
  if (ours instanceof CtlError || ours.distribution === undefined) return [compare]
  const { id, domain } = ours.distribution
  if (place.domain.toLowerCase().endsWith('.cloudfront.net')) return setDomain(place, domain)
  return [
    ...typed(
      pcCtl(place, 'cfmodify', '--wait', '--add-alias', place.domain, `cf://${id}`),
      `${place.domain} is no name of the distribution ${id}. Run`,
      ', which takes the certificate for it from ACM and shows the DNS record to make.',
    ),
  ]
}

/** Its names always have addresses and CloudFront's own certificate. */
const ofCloudFront = [
  "That name is CloudFront's own: look at this machine's resolver (/etc/resolv.conf, /etc/hosts) and at what stands on " +
    'the way.',
]

const recordFor = ({ domain: name }: Place, { domain }: LiveDistribution): Line[] => [
  `${name} is a name of the distribution, and its DNS must lead there.`,
  ...dnsText([dnsRecord(name.toLowerCase(), domain)]),
]
