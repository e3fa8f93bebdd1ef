import { visitorOf } from './taking.js'

/** The only file that destroys anything, and the one command that it may send. */
const destroyer = { file: 'src/resources/cloudfront/distribution-removal.ts', command: 'DeleteDistributionCommand' }

/** The only file that has a DELETE sent, and what for. */
const ender = { file: 'src/aws/s3-lean.ts', action: 's3:AbortMultipartUpload' }

const destroying = /^(?:Delete|Remove|Untag|Schedule.*Deletion|Disable|Purge).*Command$/

/** What of a client may be had by its name: its plain client, commands, waiters, page by page, errors, types of shapes. */
const aggregated =
  /^(?!.*(?:Client|Command|Exception|Error|Input|Output|Request|Response)$)(?:S3|CloudFront|IAM|KMS|Lambda|STS|ACM|ResourceGroupsTaggingAPI|CostExplorer)$/

/** All of a package in one value; Node gives what is CommonJS the last two names. */
const wholes = new Set(['ImportNamespaceSpecifier', 'ImportDefaultSpecifier', 'all', 'default', 'module.exports'])

/** What a specifier names there, which may be quoted; what it is called here does not matter. */
const named = ({ imported, local }) => {
  const name = imported ?? local
  return name?.name ?? name?.value ?? ''
}

/** Why nobody may have this of a client of AWS, and undefined where it destroys nothing. */
function objectionTo(isDestroyer, specifier) {
  const name = named(specifier)
  if (wholes.has(specifier.type) || wholes.has(name)) {
    return 'Of a client of AWS single names are imported, so that one sees that none of them destroys anything.'
  }
  if (aggregated.test(name)) {
    return `${name} has every call of its service, those that destroy among them: take its plain client.`
  }
  if (!destroying.test(name) || (isDestroyer && name === destroyer.command)) return undefined
  return 'pc-ctl destroys nothing outside cfremove.'
}

const keyOf = ({ key }) => key?.name ?? key?.value ?? key?.quasis?.[0]?.value.cooked

/** Whether a string is HTTP's DELETE: so written anywhere, or in any case where a method is named. */
function isDelete(text, holder) {
  if (text === 'DELETE') return true
  return /^delete$/i.test(text) && holder.type === 'Property' && keyOf(holder) === 'method'
}

/** Whether it ends an upload, or is the type of what does. */
const endsUpload = (holder) =>
  holder.type === 'TSLiteralType' ||
  (holder.type === 'Property' &&
    holder.parent.properties.some((one) => keyOf(one) === 'action' && one.value?.value === ender.action))

/** Nothing of AWS's is deleted outside cfremove: no command that does is had by any spelling, nor HTTP's own method. */
export const destroysNothing = {
  meta: { type: 'problem', schema: [] },
  create(context) {
    const filename = context.filename.replaceAll('\\', '/')
    const isIn = (path) => filename.endsWith(`/${path}`)
    const report = (node, message) => context.report({ node, message })
    const refuseDelete = (node, text, holder) => {
      if (!isDelete(text, holder) || (isIn(ender.file) && endsUpload(holder))) return
      report(node, `pc-ctl sends no DELETE: what ends an upload is a call of its own in ${ender.file}.`)
    }
    return {
      ...visitorOf((node, specifier, specifiers, isType) => {
        if (isType || typeof specifier !== 'string' || !specifier.startsWith('@aws-sdk/')) return
        for (const one of specifiers) {
          if (one.importKind === 'type' || one.exportKind === 'type') continue
          const objection = objectionTo(isIn(destroyer.file), one)
          if (objection !== undefined) report(node, objection)
        }
      }),
      ...(!/\/src\/sandbox\//.test(filename) && {
        Literal: (node) => refuseDelete(node, node.value, node.parent),
        TemplateElement: (node) => refuseDelete(node, node.value.cooked, node.parent.parent),
      }),
    }
  },
}
