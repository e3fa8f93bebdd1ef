import { edgeRegion, type Names } from '../../aws/names.ts'
import type { AwsCli, Takedown } from '../takedown.ts'

/**
 * The regions that every account has: a replica logs in the one near its edge, which is among them. Source: AWS Regions
 * and Availability Zones, "Available Regions", those that need no opting in.
 */
const regions = [
  ...['us-east-1', 'us-east-2', 'us-west-1', 'us-west-2', 'ca-central-1', 'sa-east-1'],
  ...['eu-central-1', 'eu-north-1', 'eu-west-1', 'eu-west-2', 'eu-west-3'],
  ...['ap-northeast-1', 'ap-northeast-2', 'ap-northeast-3', 'ap-south-1', 'ap-southeast-1', 'ap-southeast-2'],
]

/**
 * A function goes with all of its versions, once its replicas are gone (Amazon CloudFront Developer Guide, "Delete
 * Lambda\@Edge functions and replicas").
 */
export function takedownOfFunction({ functionName }: Names, cli: AwsCli): Takedown[] {
  const replicas = cli('logs', 'delete-log-group', '--log-group-name', `/aws/lambda/${edgeRegion}.${functionName}`)
  const own = cli('logs', 'delete-log-group', '--region', edgeRegion, '--log-group-name', `/aws/lambda/${functionName}`)
  return [
    {
      title: 'Delete the function, with all its versions',
      commands: [cli('lambda', 'delete-function', '--region', edgeRegion, '--function-name', functionName)],
      expected:
        'Nothing is printed. `InvalidParameterValueException ... because it is a replicated function`: edges have copies ' +
        'still, which CloudFront takes away by itself. Try again an hour later.',
      takes: 'replicas',
      loses: 'The function and all its versions, with the secret that is encrypted in each.',
      undo: 'bootstrap-cloudfront makes it again. Numbers of versions begin anew.',
    },
    {
      title: 'Delete the logs of the function',
      commands: [`for region in ${regions.join(' ')}; do ${replicas} --region "$region"; done`, own],
      expected:
        'Nothing is printed where there is one, `ResourceNotFoundException` where the function has never logged: most ' +
        'regions, and the last line.',
      takes: 'a call',
      loses: 'What the function has logged at the edges.',
      undo: null,
    },
  ]
}
