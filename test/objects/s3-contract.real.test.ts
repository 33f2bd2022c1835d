// The S3 store keeps every promise of the port against a real server; what that server cannot do is named, and seen to be so.
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { ObjectStore } from '../../src/objects/objects.ts'
import { readAll } from '../contracts/object-store-under-test.ts'
import { type ObjectPromise, objectPromises } from '../contracts/objects.ts'
import { openS3World, type S3World } from '../ground/objects/s3-world.ts'
import { runsHere } from '../ground/runs-here.ts'

const here = await runsHere('s3')
const never = new AbortController().signal

/** The server's own: it keeps objects as files, so a key cannot continue another one. S3 can. */
const limits: readonly ObjectPromise[] = [
  '[C11] list answers what begins with the prefix, in ascending order of the keys’ bytes',
  '[C4] keys that differ only in case are two objects, and a key may continue another',
]

describe.runIf(here)('the S3 store', () => {
  let world: S3World
  let store: ObjectStore
  beforeAll(async () => {
    world = await openS3World('contract')
    store = await world.open()
  })
  afterAll(() => world?.close())

  Object.entries(objectPromises).forEach(([promise, check], n) => {
    const kept = () => check({ store, admits: world.admits, close: world.close }, `contract-${n}`)
    if (!limits.includes(promise as ObjectPromise)) test(promise, kept)
    else
      test(`${promise}: not on this server`, () => expect(kept()).rejects.toThrow(/ObjectParentIsFile|ExistingObjectIsDirectory/))
  })

  test('[C4] keys that differ only in case or in Unicode’s form are two objects', async () => {
    const keys = ['case/k', 'case/K', 'case/é', 'case/e\u0301']
    for (const key of keys) await store.put({ key, body: bytes(key), contentType: 'a/b', metadata: {} }, never)
    for (const key of keys) expect((await readAll((await store.get({ key }, never))?.body ?? bytes(''))).toString()).toBe(key)
  })

  test('[C11] list answers in ascending order of the keys’ bytes', async () => {
    const names = ['a', 'a.b', 'a0', 'B', 'b/c', 'b/d/e', 'b0', '\u{ff5e}', '\u{1f600}', 'é', 'x y%z', 'x+y', '<&">']
    for (const name of names)
      await store.put({ key: `order/${name}`, body: bytes(name), contentType: 'a/b', metadata: {} }, never)
    const sorted = [...names].sort((a, b) => Buffer.compare(Buffer.from(a), Buffer.from(b))).map(name => `order/${name}`)
    const keysUnder = async (prefix: string) => (await Array.fromAsync(store.list(prefix, never))).map(({ key }) => key)
    expect(await keysUnder('order/')).toEqual(sorted)
    expect(await keysUnder('order/a')).toEqual(['order/a', 'order/a.b', 'order/a0'])
    expect(await keysUnder('order/b/')).toEqual(['order/b/c', 'order/b/d/e'])
    expect(await keysUnder('order/nothing')).toEqual([])
  })
})

async function* bytes(text: string) {
  yield Buffer.from(text)
}
