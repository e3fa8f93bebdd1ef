import { DockerfileParser } from 'dockerfile-ast'

/** An instruction of a Dockerfile. */
export interface Instruction {
  /** Such as `RUN`. */
  readonly keyword: string
  /** Such as `--mount=…`. */
  readonly flags: readonly string[]
  /** What follows, on one line. */
  readonly argument: string
}

/** The instructions in their order. */
export function instructionsOf(dockerfile: string): Instruction[] {
  return DockerfileParser.parse(dockerfile)
    .getInstructions()
    .map((instruction) => {
      const words = (instruction.getArgumentsContent() ?? '').replaceAll(/\\\n\s*/g, ' ')
      const [flags = ''] = /^(?:--\S+\s+)*/.exec(words) ?? []
      return {
        keyword: instruction.getKeyword(),
        flags: flags.split(/\s+/).filter((flag) => flag !== ''),
        argument: words.slice(flags.length).trim(),
      }
    })
}
