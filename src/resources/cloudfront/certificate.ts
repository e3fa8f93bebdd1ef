import {
  ACMClient,
  type CertificateSummary,
  DescribeCertificateCommand,
  paginateListCertificates,
} from '@aws-sdk/client-acm'

import { arnOfCertificate, isCertificateArn } from '../../aws/arns.ts'
import { absentAs } from '../../aws/absent.ts'
import type { Aws } from '../../aws/connect.ts'
import { edgeRegion } from '../../aws/names.ts'
import { CtlError } from '../../errors.ts'
import type { Need } from '../resource.ts'

/** An ACM certificate that CloudFront could use. */
export interface Certificate {
  readonly arn: string
  /** The domain names that it is for, wildcards as `*.example.org`. */
  readonly names: readonly string[]
  /** Milliseconds since the epoch. */
  readonly notAfter: number
}

export const certificateNeeds = (accountId: string): readonly Need[] => [
  { access: 'read', actions: ['acm:ListCertificates'], resources: ['*'] },
  {
    access: 'read',
    actions: ['acm:DescribeCertificate'],
    resources: [arnOfCertificate(accountId)],
  },
]

/**
 * Key types that CloudFront takes; ACM lists only 1024 and 2048 bits of RSA unless told.
 *
 * Source: CloudFront Developer Guide, "Requirements for using SSL/TLS certificates with CloudFront".
 */
const keyTypes = ['RSA_1024', 'RSA_2048', 'RSA_3072', 'RSA_4096', 'EC_prime256v1'] as const

/** The certificates in us-east-1, where CloudFront looks for them, that are issued. */
export async function issuedCertificates(aws: Aws): Promise<Certificate[]> {
  const client = aws.client(ACMClient, edgeRegion)
  const found: Certificate[] = []
  const wanted = { CertificateStatuses: ['ISSUED' as const], Includes: { keyTypes: [...keyTypes] } }
  for await (const page of paginateListCertificates({ client }, wanted)) {
    for (const summary of page.CertificateSummaryList ?? []) {
      found.push(complete(summary) ?? (await describeCertificate(aws, summary.CertificateArn ?? '')))
    }
  }
  return found
}

/** A summary holds the first hundred names; often that spares a call. */
function complete(summary: CertificateSummary): Certificate | undefined {
  const { CertificateArn, SubjectAlternativeNameSummaries, HasAdditionalSubjectAlternativeNames, NotAfter } = summary
  if (CertificateArn === undefined || SubjectAlternativeNameSummaries === undefined || NotAfter === undefined) {
    return undefined
  }
  if (HasAdditionalSubjectAlternativeNames === true) return undefined
  return { arn: CertificateArn, names: SubjectAlternativeNameSummaries, notAfter: NotAfter.getTime() }
}

/**
 * @throws CtlError of kind `usage` for an ARN of another service or region; of kind `refused` for a certificate that
 *   does not exist or is not issued
 */
export async function describeCertificate(aws: Aws, arn: string): Promise<Certificate> {
  if (!isCertificateArn(arn)) {
    throw new CtlError('usage', `${arn} is not the ARN of an ACM certificate in us-east-1.`, {
      hint: 'CloudFront takes certificates from ACM in us-east-1 only, wherever the bucket is.',
    })
  }
  const client = aws.client(ACMClient, edgeRegion)
  const found = await absentAs('ResourceNotFoundException', () =>
    client.send(new DescribeCertificateCommand({ CertificateArn: arn })),
  )
  const { Status = 'gone', SubjectAlternativeNames, DomainName, NotAfter } = found?.Certificate ?? {}
  if (Status !== 'ISSUED') {
    const state = found === undefined ? 'does not exist' : `is ${Status}, not ISSUED`
    throw new CtlError('refused', `The certificate ${arn} ${state}, so CloudFront can't use it.`, {
      hint: 'Leave --certificate out to have a fitting one searched for.',
    })
  }
  const names = SubjectAlternativeNames ?? (DomainName === undefined ? [] : [DomainName])
  return { arn, names, notAfter: NotAfter?.getTime() ?? 0 }
}

/** Whether a certificate's name is good for a domain; a wildcard stands for exactly one label (RFC 6125, 6.4.3). */
export function covers(name: string, domain: string): boolean {
  const [certified, wanted] = [name.toLowerCase(), domain.toLowerCase()]
  if (certified === wanted) return true
  return certified.startsWith('*.') && wanted.includes('.') && wanted.slice(wanted.indexOf('.')) === certified.slice(1)
}

/** The domains that a certificate is not good for. */
export const uncovered = ({ names }: Certificate, domains: readonly string[]): string[] =>
  domains.filter((domain) => !names.some((name) => covers(name, domain)))

/** Of the certificates that are good for all domains, the one that lasts longest. */
export const bestCertificate = (
  certificates: readonly Certificate[],
  domains: readonly string[],
): Certificate | undefined =>
  certificates
    .filter((certificate) => uncovered(certificate, domains).length === 0)
    .reduce<Certificate | undefined>(
      (best, one) => (best === undefined || one.notAfter > best.notAfter ? one : best),
      undefined,
    )
