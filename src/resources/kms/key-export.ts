import { type Exported, given, NameOf } from '../exported.ts'
import { tagList } from '../tags.ts'
import type { Key } from './key-search.ts'

/** The key and its alias. Its policy is left as it is by both tools where they are not told of one. */
export function exportedKey(alias: string, { arn, description, rotates, hasAlias, tags }: Key): Exported {
  const id = arn.slice(arn.lastIndexOf('/') + 1)
  const target = new NameOf(id, arn, 'key_id')
  return {
    terraform: [
      {
        type: 'aws_kms_key',
        id,
        body: { description: given(description), enable_key_rotation: rotates, tags },
        known: { [arn]: 'arn' },
      },
      ...(hasAlias
        ? [{ type: 'aws_kms_alias', id: alias, body: { name: alias, target_key_id: target }, known: {} }]
        : []),
    ],
    cloudFormation: [
      {
        type: 'AWS::KMS::Key',
        identifier: { KeyId: id },
        properties: { Description: given(description), EnableKeyRotation: rotates, Tags: tagList(tags) },
        known: { [arn]: 'Arn' },
      },
      ...(hasAlias
        ? [
            {
              type: 'AWS::KMS::Alias',
              identifier: { AliasName: alias },
              properties: { AliasName: alias, TargetKeyId: target },
              known: {},
            },
          ]
        : []),
    ],
  }
}
