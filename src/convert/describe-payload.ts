// A Baileys event as JSON without byte arrays and secrets: what may be said about an event that has no schema yet.

const secretKey = /key|secret|token|cred|private|qr/i
const maxDepth = 12

export function describePayload(payload: unknown): string {
  return JSON.stringify(clean(payload, 0)) ?? 'null'
}

/** undefined: left out. */
function clean(value: unknown, depth: number): unknown {
  if (value === null || typeof value === 'string' || typeof value === 'boolean') return value
  if (typeof value === 'number') return Number.isFinite(value) ? value : null
  if (typeof value === 'bigint') return value.toString()
  if (typeof value !== 'object' || depth > maxDepth || ArrayBuffer.isView(value) || value instanceof ArrayBuffer) return undefined
  if (value instanceof Date) return Number.isNaN(value.getTime()) ? null : value.toISOString()
  if (value instanceof Error) return value.message
  if (Array.isArray(value)) return value.map(item => clean(item, depth + 1)).filter(item => item !== undefined)
  const kept: Record<string, unknown> = {}
  for (const [key, item] of Object.entries(value)) {
    // A message key names a message, several are what was deleted; every other key opens something.
    const isMessageKeys = key === 'keys' && Array.isArray(item) && item.every(isMessageKey)
    if (!secretKey.test(key) || (key === 'key' && isMessageKey(item)) || isMessageKeys) kept[key] = clean(item, depth + 1)
  }
  return kept
}

const isMessageKey = (item: unknown): boolean => typeof item === 'object' && item !== null && 'remoteJid' in item
