import type { Aws } from '../../aws/connect.ts'
import { explainError } from '../../aws/denial.ts'
import { refusesPlainHttp, tlsOnlyStatement } from '../../resources/s3/tls-only.ts'
import { need, type Settings } from '../../settings/settings.ts'
import { verbatim } from '../../text.ts'
import { type Examination, type Finding, ok, skipped } from './check.ts'

/**
 * Whether S3 takes requests for the bucket that come without TLS. That is a thing to know and no fault: pc-ctl makes no
 * statement against them, for it can't know who else reads the bucket.
 *
 * @param named - objects were named, which means that S3 is not to be asked
 */
export const examineBucket = (aws: Aws, settings: Settings, named: boolean): Examination => ({
  id: 'bucket-tls',
  title: 'Requests to the bucket without TLS',
  async look() {
    if (named) return skipped('not looked at with --key')
    try {
      const bucket = need(settings, 'bucket')
      return (await refusesPlainHttp(aws, bucket)) ? refused : taken(bucket)
    } catch (error) {
      return skipped(explainError(error, 'Read the bucket policy').message)
    }
  },
})

const refused = ok('its policy denies them', 'Whatever is read or written goes by TLS.')

const taken = (bucket: string): Finding => ({
  ...ok(
    'S3 takes them: no statement of the bucket policy denies them all',
    'CloudFront comes by TLS, for it takes no package request without; others may not.',
  ),
  todo: [
    'Rules such as the CIS benchmark ask for this statement. Before adding it to the bucket policy make sure that nothing ' +
      'reads the bucket by http://.',
    verbatim(JSON.stringify(tlsOnlyStatement(bucket))),
  ],
})
