// The texts that a TypeScript source holds: strings and templates, where they begin. What is interpolated stands as {}, and texts inside of it
// are texts of their own. Names of modules and types are none.
import { parseSync } from '@swc/core'

export type LiteralText = { text: string; line: number }

export function literalTexts(source: string): readonly LiteralText[] {
  // Positions count bytes, on from one parse to the next: the statement put before the source says where this one begins.
  const parsed = parseSync(`;${source}`, { syntax: 'typescript', target: 'esnext' })
  const beginning = (parsed.body[0]?.span.start ?? 0) + 1
  const bytes = Buffer.from(source)
  const lineAt = (position: number) =>
    bytes
      .subarray(0, position - beginning)
      .toString()
      .split('\n').length
  return nodesOf(parsed).flatMap(node => {
    const text = textOf(node)
    return text === null ? [] : [{ text, line: lineAt(node.span.start) }]
  })
}

type Node = Readonly<Record<string, unknown>> & { type: string; span: { start: number } }

const textOf = (node: Node): string | null => {
  if (node.type === 'StringLiteral') return String(node.value)
  if (node.type !== 'TemplateLiteral') return null
  return parts(node.quasis)
    .map(({ cooked, raw }) => String(cooked ?? raw))
    .join('{}')
}

const parts = (quasis: unknown): readonly Readonly<Record<string, unknown>>[] => (Array.isArray(quasis) ? quasis : [])

const isPassedOver = ({ type }: Node): boolean => type === 'ImportDeclaration' || type.startsWith('Ts')

/** Assertions are types around what is still an expression. */
const holdsExpression = ['TsAsExpression', 'TsSatisfiesExpression', 'TsConstAssertion', 'TsNonNullExpression']

function nodesOf(value: unknown): readonly Node[] {
  if (Array.isArray(value)) return value.flatMap(nodesOf)
  if (typeof value !== 'object' || value === null) return []
  if (!isNode(value)) return Object.values(value).flatMap(nodesOf)
  if (holdsExpression.includes(value.type)) return nodesOf(value.expression)
  return isPassedOver(value) ? [] : [value, ...Object.values(value).flatMap(nodesOf)]
}

const isNode = (value: object): value is Node => 'type' in value && typeof value.type === 'string' && 'span' in value
