import { Agent, get as httpGet } from 'node:http'
import { setTimeout as sleep } from 'node:timers/promises'

import { objectBody, objectKey } from './installation.ts'
import { token, type Rotation } from './rotation.ts'

const atOnce = 16

interface Answer {
  readonly status: number
  readonly location: string | undefined
  readonly body: string
}

/** Clients that download without a break, each as package managers do: the front server, then where it sends them. */
export class Load {
  readonly agent = new Agent({ keepAlive: true, maxSockets: 64 })
  readonly refusals: string[] = []
  readonly signers = new Set<string>()
  done = 0
  readonly #here: Rotation
  #isOver = false
  readonly #clients: Promise<void>[]

  constructor(here: Rotation) {
    this.#here = here
    this.#clients = Array.from({ length: atOnce }, (_, number) => this.#client(number))
  }

  async until(count: number): Promise<void> {
    while (this.done < count) await sleep(50)
  }

  async end(): Promise<void> {
    this.#isOver = true
    await Promise.all(this.#clients)
    this.agent.destroy()
  }

  async #client(number: number): Promise<void> {
    for (let turn = number; !this.#isOver; turn++) {
      const front = this.#here.fronts[turn % this.#here.fronts.length]
      const path = objectKey.split('/').map(encodeURIComponent).join('/')
      const auth = `Basic ${Buffer.from(`${token}:`).toString('base64')}`
      const { location = '' } = await this.#get(`${front?.url ?? ''}/${path}`, { authorization: auth })
      // Some take their time between the two.
      if (turn % 7 === 0) await sleep(100)
      const { status, body } = await this.#get(location, {})
      this.done++
      if (status !== 200 || body !== objectBody) this.refusals.push(`${status} ${body.slice(0, 100)}`)
    }
  }

  #get(url: string, headers: Record<string, string>): Promise<Answer> {
    return new Promise((resolve, reject) => {
      httpGet(url, { agent: this.agent, headers }, (response) => {
        let body = ''
        response.setEncoding('utf8')
        response.on('data', (chunk) => (body += String(chunk)))
        response.on('end', () =>
          resolve({ status: response.statusCode ?? 0, location: response.headers.location, body }),
        )
      }).on('error', reject)
    })
  }
}
