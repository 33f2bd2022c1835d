// The filesystem store keeps every promise of the port; a store that breaks one is told by the check of that promise.
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { ObjectError, type ObjectStore } from '../../src/objects/objects.ts'
import { readAll, type StoreUnderTest } from '../contracts/object-store-under-test.ts'
import { type ObjectPromise, objectPromises, objectStoreContract } from '../contracts/objects.ts'
import { openStore } from '../ground/objects/open-store.ts'

objectStoreContract('the filesystem store', openStore)

async function* one(bytes: Uint8Array) {
  yield bytes
}
const never = new AbortController().signal

/** Per promise, a store that is the true one but for that promise. */
const broken: Record<ObjectPromise, (under: StoreUnderTest) => Partial<StoreUnderTest> | Partial<ObjectStore>> = {
  '[C7] a new key ends in its name, and every other call takes it as it is': ({ store }) => ({
    newKey: name => `media/${name}`,
    get: (object, signal) => store.get({ ...object, key: `media/${object.key}` }, signal),
  }),
  '[C3] put shows nothing under the key before the body has ended': ({ store }) => ({
    put: async (object, signal) => {
      await store.put({ ...object, body: one(Buffer.from('early')) }, signal)
      return await store.put(object, signal)
    },
  }),
  '[C3] a body that throws leaves nothing, and put rejects': ({ store }) => ({ put: keepHalf(store) }),
  '[C3] a body that throws leaves the object that was there as it was': ({ store }) => ({
    put: (object, signal) =>
      store.put(object, signal).catch(async error => {
        await store.delete([object.key], signal)
        throw error
      }),
  }),
  '[C3] memory does not grow with the size of what is put': ({ store }) => ({
    put: async (object, signal) => {
      const held: Uint8Array[] = []
      for await (const chunk of object.body) held.push(chunk)
      return await store.put({ ...object, body: one(Buffer.concat(held)) }, signal)
    },
  }),
  '[C3] put keeps nothing of a chunk once it asked for the next': ({ store }) => ({
    put: async (object, signal) => {
      const held = await Array.fromAsync(object.body)
      return await store.put({ ...object, body: one(Buffer.concat(held)) }, signal)
    },
  }),
  '[C3] put that is aborted rejects `aborted` and leaves nothing, even while the body hangs': ({ store }) => ({
    put: (object, signal) =>
      store.put(object, signal).catch(async error => {
        if (signal.aborted) await store.put({ ...object, body: one(Buffer.from('half')) }, never)
        throw error
      }),
  }),
  '[C6] put over an object replaces bytes, type and metadata together': ({ store }) => ({
    put: async (object, signal) => {
      const { head, body } = (await store.get({ key: object.key }, signal)) ?? { head: null, body: one(Buffer.of()) }
      if (head !== null) await store.put({ ...head, body, metadata: object.metadata }, signal)
      return await store.put(object, signal)
    },
  }),
  '[C7] get answers the bytes fromByte..toByte, both inclusive, and no more than there are': ({ store }) => ({
    get: ({ toByte, ...object }, signal) => store.get(toByte === undefined ? object : { ...object, toByte: toByte + 1 }, signal),
  }),
  '[C7] get answers the object as it was when called': ({ store }) => ({
    get: async (object, signal) => {
      const found = await store.get(object, signal)
      async function* later() {
        yield* (await store.get(object, signal))?.body ?? []
      }
      return found && { head: found.head, body: later() }
    },
  }),
  '[C4] head answers size, type, metadata in UTF-8, etag and time': ({ store }) => ({
    put: (object, signal) => {
      const ascii = Object.entries(object.metadata).map(([name, value]) => [name, value.replace(/[^ -~]/g, '?')])
      return store.put({ ...object, metadata: Object.fromEntries(ascii) }, signal)
    },
  }),
  '[C7] the etag changes when the bytes change': ({ store }) => ({
    put: async (object, signal) => ({ ...(await store.put(object, signal)), etag: object.key }),
  }),
  '[C4] an object without bytes is an object': ({ store }) => ({
    head: async (key, signal) => {
      const head = await store.head(key, signal)
      return head?.sizeBytes === 0 ? null : head
    },
  }),
  '[C4] copy keeps the bytes, takes the given type and metadata, and leaves the source': ({ store }) => ({
    copy: async (copy, signal) => {
      const head = await store.head(copy.fromKey, signal)
      return head && (await store.copy({ ...copy, metadata: head.metadata }, signal))
    },
  }),
  '[C4] a copy described as its source is another object all the same': ({ store }) => ({
    delete: async (keys, signal) => {
      const twins = await Array.fromAsync(store.list('broken-', signal))
      await store.delete([...keys, ...twins.filter(({ key }) => key.includes('/twin-')).map(({ key }) => key)], signal)
    },
  }),
  '[C4] copy of what is not there is null and makes nothing': ({ store }) => ({
    copy: async (copy, signal) =>
      (await store.copy(copy, signal)) ?? (await store.put({ ...copy, key: copy.toKey, body: one(Buffer.of()) }, signal)),
  }),
  '[C6] what is missing is null': () => ({
    head: () => Promise.reject(new ObjectError('refused', 'no such key')),
  }),
  '[C11] delete removes every key named, and one that is not there is no error': ({ store }) => ({
    delete: (keys, signal) => store.delete(keys.slice(0, 1), signal),
  }),
  '[C11] abandon touches no object that is there, and no put that is not meant': ({ store }) => ({
    abandon: async ({ prefix, isMeant }, signal) => {
      const found = await Array.fromAsync(store.list(prefix, signal))
      await store.delete(found.map(one => one.key).filter(isMeant), signal)
      return 0
    },
  }),
  '[C11] list answers what begins with the prefix, in ascending order of the keys’ bytes': ({ store }) => ({
    list: async function* (prefix, signal) {
      const found = await Array.fromAsync(store.list(prefix, signal))
      yield* found.sort((a, b) => (a.key < b.key ? -1 : 1)) // JavaScript's own order: by UTF-16 units
    },
  }),
  '[C4] keys that differ only in case are two objects, and a key may continue another': ({ store }) => ({
    put: (object, signal) => store.put({ ...object, key: object.key.toLowerCase() }, signal),
    get: (object, signal) => store.get({ ...object, key: object.key.toLowerCase() }, signal),
  }),
  '[I3] what is no key is refused by every call': ({ store }) => ({
    head: (key, signal) => store.head(key.replaceAll('../', ''), signal),
  }),
  '[I3] metadata and types that no store takes are refused': ({ store }) => ({
    put: (object, signal) => store.put({ ...object, contentType: object.contentType.split('\r')[0] ?? '' }, signal),
  }),
  '[H6] every call rejects `aborted` once the signal has aborted': ({ store }) => ({
    delete: keys => store.delete(keys, never),
  }),
  '[C7] a presigned URL admits its method until it expires, and expiresAt is the true end': ({ store }) => ({
    presign: async (grant, signal) => {
      const { url, expiresAt } = await store.presign(grant, signal)
      return { url, expiresAt: expiresAt + 1000 }
    },
  }),
  '[C7] a presigned URL that was changed admits nothing': () => ({ admits: async () => true }),
  '[C13] a presigned PUT admits the type and the size it was made for': ({ store }) => ({
    presign: ({ sizeBytes, ...grant }, signal) => store.presign(grant, signal),
  }),
  '[C7] a presigned URL lives at most 7 days': ({ store }) => ({
    presign: (grant, signal) => store.presign({ ...grant, expiresInMs: Math.min(grant.expiresInMs, 604_800_000) }, signal),
  }),
}

