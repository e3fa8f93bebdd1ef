/** How a resource is told to tools that would keep it instead of pc-ctl. */
import { Expression, type HclBody } from '../ui/hcl.ts'

/** One resource as other tools have it: none, or several, of theirs may be one of ours. */
export interface Exported {
  readonly terraform: readonly TerraformResource[]
  readonly cloudFormation: readonly CloudFormationResource[]
  /** Settings that one of the languages has no word for that we know. */
  readonly leftOut?: readonly string[]
}

/** What both languages tell. */
interface Told {
  /** Such as `aws_iam_role` or `AWS::IAM::Role`; an installation has at most one of each type. */
  readonly type: string
  /** It lives in the bucket's region, all others in us-east-1. */
  readonly besideBucket?: true
  /** What only the operator has: what it is, and what it is by default, by the name that the body refers to. */
  readonly variables?: Readonly<Record<string, Variable>>
}

interface Variable {
  readonly description: string
  readonly default?: string
}

export interface TerraformResource extends Told {
  /** What `terraform import` takes. */
  readonly id: string
  /** Its arguments; without them another export tells these, and this one only what is known of it. */
  readonly body?: HclBody
  /** The first version of the aws provider that knows all of its values; an older one would do by default. */
  readonly provider?: string
  /** Arguments that Terraform may not change later. */
  readonly ignored?: readonly string[]
  /** Values by which others refer to it, and the attribute that each is. */
  readonly known: Readonly<Record<string, string>>
}

export interface CloudFormationResource extends Told {
  /** Its primary identifier. */
  readonly identifier: Readonly<Record<string, string>>
  readonly properties: Readonly<Record<string, unknown>>
  /** As with Terraform: an attribute of `Fn::GetAtt`, or a function of the logical name. */
  readonly known: Readonly<Record<string, string | ((logicalName: string) => object)>>
}

/** What `Ref` answers. */
export const ref = (logicalName: string): object => ({ Ref: logicalName })

/** A name of another resource that is no ARN or id: equal names of other things are not meant. */
export class NameOf extends Expression {
  /** A value by which the other one is known. */
  readonly to: string
  /** The attribute of Terraform that has the name. */
  readonly attribute: string

  constructor(name: string, to: string, attribute: string) {
    super(name)
    this.to = to
    this.attribute = attribute
  }
}

/** Leaves out what says nothing. */
export const given = <T extends string | number | readonly unknown[] | Readonly<Record<string, unknown>>>(
  value: T | undefined,
): T | undefined => {
  const isEmpty = typeof value === 'object' ? Object.keys(value).length === 0 : value === ''
  return isEmpty ? undefined : value
}
