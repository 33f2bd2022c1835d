// Reads Retry-After (RFC 9110, 10.2.3): seconds or an HTTP date; what cannot be read is as if it were not there.

/** Milliseconds from nowAt, rounded up to whole seconds, never negative; null: absent or unreadable. */
export function parseRetryAfter(value: string | undefined, nowAt: number): number | null {
  if (value === undefined) return null
  const text = value.trim()
  if (/^\d+(\.\d+)?$/.test(text)) return Math.ceil(Number(text)) * 1000
  const at = /[a-z]/i.test(text) ? Date.parse(text) : Number.NaN
  return Number.isNaN(at) ? null : Math.max(0, at - nowAt)
}
