/** What one writes with the aws CLI for the same resources: each is looked at first, and made if it is not there. */
const east = '--region us-east-1 --output text'

const bootstrap = `
n=packagecloud_cloudfront_auth
account=$(aws sts get-caller-identity --query Account --output text)
aws s3api head-bucket --bucket "$BUCKET" >/dev/null
aws s3api get-bucket-encryption --bucket "$BUCKET" >/dev/null || true
trust='{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"Service":["lambda.amazonaws.com","edgelambda.amazonaws.com"]},"Action":"sts:AssumeRole"}]}'
role=$(aws iam get-role --role-name $n --query Role.Arn ${east} 2>/dev/null ||
  aws iam create-role --role-name $n --assume-role-policy-document "$trust" --query Role.Arn ${east})
key=$(aws kms describe-key --key-id alias/$n --query KeyMetadata.Arn ${east} 2>/dev/null || {
  made=$(aws kms create-key --query KeyMetadata.Arn ${east})
  aws kms create-alias --alias-name alias/$n --target-key-id "$made" --region us-east-1
  echo "$made"
})
policy='{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"kms:Decrypt","Resource":"'$key'"}]}'
aws iam get-role-policy --role-name $n --policy-name $n ${east} >/dev/null 2>&1 ||
  aws iam put-role-policy --role-name $n --policy-name $n --policy-document "$policy" --region us-east-1
if ! aws lambda get-function --function-name $n ${east} >/dev/null 2>&1; then
  aws kms encrypt --key-id "$key" --plaintext c2VjcmV0 --query CiphertextBlob ${east} >"$WORK/config.json"
  echo 'export const handler = async (event) => event' >"$WORK/index.mjs"
  python3 -m zipfile -c "$WORK/code.zip" "$WORK/index.mjs" "$WORK/config.json"
  aws lambda create-function --function-name $n --runtime nodejs22.x --role "$role" --handler index.handler \\
    --zip-file "fileb://$WORK/code.zip" ${east} >/dev/null
fi
version=$(aws lambda list-versions-by-function --function-name $n --query 'Versions[-1].Version' ${east})
if [ "$version" = '$LATEST' ]; then
  version=$(aws lambda publish-version --function-name $n --query Version ${east})
fi
aws lambda get-function-configuration --function-name $n --qualifier "$version" ${east} >/dev/null
`

const distribution = `
n='packagecloud:enterprise packagecloud'
account=$(aws sts get-caller-identity --query Account --output text)
aws s3api head-bucket --bucket "$BUCKET" >/dev/null
oai=$(aws cloudfront list-cloud-front-origin-access-identities ${east} \\
  --query "CloudFrontOriginAccessIdentityList.Items[?Comment=='$n'].Id | [0]")
if [ "$oai" = None ]; then
  oai=$(aws cloudfront create-cloud-front-origin-access-identity --query CloudFrontOriginAccessIdentity.Id ${east} \\
    --cloud-front-origin-access-identity-config "CallerReference=$n,Comment=$n")
fi
user=$(aws cloudfront get-cloud-front-origin-access-identity --id "$oai" ${east} \\
  --query CloudFrontOriginAccessIdentity.S3CanonicalUserId)
cache=$(aws cloudfront list-cache-policies --type custom ${east} \\
  --query "CachePolicyList.Items[?CachePolicy.CachePolicyConfig.Name=='bench'].CachePolicy.Id | [0]")
if [ "$cache" = None ]; then
  cache=$(aws cloudfront create-cache-policy --query CachePolicy.Id ${east} --cache-policy-config \\
    '{"Name":"bench","MinTTL":0,"DefaultTTL":0,"MaxTTL":31536000,"ParametersInCacheKeyAndForwardedToOrigin":{"EnableAcceptEncodingGzip":false,"HeadersConfig":{"HeaderBehavior":"none"},"CookiesConfig":{"CookieBehavior":"none"},"QueryStringsConfig":{"QueryStringBehavior":"none"}}}')
fi
statement='{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"CanonicalUser":"'$user'"},"Action":"s3:GetObject","Resource":"arn:aws:s3:::'$BUCKET'/*"}]}'
aws s3api get-bucket-policy --bucket "$BUCKET" >/dev/null 2>&1 ||
  aws s3api put-bucket-policy --bucket "$BUCKET" --policy "$statement"
id=$(aws cloudfront list-distributions --query "DistributionList.Items[?Comment=='$n'].Id | [0]" ${east})
if [ "$id" = None ]; then
  id=$(aws cloudfront create-distribution --query Distribution.Id ${east} --distribution-config \\
    '{"CallerReference":"bench","Comment":"'"$n"'","Enabled":true,"Origins":{"Quantity":1,"Items":[{"Id":"s3","DomainName":"'$BUCKET'.s3.eu-central-1.amazonaws.com","S3OriginConfig":{"OriginAccessIdentity":"origin-access-identity/cloudfront/'$oai'"}}]},"DefaultCacheBehavior":{"TargetOriginId":"s3","ViewerProtocolPolicy":"https-only","CachePolicyId":"'$cache'"}}')
fi
aws cloudfront get-distribution --id "$id" ${east} >/dev/null
`

/** By what they make. A status is both, all of it there already. */
export const scripts = { bootstrap, distribution, status: bootstrap + distribution } as const
