import type { Behind } from '../../../src/tasks/doctor/behind.ts'
import { CtlError } from '../../../src/errors.ts'

const denied = async () => new CtlError('denied', 'AWS denied it.')

/** What stands behind a packages domain for an operator who may ask AWS for nothing but what is given. */
export const behind = (known: Partial<Behind> = {}): Behind => ({
  bucket: undefined,
  configuredId: undefined,
  configFile: '/etc/packagecloud/packagecloud.rb',
  functionName: 'staging_cloudfront_auth',
  status: denied,
  distribution: denied,
  object: denied,
  ...known,
})
