import { readFileSync } from 'node:fs'
import { readdir } from 'node:fs/promises'
import { join } from 'node:path'

import { expect } from 'chai'

import { type Command, commandsOf } from '../../src/completion/manifest.ts'
import {
  argPaths,
  argSubjects,
  argValues,
  flagSubjects,
  flagValues,
  subjectOfFlag,
} from '../../src/completion/subjects.ts'
import { wantedAt } from '../../src/completion/wanted.ts'

const option = (name: string, more: object = {}) => ({ name, type: 'option' as const, ...more })
const boolean = (name: string, more: object = {}) => ({ name, type: 'boolean' as const, ...more })

const commands: readonly Command[] = [
  {
    id: 'cfremove',
    aliases: ['cfdelete'],
    summary: 'Remove',
    strict: false,
    args: { TARGET: { name: 'TARGET' } },
    flags: {
      bucket: option('bucket'),
      config: option('config', { helpValue: 'FILE' }),
      format: option('format', { options: ['s3cmd', 'table'] }),
      yes: boolean('yes', { char: 'y' }),
    },
  },
  {
    id: 'put',
    args: { file: { name: 'file', multiple: true } },
    flags: {
      'acl-public': boolean('acl-public', { exclusive: ['acl-private'] }),
      'acl-private': boolean('acl-private'),
      'add-header': option('add-header', { multiple: true }),
      'apk-key': option('apk-key', { helpValue: '[PREFIX=]FILE[:NAME]' }),
      only: option('only', { multiple: true, delimiter: ',' }),
      runtime: option('runtime'),
      'guess-mime-type': boolean('guess-mime-type', { allowNo: true }),
      'mime-type': option('mime-type', { char: 'm', aliases: ['content-type'] }),
      'signing-key': option('signing-key', { helpValue: '[PREFIX=]FILE' }),
      state: option('state', { helpValue: 'DIR' }),
      secret: boolean('secret', { hidden: true }),
    },
  },
  {
    id: 'restart',
    args: { service: { name: 'service', options: ['unicorn', 'nginx'] } },
    flags: { yes: boolean('yes') },
  },
  {
    id: 'status',
    args: { form: { name: 'form', options: ['tree', 'svg'] } },
    flags: { graph: boolean('graph'), region: option('region'), output: option('output', { helpValue: 'FOLDER' }) },
  },
  { id: 'hidden', hidden: true, args: {}, flags: {} },
]

const wanted = (...words: string[]) => wantedAt(commands, words)
const known = (...words: string[]): string[] => wanted(...words).known.map(({ word }) => word)

