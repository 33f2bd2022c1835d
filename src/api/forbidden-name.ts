// Names that no field may have, because programs in JavaScript would take them for a property of every object: said as what they are, and not as
// JSON that cannot be read. Pure.

/** null: the text is no JSON, or has none. */
export function forbiddenNameIn(text: string): { pointer: string; expected: string; received: string } | null {
  const value = parsed(text)
  const found = value === null ? null : findIn(value.json)
  if (found === null) return null
  return { pointer: found, expected: 'a name other than __proto__ and constructor with a prototype', received: 'that name' }
}

function parsed(text: string): { json: unknown } | null {
  try {
    return { json: JSON.parse(text) }
  } catch {
    return null // the parser says what is wrong
  }
}

function findIn(root: unknown): string | null {
  const rest: { value: unknown; at: string }[] = [{ value: root, at: '' }]
  for (let one = rest.pop(); one !== undefined; one = rest.pop()) {
    if (typeof one.value !== 'object' || one.value === null) continue
    for (const [name, value] of Object.entries(one.value)) {
      const inner = `${one.at}/${name.replaceAll('~', '~0').replaceAll('/', '~1')}`
      if (name === '__proto__' || (name === 'constructor' && hasPrototype(value))) return inner
      rest.push({ value, at: inner })
    }
  }
  return null
}

const hasPrototype = (value: unknown): boolean => typeof value === 'object' && value !== null && Object.hasOwn(value, 'prototype')
