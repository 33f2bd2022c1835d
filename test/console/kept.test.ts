// What a browser keeps for the page: where it does not, the page has it until it is left.
import { expect, test } from 'vitest'
import { openKept } from '../../console/src/kept.ts'

/** As a browser's; `capacity`: in characters. */
function storageOf({ capacity }: { capacity: number }): Storage {
  const values = new Map<string, string>()
  return {
    get length() {
      return values.size
    },
    key: at => [...values.keys()][at] ?? null,
    clear: () => values.clear(),
    getItem: name => values.get(name) ?? null,
    removeItem: name => void values.delete(name),
    setItem: (name, value) => {
      if (value.length > capacity) throw new DOMException('full', 'QuotaExceededError')
      values.set(name, value)
    },
  }
}

test('[J2] is there at the next visit, until it is taken away', () => {
  const storage = storageOf({ capacity: 100 })
  openKept(() => storage, 'a').write('kept')
  expect(openKept(() => storage, 'a').read()).toBe('kept')
  openKept(() => storage, 'a').write(null)
  expect(openKept(() => storage, 'a').read()).toBeNull()
})

test('[J2] is had for the page where storage is full, and what was kept before does not come back', () => {
  const storage = storageOf({ capacity: 3 })
  const kept = openKept(() => storage, 'a')
  kept.write('old')
  kept.write('longer')
  expect(kept.read()).toBe('longer')
  expect(openKept(() => storage, 'a').read()).toBeNull()
})
