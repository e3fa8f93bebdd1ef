import type { Credentials } from '../iam/iam.ts'

/** The server that stands for packagecloud: it hands clients on to where the packages are. */
export interface Front {
  readonly url: string
  readonly port: number
  /**
   * Reads the settings again; until then the server goes on with those it has, as the real one does. Rejects if they
   * can't be used; the server then answers 503 until it is restarted with better ones.
   */
  restart(): Promise<void>
  close(): Promise<void>
}

/** What a front server is started with. */
export interface FrontSurroundings {
  /** Where it listens; 0 for any free port. */
  readonly port: number
  /** The sandbox's AWS endpoint. */
  readonly endpoint: string
  /** The access token that clients send as user name. */
  readonly token: string
  /** What it is given of AWS where it has no keys of its own. */
  readonly credentials: Credentials
}

/** Starts the front server; the sandbox keeps its port and token across runs, and ends it. */
export type StartFront = (surroundings: FrontSurroundings) => Promise<Front>
