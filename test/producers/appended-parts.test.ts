import { expect, test } from 'vitest'
import { type AppendedPart, createAppendedParts } from '../../src/producers/appended-parts.ts'

function storedIn(rows: Map<string, AppendedPart>) {
  let loads = 0
  const parts = createAppendedParts(async () => {
    loads += 1
    return [...rows.values()]
  })
  const add = async (part: string) => {
    for (const [slot, added] of Object.entries(await parts.add(part))) rows.set(slot, added)
  }
  return { parts, add, loads: () => loads }
}

test('[B3] a part is remembered, also by the next process', async () => {
  const rows = new Map<string, AppendedPart>()
  const first = storedIn(rows)
  expect(await first.parts.has('a')).toBe(false)
  await first.add('a')
  expect(await first.parts.has('a')).toBe(true)
  const second = storedIn(rows)
  expect(await second.parts.has('a')).toBe(true)
  expect(second.loads()).toBe(1)
})

test('[B3] the last 1,024 parts are remembered, in as many rows', async () => {
  const rows = new Map<string, AppendedPart>()
  const { parts, add } = storedIn(rows)
  for (let number = 0; number < 1_030; number++) await add(`part ${number}`)
  expect(rows.size).toBe(1_024)
  expect(await parts.has('part 5')).toBe(false)
  expect(await parts.has('part 6')).toBe(true)
  const next = storedIn(rows)
  expect(await next.parts.has('part 1029')).toBe(true)
  await next.add('part 1030')
  expect(await next.parts.has('part 6')).toBe(false)
  expect(await next.parts.has('part 7')).toBe(true)
})

test('[B3] a part appended again is remembered from then on', async () => {
  const { parts, add } = storedIn(new Map())
  await add('a')
  for (let number = 0; number < 1_000; number++) await add(`part ${number}`)
  await add('a')
  for (let number = 0; number < 100; number++) await add(`later ${number}`)
  expect(await parts.has('a')).toBe(true)
})

test('[B3] a load that failed is tried again', async () => {
  let isAway = true
  const parts = createAppendedParts(async () => {
    if (isAway) throw new Error('away')
    return []
  })
  await expect(parts.has('a')).rejects.toThrow('away')
  isAway = false
  expect(await parts.has('a')).toBe(false)
})
