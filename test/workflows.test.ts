/** What GitHub runs of this repository, as GitHub's own parser reads it; it says the same before anything is pushed. */
import { globSync, readFileSync } from 'node:fs'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'

import type * as WorkflowParser from '@actions/workflow-parser'
import { expect } from 'chai'
import { build } from 'esbuild'

const root = join(import.meta.dirname, '..')
const files = globSync('.github/workflows/*.yml', { cwd: root }).toSorted()
const read = (file: string): string => readFileSync(join(root, file), 'utf8')

/** The package imports JSON as bundlers let it, and Node does not. */
async function parser(): Promise<typeof WorkflowParser> {
  const folder = await mkdtemp(join(tmpdir(), 'pc-ctl-workflows-'))
  try {
    const outfile = join(folder, 'parser.mjs')
    await build({
      entryPoints: ['@actions/workflow-parser'],
      absWorkingDir: root,
      // What is for browsers requires nothing of Node.
      ...{ outfile, bundle: true, platform: 'browser', format: 'esm', logLevel: 'error' },
    })
    return (await import(pathToFileURL(outfile).href)) as typeof WorkflowParser
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
}

describe('workflows of GitHub', function () {
  this.timeout(30_000)
  let faults: (name: string, content: string) => Promise<string[]>
  before(async () => {
    const { convertWorkflowTemplate, NoOperationTraceWriter, parseWorkflow } = await parser()
    faults = async (name, content) => {
      const { context, value } = parseWorkflow({ name, content }, new NoOperationTraceWriter())
      if (value !== undefined) await convertWorkflowTemplate(context, value)
      return context.errors.getErrors().map(({ message }) => message)
    }
  })

  for (const file of files) {
    it(`${file} is one that GitHub runs, with actions named by what they are, not by what they are called`, async () => {
      expect(await faults(file, read(file))).to.deep.equal([])
      const used = [...read(file).matchAll(/\buses: (.+)$/gm)].map(([, action]) => action)
      expect(used).not.to.be.empty
      for (const action of used) expect(action).to.match(/^[\w-]+\/[\w-]+@[0-9a-f]{40} # v\d+\.\d+\.\d+$/)
    })
  }

  it('leave no token behind that what is checked out could use, and write only where nothing is tested', () => {
    for (const file of files) {
      const text = read(file)
      expect(text, file).to.match(/^permissions: \{ contents: read \}$/m)
      const kept = [...text.matchAll(/uses: actions\/checkout@.*\n(.*)\n/g)].map(([, next = '']) => next.trim())
      expect(new Set(kept), file).to.deep.equal(new Set(['with: { persist-credentials: false }']))
      const jobs = text.split(/^ {2}(?=\w+:$)/m).filter((job) => job.includes('.ci/run'))
      for (const job of jobs) expect(job, file).not.to.match(/\bwrite\b|secrets\./)
    }
  })

  it('with a key or an expression that there is not are found', async () => {
    const ci = read('.github/workflows/ci.yml')
    for (const [right, wrong] of [
      ['timeout-minutes', 'timeout-minuts'],
      ['matrix.os }}', 'matrix.os | }}'],
      ['${{ github.ref', '${{ gitub.ref'],
    ] as const)
      expect(await faults('ci.yml', ci.replace(right, wrong)), wrong).not.to.deep.equal([])
  })

  it('try each Node that is supported, on Linux and macOS', () => {
    const ci = read('.github/workflows/ci.yml')
    expect(ci).to.match(/os: \[ubuntu-[\d.]+, macos-\d+\]\n +node: \[22, 24, 26\]\n/)
    const { engines } = JSON.parse(read('package.json')) as { engines: { node: string } }
    expect(engines.node).to.match(/^>=22\./)
  })

  it('release what the documentation says that a release has', () => {
    const release = read('.github/workflows/release.yml')
    for (const part of [
      'npm publish --provenance',
      'npm run package -- --out build/packages',
      "subject-path: 'build/packages/*'",
      'gh release upload "$GITHUB_REF_NAME" --clobber build/packages/*',
      'platforms: linux/amd64,linux/arm64',
      'sbom: true',
    ])
      expect(release).to.include(part)
  })
})
