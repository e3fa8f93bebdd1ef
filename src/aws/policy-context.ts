import { addressOfAws, type Possible } from './policy-condition.ts'

/** Condition keys of a request, each with all that it may have. */
export type Context = Readonly<Record<string, readonly Possible[]>>

export const absent: readonly Possible[] = [undefined]
export const is = (...values: readonly string[]): readonly Possible[] => [values]
export const oneOf = (...values: readonly string[]): readonly Possible[] => values.map((value) => [value])
export const none = (...keys: readonly string[]): Context => Object.fromEntries(keys.map((key) => [key, absent]))

/**
 * What S3 sees of a request that comes from machines of AWS's own, and by no VPC endpoint, no access point and no other service.
 *
 * Source: IAM User Guide, "AWS global condition context keys"; Service Authorization Reference, "Condition keys for Amazon S3".
 *
 * @param region - that of the bucket
 * @param now - in milliseconds of Unix time
 */
export const fromWithinAws = ({ region, now }: { readonly region: string; readonly now: number }): Context => ({
  'aws:SecureTransport': is('true'),
  // AWS's endpoints take no less.
  's3:TlsVersion': oneOf('1.2', '1.3'),
  's3:authType': is('REST-HEADER'),
  'aws:SourceIp': is(addressOfAws),
  'aws:RequestedRegion': is(region),
  'aws:CurrentTime': is(new Date(now).toISOString()),
  'aws:EpochTime': is(String(Math.floor(now / 1000))),
  ...none(
    ...['aws:SourceVpc', 'aws:SourceVpcArn', 'aws:SourceVpce', 'aws:VpcSourceIp', 'aws:VpceAccount', 'aws:VpceOrgID'],
    ...['aws:VpceOrgPaths', 'aws:Ec2InstanceSourceVpc', 'aws:Ec2InstanceSourcePrivateIPv4', 'aws:CalledVia'],
    ...['aws:CalledViaFirst', 'aws:CalledViaLast', 'aws:FederatedProvider', 'aws:SourceIdentity'],
    ...['aws:MultiFactorAuthPresent', 'aws:MultiFactorAuthAge', 's3:DataAccessPointArn', 's3:DataAccessPointAccount'],
    ...['s3:AccessPointNetworkOrigin', 's3:VersionId', 's3:x-amz-acl'],
  ),
})
