import { edgeRegion } from '../../aws/names.ts'
import { CtlError } from '../../errors.ts'
import { rails } from '../../options.ts'
import { inOneLine } from '../../text.ts'
import { dnsRecord, dnsText } from '../names/dns.ts'
import { connecting, costs, editFile, nothingLost, proven, reconfigure, restart } from './common.ts'
import { type Change, type RunbookStep, toDo } from './document.ts'
import { durations } from './durations.ts'
import { distributionOf, type Ground } from './look.ts'

/**
 * A name of the operator's own, from the certificate to the DNS.
 *
 * @throws CtlError of kind `usage` without a name, of kind `configuration` without a distribution
 */
export function aliasing(ground: Ground): Change {
  const { names, wishes, settings } = ground
  const { alias, certificate } = wishes
  if (alias === undefined) {
    throw new CtlError('usage', 'Which domain name of your own is to be added?', {
      hint: 'Give it with --alias, such as --alias packages-cdn.example.org.',
    })
  }
  const { id, domain } = distributionOf(ground)
  const record = dnsRecord(alias, domain)
  const before = settings.cloudfrontPackagesDomain?.value ?? domain
  return {
    title: `Serve packages under ${alias} (${names.installation})`,
    purpose: [
      `Clients are redirected to ${alias} in place of ${before}. The distribution ${id} stays the same, and goes on to answer under ${domain}.`,
    ],
    changes: [],
    steps: [
      ...(certificate === undefined ? certificateSteps(ground, alias) : []),
      toDo('Add the name to the distribution', {
        notes: ['CloudFront takes a name only with a certificate for it.'],
        commands: [
          certificate === undefined
            ? `${connecting(ground, '--alias', alias)} --certificate "$certificate"`
            : connecting(ground, '--alias', alias, '--certificate', certificate),
        ],
        expected: `Exit code 0, after \`Wait until all edges have it: Deployed\`. With \`CNAMEAlreadyExists\` the error tells who has ${alias}.`,
        duration: durations.deployment,
      }),
      toDo('Have the name lead to the distribution', {
        notes: [`In the DNS: \`${record.text}\``, inOneLine(dnsText([record]).slice(2))].filter((note) => note !== ''),
        commands: [`dig +short ${alias} CNAME`],
        expected: `\`${domain}.\` (an apex has no CNAME: ask for A).`,
        duration: durations.dns,
      }),
      editFile(ground, 'Send clients to the name', [`${rails('cloudfront_packages_domain')} = '${alias}'`]),
      reconfigure(),
      restart(),
    ],
    validation: proven(ground),
    rollback: [
      editFile(
        ground,
        'Send clients to the former name',
        [`${rails('cloudfront_packages_domain')} = '${before}'`],
        `It goes on to work all the time.`,
      ),
      reconfigure(),
      restart(),
    ],
    tell: [
      `Who looks after firewalls and proxies between clients and packages: clients will ask ${alias} by HTTPS on port 443; ${before} stays open until all front servers are restarted.`,
      `Who looks after the DNS: \`${record.text}\``,
    ],
    cost: ['A public certificate of ACM costs nothing.', costs(ground).none],
    irreversible: [nothingLost],
  }
}

/** Certificates for CloudFront are those of us-east-1. */
function certificateSteps({ cli }: Ground, alias: string): RunbookStep[] {
  const acm = (...words: string[]): string => cli('acm', ...words, '--region', edgeRegion)
  const describe = acm('describe-certificate')
  const request = acm('request-certificate', '--domain-name', alias, '--validation-method', 'DNS')
  const record = 'Certificate.DomainValidationOptions[0].ResourceRecord.[Name,Type,Value]'
  return [
    toDo('Ask for a certificate', {
      notes: ['With a certificate that you have, leave this out: make this runbook with --certificate ARN.'],
      commands: [
        `certificate="$(${request} --query CertificateArn --output text)"; echo "$certificate"`,
        `${describe} --certificate-arn "$certificate" --query '${record}' --output text`,
      ],
      expected:
        'The ARN of the certificate, then the record that is to be put into the DNS: its name, `CNAME`, its value.',
      duration: durations['a call'],
    }),
    toDo('Put that record into the DNS, and wait for the certificate', {
      commands: [`${acm('wait', 'certificate-validated')} --certificate-arn "$certificate"`],
      expected: 'Nothing is printed, and the exit code is 0. After 40 min the CLI gives up with 255: run it again.',
      duration: durations.certificate,
    }),
  ]
}
