/** oclif.manifest.json: what there is to type. */
/** A flag of a command, as oclif's manifest has it. */
export interface Flag {
  readonly name: string
  readonly char?: string
  readonly type: 'boolean' | 'option'
  readonly description?: string
  readonly helpValue?: string
  readonly options?: readonly string[]
  readonly aliases?: readonly string[]
  readonly allowNo?: boolean
  readonly multiple?: boolean
  /** Between values in one word. */
  readonly delimiter?: string
  readonly hidden?: boolean
  readonly exclusive?: readonly string[]
  /** Of a fault of the sandbox, what its parts may be. */
  readonly faults?: FaultWords
}

/** What `SERVICE:OPERATION[:CALLS][:before|after]:WHAT` is made of. */
export interface FaultWords {
  /** Services by name, with the operations that each performs. */
  readonly services: Readonly<Record<string, readonly string[]>>
  readonly mishaps: readonly string[]
}

/** A word of a command without a flag. */
export interface Arg {
  readonly name: string
  readonly description?: string
  readonly multiple?: boolean
  readonly options?: readonly string[]
}

/** A command, as oclif's manifest has it. */
export interface Command {
  readonly id: string
  readonly summary?: string
  readonly aliases?: readonly string[]
  readonly args: Readonly<Record<string, Arg>>
  readonly flags: Readonly<Record<string, Flag>>
  readonly strict?: boolean
  readonly hidden?: boolean
}

/** Where the shell itself knows best: files, or folders alone. */
export type Paths = 'files' | 'folders'

/** @param text - of the manifest */
export const commandsOf = (text: string): Command[] =>
  Object.values((JSON.parse(text) as { commands: Readonly<Record<string, Command>> }).commands)
