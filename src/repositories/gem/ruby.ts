/** Values of Ruby as far as gemspecs and their indexes are made of them. Each is one object: what is shared stays shared. */

/** A string of Ruby; `ascii` are those that Ruby makes of nothing. */
export class RubyString {
  readonly text: string
  readonly encoding: 'utf8' | 'ascii'

  constructor(text: string, encoding: 'utf8' | 'ascii' = 'utf8') {
    this.text = text
    this.encoding = encoding
  }
}

export class RubySymbol {
  readonly name: string

  constructor(name: string) {
    this.name = name
  }
}

export class RubyHash {
  readonly entries: (readonly [Ruby, Ruby])[] = []
}

/** An object of a class without a form of its own: its instance variables in their order. */
export class RubyObject {
  readonly className: string
  /** By name, without `@`. */
  readonly variables: Map<string, Ruby>

  constructor(className: string, variables = new Map<string, Ruby>()) {
    this.className = className
    this.variables = variables
  }
}

/** An object that is told by an array of its own making: `Gem::Version`, `Gem::Requirement`. */
export class RubyMarshalled {
  readonly className: string
  /** What `marshal_dump` returns, each time anew. */
  readonly dump: () => Ruby[]

  constructor(className: string, dump: () => Ruby[]) {
    this.className = className
    this.dump = dump
  }
}

/** `Gem::Version`. */
export class RubyVersion extends RubyMarshalled {
  readonly text: string

  constructor(text: string) {
    super('Gem::Version', () => [new RubyString(text)])
    this.text = text
  }
}

/** `Gem::Requirement`: pairs of an operator and a version. */
export class RubyRequirement extends RubyMarshalled {
  requirements: Ruby[] = []

  constructor() {
    super('Gem::Requirement', () => [this.requirements])
  }
}

/** `Time`, a day in UTC. */
export class RubyDay {
  readonly year: number
  /** From 1. */
  readonly month: number
  readonly day: number

  constructor(year: number, month: number, day: number) {
    this.year = year
    this.month = month
    this.day = day
  }
}

export type Ruby =
  null | boolean | number | RubyString | RubySymbol | RubyHash | RubyObject | RubyMarshalled | RubyDay | Ruby[]
