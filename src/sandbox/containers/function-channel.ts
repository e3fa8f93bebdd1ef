import { Socket } from 'node:net'

/**
 * Messages longer than this many characters end the container. Lambda takes 6 MiB of an answer; a request of the
 * function's may hold as much, as base64.
 */
const longestMessage = 32 * 1024 * 1024

/** The container's end of a channel. */
export interface ContainerChannel {
  /** @param done - called when the message is on its way */
  send(message: unknown, done?: () => void): void
  listen(listener: (message: unknown) => void): void
}

/**
 * The sandbox's end of the socket pair between it and a container: lines of JSON. Node's own channel between processes
 * would do less well: it ends the sandbox when a function writes into it, and shows in the function as `process.send`.
 */
export class FunctionChannel {
  readonly #socket: Socket

  /**
   * @param stream - of the child process, the one of {@link channelDescriptor}
   * @param receive - hears what can be read as JSON
   * @param overrun - hears of a message that never ends
   */
  constructor(stream: unknown, receive: (message: unknown) => void, overrun: () => void) {
    if (!(stream instanceof Socket)) throw new TypeError('The container has no channel.')
    this.#socket = stream
    let rest: string[] = []
    let length = 0
    stream.setEncoding('utf8').on('data', (text: string) => {
      const lines = text.split('\n')
      const last = lines.pop() ?? ''
      for (const line of lines) {
        const whole = [...rest, line].join('')
        rest = []
        length = 0
        const message = parsed(whole)
        if (message !== undefined) receive(message)
      }
      rest.push(last)
      length += last.length
      if (length > longestMessage) overrun()
    })
    // A container that has ended says so by its exit.
    stream.on('error', () => undefined)
  }

  send(message: unknown): void {
    this.#socket.write(`${JSON.stringify(message)}\n`)
  }
}

function parsed(line: string): unknown {
  try {
    return JSON.parse(line)
  } catch {
    return undefined
  }
}

/** The number of the socket in the container. */
export const channelDescriptor = 3

/**
 * Opens the container's end; when the sandbox's is closed the container ends. It goes over as its own source text, so it
 * must not use anything from outside its body.
 *
 * @param descriptor - {@link channelDescriptor}
 */
export function openChannel(descriptor: number): ContainerChannel {
  const net = process.getBuiltinModule('node:net')
  const socket = new net.Socket({ fd: descriptor, readable: true, writable: true })
  const { parse, stringify } = JSON
  socket.setEncoding('utf8').on('close', () => process.exit(0))
  socket.on('error', () => process.exit(0))
  return {
    send: (message, done) => void socket.write(`${stringify(message)}\n`, done),
    listen(listener) {
      let rest = ''
      socket.on('data', (text: string) => {
        const lines = (rest + text).split('\n')
        rest = lines.pop() ?? ''
        for (const line of lines) listener(parse(line))
      })
    },
  }
}
