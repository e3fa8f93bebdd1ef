import { edgeRegion } from '../../aws/names.ts'
import { isObject, type JsonObject } from '../../json-object.ts'
import { type CloudFormationResource, NameOf } from '../../resources/exported.ts'
import { isPending } from '../../resources/resource.ts'
import type { ExportedInstallation } from './installation.ts'

/** What CloudFormation keeps together: the resources of one region. */
export interface Stack {
  readonly region: string
  readonly template: JsonObject
  /** As `create-change-set --resources-to-import` takes it: what is there already. */
  readonly resourcesToImport: readonly {
    readonly ResourceType: string
    readonly LogicalResourceId: string
    readonly ResourceIdentifier: Readonly<Record<string, string>>
  }[]
}

interface Placed {
  readonly resource: CloudFormationResource
  readonly logicalName: string
  readonly isThere: boolean
}

/** An installation as stacks, one a region: what refers to another region has that one's values. */
export function stacksOf(installation: ExportedInstallation): Stack[] {
  const { bucket, nodes } = installation
  const placed = nodes.flatMap(({ exported, isThere }) =>
    exported.cloudFormation.map((resource): Placed => ({ resource, logicalName: logicalNameOf(resource), isThere })),
  )
  const regionOf = ({ resource }: Placed): string => (resource.besideBucket === true ? bucket.region : edgeRegion)
  return [...new Set(placed.map(regionOf))].map((region) =>
    stackOf(
      installation,
      region,
      placed.filter((one) => regionOf(one) === region),
    ),
  )
}

/** Such as `Role`: of each type there is one. */
const logicalNameOf = ({ type }: CloudFormationResource): string => type.slice(type.lastIndexOf(':') + 1)

function stackOf({ name, bucket }: ExportedInstallation, region: string, placed: readonly Placed[]): Stack {
  const inserting = new Insertion(placed)
  const resources = placed.map(({ resource: { type, properties }, logicalName }) => [
    logicalName,
    {
      Type: type,
      DeletionPolicy: 'Retain',
      UpdateReplacePolicy: 'Retain',
      Properties: inserting.into(properties, logicalName),
    },
  ])
  const told = placed.flatMap(({ resource }) =>
    Object.entries(resource.variables ?? {}).map(([parameter, { description, default: usual }]) => [
      parameter,
      { Type: 'String', Description: description, Default: usual },
    ]),
  )
  const parameters = [...told, ...inserting.parameters]
  return {
    region,
    template: {
      AWSTemplateFormatVersion: '2010-09-09',
      Description: `CloudFront for the bucket ${bucket.name} of packagecloud:enterprise, installation ${name}, in ${region}`,
      ...(parameters.length === 0 ? {} : { Parameters: Object.fromEntries(parameters) }),
      Resources: Object.fromEntries(resources),
    },
    resourcesToImport: placed.flatMap(({ resource: { type, identifier }, logicalName, isThere }) =>
      isThere ? [{ ResourceType: type, LogicalResourceId: logicalName, ResourceIdentifier: identifier }] : [],
    ),
  }
}

/** Puts references where the values of other resources of the stack stand. */
class Insertion {
  readonly #known: ReadonlyMap<string, { readonly logicalName: string; readonly as: () => object }>
  readonly #pending = new Map<string, { readonly Type: 'String'; readonly Description: string }>()

  constructor(placed: readonly Placed[]) {
    this.#known = new Map(
      placed.flatMap(({ resource, logicalName }) =>
        Object.entries(resource.known).map(([value, how]) => {
          const as = () => (typeof how === 'string' ? { 'Fn::GetAtt': [logicalName, how] } : how(logicalName))
          return [value, { logicalName, as }] as const
        }),
      ),
    )
  }

  /** What another stack makes, and the operator has to tell. */
  get parameters(): readonly (readonly [string, object])[] {
    return [...this.#pending]
  }

  /** @param within - the logical name of the resource, which does not refer to itself */
  into(value: unknown, within: string): unknown {
    if (value instanceof NameOf) {
      const target = this.#known.get(value.to)
      return target === undefined ? value.text : { Ref: target.logicalName }
    }
    if (Array.isArray(value)) return value.map((one) => this.into(one, within))
    if (isObject(value)) {
      const members = Object.entries(value).map(([member, inner]) => [member, this.into(inner, within)])
      return Object.fromEntries(members.filter(([, inner]) => inner !== undefined))
    }
    if (typeof value !== 'string') return value
    const target = this.#known.get(value)
    if (target !== undefined && target.logicalName !== within) return target.as()
    return isPending(value) ? this.#parameterFor(value) : value
  }

  /** Such as `DistributionARN` for what stands for a distribution's ARN. */
  #parameterFor(standIn: string): object {
    const what = standIn.slice(1, standIn.indexOf(','))
    const parameter = what.replace(/(?:^| )(\w)/g, (_all, letter: string) => letter.toUpperCase())
    this.#pending.set(parameter, { Type: 'String', Description: `The ${what}, as the other stack tells it.` })
    return { Ref: parameter }
  }
}
