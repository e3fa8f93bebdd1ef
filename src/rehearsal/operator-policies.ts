import { parseIdentityPolicy } from '../sandbox/policy/identity-policy.ts'
import { PolicySyntaxError } from '../sandbox/policy/policy-document.ts'
import { isObject } from '../json-object.ts'

export { PolicySyntaxError } from '../sandbox/policy/policy-document.ts'

/**
 * Reads a file of identity policies: one policy, or an object of policies by name, as `pc-ctl permissions` prints them
 * for one group of commands and for several.
 *
 * @returns each policy as JSON
 * @throws PolicySyntaxError that says what is wrong, and in which of several policies
 */
export function readPolicies(json: string): string[] {
  const content = resultIn(json)
  if (!isObject(content)) throw new PolicySyntaxError('it is neither a policy nor an object of policies')
  if ('Statement' in content || 'Version' in content) return [checked(content)]
  const policies = Object.entries(content).map(([name, policy]) => checked(policy, name))
  if (policies.length === 0) throw new PolicySyntaxError('it holds no policy')
  return policies
}

/** What a file holds; of a document as `--json` prints it, the result. */
function resultIn(json: string): unknown {
  let content: unknown
  try {
    content = JSON.parse(json)
  } catch {
    throw new PolicySyntaxError('it is not JSON')
  }
  return isObject(content) && 'schemaVersion' in content ? content['result'] : content
}

function checked(policy: unknown, name?: string): string {
  const json = JSON.stringify(policy)
  try {
    parseIdentityPolicy(json)
  } catch (error) {
    if (!(error instanceof PolicySyntaxError) || name === undefined) throw error
    throw new PolicySyntaxError(`in "${name}": ${error.message}`)
  }
  return json
}
