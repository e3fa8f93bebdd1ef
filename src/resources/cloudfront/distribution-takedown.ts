import { type AwsCli, deleteByETag, eTagOf, type Takedown } from '../takedown.ts'
import type { LiveDistribution } from './live-distribution.ts'

/**
 * CloudFront deletes only what is disabled at all edges (Amazon CloudFront Developer Guide, "Delete a distribution"). A
 * change of the configuration sends all of it: what is there is written into a file, but for one line of it.
 */
export function takedownOfDistribution({ id, domain, config }: LiveDistribution, cli: AwsCli): Takedown[] {
  const file = `${id}-disabled.json`
  const read = cli('cloudfront', 'get-distribution-config', '--id', id, '--query', 'DistributionConfig')
  const write = cli('cloudfront', 'update-distribution', '--id', id)
  const disable: Takedown = {
    title: `Disable the distribution ${id}`,
    commands: [
      `etag="$(${eTagOf(cli, 'distribution-config', id)})"`,
      // The CLI indents by four: a member of that name further in is not met.
      `${read} --output json | sed 's/^    "Enabled": true/    "Enabled": false/' > ${file}`,
      `${write} --if-match "$etag" --distribution-config file://${file} --query Distribution.Status --output text`,
    ],
    expected:
      '`InProgress`. With `PreconditionFailed` somebody has changed it meanwhile: look what, and run all three lines again.',
    takes: 'a call',
    loses: `${domain} answers nobody any more, once edges have it; their caches are lost.`,
    undo: 'Run the three lines with true and false swapped in the second: it serves again as before.',
  }
  return [
    ...(config.Enabled === true ? [disable] : []),
    {
      title: `Wait until ${id} is disabled at all edges`,
      commands: [cli('cloudfront', 'wait', 'distribution-deployed', '--id', id)],
      expected: 'Nothing is printed, and the exit code is 0. After 35 min the CLI gives up with 255: run it again.',
      takes: 'deployment',
      loses: 'Nothing.',
      undo: 'Nothing is changed.',
    },
    {
      title: `Delete the distribution ${id}`,
      commands: [deleteByETag(cli, 'distribution', id)],
      expected:
        'Nothing is printed. `DistributionNotDisabled`: it is not disabled everywhere yet, wait again. A flat-rate pricing ' +
        'plan that it is in has to be cancelled first.',
      takes: 'a call',
      loses: `The id ${id} and the name ${domain}, its settings, its tags and its reports.`,
      undo: null,
    },
  ]
}
