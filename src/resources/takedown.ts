/**
 * How an operator takes away what is there, with AWS's own command line. pc-ctl itself sends no such call: it only says
 * what to type.
 */
import { commandLine } from '../shell.ts'

/** A command line of `aws`, as a POSIX shell reads it: `cli('iam', 'delete-role', '--role-name', name)`. */
export type AwsCli = (...words: readonly string[]) => string

/** One step of taking something away. */
export interface Takedown {
  readonly title: string
  /** Lines for a POSIX shell, one after the other. */
  readonly commands: readonly string[]
  /** What is seen if all is well, and what else may be. */
  readonly expected: string
  /** A key of the durations that a runbook tells. */
  readonly takes: 'a call' | 'deployment' | 'replicas'
  readonly loses: string
  /** How that is had back; `null` where it can't be. */
  readonly undo: string | null
}

/** @param profile - of AWS's shared configuration, where one is named */
export const awsCli =
  (profile: string | undefined): AwsCli =>
  (...words) =>
    commandLine(['aws', ...words, ...(profile === undefined ? [] : ['--profile', profile])])

/**
 * Has CloudFront delete something of its own, against the version that is there when the command is run.
 *
 * @param noun - as in the names of the commands, such as `cache-policy`
 */
export const deleteByETag = (cli: AwsCli, noun: string, id: string): string =>
  `${cli('cloudfront', `delete-${noun}`, '--id', id)} --if-match "$(${eTagOf(cli, noun, id)})"`

/** Prints the ETag that CloudFront wants to be told. */
export const eTagOf = (cli: AwsCli, noun: string, id: string): string =>
  cli('cloudfront', `get-${noun}`, '--id', id, '--query', 'ETag', '--output', 'text')