/** Puts what came before the body broke. */
function keepHalf(store: ObjectStore): ObjectStore['put'] {
  return async (object, signal) => {
    const got: Uint8Array[] = []
    const failures: unknown[] = []
    try {
      for await (const chunk of object.body) got.push(chunk)
    } catch (error) {
      failures.push(error)
    }
    const head = await store.put({ ...object, body: one(Buffer.concat(got)) }, signal)
    if (failures.length > 0) throw failures[0]
    return head
  }
}

describe('the contract tells a store that breaks a promise', () => {
  const opened: StoreUnderTest[] = []
  beforeAll(async () => void opened.push(await openStore()))
  afterAll(async () => void (await Promise.all(opened.map(under => under.close()))))

  Object.entries(objectPromises).forEach(([promise, check], n) => {
    test(`${promise}: a store that does not is told`, async () => {
      const [truthful] = opened
      if (truthful === undefined) throw new Error('the store did not open')
      const { admits, ...calls } = { admits: truthful.admits, ...broken[promise as ObjectPromise](truthful) }
      const under: StoreUnderTest = { ...truthful, admits, store: { ...truthful.store, ...calls } }
      await expect(check(under, `broken-${n}`)).rejects.toThrow()
    })
  })

  test('[C6] the bytes of a store are read back as they were put', async () => {
    const [under] = opened
    const bytes = Buffer.from(Array.from({ length: 256 }, (_, n) => n))
    await under?.store.put({ key: 'all-bytes', body: one(bytes), contentType: 'a/b', metadata: {} }, never)
    const found = await under?.store.get({ key: 'all-bytes' }, never)
    expect(await readAll(found?.body ?? one(Buffer.of()))).toEqual(bytes)
  })
})
