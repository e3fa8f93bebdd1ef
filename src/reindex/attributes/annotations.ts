import type { LeanS3 } from '../../aws/s3-lean.ts'
import { saysThereIsNone } from './bucket-facts.ts'

/**
 * Has an object annotations? CopyObject copies them with it, copies in parts do not.
 *
 * @throws what S3 answers where that is denied; a store that knows no annotations is one that has none
 *
 * Source: Amazon S3 User Guide, "Annotating your objects"; the SDK's CopyObjectRequest.AnnotationDirective.
 */
export async function hasAnnotations(s3: LeanS3, key: string): Promise<boolean> {
  const query = { annotation: '', 'max-annotation-results': '1' }
  // Some stores pass over what they don't know, and would send the object itself.
  const headers = { range: 'bytes=0-0' }
  try {
    const answer = await s3.send({ method: 'GET', action: 's3:ListObjectAnnotations', key, query, headers })
    return answer.status === 200 && answer.body.includes('<AnnotationName>')
  } catch (error) {
    if (saysThereIsNone(error)) return false
    throw error
  }
}
