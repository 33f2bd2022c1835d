// The body of a command as its row keeps it. Text that is no JSON, or nested deeper than any body is, stays text: no owner takes that for a
// body, and the command fails as invalid.

const MAX_LEVELS = 32

export function readableBody(text: string): unknown {
  try {
    const body: unknown = JSON.parse(text)
    return isShallow(body, MAX_LEVELS) ? body : text
  } catch (error) {
    if (error instanceof SyntaxError) return text
    throw error
  }
}

const isShallow = (value: unknown, levels: number): boolean =>
  typeof value !== 'object' || value === null || (levels > 0 && Object.values(value).every(one => isShallow(one, levels - 1)))
