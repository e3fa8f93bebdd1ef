import { rails } from '../../options.ts'
import { tagKey } from '../../aws/names.ts'
import { answersTo, type TaggedDistribution } from '../../resources/cloudfront/live-distribution.ts'
import { optional, type Settings } from '../../settings/settings.ts'

/**
 * Why clients of packagecloud would notice if a distribution were gone: packagecloud.rb names it, or it is enabled and
 * carries an installation's mark.
 *
 * @throws CtlError of kind `configuration` where packagecloud.rb names a distribution or domain, but which can't be known
 */
export function trafficOf(settings: Settings, { id, domain, config, tags }: TaggedDistribution): string[] {
  const named = optional(settings, 'cloudfrontDistributionId') === id
  const packagesDomain = optional(settings, 'cloudfrontPackagesDomain')
  const serves = packagesDomain !== undefined && answersTo(packagesDomain, domain, config.Aliases)
  const owner = tags[tagKey]
  return [
    ...(named ? [`${id} is ${rails('cloudfront_distribution_id')} in ${settings.configFile}`] : []),
    ...(serves ? [`${id} serves ${rails('cloudfront_packages_domain')}, ${packagesDomain}`] : []),
    ...(owner !== undefined && config.Enabled === true
      ? [`${id} is enabled and belongs to the packagecloud installation "${owner}"`]
      : []),
  ]
}
