// Whether whoever asks has these bytes already (RFC 9110, 13.1.2). Pure.

/**
 * Weak comparison: caches on the way may have weakened our tag. `header`: If-None-Match as it came; `etag`: a strong one without a comma.
 */
export const isKnown = (header: string | undefined, etag: string): boolean =>
  (header ?? '').split(',').some(one => one.trim() === '*' || one.trim().replace(/^W\//, '') === etag)