describe('what is wanted at the cursor', () => {
  it('is a command first, by any of its names, or one to be helped with', () => {
    expect(known('')).to.deep.equal(['cfremove', 'cfdelete', 'put', 'restart', 'status', 'help', 'version'])
    expect(known('help', '')).to.deep.equal(['cfremove', 'cfdelete', 'put', 'restart', 'status', '--json'])
    expect(known('help', 'put', '')).to.deep.equal(['--json'])
    expect(known('version', '')).to.deep.equal(['--json'])
    expect(wanted('').known[0]).to.deep.equal({ word: 'cfremove', note: 'Remove' })
    expect(known('nothing', '')).to.be.empty
    expect(known('-')).to.include.members(['--help', '--version'])
  })

  it('is a flag behind a hyphen, that may still be given', () => {
    expect(known('put', '--'))
      .to.include.members(['--acl-public', '--no-guess-mime-type', '--help'])
      .and.not.include('--secret')
    expect(known('put', '--acl-public', '-'))
      .to.not.include.members(['--acl-public'])
      .and.not.include('--acl-private')
    expect(known('put', '--acl-private', '-')).to.not.include('--acl-public')
    expect(known('put', '--add-header', 'a:b', '-')).to.include('--add-header')
    expect(known('put', '--', '-')).to.be.empty
  })

  it('is the value of the flag before, by whichever of its names', () => {
    expect(known('cfdelete', '--format', '')).to.deep.equal(['s3cmd', 'table'])
    expect(wanted('cfremove', '--bucket', 'pa')).to.include({ subject: 'buckets', begun: 'pa', before: '' })
    expect(wanted('put', '-m', ''))
      .to.deep.include({ begun: '' })
      .and.not.have.property('subject')
    expect(known('put', '--content-type', 'text/')).to.include.members(['text/plain', 'application/zip'])
    expect(known('put', '--runtime', '')).to.deep.equal(['nodejs24.x', 'nodejs22.x'])
    expect(wanted('put', '-m', 'text/plain', 's3')).to.include({ subject: 's3-uris' })
  })

  it('is a value behind the flag’s own `=`', () => {
    expect(wanted('cfremove', '--format=ta')).to.deep.include({
      known: [{ word: 's3cmd' }, { word: 'table' }],
      before: '--format=',
      begun: 'ta',
    })
    expect(wanted('cfremove', '--bucket=')).to.include({ subject: 'buckets', begun: '' })
    expect(known('cfremove', '--yes=')).to.be.empty
    expect(known('cfremove', '--nothing=')).to.be.empty
  })

  it('is a word that belongs to a flag only behind that, with or without `=`', () => {
    expect(known('status', '')).to.include('--graph').and.not.include('svg')
    expect(known('status', '--graph', '')).to.deep.equal(['tree', 'svg'])
    expect(wanted('status', '--graph=s')).to.deep.include({
      known: [{ word: 'tree' }, { word: 'svg' }],
      before: '--graph=',
      begun: 's',
    })
    expect(known('status', '--graph=svg', ''))
      .to.include('--region')
      .and.not.include('svg')
  })

  it('is the last of several values in one word', () => {
    expect(known('put', '--only', '')).to.include.members(['apt', 'yum', 'other'])
    expect(wanted('put', '--only', 'apt,yum,ge')).to.include({ before: 'apt,yum,', begun: 'ge' })
    expect(known('put', '--only=apt,y')).to.include('yum').and.not.include('apt')
    expect(wanted('put', '--only=apt,y')).to.include({ before: '--only=apt,', begun: 'y' })
  })

  it('is the next part of a fault of the sandbox', () => {
    const faults = { services: { kms: ['Encrypt'], iam: ['GetRole'] }, mishaps: ['drop', 'delay='] }
    const sandbox: Command = { id: 'sandbox', args: {}, flags: { fault: option('fault', { faults }) } }
    const offered = (begun: string): string[] =>
      wantedAt([sandbox], ['sandbox', '--fault', begun]).known.map(({ word }) => word)
    expect(offered('k')).to.deep.equal(['kms:', 'iam:', '*:'])
    expect(offered('kms:')).to.deep.equal(['kms:Encrypt:', 'kms:*:'])
    expect(offered('*:')).to.deep.equal(['*:Encrypt:', '*:GetRole:', '*:*:'])
    expect(offered('kmz:')).to.deep.equal(['kmz:*:'])
    const rest = ['before:', 'after:', 'drop', 'delay=']
    expect(offered('kms:*:')).to.deep.equal(rest.map((word) => `kms:*:${word}`))
    expect(offered('kms:*:1-3:')).to.deep.equal(rest.map((word) => `kms:*:1-3:${word}`))
    expect(offered('kms:*:*:')).to.deep.equal(rest.map((word) => `kms:*:*:${word}`))
    expect(offered('kms:*:after:')).to.deep.equal(['kms:*:after:drop', 'kms:*:after:delay='])
    expect(offered('kms:*:2:after:')).to.deep.equal(['kms:*:2:after:drop', 'kms:*:2:after:delay='])
    expect(offered('kms:*:drop:')).to.be.empty
    expect(wantedAt([sandbox], ['sandbox', '--fault=kms:']).before).to.equal('--fault=')
  })

  it('is a region of AWS', () => {
    expect(known('status', '--region', '')).to.include.members(['eu-central-1', 'us-east-1'])
    expect(known('status', '--region=eu')).to.include('eu-central-1')
  })

  it('is a file or a folder where help says so', () => {
    expect(wanted('cfremove', '--config', '')).to.include({ paths: 'files' })
    expect(wanted('put', '--signing-key', '')).to.include({ paths: 'files' })
    expect(wanted('put', '--apk-key', '')).to.include({ paths: 'files' })
    expect(wanted('put', '--state=x')).to.include({ paths: 'folders' })
    expect(wanted('status', '--output', '')).to.include({ paths: 'folders' })
    expect(wanted('put', 'f')).to.include({ paths: 'files' }).and.not.have.property('subject')
    expect(wanted('put', 'file', 's3://')).to.include({ subject: 's3-uris' })
  })

  it('is another word of the command, as many as it takes', () => {
    expect(wanted('cfremove', 'cf://E1', '--yes', '')).to.include({ subject: 'distributions' })
    expect(wanted('put', '--', '--odd', '')).to.include({ paths: 'files' })
    expect(known('restart', '')).to.deep.equal(['unicorn', 'nginx'])
    expect(known('restart', 'nginx', '')).to.deep.equal(['--yes', '--help'])
    expect(known('restart', 'nginx', 'u')).to.be.empty
  })

  it('is looked up with the settings of the line', () => {
    expect(wanted('cfremove', '--bucket=b', '--config', 'c.rb', '').given).to.deep.equal({
      bucket: 'b',
      config: 'c.rb',
    })
    expect(wanted('cfremove', 's3://other', '--yes', '').given).to.deep.equal({ bucket: 'other' })
  })
})

/** Flags whose values nobody but who types them knows. */
const free = [
  ...['account', 'add-alias', 'add-header', 'alias', 'base-url', 'comment', 'concurrency', 'deploy-time', 'downloads'],
  ...['exclude', 'expires', 'front', 'front-path', 'front-port', 'gb', 'latency', 'limit', 'longest-life'],
  ...['mfa-code', 'objects-per-shard', 'port', 'shard', 'tag', 'token'],
]

describe('what AWS is asked for', () => {
  it('is known of each flag that has values, or they are free', () => {
    const open = new Set<string>()
    for (const { id, flags } of commandsOf(
      readFileSync(join(import.meta.dirname, '../../oclif.manifest.json'), 'utf8'),
    )) {
      for (const flag of Object.values(flags).filter(({ type }) => type === 'option')) {
        const told = subjectOfFlag(id, flag)
        const isKnown = (flag.options ?? flagValues[flag.name] ?? flag.faults) !== undefined
        if (!isKnown && told.paths === undefined && told.subject === undefined && id !== 'sandbox') open.add(flag.name)
      }
    }
    expect([...open].filter((name) => !free.includes(name))).to.be.empty
  })

  it('is the value of flags and words that there are', async () => {
    const folder = join(import.meta.dirname, '../../src/commands')
    const flags = new Set<string>()
    const args = new Set<string>()
    for (const file of await readdir(folder)) {
      const { default: command } = (await import(join(folder, file))) as {
        default: Partial<Pick<Command, 'flags' | 'args'>>
      }
      for (const name of Object.keys(command.flags ?? {})) flags.add(name)
      for (const name of Object.keys(command.args ?? {})) args.add(`${file.replace('.ts', '')} ${name}`)
    }
    expect([...flags]).to.include.members([...Object.keys(flagSubjects), ...Object.keys(flagValues)])
    const known = [argSubjects, argPaths, argValues].flatMap((table) => Object.keys(table))
    expect([...args]).to.include.members(known)
  })
})
