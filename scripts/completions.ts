/** Writes completions/: what each shell loads, under the name by which it finds it; as `pc-ctl completion` prints it. */
import { mkdtemp, rename, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'

import { render } from '../src/ui/template.ts'

const place = join(import.meta.dirname, '..', 'completions')

const files = {
  'pc-ctl.bash': 'completion.bash',
  '_pc-ctl': 'completion.zsh',
  'pc-ctl.fish': 'completion.fish',
} as const

// Made beside the present ones, so that whoever packs them meanwhile has either whole.
const next = await mkdtemp(`${place}.`)
for (const [file, template] of Object.entries(files)) await writeFile(join(next, file), await render(template, {}))
await rm(place, { recursive: true, force: true })
await rename(next, place)
