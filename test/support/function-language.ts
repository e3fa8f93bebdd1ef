/** Whether a script keeps to the language of CloudFront Functions, runtime cloudfront-js-2.0. */
import ts from 'typescript'

const { SyntaxKind: kind } = ts

/**
 * ES5.1 and what the runtime knows beyond it: const and let, arrow functions, templates, rest parameters, `**`, async
 * functions with await, and imports of what is built in.
 */
const known = new Set([
  ...[kind.SourceFile, kind.EndOfFileToken, kind.ImportDeclaration, kind.ImportClause, kind.EmptyStatement, kind.Block],
  ...[kind.VariableStatement, kind.VariableDeclarationList, kind.VariableDeclaration, kind.FunctionDeclaration],
  ...[kind.Parameter, kind.ExpressionStatement, kind.IfStatement, kind.ForStatement, kind.ForInStatement],
  ...[kind.WhileStatement, kind.DoStatement, kind.ContinueStatement, kind.BreakStatement, kind.ReturnStatement],
  ...[kind.SwitchStatement, kind.CaseBlock, kind.CaseClause, kind.DefaultClause, kind.LabeledStatement],
  ...[kind.ThrowStatement, kind.TryStatement, kind.CatchClause, kind.Identifier, kind.StringLiteral],
  ...[kind.NumericLiteral, kind.RegularExpressionLiteral, kind.TrueKeyword, kind.FalseKeyword, kind.NullKeyword],
  ...[kind.ThisKeyword, kind.ArrayLiteralExpression, kind.ObjectLiteralExpression, kind.PropertyAssignment],
  ...[kind.PropertyAccessExpression, kind.ElementAccessExpression, kind.CallExpression, kind.NewExpression],
  ...[kind.ParenthesizedExpression, kind.FunctionExpression, kind.ArrowFunction, kind.DeleteExpression],
  ...[kind.TypeOfExpression, kind.VoidExpression, kind.AwaitExpression, kind.PrefixUnaryExpression],
  ...[kind.PostfixUnaryExpression, kind.BinaryExpression, kind.ConditionalExpression, kind.TemplateExpression],
  ...[kind.TemplateHead, kind.TemplateMiddle, kind.TemplateTail, kind.TemplateSpan, kind.NoSubstitutionTemplateLiteral],
  ...[kind.AsyncKeyword, kind.DotDotDotToken, kind.EqualsGreaterThanToken, kind.QuestionToken, kind.ColonToken],
])
const isOperator = (node: ts.Node): boolean =>
  (node.kind >= kind.FirstBinaryOperator && node.kind <= kind.LastBinaryOperator) ||
  node.kind === kind.InKeyword ||
  node.kind === kind.InstanceOfKeyword
/** `??`, `??=` and their like are operators too. */
const newerOperators = new Set([
  ...[kind.QuestionQuestionToken, kind.QuestionQuestionEqualsToken],
  ...[kind.BarBarEqualsToken, kind.AmpersandAmpersandEqualsToken],
])

/** What is not in the language, each as it stands there. */
export function newerSyntaxIn(code: string): string[] {
  const file = ts.createSourceFile('function.js', code, ts.ScriptTarget.ES2024, false, ts.ScriptKind.JS)
  const found: string[] = []
  const visit = (node: ts.Node): void => {
    if (isNewer(node)) found.push(`${kind[node.kind]}: ${node.getText(file).slice(0, 60)}`)
    node.forEachChild(visit)
  }
  visit(file)
  return found
}

function isNewer(node: ts.Node): boolean {
  if (isOperator(node)) return newerOperators.has(node.kind)
  if (!known.has(node.kind)) return true
  if (ts.isRegularExpressionLiteral(node)) return /[^gim]$/.test(node.text.slice(node.text.lastIndexOf('/') + 1))
  if (ts.isParameter(node)) return node.initializer !== undefined
  if (ts.isArrowFunction(node) || ts.isFunctionExpression(node)) {
    return node.modifiers !== undefined || ('asteriskToken' in node && node.asteriskToken !== undefined)
  }
  if (ts.isFunctionDeclaration(node)) return node.asteriskToken !== undefined
  if (ts.isCatchClause(node)) return node.variableDeclaration === undefined
  if (ts.isCallExpression(node) && node.arguments.some(awaits)) return true
  return ts.isPropertyAccessExpression(node) || ts.isElementAccessExpression(node) || ts.isCallExpression(node)
    ? node.questionDotToken !== undefined
    : false
}

/** njs: "await in arguments not supported". */
function awaits(node: ts.Node): boolean {
  return ts.isAwaitExpression(node) || (!ts.isFunctionLike(node) && ts.forEachChild(node, awaits) === true)
}
