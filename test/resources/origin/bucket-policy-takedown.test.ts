import { execFileSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

import { expect } from 'chai'

import { namesOf } from '../../../src/aws/names.ts'
import type { PolicyDocument } from '../../../src/aws/policy.ts'
import { sidsFor } from '../../../src/resources/origin/bucket-policy-sids.ts'
import { takedownOfStatements } from '../../../src/resources/origin/bucket-policy-takedown.ts'
import { awsCli } from '../../../src/resources/takedown.ts'

const names = namesOf('packagecloud')
const bucket = { name: 'packages', region: 'eu-central-1' }
const [sid = ''] = Object.values(sidsFor(names, 'oai'))
const allow = { Effect: 'Allow', Principal: '*', Action: 's3:GetObject' } as const
const theirs = { Sid: 'Theirs', ...allow, Resource: "arn:aws:s3:::packages/it's/%s/$HOME/`!\\n*" }

/** A bucket policy in a file, and a shell with an `aws` that knows no more than it. */
function shellWith(policy: string) {
  const folder = mkdtempSync(join(tmpdir(), 'pc-ctl-takedown-'))
  writeFileSync(join(folder, 'live'), policy)
  const aws = `aws() {
    case "$2" in
      get-bucket-policy) cat live ;;
      delete-bucket-policy) rm live ;;
      put-bucket-policy) while test "$1" != --policy; do shift; done; printf %s "$2" > live ;;
    esac
  }`
  return {
    run(lines: readonly string[]): boolean {
      try {
        execFileSync('sh', ['-c', [aws, ...lines].join('\n')], { cwd: folder, stdio: 'ignore' })
        return true
      } catch {
        return false
      }
    },
    read: (name: string): string => readFileSync(join(folder, name), 'utf8'),
    close: () => rmSync(folder, { recursive: true }),
  }
}

describe('the commands that take our statements out of a bucket policy', () => {
  for (const others of [[theirs], []]) {
    it(`leave ${others.length} of others, and pasted twice they keep the copy of what was there`, () => {
      const ours = { Sid: sid, ...allow, Resource: 'arn:aws:s3:::packages/*' }
      const document = { Version: '2012-10-17', Statement: [...others, ours] } as unknown as PolicyDocument
      const text = JSON.stringify(document)
      const commands = takedownOfStatements({ names, bucket }, { document, text }, awsCli(undefined)).flatMap(
        (one) => one.commands,
      )
      const shell = shellWith(text)
      try {
        expect(shell.run(commands)).to.equal(true)
        const isLeft = () => (others.length === 0 ? undefined : (JSON.parse(shell.read('live')) as unknown))
        expect(isLeft()).to.deep.equal(others.length === 0 ? undefined : { ...document, Statement: others })
        expect(() => shell.read(others.length === 0 ? 'live' : 'none')).to.throw('ENOENT')
        expect(shell.run(commands)).to.equal(false)
        expect(shell.read('packages-policy.json')).to.equal(`${text}\n`)
      } finally {
        shell.close()
      }
    })
  }

  it('write nothing where somebody has changed the policy', () => {
    const document = { Version: '2012-10-17', Statement: [{ Sid: sid, ...allow }] } as unknown as PolicyDocument
    const commands = takedownOfStatements({ names, bucket }, { document }, awsCli(undefined)).flatMap(
      (one) => one.commands,
    )
    const shell = shellWith('{"another":"one"}')
    try {
      expect(shell.run(commands)).to.equal(false)
      expect(shell.read('live')).to.equal('{"another":"one"}')
      expect(() => shell.read('packages-policy.json')).to.throw('ENOENT')
    } finally {
      shell.close()
    }
  })
})
