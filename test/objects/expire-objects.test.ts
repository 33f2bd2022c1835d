// Old objects under a prefix go, all others stay.
import { afterEach, beforeEach, expect, test } from 'vitest'
import { expireObjects, openObjectExpiry } from '../../src/objects/expire-objects.ts'
import { ObjectError, type ObjectStore } from '../../src/objects/objects.ts'
import type { StoreUnderTest } from '../contracts/objects.ts'
import { collectLogLines } from '../log-lines.ts'
import { until } from '../until.ts'
import { openStore } from './open-store.ts'

const never = new AbortController().signal
const logger = collectLogLines()
const opened: StoreUnderTest[] = []
beforeEach(async () => {
  const under = await openStore()
  opened.push(under)
  for (let n = 0; n < 120; n++) await put(under.store, `incoming/shop/${n}`)
  await put(under.store, 'shop/kept')
})
afterEach(async () => void (await opened.pop()?.close()))
const store = (): ObjectStore => {
  const [one] = opened
  if (one === undefined) throw new Error('no store is open')
  return one.store
}
async function put(objects: ObjectStore, key: string) {
  async function* body() {
    yield Buffer.from('x')
  }
  await objects.put({ key, body: body(), contentType: 'a/b', metadata: {} }, never)
}
const keys = async () => (await Array.fromAsync(store().list('', never))).map(one => one.key)
const rule = { prefix: 'incoming/', afterMs: 60_000 }

test('[C11] only what is old enough is deleted, and only under the prefix', async () => {
  expect(await expireObjects(store(), { ...rule, nowAt: Date.now() + 50_000 }, never)).toBe(0)
  expect(await keys()).toHaveLength(121)
  expect(await expireObjects(store(), { ...rule, nowAt: Date.now() + 61_000 }, never)).toBe(120)
  expect(await keys()).toEqual(['shop/kept'])
})

test('[C11] it runs by itself, says when storage is down, and goes on the next time', async () => {
  const faults = { down: true }
  const objects: ObjectStore = {
    ...store(),
    delete: async (names, signal) => {
      if (faults.down) throw new ObjectError('unreachable', 'the disk is away')
      await store().delete(names, signal)
    },
  }
  const role = openObjectExpiry({ objects, rules: [rule], everyMs: 20, logger, clock: () => Date.now() + 61_000 })
  await until('it says so', () => role.checks()[0]?.state === 'degraded')
  faults.down = false
  await until('it has gone on', async () => (await keys()).length === 1)
  await until('it says so', () => role.checks()[0]?.state === 'ok')
  await role.close()
  await role.close()
})

test('[C11] a prefix that cannot be expired is said, also where the next one can', async () => {
  const listed: string[] = []
  const objects: ObjectStore = {
    ...store(),
    list: (prefix, signal) => {
      listed.push(prefix)
      return store().list(prefix, signal)
    },
    delete: async names => {
      throw new ObjectError('denied', `not ${names[0]}`)
    },
  }
  const rules = [rule, { prefix: 'other/', afterMs: 60_000 }]
  const role = openObjectExpiry({ objects, rules, everyMs: 20, logger, clock: () => Date.now() + 61_000 })
  await until('both were tried', () => listed.length > 2)
  expect(role.checks()).toMatchObject([{ state: 'degraded', detail: expect.stringContaining('incoming/') }])
  await role.close()
})
