import {
  ACMClient,
  AddTagsToCertificateCommand,
  DescribeCertificateCommand,
  ListTagsForCertificateCommand,
  RequestCertificateCommand,
} from '@aws-sdk/client-acm'
import { CreateKeyCommand, KMSClient } from '@aws-sdk/client-kms'
import { GetResourcesCommand, ResourceGroupsTaggingAPIClient } from '@aws-sdk/client-resource-groups-tagging-api'
import { expect } from 'chai'

import { startSandbox, type Sandbox } from '../../../src/sandbox/host/sandbox.ts'
import { failureOf } from '../../support/s3-client.ts'

describe('the sandbox ACM and tagging API', () => {
  let sandbox: Sandbox
  let acm: ACMClient
  let elsewhere: ACMClient
  let kms: KMSClient
  let tagging: ResourceGroupsTaggingAPIClient

  before(async () => {
    sandbox = await startSandbox()
    const { endpoint, accessKeyId, secretAccessKey } = sandbox
    const common = { endpoint, region: 'us-east-1', credentials: { accessKeyId, secretAccessKey }, maxAttempts: 1 }
    acm = new ACMClient(common)
    elsewhere = new ACMClient({ ...common, region: 'eu-west-1' })
    kms = new KMSClient(common)
    tagging = new ResourceGroupsTaggingAPIClient(common)
  })
  after(async () => {
    for (const client of [acm, elsewhere, kms, tagging]) client.destroy()
    await sandbox.close()
  })

  it('issues a certificate at once, once per idempotency token, in its region', async () => {
    const request = new RequestCertificateCommand({
      DomainName: 'packages.example.com',
      SubjectAlternativeNames: ['*.packages.example.com'],
      IdempotencyToken: 'one',
    })
    const { CertificateArn } = await acm.send(request)
    expect((await acm.send(request)).CertificateArn).to.equal(CertificateArn)
    const { Certificate } = await acm.send(new DescribeCertificateCommand({ CertificateArn }))
    expect(Certificate).to.include({ Status: 'ISSUED', DomainName: 'packages.example.com' })
    expect(Certificate?.SubjectAlternativeNames).to.deep.equal(['packages.example.com', '*.packages.example.com'])
    const Tags = [{ Key: 'a', Value: 'b' }]
    await acm.send(new AddTagsToCertificateCommand({ CertificateArn, Tags }))
    expect((await acm.send(new ListTagsForCertificateCommand({ CertificateArn }))).Tags).to.deep.equal(Tags)
    const missing = await failureOf(elsewhere.send(new DescribeCertificateCommand({ CertificateArn })))
    expect(missing.name).to.equal('ResourceNotFoundException')
    const wrong = await failureOf(acm.send(new RequestCertificateCommand({ DomainName: 'not a domain' })))
    expect(wrong.name).to.equal('InvalidDomainValidationOptionsException')
  })

  it('finds tagged resources, page by page', async () => {
    const made = new Set<string | undefined>()
    for (const TagValue of ['1', '2', '3']) {
      const { KeyMetadata } = await kms.send(new CreateKeyCommand({ Tags: [{ TagKey: 'number', TagValue }] }))
      made.add(KeyMetadata?.Arn)
    }
    const found = new Set<string | undefined>()
    let PaginationToken: string | undefined
    do {
      const page = await tagging.send(
        new GetResourcesCommand({ ResourceTypeFilters: ['kms:key'], ResourcesPerPage: 1, PaginationToken }),
      )
      for (const { ResourceARN } of page.ResourceTagMappingList ?? []) found.add(ResourceARN)
      PaginationToken = page.PaginationToken
    } while (PaginationToken !== undefined && PaginationToken !== '')
    expect(found).to.deep.equal(made)
    const two = await tagging.send(new GetResourcesCommand({ TagFilters: [{ Key: 'number', Values: ['2', '9'] }] }))
    expect(two.ResourceTagMappingList?.map(({ Tags }) => Tags)).to.deep.equal([[{ Key: 'number', Value: '2' }]])
    const token = await failureOf(tagging.send(new GetResourcesCommand({ PaginationToken: 'nonsense' })))
    expect(token.name).to.equal('InvalidParameterException')
  })
})
