import ts from 'typescript'
import type { SourceFile } from './source-files.ts'

/** Something found in a file: its line (from 1) and what stands there. */
export type Found = { line: number; what: string }

function walk(file: SourceFile, visit: (node: ts.Node, found: (what: string) => void) => void): Found[] {
  const kind = file.path.endsWith('x') ? ts.ScriptKind.TSX : ts.ScriptKind.TS
  const root = ts.createSourceFile(file.path, file.text, ts.ScriptTarget.Latest, true, kind)
  const all: Found[] = []
  const into = (node: ts.Node) => {
    visit(node, (what) => {
      all.push({ line: root.getLineAndCharacterOfPosition(node.getStart(root)).line + 1, what })
    })
    ts.forEachChild(node, into)
  }
  into(root)
  return all
}

/** Every string and template of a file; what a template inserts is left as ` $ `. Comments are not strings. */
export function strings(file: SourceFile): Found[] {
  return walk(file, (node, found) => {
    if (ts.isStringLiteral(node) || ts.isNoSubstitutionTemplateLiteral(node)) found(node.text)
    if (ts.isTemplateExpression(node)) {
      found([node.head.text, ...node.templateSpans.map((span) => span.literal.text)].join(' $ '))
    }
  })
}

const MEMBERS = new Set([
  'Date.now',
  'Math.random',
  'performance.now',
  'process.env',
  'process.hrtime',
  'Temporal.Now',
  'crypto.randomUUID',
  'crypto.getRandomValues',
])
const GLOBALS = new Set(['fetch', 'setTimeout', 'setInterval', 'setImmediate', 'WebSocket', 'EventSource'])
const RANDOM = new Set(['randomBytes', 'randomFill', 'randomFillSync', 'randomInt', 'randomUUID', 'getRandomValues'])
const OUTSIDE = /^(node:)?(timers|timers\/promises|http|https|http2|net|tls|dgram|undici)$/

/** Time, chance, timers, the network and the environment, taken from the platform rather than through a port. */
export function platformUses(file: SourceFile): Found[] {
  return walk(file, (node, found) => {
    if (ts.isPropertyAccessExpression(node)) {
      const name = node
        .getText()
        .replace(/^globalThis\./, '')
        .replaceAll('?.', '.')
      if (MEMBERS.has(name)) found(name)
      if (node.expression.getText() === 'globalThis' && GLOBALS.has(node.name.text)) found(node.name.text)
    }
    const isDate = (ts.isNewExpression(node) || ts.isCallExpression(node)) && node.expression.getText() === 'Date'
    if (isDate && (ts.isCallExpression(node) || !node.arguments?.length)) found('new Date()')
    if (ts.isIdentifier(node) && GLOBALS.has(node.text) && isUse(node)) found(node.text)
    if (ts.isImportDeclaration(node)) imported(node).forEach(found)
  })
}

/** A name that stands for the value, not one that names a member, a parameter or a declaration. */
function isUse(node: ts.Identifier): boolean {
  const { parent } = node
  if (ts.isCallExpression(parent) || ts.isNewExpression(parent)) return true
  if (ts.isShorthandPropertyAssignment(parent)) return true
  return (
    !('name' in parent && parent.name === node) && ts.isExpression(parent) && !ts.isPropertyAccessExpression(parent)
  )
}

function imported(node: ts.ImportDeclaration): string[] {
  const from = (node.moduleSpecifier as ts.StringLiteral).text
  const clause = node.importClause
  if (!clause || clause.phaseModifier === ts.SyntaxKind.TypeKeyword) return []
  const bindings = clause.namedBindings
  const names = bindings && ts.isNamedImports(bindings) ? bindings.elements.filter((name) => !name.isTypeOnly) : []
  if (OUTSIDE.test(from) && (names.length > 0 || clause.name || (bindings && ts.isNamespaceImport(bindings))))
    return [from]
  if (!/^(node:)?crypto$/.test(from)) return []
  return names.map((name) => (name.propertyName ?? name.name).text).filter((name) => RANDOM.has(name))
}

/** `test.only`, `describe.skip`, `test.todo` and their kin: a test that is not run cannot fail. */
export function silencedTests(file: SourceFile): Found[] {
  return walk(file, (node, found) => {
    if (!ts.isPropertyAccessExpression(node)) return
    if (/^(test|it|describe|suite|bench)\b/.test(node.getText()) && /^(only|skip|todo)$/.test(node.name.text)) {
      found(node.getText())
    }
  })
}
