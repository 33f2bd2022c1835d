// Finds state that has no name: a function with more than three `let`s that functions inside of it assign is a state machine whose states
// nobody has written down. Those that are known by name are allowed the number they have, and are told once they have fewer.
import { parseSync } from '@swc/core'

export const MOST = 3

/** `at` is path#function, or path alone for a file's own `let`s. */
export type Closure = { at: string; lets: readonly string[] }

/** Answers one sentence for each closure that is over its allowance, and for each allowance that is more than is needed. */
export function judgeClosures(files: ReadonlyMap<string, string>, allowed: Readonly<Record<string, number>>): readonly string[] {
  const found = [...files].flatMap(([path, text]) => findClosures(path, text)).filter(({ lets }) => lets.length > MOST)
  const counts = new Map(found.map(({ at, lets }) => [at, lets.length]))
  const over = found
    .filter(({ at, lets }) => lets.length > (allowed[at] ?? MOST))
    .map(
      ({ at, lets }) => `${at}: expected at most ${allowed[at] ?? MOST} lets that inner functions assign, got ${lets.join(', ')}`,
    )
  const spare = Object.entries(allowed)
    .filter(([at, count]) => count > (counts.get(at) ?? 0))
    .map(
      ([at, count]) => `${at}: it is allowed ${count} lets and has ${counts.get(at) ?? `${MOST} or fewer`}: lower the allowance`,
    )
  return [...over, ...spare]
}

/** Every function of a file that has a `let` which a function inside of it assigns. */
export function findClosures(path: string, text: string): readonly Closure[] {
  const module = parseSync(text, { syntax: 'typescript', tsx: path.endsWith('.tsx') })
  const found: Closure[] = []
  walk({ ...module }, openScope(null, null), scope => {
    if (scope.assigned.size > 0)
      found.push({ at: scope.name === null ? path : `${path}#${scope.name}`, lets: [...scope.assigned] })
  })
  return found
}

type Scope = {
  /** null: the file. */
  name: string | null
  lets: Set<string>
  /** Everything declared here, parameters too: an inner name hides an outer one. */
  own: Set<string>
  /** Those of `lets` that a function inside assigns. */
  assigned: Set<string>
  outer: Scope | null
}
type Node = { type: string } & Readonly<Record<string, unknown>>

function walk(node: Node, scope: Scope, end: (scope: Scope) => void): void {
  for (const declared of declarations(node)) declare(scope, declared)
  visit(node, scope, { named: null, end })
  end(scope)
}

type Visit = { named: string | null; end: (scope: Scope) => void }

/** `named` is what an unnamed function is called here: the variable or property that it is the value of. */
function visit(node: Node, scope: Scope, { named, end }: Visit): void {
  for (const name of assignedBy(node)) noteAssignment(scope, name)
  const called = nameOf(node) ?? named
  for (const child of childrenOf(node)) {
    if (isFunction(child)) walk(child, openScope(nameOf(child) ?? called ?? scope.name, scope), end)
    else visit(child, scope, { named: called, end })
  }
}

const openScope = (name: string | null, outer: Scope | null): Scope => ({
  name,
  lets: new Set(),
  own: new Set(),
  assigned: new Set(),
  outer,
})

type Declared = { name: string; isLet: boolean }
const declare = (scope: Scope, { name, isLet }: Declared): void => {
  scope.own.add(name)
  if (isLet) scope.lets.add(name)
}

/** What a function or file declares itself, at any depth of its blocks, without the functions inside of it. */
function declarations(node: Node): readonly Declared[] {
  const declared: Declared[] = []
  for (const child of childrenOf(node)) {
    if (child.type === 'VariableDeclaration')
      for (const { id } of child.declarations as readonly { id: Node }[])
        for (const name of namesIn(id)) declared.push({ name, isLet: child.kind === 'let' })
    if (child.type === 'FunctionDeclaration') declared.push({ name: String(nameOf(child)), isLet: false })
    if (child.type === 'Parameter' || (isFunction(node) && (node.params as readonly unknown[] | undefined)?.includes(child)))
      for (const name of namesIn(child)) declared.push({ name, isLet: false })
    if (!isFunction(child)) declared.push(...declarations(child))
  }
  return declared
}

function noteAssignment(scope: Scope, name: string): void {
  for (let at: Scope | null = scope; at !== null; at = at.outer) {
    if (!at.own.has(name)) continue
    if (at !== scope && at.lets.has(name)) at.assigned.add(name)
    return
  }
}

/** What an assignment gives a new value; a property of something is not it. */
function assignedBy(node: Node): readonly string[] {
  const target = node.type === 'AssignmentExpression' ? node.left : node.type === 'UpdateExpression' ? node.argument : null
  return isNode(target) ? namesIn(target) : []
}

function nameOf(node: Node): string | null {
  const named = node.type === 'VariableDeclarator' ? node.id : (node.identifier ?? node.key)
  return isNode(named) && named.type === 'Identifier' ? String(named.value) : null
}

/** Those that a pattern binds. */
function namesIn(pattern: Node): readonly string[] {
  if (pattern.type === 'Identifier') return [String(pattern.value)]
  if (pattern.type === 'MemberExpression') return []
  if (pattern.type === 'AssignmentPatternProperty') return namesIn(pattern.key as Node)
  const parts = pattern.type === 'KeyValuePatternProperty' ? [pattern.value as Node] : childrenOf(pattern)
  return parts.flatMap(namesIn)
}

const functions = [
  'FunctionDeclaration',
  'FunctionExpression',
  'ArrowFunctionExpression',
  'MethodProperty',
  'ClassMethod',
  'Constructor',
  'GetterProperty',
  'SetterProperty',
]
const isFunction = (node: Node): boolean => functions.includes(node.type)

const isNode = (value: unknown): value is Node =>
  typeof value === 'object' && value !== null && 'type' in value && typeof value.type === 'string'

/** Also those in lists and in parts that are no nodes. */
const childrenOf = (node: object): readonly Node[] => Object.values(node).flatMap(nodesIn)

function nodesIn(value: unknown): readonly Node[] {
  if (typeof value !== 'object' || value === null) return []
  return isNode(value) ? [value] : childrenOf(value)
}
