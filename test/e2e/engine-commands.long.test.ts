/** All that asks AWS, where a CloudFront Function checks: by a user who may do just what `permissions` prints for it. */
import { chmod, writeFile } from 'node:fs/promises'
import { join } from 'node:path'

import {
  CreateAccessKeyCommand,
  CreateUserCommand,
  DeleteUserPolicyCommand,
  ListUserPoliciesCommand,
  PutUserPolicyCommand,
} from '@aws-sdk/client-iam'
import { expect } from 'chai'

import { readPolicies } from '../../src/rehearsal/operator-policies.ts'
import type { PermissionGroup } from '../../src/tasks/permissions/permissions.ts'
import { bucket, install, type Installation, objectKey } from '../support/installation.ts'
import { runHere } from '../support/run-here.ts'

const UserName = 'operator'

/** Prepares a user with credentials, which packagecloud.rb has. */
async function becomeOperator(place: Installation): Promise<void> {
  const { iam } = place.clients
  await iam.send(new CreateUserCommand({ UserName }))
  const { AccessKey } = await iam.send(new CreateAccessKeyCommand({ UserName }))
  await place.paste(
    `packagecloud_rails['aws_access_key'] = '${AccessKey?.AccessKeyId ?? ''}'\n` +
      `packagecloud_rails['aws_secret_key'] = '${AccessKey?.SecretAccessKey ?? ''}'\n`,
  )
}

/** From then on the operator may do what is printed for a group of commands, and nothing else. */
async function allow({ clients: { iam }, sandbox }: Installation, group: PermissionGroup): Promise<void> {
  const before = await iam.send(new ListUserPoliciesCommand({ UserName }))
  for (const PolicyName of before.PolicyNames ?? []) {
    await iam.send(new DeleteUserPolicyCommand({ UserName, PolicyName }))
  }
  const engine = ['enable', 'bootstrap', 'distribution', 'rotate', 'look'].includes(group)
    ? ['--engine', 'function']
    : []
  const words = ['permissions', group, ...engine, '--account', sandbox.accountId, '--bucket', bucket]
  const { stdout, stderr, code } = await runHere(words)
  expect(code, stderr).to.equal(0)
  for (const [index, PolicyDocument] of readPolicies(stdout).entries()) {
    await iam.send(new PutUserPolicyCommand({ UserName, PolicyName: `p${index}`, PolicyDocument }))
  }
}

type Row = readonly [group: PermissionGroup, words: readonly string[], code?: number]

/** In the order in which they are run; what a document says is held against its schema as it comes. */
const rows = (place: Installation): readonly Row[] => {
  const arn = `arn:aws:cloudfront::${place.sandbox.accountId}:function/packagecloud_cloudfront_auth`
  const look = (...words: string[]): Row => ['look', words]
  return [
    ['bootstrap', ['bootstrap-cloudfront', '--engine', 'function', '--dry-run']],
    ['bootstrap', ['bootstrap-cloudfront', '--engine', 'function']],
    ['distribution', ['reconfigure-cloudfront-distribution', arn, '--dry-run']],
    ['distribution', ['reconfigure-cloudfront-distribution', arn, '--write-config', '--yes']],
    look('status'),
    ['look', ['explain-url', `https://packages.example.org/${objectKey}`], 1],
    look('export', '--format', 'terraform'),
    look('export', '--format', 'cloudformation'),
    ...['enable', 'rotate', 'disable', 'upgrade', 'origin-access', 'remove'].map((kind) =>
      look('runbook', '--kind', kind),
    ),
    look('permissions', '--deny-others'),
    // Nobody has activated the tag that costs are told by.
    ['costs', ['costs'], 3],
    ['audit', ['audit-cache-control']],
    ['reindex', ['reindex-everything']],
    ['look', ['doctor']],
    ['invalidate', ['invalidate', objectKey]],
    ['s3cmd', ['cflist']],
    ['s3cmd', ['cfinfo', `s3://${bucket}`]],
    ['s3cmd', ['cfmodify', `s3://${bucket}`, '--cf-comment', 'ours']],
    ['rotate', ['rotate-cloudfront-secret', '--dry-run']],
    // Then front servers are to be restarted.
    ['rotate', ['rotate-cloudfront-secret', '--write-config', '--yes'], 3],
    ['enable', ['enable-cloudfront', '--engine', 'function', '--dry-run']],
  ]
}

describe('commands where a CloudFront Function checks, with just the permissions that are printed for them', function () {
  this.timeout(300_000)

  it('do their work, and print what their schemas promise', async () => {
    const place = await install({ timing: { deploy: 0 } })
    try {
      await becomeOperator(place)
      const ctl = join(place.folder, 'packagecloud-ctl')
      await writeFile(ctl, '#!/bin/sh\n')
      await chmod(ctl, 0o755)
      let allowed: PermissionGroup | undefined
      for (const [group, words, expected = 0] of rows(place)) {
        if (group !== allowed) await allow(place, group)
        allowed = group
        const run = await place.run([...words, '--json'], { env: { PC_CTL_CTL: ctl } })
        expect(run.code, `pc-ctl ${words.join(' ')}\n${run.stderr}${run.stdout}`).to.equal(expected)
      }
    } finally {
      await place.close()
    }
  })
})
