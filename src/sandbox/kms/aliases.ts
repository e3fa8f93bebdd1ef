import { aliasArn } from '../contracts/arns.ts'
import {
  checkNotPending,
  findKey,
  kmsError,
  page,
  requiredIn,
  seconds,
  textIn,
  validationException,
  type Alias,
  type KmsOperation,
  type KmsState,
} from './state.ts'
import type { JsonObject } from '../../json-object.ts'
import { isListed } from '../contracts/service.ts'

/** Operations on aliases, KMS API reference. */
export const aliasOperations: Readonly<Record<string, KmsOperation>> = {
  CreateAlias(state, input, { region }) {
    const name = aliasNameIn(input)
    const targetKeyId = targetIn(state, input, region)
    const arn = aliasArn(region, state.context.accountId, name)
    if (state.aliases.get(`${region}/${name}`) !== undefined) {
      throw kmsError('AlreadyExistsException', `An alias with the name ${arn} already exists`)
    }
    const now = state.context.now()
    put(state, { name, arn, region, targetKeyId, createdAt: now, updatedAt: now })
    return {}
  },
  UpdateAlias(state, input, { region }) {
    const alias = existing(state, input, region)
    put(state, { ...alias, targetKeyId: targetIn(state, input, region), updatedAt: state.context.now() })
    return {}
  },
  DeleteAlias(state, input, { region }) {
    state.aliases.delete(`${region}/${existing(state, input, region).name}`)
    return {}
  },
  ListAliases(state, input, { region }) {
    const keyId = textIn(input, 'KeyId')
    const target = keyId === undefined ? undefined : findKey(state, keyId, region).id
    const aliases = state.aliases
      .list()
      .filter((alias) => alias.region === region && isListed(state.context, alias.createdAt))
      .filter((alias) => target === undefined || alias.targetKeyId === target)
    return page(input, aliases, 'Aliases', (alias) => ({
      AliasName: alias.name,
      AliasArn: alias.arn,
      TargetKeyId: alias.targetKeyId,
      CreationDate: seconds(alias.createdAt),
      LastUpdatedDate: seconds(alias.updatedAt),
    }))
  },
}

const put = (state: KmsState, alias: Alias): void => state.aliases.put(`${alias.region}/${alias.name}`, alias)

function aliasNameIn(input: JsonObject): string {
  const name = requiredIn(input, 'AliasName', 256)
  if (!name.startsWith('alias/')) {
    throw validationException(
      'Alias must start with the prefix "alias/". Please see https://docs.aws.amazon.com/kms/latest/developerguide/kms-alias.html',
    )
  }
  if (name.startsWith('alias/aws/')) throw kmsError('NotAuthorizedException', '')
  if (/^alias\/[a-zA-Z0-9/_-]+$/.test(name)) return name
  throw kmsError('InvalidAliasNameException', 'Alias contains invalid characters.')
}

function targetIn(state: KmsState, input: JsonObject, region: string): string {
  const target = requiredIn(input, 'TargetKeyId')
  if (/(^|:)alias\//.test(target)) throw validationException('Aliases must refer to keys. Not aliases')
  return checkNotPending(findKey(state, target, region)).id
}

function existing(state: KmsState, input: JsonObject, region: string): Alias {
  const name = aliasNameIn(input)
  const alias = state.aliases.get(`${region}/${name}`)
  if (alias === undefined)
    throw kmsError('NotFoundException', `Alias ${aliasArn(region, state.context.accountId, name)} is not found.`)
  return alias
}
