import { edgeRegion } from '../../aws/names.ts'
import { NameOf, type TerraformResource } from '../../resources/exported.ts'
import { Blocks, Expression, type HclBody, hclBlock, type HclValue, withStrings } from '../../ui/hcl.ts'
import type { ExportedInstallation } from './installation.ts'

/** The alias of the provider of the bucket's region. */
const bucketProvider = 'bucket'

interface Placed {
  readonly resource: TerraformResource
  /** Such as `aws_iam_role.packagecloud`. */
  readonly address: string
  readonly isThere: boolean
}

/**
 * An installation as Terraform's configuration, with an `import` block for each resource that is there. Where one refers
 * to another, it does so by that one's attribute.
 */
export function terraformOf({ name, bucket, nodes }: ExportedInstallation): string {
  const placed = nodes.flatMap(({ exported, isThere }) =>
    exported.terraform.map((resource): Placed => ({ resource, address: `${resource.type}.${name}`, isThere })),
  )
  const known = new Map(
    placed.flatMap(({ resource, address }) =>
      Object.entries(resource.known).map(([value, attribute]) => [value, { address, attribute }] as const),
    ),
  )
  const isElsewhere = bucket.region !== edgeRegion
  const described = placed.filter(({ resource }) => resource.body !== undefined)
  return [
    hclBlock('terraform', [], {
      required_version: '>= 1.5.0',
      required_providers: new Blocks({
        aws: {
          source: 'hashicorp/aws',
          version: `>= ${described.find(({ resource }) => resource.provider !== undefined)?.resource.provider ?? '5.80.0'}`,
        },
      }),
    }),
    hclBlock('provider', ['aws'], { region: edgeRegion }),
    ...(isElsewhere ? [hclBlock('provider', ['aws'], { alias: bucketProvider, region: bucket.region })] : []),
    ...described.flatMap(({ resource }) =>
      Object.entries(resource.variables ?? {}).map(([variable, told]) =>
        hclBlock('variable', [variable], {
          description: told.description,
          type: new Expression('string'),
          default: told.default,
        }),
      ),
    ),
    ...described.flatMap((one) => [...importOf(one), resourceOf(one, name, known, isElsewhere)]),
  ].join('\n')
}

const importOf = ({ resource: { id }, address, isThere }: Placed): string[] =>
  isThere ? [hclBlock('import', [], { to: new Expression(address), id })] : []

function resourceOf(
  { resource: { type, body = {}, besideBucket, ignored = [] }, address }: Placed,
  name: string,
  known: ReadonlyMap<string, { readonly address: string; readonly attribute: string }>,
  isElsewhere: boolean,
): string {
  const to = (value: string | Expression): HclValue => {
    if (value instanceof Expression && !(value instanceof NameOf)) return value
    const target = known.get(value instanceof NameOf ? value.to : value)
    if (target === undefined || target.address === address) return value instanceof NameOf ? value.text : value
    return new Expression(`${target.address}.${value instanceof NameOf ? value.attribute : target.attribute}`)
  }
  const lifecycle: HclBody = {
    prevent_destroy: true,
    ...(ignored.length === 0 ? {} : { ignore_changes: ignored.map((argument) => new Expression(argument)) }),
  }
  return hclBlock('resource', [type, name], {
    ...(besideBucket === true && isElsewhere ? { provider: new Expression(`aws.${bucketProvider}`) } : {}),
    ...withStrings(body, to),
    lifecycle: new Blocks(lifecycle),
  })
}
