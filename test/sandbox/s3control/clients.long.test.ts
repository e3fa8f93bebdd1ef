import { expect } from 'chai'

import { boto, hasBoto } from '../../support/aws-and-boto.ts'
import { bucket, furnish, startJobs, taskFunction, type JobFixture } from '../../support/batch-jobs.ts'

/** boto3 puts the account before the endpoint's host, as AWS has it; here such names lead to this machine. */
const resolving = [
  'import json, socket, sys, time',
  'look_up = socket.getaddrinfo',
  'def here(host, *rest, **more):',
  '    return look_up("127.0.0.1" if host.endswith((".localhost", ".amazonaws.com")) else host, *rest, **more)',
  'socket.getaddrinfo = here',
]

describe("the sandbox's S3 Control and other clients", function () {
  this.timeout(300_000)
  let fixture: JobFixture
  before(async () => {
    fixture = await startJobs()
    await furnish(fixture)
  })
  after(() => fixture.close())

  it('has a job run for boto3', async function () {
    if (!hasBoto) this.skip()
    const functionArn = await fixture.function(
      'for-boto',
      taskFunction("return ['Succeeded', event.job.userArguments.run]"),
    )
    const etag = await fixture.put('.pc-ctl/manifest.csv', `${bucket},a\n${bucket},b\n`)
    const script = [
      ...resolving,
      'account, function, role, bucket, etag = sys.argv[1:]',
      'jobs = boto3.client("s3control")',
      'asked = dict(AccountId=account, ConfirmationRequired=True, Priority=5, RoleArn=role, Description="of <boto>",',
      '    Operation={"LambdaInvoke": {"FunctionArn": function, "InvocationSchemaVersion": "2.0", "UserArguments": {"run": "1"}}},',
      '    Report={"Bucket": "arn:aws:s3:::" + bucket, "Format": "Report_CSV_20180820", "Enabled": True, "Prefix": "reports", "ReportScope": "AllTasks"},',
      '    Manifest={"Spec": {"Format": "S3BatchOperations_CSV_20180820", "Fields": ["Bucket", "Key"]},',
      '        "Location": {"ObjectArn": f"arn:aws:s3:::{bucket}/.pc-ctl/manifest.csv", "ETag": etag}},',
      '    ClientRequestToken="of-boto", Tags=[{"Key": "owner", "Value": "boto"}])',
      'id = jobs.create_job(**asked)["JobId"]',
      'assert jobs.create_job(**asked)["JobId"] == id',
      'def refused(error, call, **more):',
      '    try: call(AccountId=account, **more)',
      '    except jobs.exceptions.ClientError as raised: assert raised.response["Error"]["Code"] == error, raised',
      '    else: raise AssertionError(error)',
      'refused("IdempotencyException", lambda AccountId: jobs.create_job(**{**asked, "Priority": 6}))',
      'refused("NotFoundException", jobs.describe_job, JobId="no-such-job")',
      'def until(*states):',
      '    while True:',
      '        job = jobs.describe_job(AccountId=account, JobId=id)["Job"]',
      '        if job["Status"] in states: return job',
      '        time.sleep(0.05)',
      'job = until("Suspended")',
      'assert job["Description"] == "of <boto>" and job["Operation"] == asked["Operation"], job',
      'assert job["Manifest"] == asked["Manifest"] and job["Report"] == asked["Report"], job',
      'assert job["FailureReasons"] == [], job',
      'assert jobs.get_job_tagging(AccountId=account, JobId=id)["Tags"] == asked["Tags"]',
      'jobs.put_job_tagging(AccountId=account, JobId=id, Tags=[{"Key": "a", "Value": "b"}])',
      'assert jobs.get_job_tagging(AccountId=account, JobId=id)["Tags"] == [{"Key": "a", "Value": "b"}]',
      'jobs.delete_job_tagging(AccountId=account, JobId=id)',
      'assert jobs.get_job_tagging(AccountId=account, JobId=id).get("Tags", []) == []',
      'assert jobs.update_job_priority(AccountId=account, JobId=id, Priority=9)["Priority"] == 9',
      'listed = jobs.list_jobs(AccountId=account, JobStatuses=["Suspended", "Ready"])["Jobs"]',
      'assert [one["JobId"] for one in listed] == [id] and listed[0]["Operation"] == "LambdaInvoke", listed',
      // By its own host as well, whatever the buckets are called.
      'port = os.environ["AWS_ENDPOINT_URL"].rsplit(":", 1)[1]',
      'there = boto3.client("s3control", endpoint_url="http://s3-control.us-east-1.amazonaws.com:" + port)',
      'assert [one["JobId"] for one in there.list_jobs(AccountId=account)["Jobs"]] == [id]',
      'try: there.list_jobs(AccountId="999999999999")',
      'except there.exceptions.ClientError as raised: assert raised.response["Error"]["Code"] == "AccessDenied", raised',
      'else: raise AssertionError("another account")',
      'jobs.update_job_status(AccountId=account, JobId=id, RequestedJobStatus="Ready")',
      'print(json.dumps(until("Complete", "Failed"), default=str))',
    ]
    const { endpoint, accountId, environment } = fixture.sandbox
    const env = { ...environment, AWS_ENDPOINT_URL: endpoint.replace('127.0.0.1', 'localhost') }
    const words = [accountId, functionArn, fixture.roleArn('jobs'), bucket, etag]
    const { stdout } = await boto({ env }, script.join('\n'), ...words)
    const job = JSON.parse(stdout) as Record<string, unknown>
    expect(job['Status']).to.equal('Complete')
    expect(job['ProgressSummary']).to.deep.include({
      TotalNumberOfTasks: 2,
      NumberOfTasksSucceeded: 2,
      NumberOfTasksFailed: 0,
    })
  })
})
