// A map that keeps the newest entries: at most maxEntries, the one not touched for longest goes first.

export type Lru<Value> = {
  get(key: string): Value | undefined
  set(key: string, value: Value): void
  delete(key: string): void
  deleteWhere(isGone: (key: string) => boolean): void
}

export function createLru<Value>(maxEntries: number): Lru<Value> {
  const entries = new Map<string, Value>()
  const put = (key: string, value: Value) => {
    entries.delete(key)
    entries.set(key, value)
  }
  return {
    get: key => {
      const value = entries.get(key)
      if (value !== undefined) put(key, value)
      return value
    },
    set: (key, value) => {
      put(key, value)
      if (entries.size <= maxEntries) return
      for (const oldest of entries.keys()) {
        entries.delete(oldest)
        return
      }
    },
    delete: key => void entries.delete(key),
    deleteWhere: isGone => {
      for (const key of entries.keys()) if (isGone(key)) entries.delete(key)
    },
  }
}
