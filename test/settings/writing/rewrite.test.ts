import { readFile } from 'node:fs/promises'

import { expect } from 'chai'
import fc from 'fast-check'

import { CtlError } from '../../../src/errors.ts'
import type { RailsKey } from '../../../src/options.ts'
import { readRuby } from '../../../src/settings/ruby/read.ts'
import { rewrite } from '../../../src/settings/writing/rewrite.ts'

const file = '/etc/packagecloud/packagecloud.rb'
const enabled = "packagecloud_rails['cloudfront_enabled']"
const secret = 'MDI2ZDhhYmMxYThiMjVmMTBlODM4OWNmZWZiZmI2NWI'

const set = (
  source: string | Buffer,
  wanted: Partial<Record<RailsKey, string | boolean>>,
  env: NodeJS.ProcessEnv = {},
) => rewrite(Buffer.from(source), file, new Map(Object.entries(wanted) as [RailsKey, string | boolean][]), env)

const text = async (source: string | Buffer, wanted: Partial<Record<RailsKey, string | boolean>>): Promise<string> =>
  (await set(source, wanted)).bytes.toString('utf8')

const refusal = async (source: string, wanted: Partial<Record<RailsKey, string | boolean>>): Promise<string> => {
  const outcome = await set(source, wanted).catch((error: unknown) => error)
  if (!(outcome instanceof CtlError)) throw new Error('not refused')
  expect(outcome.failure).to.equal('refused')
  return outcome.message
}

