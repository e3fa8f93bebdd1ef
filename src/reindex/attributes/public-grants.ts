import { statusOf } from '../../aws/denial.ts'
import type { LeanS3 } from '../../aws/s3-lean.ts'

/** Grants to everybody, which Block Public Access leaves where they are but lets nobody give again. */
export class PublicGrants {
  readonly #s3: LeanS3
  #blocked: Promise<boolean> | undefined

  constructor(s3: LeanS3) {
    this.#s3 = s3
  }

  /**
   * Was a write refused because of what it grants?
   *
   * @param headers - of the write
   * @throws what S3 answers where it does not let us ask
   */
  async wereRefused(error: unknown, headers: Readonly<Record<string, string>>): Promise<boolean> {
    if (statusOf(error) !== 403 || !isPublic(headers)) return false
    return (this.#blocked ??= this.#areBlocked())
  }

  async #areBlocked(): Promise<boolean> {
    try {
      const query = { publicAccessBlock: '' }
      const { body } = await this.#s3.send({ method: 'GET', action: 's3:GetBucketPublicAccessBlock', query })
      return body.includes('<BlockPublicAcls>true</BlockPublicAcls>')
    } catch (error) {
      if (statusOf(error) === 403) throw error
      // There is none, or a store that knows of none: the error that led here says more.
      return false
    }
  }
}

const isPublic = (headers: Readonly<Record<string, string>>): boolean =>
  Object.entries(headers).some(([name, value]) =>
    name === 'x-amz-acl'
      ? /^(public|authenticated)-/.test(value)
      : name.startsWith('x-amz-grant-') && value.includes('/groups/global/'),
  )
