"""Reads with boto3 every resource that pc-ctl makes, and prints what it is as one JSON document."""

import json
import sys

import boto3

bucket, region = sys.argv[1:]
name = "packagecloud_cloudfront_auth"

iam = boto3.client("iam")
kms = boto3.client("kms")
functions = boto3.client("lambda")
cdn = boto3.client("cloudfront")
s3 = boto3.client("s3", region_name=region)

role = iam.get_role(RoleName=name)["Role"]
policy = iam.get_role_policy(RoleName=name, PolicyName=name)["PolicyDocument"]
key = kms.describe_key(KeyId="alias/" + name)["KeyMetadata"]
function = functions.get_function(FunctionName=name)
version = functions.get_function(FunctionName=name, Qualifier="1")["Configuration"]
identities = cdn.list_cloud_front_origin_access_identities()["CloudFrontOriginAccessIdentityList"]["Items"]
cache_policies = cdn.list_cache_policies(Type="custom")["CachePolicyList"]["Items"]
[distribution] = cdn.list_distributions()["DistributionList"]["Items"]
config = cdn.get_distribution_config(Id=distribution["Id"])["DistributionConfig"]
statements = json.loads(s3.get_bucket_policy(Bucket=bucket)["Policy"])["Statement"]

json.dump(
    {
        "account": boto3.client("sts").get_caller_identity()["Account"],
        "roleTags": role["Tags"],
        "trusts": role["AssumeRolePolicyDocument"]["Statement"][0]["Principal"]["Service"],
        "mayUseKey": policy["Statement"][0]["Resource"] == key["Arn"],
        "keyTags": kms.list_resource_tags(KeyId=key["KeyId"])["Tags"],
        "functionTags": function["Tags"],
        "version": [version["Version"], version["State"], version["Role"] == role["Arn"]],
        "identities": [item["Comment"] for item in identities],
        "cachePolicies": [item["CachePolicy"]["CachePolicyConfig"]["MinTTL"] for item in cache_policies],
        "distributionTags": cdn.list_tags_for_resource(Resource=distribution["ARN"])["Tags"]["Items"],
        "distribution": [distribution["Status"], distribution["Enabled"]],
        "runs": [
            item["LambdaFunctionARN"] == version["FunctionArn"]
            for item in config["DefaultCacheBehavior"]["LambdaFunctionAssociations"]["Items"]
        ],
        "sids": [statement["Sid"] for statement in statements],
    },
    sys.stdout,
)
