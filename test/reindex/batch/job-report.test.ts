import { expect } from 'chai'
import fc from 'fast-check'

import type { LeanS3 } from '../../../src/aws/s3-lean.ts'
import { fieldsOf, filesIn, objectIn, whyTasksFailed } from '../../../src/reindex/batch/job-report.ts'

describe('the report of a job', () => {
  const md5 = 'D41D8CD98F00B204E9800998ECF8427E'

  it('names its files, by what became of their tasks', () => {
    const results = (['failed', 'succeeded'] as const).map((status) => ({
      ...{ TaskExecutionStatus: status, Bucket: 'b', Key: `report/${status}.csv`, MD5Checksum: md5 },
    }))
    expect(filesIn(JSON.stringify({ Format: 'Report_CSV_20180820', Results: results }))).to.deep.equal([
      { status: 'failed', key: 'report/failed.csv', md5: md5.toLowerCase() },
      { status: 'succeeded', key: 'report/succeeded.csv', md5: md5.toLowerCase() },
    ])
  })

  it('names none where it is damaged, or none of S3', () => {
    const other = { TaskExecutionStatus: 'succeeded', Key: 'key', MD5Checksum: null }
    const texts = [
      '',
      '{',
      'null',
      '[]',
      '{"Results":{}}',
      '{"Results":[null,1,{}]}',
      JSON.stringify({ Results: [other] }),
    ]
    for (const text of texts) expect(filesIn(text), text).to.deep.equal([])
    fc.assert(fc.property(fc.string(), (text) => objectIn(text) instanceof Object))
  })

  it('has fields with commas, quotes and line ends of JSON in them', () => {
    const quoted = (text: string): string => `"${text.replaceAll('"', '""')}"`
    fc.assert(
      fc.property(fc.array(fc.string(), { minLength: 1 }), (fields) => {
        expect(fieldsOf(fields.map(quoted).join(',')).slice(0, fields.length)).to.deep.equal(fields)
      }),
    )
    expect(fieldsOf('b,a%20b,,failed,AccessDenied,403,Access Denied').slice(0, 7)).to.deep.equal([
      'b',
      'a%20b',
      '',
      'failed',
      'AccessDenied',
      '403',
      'Access Denied',
    ])
  })

  it('tells why tasks have failed from its own files, and of no other object', async () => {
    const folder = 'p/job-1/'
    const line = (why: string): string => `b,k,,failed,200,200,"${why}"\n`
    const named = (key: string) => ({ TaskExecutionStatus: 'failed', Bucket: 'b', Key: key, MD5Checksum: md5 })
    const objects: Record<string, string> = {
      [`${folder}manifest.json`]: JSON.stringify({ Results: [`${folder}results/1.csv`, 'secret/2.csv'].map(named) }),
      [`${folder}results/1.csv`]: line('too slow') + line('too slow') + line('denied'),
      'secret/2.csv': line('what nobody asked for'),
    }
    const ranges: unknown[] = []
    const send: LeanS3['send'] = async ({ key = '', headers }) => {
      ranges.push(headers?.['range'])
      return { status: 206, headers: {}, body: Buffer.from(objects[key] ?? '') }
    }
    expect(await whyTasksFailed({ send }, 'p', '1')).to.deep.equal(['too slow', 'denied'])
    // However large somebody has made them.
    expect(new Set(ranges)).to.deep.equal(new Set(['bytes=0-1048575']))
  })
})
