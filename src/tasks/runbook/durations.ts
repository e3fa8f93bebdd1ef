/** How long things take: what AWS says, and how long pc-ctl itself waits. */
import { deployment } from '../../aws/patience.ts'
import { urlLife } from '../../edge/config.ts'
import { formatDuration } from '../../ui/duration.ts'
import { restarting } from '../disable-cloudfront-check.ts'
import type { Duration } from './document.ts'

const asLong = (milliseconds: number): string => formatDuration(milliseconds / 1000)

export const durations = {
  'a call': { text: 'seconds', source: 'a call of AWS or two' },
  look: { text: 'seconds to a minute', source: 'it only looks' },
  edit: { text: 'as long as it takes to edit a file', source: 'done by hand, on every front server' },
  bootstrap: {
    text: 'a minute or two',
    source:
      'IAM User Guide, "Troubleshoot IAM", "Changes that I make are not always immediately visible": a new role is known ' +
      'everywhere within seconds, rarely later',
  },
  function: {
    text: 'a minute at most',
    source: 'calls of AWS, some twenty of them for the test of the function; edges have it within seconds as a rule',
  },
  deployment: {
    text: `usually 3 to 6 min; over half an hour has been seen, and pc-ctl waits up to ${asLong(deployment.total)}`,
    source: 'Amazon CloudFront Developer Guide, "Update a distribution"',
  },
  replicas: {
    text: 'a few hours after the last distribution that used the function is gone',
    source: 'Amazon CloudFront Developer Guide, "Delete Lambda@Edge functions and replicas"',
  },
  reindex: {
    text: 'by the size of the bucket: the same command with --dry-run counts what is to be done',
    source: 'docs/performance.md tells how many objects a second',
  },
  reconfigure: { text: 'a minute or two on each front server', source: 'packagecloud-ctl reconfigure itself' },
  restart: {
    text: `up to a minute on each front server; pc-ctl looks for ${asLong(restarting.total)}`,
    source: 'packagecloud has many processes that start anew',
  },
  urls: {
    text: `${formatDuration(urlLife)} after the last front server is restarted`,
    source: 'URLs that were signed before live on for so long',
  },
  certificate: {
    text: 'some minutes, up to several hours, once the record is in the DNS',
    source: 'AWS Certificate Manager User Guide, "DNS validation"',
  },
  dns: { text: 'as long as the TTL of the name says', source: 'RFC 1034, 3.6' },
} as const satisfies Readonly<Record<string, Duration>>
