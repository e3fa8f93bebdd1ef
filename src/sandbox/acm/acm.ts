import { randomUUID, X509Certificate } from 'node:crypto'

import type { AcmService, ViewerCertificate } from '../contracts/cloudfront-peers.ts'
import { isObject, type JsonObject } from '../../json-object.ts'
import { json11Error, json11Response, readJson, targetOperation } from '../wire/json.ts'
import { validationMessage } from '../wire/query.ts'
import { AwsError, type AwsRequest, type Context } from '../contracts/service.ts'

interface Certificate {
  arn: string
  region: string
  type: 'AMAZON_ISSUED' | 'IMPORTED'
  domainName: string
  names: string[]
  /** Milliseconds since the epoch. */
  createdAt: number
  notAfter: number
  idempotencyToken: string | undefined
  tags: Record<string, string>
}

const year = 365 * 24 * 3_600_000

/** Certificate Manager, as far as a distribution's certificate needs it: requested ones are issued at once. */
export function createAcm(context: Context): AcmService {
  const certificates = context.store.collection<Certificate>('acm-certificate')
  const find = (request: AwsRequest, body: JsonObject): Certificate => {
    const arn = text(body, 'CertificateArn')
    const certificate = certificates.get(arn)
    if (certificate?.region === request.region) return certificate
    const message = `Could not find certificate ${arn}.`
    throw new AwsError(400, 'ResourceNotFoundException', message)
  }
  const newArn = (region: string): string => `arn:aws:acm:${region}:${context.accountId}:certificate/${randomUUID()}`
  const operations: Record<string, (request: AwsRequest, body: JsonObject) => object> = {
    RequestCertificate(request, body) {
      const domainName = text(body, 'DomainName')
      const others = texts(body['SubjectAlternativeNames'])
      const names = [...new Set([domainName, ...others])]
      for (const name of names) checkDomain(name)
      const token = typeof body['IdempotencyToken'] === 'string' ? body['IdempotencyToken'] : undefined
      const same = certificates
        .list()
        .find((one) => token !== undefined && one.idempotencyToken === token && one.names.join() === names.join())
      if (same !== undefined) return { CertificateArn: same.arn }
      const arn = newArn(request.region)
      const tags = tagsIn(body)
      const times = { createdAt: context.now(), notAfter: context.now() + year }
      const own = { arn, region: request.region, domainName, names, tags, idempotencyToken: token, ...times }
      certificates.put(arn, { ...own, type: 'AMAZON_ISSUED' })
      return { CertificateArn: arn }
    },
    ImportCertificate(request, body) {
      const arn = body['CertificateArn'] === undefined ? newArn(request.region) : find(request, body).arn
      const { names, domainName, notAfter } = readCertificate(text(body, 'Certificate'))
      text(body, 'PrivateKey')
      const own = { arn, region: request.region, domainName, names, notAfter, createdAt: context.now() }
      certificates.put(arn, { ...own, tags: tagsIn(body), idempotencyToken: undefined, type: 'IMPORTED' })
      return { CertificateArn: arn }
    },
    DescribeCertificate: (request, body) => ({ Certificate: describe(find(request, body)) }),
    ListCertificates(request) {
      const CertificateSummaryList = certificates
        .list()
        .filter(({ region }) => region === request.region)
        .map(({ arn, domainName, type }) => ({
          CertificateArn: arn,
          DomainName: domainName,
          Status: 'ISSUED',
          Type: type,
        }))
      return { CertificateSummaryList }
    },
    AddTagsToCertificate(request, body) {
      const certificate = find(request, body)
      certificates.put(certificate.arn, { ...certificate, tags: { ...certificate.tags, ...tagsIn(body) } })
      return {}
    },
    ListTagsForCertificate: (request, body) => ({
      Tags: Object.entries(find(request, body).tags).map(([Key, Value]) => ({ Key, Value })),
    }),
  }
  return {
    names: ['acm'],
    operations: Object.keys(operations),
    operation: (request) => targetOperation(request, 'CertificateManager'),
    async handle(request, operation) {
      const perform = operations[operation]
      if (perform === undefined) throw new AwsError(400, 'UnknownOperationException', '')
      return json11Response(request, perform(request, await readJson(request)))
    },
    error: json11Error,
    certificate(arn): ViewerCertificate | undefined {
      const certificate = certificates.get(arn)
      if (certificate === undefined) return undefined
      const { names, notAfter } = certificate
      return { arn, names, status: context.now() < notAfter ? 'ISSUED' : 'EXPIRED' }
    },
  }
}

function describe(certificate: Certificate): object {
  return {
    CertificateArn: certificate.arn,
    DomainName: certificate.domainName,
    SubjectAlternativeNames: certificate.names,
    Status: 'ISSUED',
    Type: certificate.type,
    // Times of AWS JSON 1.1 are seconds.
    CreatedAt: certificate.createdAt / 1000,
    IssuedAt: certificate.createdAt / 1000,
    NotBefore: certificate.createdAt / 1000,
    NotAfter: certificate.notAfter / 1000,
    KeyAlgorithm: 'RSA-2048',
    InUseBy: [],
  }
}

const validation = (problem: string): AwsError => new AwsError(400, 'ValidationException', validationMessage([problem]))

function text(body: JsonObject, member: string): string {
  const value = body[member]
  if (typeof value === 'string' && value !== '') return value
  const name = member.charAt(0).toLowerCase() + member.slice(1)
  throw validation(`Value null at '${name}' failed to satisfy constraint: Member must not be null`)
}

const texts = (value: unknown): string[] => (Array.isArray(value) ? value.map(String) : [])

function tagsIn(body: JsonObject): Record<string, string> {
  const tags: unknown[] = Array.isArray(body['Tags']) ? body['Tags'] : []
  return Object.fromEntries(
    tags.map((tag) =>
      isObject(tag) ? [String(tag['Key']), typeof tag['Value'] === 'string' ? tag['Value'] : ''] : [],
    ),
  ) as Record<string, string>
}

function checkDomain(name: string): void {
  if (/^(\*\.)?(((?!-)[A-Za-z0-9-]{0,62}[A-Za-z0-9])\.)+((?!-)[A-Za-z0-9-]{1,62}[A-Za-z0-9])$/.test(name)) return
  throw new AwsError(400, 'InvalidDomainValidationOptionsException', `The domain name ${name} is not valid.`)
}

/** Reads an imported PEM, sent as base64. Throws ValidationException. */
function readCertificate(encoded: string): { domainName: string; names: string[]; notAfter: number } {
  let certificate: X509Certificate
  try {
    certificate = new X509Certificate(Buffer.from(encoded, 'base64'))
  } catch {
    throw validation('The certificate field contains more than one certificate or an invalid one.')
  }
  const common = /^CN=(.+)$/m.exec(certificate.subject)?.[1]
  const alternative = (certificate.subjectAltName ?? '')
    .split(', ')
    .flatMap((name) => /^DNS:(.+)$/.exec(name)?.[1] ?? [])
  const names = [...new Set([...(common === undefined ? [] : [common]), ...alternative])]
  return { domainName: names[0] ?? '', names, notAfter: Date.parse(certificate.validTo) }
}
