// Keeps a map from growing for ever: a tenth over its limit, the oldest entries go, all at once because finding the first costs.

export function dropOldest(map: Map<unknown, unknown>, limit: number): void {
  if (map.size <= limit * 1.1) return
  for (const oldest of map.keys()) {
    if (map.size <= limit) return
    map.delete(oldest)
  }
}
