/** IAM User Guide, "AWS global condition context keys", without `aws:` and in lower case; those with `/` have a tag. */
const globalKeys = new Set(
  `
  assumedroot calledvia calledviafirst calledvialast chatbotsourcearn currenttime ec2instancesourceprivateipv4
  ec2instancesourcevpc epochtime federatedprovider ismcpserviceaction multifactorauthage multifactorauthpresent
  principalaccount principalarn principalisawsservice principalorgid principalorgpaths principalservicename
  principalservicenameslist principaltag/ principaltype referer requestedregion requesttag/ resourceaccount resourceorgid
  resourceorgpaths resourcetag/ securetransport signinsessionarn sourceaccount sourcearn sourceidentity sourceip sourceorgid
  sourceorgpaths sourceowner sourcevpc sourcevpcarn sourcevpce tagkeys tokenissuetime useragent userid username
  viaawsmcpservice viaawsservice vpceaccount vpceorgid vpceorgpaths vpcsourceip
  `
    .trim()
    .split(/\s+/),
)

/** Is `aws:KEY` one of AWS's global condition keys? Names of keys have no case. */
export const isGlobalKey = (key: string): boolean =>
  globalKeys.has(key.toLowerCase().replace(/^(principaltag|requesttag|resourcetag)\/.+$/, '$1/'))

/** "IAM JSON policy elements: Condition operators": the operator itself, with its qualifiers. */
export const isConditionOperator = (operator: string): boolean =>
  /^(?:For(?:Any|All)(?:Value|Values):)?(?:String(?:Not)?(?:Equals|EqualsIgnoreCase|Like)|Numeric(?:Not)?Equals|Numeric(?:Less|Greater)Than(?:Equals)?|Date(?:Not)?Equals|Date(?:Less|Greater)Than(?:Equals)?|Bool|BinaryEquals|(?:Not)?IpAddress|Arn(?:Not)?(?:Equals|Like))(?:IfExists)?$|^Null$/.test(
    operator,
  )
