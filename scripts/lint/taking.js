/**
 * Visitors for every way to take something from another file: `import` and `export … from` of any kind, `import()`, types,
 * `require`.
 *
 * @param take - hears the node, what it names as a string (undefined where that is calculated), the specifiers (one of type
 *   `all` where everything is taken), and whether types alone are taken
 */
export const visitorOf = (take) => ({
  ImportDeclaration: (node) => take(node, node.source.value, node.specifiers, node.importKind === 'type'),
  ExportNamedDeclaration: (node) =>
    node.source && take(node, node.source.value, node.specifiers, node.exportKind === 'type'),
  ExportAllDeclaration: (node) => take(node, node.source.value, [{ type: 'all' }], node.exportKind === 'type'),
  ImportExpression: (node) => take(node, node.source.value, [{ type: 'all' }], false),
  TSImportType: (node) => take(node, (node.source ?? node.argument?.literal ?? {}).value, [], true),
  TSImportEqualsDeclaration: (node) => take(node, node.moduleReference?.expression?.value, [{ type: 'all' }], false),
  'CallExpression[callee.name="require"]': (node) => take(node, node.arguments[0]?.value, [{ type: 'all' }], false),
})
