import { invocationOf, outcomeOf, permanent, type Outcome } from './invocation.ts'
import type { Job, Task } from './job.ts'
import { bodyText, type JobRoles } from './job-role.ts'

/** Has the function of a job work on a task. */
export async function invokeFunction(job: Job, task: Task, roles: JobRoles): Promise<Outcome> {
  const asked = job.request.Operation.LambdaInvoke ?? {}
  const invocation = invocationOf(job, task, asked)
  const answer = await roles.ask(job, 'lambda', {
    method: 'POST',
    path: `/2015-03-31/functions/${encodeURIComponent(asked.FunctionArn ?? '')}/invocations`,
    headers: { 'x-amz-invocation-type': 'RequestResponse', 'content-type': 'application/json' },
    body: invocation.event,
  })
  const text = bodyText(answer)
  if (answer.headers?.['x-amz-function-error'] !== undefined)
    return permanent(`Lambda returned function error: ${text}`)
  if (answer.status === 200) return outcomeOf(text, invocation)
  if (answer.status === 429) return { kind: 'throttled' }
  if (answer.status >= 500 || answer.status === 409) return { kind: 'temporary' }
  const code = answer.headers?.['x-amzn-errortype'] ?? 'PermanentFailure'
  return permanent(`Lambda refused the invocation: ${text}`, code, answer.status)
}
