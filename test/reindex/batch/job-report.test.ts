import { expect } from 'chai'
import fc from 'fast-check'

import { fieldsOf, filesIn, objectIn } from '../../../src/reindex/batch/job-report.ts'

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
})
