import type { IncomingMessage } from 'node:http'
import { Readable } from 'node:stream'

import { expect } from 'chai'

import { lookAtName, nameFact } from '../../../src/tasks/names/packages-name.ts'

const name = 'packages.example.org'
const domain = 'd111111abcdef8.cloudfront.net'
const secret = 'MDI2ZDhhYmMxYThiMjVmMTBlODM4OWNmZWZiZmI2NWI'

type Answer = { status: number; body: string; via?: string } | { code: string }

const page = '<html>403 ERROR The request could not be satisfied.</html>'
const edge: Answer = { status: 403, body: '<Error><Code>AccessDenied</Code></Error>', via: '1.1 x (CloudFront)' }

function answering({ [domain]: here = edge, [name]: there = edge }: Readonly<Record<string, Answer>>) {
  return async (request: { domain: string }): Promise<IncomingMessage> => {
    const answer = request.domain === name ? there : here
    if ('code' in answer) throw Object.assign(new Error(answer.code), { code: answer.code })
    const { status, body, via } = answer
    const headers = via === undefined ? {} : { via }
    return Object.assign(Readable.from([Buffer.from(body)]), {
      statusCode: status,
      headers,
    }) as unknown as IncomingMessage
  }
}

describe('whether the packages domain leads to the distribution', () => {
  for (const [what, answers, state] of [
    ['the same answer under both', {}, 'works'],
    ['no address', { [name]: { code: 'ENOTFOUND' } }, 'no address'],
    ['a resolver that does not answer', { [name]: { code: 'EAI_AGAIN' } }, 'not checked'],
    ['no address for anything', { [name]: { code: 'ENOTFOUND' }, [domain]: { code: 'ENOTFOUND' } }, 'not checked'],
    ['nobody who listens', { [name]: { code: 'ECONNREFUSED' } }, 'not checked'],
    ['a certificate for another name', { [name]: { code: 'ERR_TLS_CERT_ALTNAME_INVALID' } }, 'answered by another'],
    ["CloudFront's own refusal", { [name]: { status: 403, body: page, via: 'CloudFront' } }, 'answered by another'],
    ['an old server', { [name]: { status: 502, body: '<html>nginx</html>' } }, 'answered by another'],
    ['another installation', { [name]: { status: 403, body: 'bad signature' } }, 'answered by another'],
    [
      'a firewall before both',
      { [name]: { status: 403, body: page }, [domain]: { status: 403, body: page } },
      'not checked',
    ],
    [
      'TLS opened before both',
      { [name]: { code: 'SELF_SIGNED_CERT_IN_CHAIN' }, [domain]: { code: 'SELF_SIGNED_CERT_IN_CHAIN' } },
      'not checked',
    ],
    ['a bad moment', { [name]: { status: 503, body: page, via: 'CloudFront' } }, 'not checked'],
  ] as const) {
    it(`is ${state} with ${what}`, async () => {
      expect((await lookAtName({ name, domain, secret }, answering(answers))).state).to.equal(state)
    })
  }

  it('is told by status where it does not, or was not looked at', async () => {
    expect(nameFact(null)).to.deep.equal([])
    expect(nameFact(await lookAtName({ name, domain, secret }, answering({})))).to.deep.equal([])
    const gone = await lookAtName({ name, domain, secret }, answering({ [name]: { code: 'ENOTFOUND' } }))
    expect(nameFact(gone)).to.deep.equal([['Packages domain', `${name} has no address`]])
  })
})
