/**
 * Making the pages of a folder of wheels: the obvious way against us, in Python and with nothing but its library. Of the
 * generators that people use none comes from where the other tools come from; dumb-pypi looks into no package at all,
 * pypiserver and simple503 hash and read each, as this does.
 */
import { randomBytes } from 'node:crypto'
import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'

import { coreMetadata, zipped } from '../../test/repositories/pypi/made-packages.ts'
import { execute } from './compare.ts'
import { benchMade } from './made.ts'

const script = `
import email.parser, hashlib, html, os, re, sys, zipfile
folder, output = sys.argv[1:]
projects = {}
for name in sorted(os.listdir(folder)):
    path = os.path.join(folder, name)
    with open(path, 'rb') as file:
        digest = hashlib.sha256(file.read()).hexdigest()
    with zipfile.ZipFile(path) as wheel:
        [info] = [one for one in wheel.namelist() if one.endswith('.dist-info/METADATA')]
        metadata = wheel.read(info)
    with open(os.path.join(output, name + '.metadata'), 'wb') as file:
        file.write(metadata)
    fields = email.parser.BytesParser().parsebytes(metadata, headersonly=True)
    project = re.sub('[-_.]+', '-', fields['Name']).lower()
    needs = html.escape(fields.get('Requires-Python', ''))
    core = hashlib.sha256(metadata).hexdigest()
    projects.setdefault(project, []).append(
        f'<a href="../../packages/{name}#sha256={digest}" data-requires-python="{needs}" data-core-metadata="sha256={core}">{name}</a><br>')
for project, links in projects.items():
    os.makedirs(os.path.join(output, 'simple', project), exist_ok=True)
    with open(os.path.join(output, 'simple', project, 'index.html'), 'w') as page:
        page.write('<!DOCTYPE html><html><body>' + '\\n'.join(links) + '</body></html>')
with open(os.path.join(output, 'simple', 'index.html'), 'w') as page:
    page.write(''.join(f'<a href="{project}/">{project}</a><br>' for project in projects))
`

const needs = Array.from({ length: 20 }, (_need, number) => `Requires-Dist: needed-${String(number)} (>=1.0)\n`)

export const benchWheels = (work: string): Promise<void> =>
  benchMade(work, {
    format: 'pypi',
    sizes: [5_000, 1_000_000],
    make(name, version, size) {
      const called = name.replaceAll('-', '_')
      const body = zipped({
        [`${called}/data.bin`]: randomBytes(size),
        [`${called}-${version}.dist-info/METADATA`]: coreMetadata(
          name,
          version,
          `Requires-Python: >=3.9\n${needs.join('')}`,
        ),
        [`${called}-${version}.dist-info/RECORD`]: '',
      })
      return { key: `packages/${called}-${version}-py3-none-any.whl`, body }
    },
    indexes: () => new Map([['simple/index.html', Buffer.from('<html><body></body></html>')]]),
    options: { baseUrl: 'https://packages.example.com/' },
    peers(folder, work) {
      const [program, output] = [join(work, 'pages.py'), join(work, 'pages')]
      writeFileSync(program, script)
      mkdirSync(join(output, 'simple'), { recursive: true })
      const run = (): Buffer => execute('python3', [program, join(folder, 'packages'), output], folder)
      return [{ name: 'Python: hashlib, zipfile, email', run, known: 4, unknown: 1 }]
    },
  })
