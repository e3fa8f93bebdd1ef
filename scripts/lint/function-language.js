/** What runs as a CloudFront Function, by its path from the checkout; a test holds the list to what is really bundled. */
export const functionFiles = [
  'src/edge/cloudfront-function.ts',
  'src/edge/guard.ts',
  'src/edge/path.ts',
  'src/edge/secret-text.ts',
  'src/edge/store-value.ts',
  'src/edge/token.ts',
  'src/json-object.ts',
]

/** What the runtime of CloudFront Functions does not know, and the build can't rewrite: for `no-restricted-syntax`. */
export const functionLanguage = [
  'ObjectPattern, ArrayPattern',
  'SpreadElement',
  'AssignmentPattern',
  'ClassDeclaration, ClassExpression',
  'ForOfStatement',
  ':function[generator=true]',
  'ArrowFunctionExpression[async=true], FunctionExpression[async=true]',
  'CallExpression > AwaitExpression.arguments',
].map((selector) => ({
  selector,
  message: 'The runtime of CloudFront Functions does not know it: see src/edge/cloudfront-function.ts.',
}))
