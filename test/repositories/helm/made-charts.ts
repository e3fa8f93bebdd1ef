/** Charts made for tests, with nothing but Node. */
import { gzipSync } from 'node:zlib'

import { tar } from '../../../scripts/archives.ts'

/** Packed as Helm does. */
export const chartWith = (files: Readonly<Record<string, string | Uint8Array>>): Buffer =>
  gzipSync(tar(Object.entries(files).map(([name, body]) => ({ name, body: Buffer.from(body) }))))

/** Lines of Chart.yaml; given ones take the place of those of the same name. */
export function chartText(fields: Readonly<Record<string, string>> = {}): string {
  const all = { apiVersion: 'v2', name: 'hello', version: '1.0.0', appVersion: '"1.10"', ...fields }
  return Object.entries(all)
    .map(([name, value]) => `${name}: ${value}\n`)
    .join('')
}

export const chartOf = (fields: Readonly<Record<string, string>> = {}): Buffer =>
  chartWith({ 'hello/Chart.yaml': chartText(fields), 'hello/values.yaml': `of: ${JSON.stringify(fields)}\n` })
