/**
 * AWS services that policies name as principals, without `.amazonaws.com`. AWS publishes no list of them: these are the
 * ones in the IAM User Guide ("AWS services that work with IAM"), in the services' own guides, and as service-linked
 * roles. One that is missing here is refused like one that does not exist.
 */
const names = new Set(
  `
  access-analyzer acm acm-pca airflow airflow-env amplify apigateway app-integrations appconfig appflow
  application-autoscaling appmesh apprunner appstream appsync aps arc-zonal-shift athena auditmanager autoscaling
  autoscaling-plans backup batch batchoperations.s3 bedrock billing billingconsole braket budgets ce channels.lex chatbot
  cloud9 cloudformation cloudfront cloudhsm cloudsearch cloudtrail cloudwatch cloudwatch-crossaccount codeartifact codebuild
  codecommit codeconnections codedeploy codeguru-profiler codeguru-reviewer codepipeline codestar codestar-notifications
  cognito-idp cognito-sync compute-optimizer config config-conforms config-multiaccountsetup connect controltower cost-optimization-hub
  cur custom-resource.application-autoscaling databrew datapipeline datasync datazone dax delivery.logs detective
  devops-guru directoryservice discovery dlm dms drs ds dynamodb dynamodb.application-autoscaling ec2
  ec2.application-autoscaling ec2fleet ecr ecs ecs-tasks ecs.application-autoscaling edgelambda eks eks-fargate
  eks-fargate-pods eks-nodegroup elasticache elasticbeanstalk elasticfilesystem elasticloadbalancing elasticmapreduce
  elastictranscoder email.cognito-idp emr-containers emr-serverless es events export.rds firehose fis fms forecast
  frauddetector fsx gamelift glacier globalaccelerator glue grafana greengrass guardduty health healthlake iam imagebuilder
  importexport ingestion.osis inspector inspector2 internetmonitor iot iotanalytics iotevents iotsitewise ivs kafka
  kafkaconnect kendra kinesis kinesisanalytics kms lakeformation lambda lex lexv2 license-manager lightsail
  logdelivery.elasticloadbalancing logger.cloudfront logging.s3 logs lookoutvision m2 macie maintenance.s3 malware-protection.guardduty
  malware-protection-plan.guardduty managedblockchain mediaconnect mediaconvert medialive mediapackage mediapackagev2
  mediastore mediatailor memorydb metadata.s3 mgn mobileanalytics monitoring monitoring.rds mq neptune network-firewall
  networkmanager notifications opensearch opensearchservice ops.apigateway opsworks opsworks-cm organizations osis
  outposts payments personalize pinpoint pipes pods.eks polly preprod.cloudfront proton qbusiness qldb quicksight ram rds
  redshift redshift-serverless rekognition replication.dynamodb replication.ecr replicator.lambda resiliencehub resource-explorer-2
  resource-groups robomaker rolesanywhere route53 route53domains route53resolver rum s3 s3-object-lambda s3-outposts
  sagemaker scheduler schemas secretsmanager securityhub securitylake serverlessrepo servicecatalog servicediscovery
  servicequotas ses shield signer sms sms-voice snowball sns spot spotfleet sqs ssm ssm-incidents sso states
  storage-lens.s3 storagegateway streams.metrics.cloudwatch sts support swf synthetics tagpolicies.tag textract timestream
  transcribe transfer transitgateway translate trustedadvisor verifiedpermissions vmie vpc-flow-logs vpc-lattice
  vpcorigin.cloudfront waf waf-regional wafv2 wellarchitected workmail worklink workspaces workspaces-web xray
  `
    .trim()
    .split(/\s+/),
)

/** Is this a service that AWS would know: `NAME.amazonaws.com`, or `NAME.REGION.amazonaws.com`? */
export function isServicePrincipal(principal: string): boolean {
  const [, name] = /^([a-z0-9.-]+?)(?:\.[a-z]{2}(?:-[a-z]+)+-\d)?\.amazonaws\.com$/.exec(principal) ?? []
  return name !== undefined && names.has(name)
}