describe('setting keys in the text of packagecloud.rb', () => {
  it('replaces the one literal, and nothing else', async () => {
    const source = `# head\n${enabled} = false  # as agreed\nexternal_url 'x'\n`
    const { bytes, edits } = await set(source, { cloudfront_enabled: true })
    expect(bytes.toString()).to.equal(source.replace('false', 'true'))
    expect(edits).to.deep.equal([
      { key: 'cloudfront_enabled', line: 2, before: `${enabled} = false`, after: `${enabled} = true` },
    ])
  })

  it('adds lines at the end for what is not set, in the order given', async () => {
    expect(await text("external_url 'x'\n", { cloudfront_enabled: true, cloudfront_distribution_id: "F'1" })).to.equal(
      `external_url 'x'\n${enabled} = true\npackagecloud_rails['cloudfront_distribution_id'] = 'F\\'1'\n`,
    )
  })

  it('does both at once', async () => {
    const source = `${enabled} = nil\n# the end\n`
    expect(await text(source, { cloudfront_packages_domain: 'd.cloudfront.net', cloudfront_enabled: true })).to.equal(
      `${enabled} = true\n# the end\npackagecloud_rails['cloudfront_packages_domain'] = 'd.cloudfront.net'\n`,
    )
  })

  it('changes nothing where the file says it already, whoever manages it', async () => {
    const source = `# Managed by Chef\n${enabled} = 1 == 1\n`
    const { bytes, edits } = await set(source, { cloudfront_enabled: true })
    expect([bytes.toString(), edits]).to.deep.equal([source, []])
  })

  const kept: [string, string, string][] = [
    ['CR LF', `x = 1\r\n${enabled} = false\r\n`, `x = 1\r\n${enabled} = true\r\n`],
    ['CR LF of what is added', "external_url 'x'\r\n", `external_url 'x'\r\n${enabled} = true\r\n`],
    ['a missing line end', "external_url 'x'", `external_url 'x'\n${enabled} = true\n`],
    ['a missing line end after a comment', '# only', `# only\n${enabled} = true\n`],
    ['nothing', '', `${enabled} = true\n`],
    ['a byte order mark', `\ufeff# ü\n${enabled} = false\n`, `\ufeff# ü\n${enabled} = true\n`],
    ['only a byte order mark', '\ufeff', `\ufeff${enabled} = true\n`],
    [
      'what is after __END__',
      "external_url 'x'\n__END__\nraw\n",
      `external_url 'x'\n${enabled} = true\n__END__\nraw\n`,
    ],
    [
      'double quotes and a symbol',
      'packagecloud_rails[:cloudfront_enabled] = "no"',
      'packagecloud_rails[:cloudfront_enabled] = true',
    ],
    ['another statement in the line', `a = 1; ${enabled} = false; b = 2\n`, `a = 1; ${enabled} = true; b = 2\n`],
    [
      'an entry of a merge',
      "packagecloud_rails.merge!('cloudfront_enabled' => false, 'bucket' => 'b')\n",
      "packagecloud_rails.merge!('cloudfront_enabled' => true, 'bucket' => 'b')\n",
    ],
    ['a mention in a comment', `# ${enabled} = false\n`, `# ${enabled} = false\n${enabled} = true\n`],
    ['a tail of lines that are one', `external_url \\\n  'x'\n`, `external_url \\\n  'x'\n${enabled} = true\n`],
  ]
  for (const [what, source, wanted] of kept) {
    it(`keeps ${what}`, async () => {
      expect(await text(source, { cloudfront_enabled: true })).to.equal(wanted)
    })
  }

  it('keeps bytes that are no UTF-8, and counts them right', async () => {
    const source = Buffer.concat([
      Buffer.from('# caf'),
      Buffer.from([0xe9, 0xff, 0xe9]),
      Buffer.from(`\n${enabled} = false # `),
      Buffer.from([0xfc, 0x0a]),
    ])
    const { bytes } = await set(source, { cloudfront_enabled: true })
    expect(bytes.toString('latin1')).to.equal(source.toString('latin1').replace('false', 'true'))
  })

  it('keeps double quotes', async () => {
    const id = 'packagecloud_rails["cloudfront_distribution_id"] ='
    expect(await text(`${id} "E1" # mine`, { cloudfront_distribution_id: 'E2' })).to.equal(`${id} "E2" # mine`)
  })

  const heredocs = ["<<-'X'", '<<~X', '<<X']
  for (const opening of heredocs) {
    it(`takes out all of ${opening}`, async () => {
      const end = opening === '<<X' ? 'X' : '  X'
      const license = "packagecloud_rails['enterprise_license'] = <<-L\n  secret text\n  L\n"
      const source = `${license}packagecloud_rails['cloudfront_distribution_id'] = ${opening} # why\n    one\n  two\n${end}\n${license}`
      expect(await text(source, { cloudfront_distribution_id: 'E2' })).to.equal(
        `${license}packagecloud_rails['cloudfront_distribution_id'] = 'E2' # why\n${license}`,
      )
    })
  }

  it('masks secrets in the difference', async () => {
    const source = `packagecloud_rails['cloudfront_secret'] = 'old-one-of-mine' # and another`
    const { edits } = await set(source, { cloudfront_secret: secret, cloudfront_previous_secret: 'old-one-of-mine' })
    expect(JSON.stringify(edits)).to.not.match(/old-one|MDI2|another/)
    expect(edits).to.deep.equal([
      {
        key: 'cloudfront_secret',
        line: 1,
        before: "packagecloud_rails['cloudfront_secret'] = '********'",
        after: "packagecloud_rails['cloudfront_secret'] = '********'",
      },
      {
        key: 'cloudfront_previous_secret',
        line: 2,
        before: null,
        after: "packagecloud_rails['cloudfront_previous_secret'] = '********'",
      },
    ])
  })

  const managed = [
    ['Chef', '# Generated by Chef for packages-1.example.org\n# Local modifications will be overwritten.'],
    ['Chef', '# /etc/packagecloud/packagecloud.rb -- managed by Chef role "packages-fe" (do not hand-edit)'],
    ['Puppet', '# This file is managed by Puppet'],
    ['puppet', '# HEADER: This file was autogenerated at 2019-01-01 by puppet.'],
    ['Ansible', '# Ansible managed: do not edit'],
    ['ANSIBLE', '# BEGIN ANSIBLE MANAGED BLOCK'],
    ['Ansible', '=begin\nThis file is maintained with Ansible\n=end'],
    ['Puppet', '# Puppet will overwrite what you change here'],
    ['Salt', '# DO NOT EDIT: Salt puts it back'],
  ] as const
  for (const [manager, comment] of managed) {
    it(`refuses a file with ${JSON.stringify(comment)}`, async () => {
      const message = await refusal(`${comment}\n${enabled} = false\n`, { cloudfront_enabled: true })
      expect(message).to.include(` says that ${manager} manages this file`)
    })
  }

  it('takes no other comment or text for that', async () => {
    for (const line of [
      '# not managed by Chef any more',
      "x = 'managed by Chef'",
      '# chef is a cook',
      '# see the chef repository',
    ]) {
      expect(await text(`${line}\n${enabled} = false\n`, { cloudfront_enabled: true })).to.equal(
        `${line}\n${enabled} = true\n`,
      )
    }
  })

  const refused: [string, string, RegExp][] = [
    ['several places', `${enabled} = false\n${enabled} = false\n`, /set in several places: lines 1, 2/],
    [
      'one of several branches',
      `if node['x']\n  ${enabled} = false\nend\n`,
      /:2: .*not set to a plain value there, or not always/,
    ],
    ['a branch that is taken', `if true\n  ${enabled} = false\nend\n`, /not always/],
    ['a line with a condition', `${enabled} = false if ENV['X']\n`, /not always/],
    ['a variable', `on = false\n${enabled} = on\n`, /not set to a plain value/],
    ['an expression', `${enabled} = !true\n`, /not set to a plain value/],
    ['||=', `${enabled} ||= false\n`, /not set to a plain value/],
    ['a key that is made up', 'packagecloud_rails["cloudfront_#{\'enabled\'}"] = false\n', /:1: this sets/],
    ['a loop', '%w(cloudfront_enabled).each { |k| packagecloud_rails[k] = false }\n', /this sets|without naming/],
    ['another file', "instance_eval(File.read('/etc/more.rb'))\n", /may/],
    [
      'what is overwritten later',
      `${enabled} = false\npackagecloud_rails.delete('cloudfront_enabled')\n`,
      /can not be changed/,
    ],
    [
      'what another setting is made of',
      `${enabled} = false\nother['x'] = ${enabled}\n`,
      /another setting depends on it/,
    ],
    ['the whole hash', "packagecloud_rails = YAML.load_file('/x')\n", /./],
  ]
  for (const [what, source, message] of refused) {
    it(`refuses ${what}`, async () => {
      expect(await refusal(source, { cloudfront_enabled: true })).to.match(message)
    })
  }

  it('says just what is wanted of the sample, and all else as before', async () => {
    const sample = await readFile(new URL('../packagecloud.rb', import.meta.url))
    const source = Buffer.from(sample.toString('latin1').replace(/managed by Chef/gi, 'kept by us'), 'latin1')
    const outcome = await set(source, { cloudfront_previous_secret: secret }).catch((error: unknown) => error)
    if (outcome instanceof CtlError) throw outcome
    const { bytes } = outcome as { bytes: Buffer }
    const ruby = await readRuby(bytes, file, {})
    expect(ruby.get('packagecloud_rails', 'cloudfront_previous_secret')?.value).to.equal(secret)
  })

  it('holds for any values and any lines around', async () => {
    const lines = fc.array(
      fc.constantFrom(
        '# ünï',
        '',
        "external_url 'ä'",
        "x['y'] = <<-E\n  #{1}\nE",
        'a = [1,\n 2]',
        `packagecloud_rails['bucket'] = "b"`,
        '=begin\nq\n=end',
      ),
      { maxLength: 6 },
    )
    await fc.assert(
      fc.asyncProperty(
        lines,
        lines,
        fc.constantFrom('\n', '\r\n'),
        fc.string({ unit: 'grapheme' }),
        fc.boolean(),
        async (before, after, lineEnd, value, isSet) => {
          const place = isSet ? ["packagecloud_rails['cloudfront_distribution_id'] = 'E1' # here"] : []
          const source = [...before, ...place, ...after].join('\n').replaceAll('\n', lineEnd)
          const { bytes } = await set(source, { cloudfront_distribution_id: value })
          const ruby = await readRuby(bytes, file, {})
          expect(ruby.get('packagecloud_rails', 'cloudfront_distribution_id')?.value).to.equal(value)
          const again = await set(bytes, { cloudfront_distribution_id: value })
          expect(again.edits).to.deep.equal([])
          if (isSet) {
            const back = await set(bytes, { cloudfront_distribution_id: 'E1' })
            expect(back.bytes.toString()).to.equal(value === 'E1' ? source : back.bytes.toString())
            expect(bytes.toString().split('# here')[1]).to.equal(source.split('# here')[1])
          } else expect(bytes.toString().startsWith(source)).to.equal(true)
        },
      ),
      { numRuns: 60 },
    )
  })
})
