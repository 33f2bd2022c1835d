// The promises of src/objects/objects.ts, one check each, for every adapter: green on a true one, red on one that breaks that promise.
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { presignPromises } from './object-presigns.ts'
import { putPromises } from './object-puts.ts'
import {
  type Check,
  chunks,
  codeOf,
  keysUnder,
  never,
  object,
  readAll,
  type StoreUnderTest,
  text,
  textAt,
} from './object-store-under-test.ts'

/** Each takes a prefix of its own, so that they may share a bucket. */
export const objectPromises = {
  '[C7] a new key ends in its name, and every other call takes it as it is': async ({ store }, prefix) => {
    const key = store.newKey(`${prefix}/named`)
    expect(key.endsWith(`${prefix}/named`)).toBe(true)
    await store.put(object(key, 'here'), never)
    expect(await textAt(store, key)).toBe('here')
    expect(await keysUnder(store, store.newKey(`${prefix}/`))).toEqual([key])
  },
  ...putPromises,
  '[C7] get answers the bytes fromByte..toByte, both inclusive, and no more than there are': async ({ store }, prefix) => {
    const key = `${prefix}/range`
    await store.put(object(key, '0123456789'), never)
    const range = async (fromByte?: number, toByte?: number) => {
      const found = await store.get(
        { key, ...(fromByte !== undefined && { fromByte }), ...(toByte !== undefined && { toByte }) },
        never,
      )
      return found === null ? null : (await readAll(found.body)).toString()
    }
    expect(await range(2, 4)).toBe('234')
    expect(await range(7)).toBe('789')
    expect(await range(undefined, 0)).toBe('0')
    expect(await range(8, 100)).toBe('89')
    expect(await range(10)).toBe('')
    expect(await range(4, 2).catch(codeOf)).toBe('refused')
  },
  '[C7] get answers the object as it was when called': async ({ store }, prefix) => {
    const key = `${prefix}/snapshot`
    await store.put({ ...object(key, ''), body: chunks('x'.repeat(300_000)) }, never)
    const found = await store.get({ key }, never)
    await store.put({ ...object(key, ''), body: chunks('y'.repeat(300_000)) }, never)
    expect((await readAll(found?.body ?? chunks())).toString()).toBe('x'.repeat(300_000))
  },
  '[C4] head answers size, type, metadata in UTF-8, etag and time': async ({ store }, prefix) => {
    const key = `${prefix}/head`
    const metadata = { event_id: '0123', media_type: 'voz “é”' }
    const earliest = Date.now() - 2000
    const put = await store.put({ ...object(key, 'seven b', metadata), contentType: 'audio/ogg; codecs=opus' }, never)
    const head = await store.head(key, never)
    expect(head).toMatchObject(put)
    expect(head).toMatchObject({ key, sizeBytes: 7, contentType: 'audio/ogg; codecs=opus', metadata })
    expect(head?.modifiedAt).toBeGreaterThan(earliest)
    expect((await store.get({ key }, never))?.head).toEqual(head)
  },
  '[C7] the etag changes when the bytes change': async ({ store }, prefix) => {
    const first = await store.put(object(`${prefix}/etag`, 'one'), never)
    const second = await store.put(object(`${prefix}/etag`, 'two'), never)
    expect(first.etag).not.toBe('')
    expect(second.etag).not.toBe(first.etag)
    expect((await store.head(`${prefix}/etag`, never))?.etag).toBe(second.etag)
  },
  '[C4] an object without bytes is an object': async ({ store }, prefix) => {
    await store.put({ ...object(`${prefix}/empty`, ''), body: chunks() }, never)
    expect((await store.head(`${prefix}/empty`, never))?.sizeBytes).toBe(0)
    expect(await textAt(store, `${prefix}/empty`)).toBe('')
  },
  '[C4] copy keeps the bytes, takes the given type and metadata, and leaves the source': async ({ store }, prefix) => {
    await store.put(object(`${prefix}/from`, 'bytes', { event_id: 'a' }), never)
    const to = { contentType: 'image/png', metadata: { event_id: 'b' } }
    const head = await store.copy({ fromKey: `${prefix}/from`, toKey: `${prefix}/deep/er/to`, ...to }, never)
    expect(head).toMatchObject({ ...to, key: `${prefix}/deep/er/to` })
    expect(await store.head(`${prefix}/deep/er/to`, never)).toMatchObject({ ...head, sizeBytes: 5 })
    expect(await textAt(store, `${prefix}/deep/er/to`)).toBe('bytes')
    expect((await store.head(`${prefix}/from`, never))?.metadata).toEqual({ event_id: 'a' })
    await store.delete([`${prefix}/from`], never)
    expect(await textAt(store, `${prefix}/deep/er/to`)).toBe('bytes')
  },
  '[C4] a copy described as its source is another object all the same': async ({ store }, prefix) => {
    const described = { contentType: 'video/mp4', metadata: { event_id: 'a' } }
    const copied = (n: number) => store.copy({ fromKey: `${prefix}/source`, toKey: `${prefix}/twin-${n}`, ...described }, never)
    await store.put({ ...object(`${prefix}/source`, 'bytes'), ...described }, never)
    for (const n of [1, 2, 2]) expect(await copied(n)).toMatchObject({ ...described, key: `${prefix}/twin-${n}` })
    const other = { contentType: 'a/b', metadata: { event_id: 'b' } }
    await store.copy({ fromKey: `${prefix}/twin-2`, toKey: `${prefix}/twin-2`, ...other }, never)
    expect(await store.head(`${prefix}/twin-2`, never)).toMatchObject(other)
    await store.put(object(`${prefix}/source`, 'replaced'), never)
    expect(await textAt(store, `${prefix}/twin-1`)).toBe('bytes')
    expect(await store.head(`${prefix}/twin-1`, never)).toMatchObject(described)
    await store.delete([`${prefix}/source`, `${prefix}/twin-2`], never)
    expect(await textAt(store, `${prefix}/twin-1`)).toBe('bytes')
  },
  '[C4] copy of what is not there is null and makes nothing': async ({ store }, prefix) => {
    const copied = await store.copy({ fromKey: `${prefix}/none`, toKey: `${prefix}/to`, contentType: 'a/b', metadata: {} }, never)
    expect(copied).toBeNull()
    expect(await store.head(`${prefix}/to`, never)).toBeNull()
  },
  '[C6] what is missing is null': async ({ store }, prefix) => {
    expect(await store.head(`${prefix}/missing`, never)).toBeNull()
    expect(await store.get({ key: `${prefix}/missing` }, never)).toBeNull()
  },
  '[C11] delete removes every key named, and one that is not there is no error': async ({ store }, prefix) => {
    await store.put(object(`${prefix}/1`, 'x'), never)
    await store.put(object(`${prefix}/2`, 'x'), never)
    await store.put(object(`${prefix}/3`, 'x'), never)
    await store.delete([`${prefix}/1`, `${prefix}/none`, `${prefix}/3`], never)
    expect(await keysUnder(store, `${prefix}/`)).toEqual([`${prefix}/2`])
  },
  '[C11] abandon touches no object that is there, and no put that is not meant': async ({ store }, prefix) => {
    await store.put(object(`${prefix}/whole`, 'here'), never)
    const begun = Promise.withResolvers<void>()
    const goOn = Promise.withResolvers<void>()
    async function* body() {
      yield text('first ')
      begun.resolve()
      await goOn.promise
      yield text('second')
    }
    const putting = store.put({ ...object(`${prefix}/other`, ''), body: body() }, never)
    await begun.promise
    const isMeant = (key: string) => key === `${prefix}/whole`
    expect(await store.abandon({ prefix: `${prefix}/`, isMeant }, never)).toBe(0)
    goOn.resolve()
    await putting
    expect(await textAt(store, `${prefix}/whole`)).toBe('here')
    expect(await textAt(store, `${prefix}/other`)).toBe('first second')
  },
  '[C11] list answers what begins with the prefix, in ascending order of the keys’ bytes': async ({ store }, prefix) => {
    const names = ['a', 'a.b', 'a/b', 'a/b/c', 'a0', 'B', 'b', '\u{ff5e}', '\u{1f600}', 'é', 'x y%z']
    for (const name of names) await store.put(object(`${prefix}/${name}`, name), never)
    const sorted = [...names].sort((a, b) => Buffer.compare(text(a), text(b))).map(name => `${prefix}/${name}`)
    expect(await keysUnder(store, `${prefix}/`)).toEqual(sorted)
    expect(await keysUnder(store, `${prefix}/a`)).toEqual(['a', 'a.b', 'a/b', 'a/b/c', 'a0'].map(name => `${prefix}/${name}`))
    expect(await keysUnder(store, `${prefix}/a/`)).toEqual([`${prefix}/a/b`, `${prefix}/a/b/c`])
    expect(await keysUnder(store, `${prefix}/nothing`)).toEqual([])
    const [first] = await Array.fromAsync(store.list(`${prefix}/a.b`, never))
    expect(first).toMatchObject({ sizeBytes: 3, modifiedAt: (await store.head(`${prefix}/a.b`, never))?.modifiedAt })
  },
  '[C4] keys that differ only in case are two objects, and a key may continue another': async ({ store }, prefix) => {
    for (const key of ['k', 'K', 'k/k', 'é', 'e\u0301']) await store.put(object(`${prefix}/${key}`, key), never)
    for (const key of ['k', 'K', 'k/k', 'é', 'e\u0301']) expect(await textAt(store, `${prefix}/${key}`)).toBe(key)
  },
  '[I3] what is no key is refused by every call': async ({ store }, prefix) => {
    const signal = never
    for (const key of ['', '/a', 'a/', 'a//b', '../a', 'a/../../b', '.', 'a/./b', 'a\0b', '..\\a', '\ud800', 'x'.repeat(1025)]) {
      const bad = key === '' ? '' : `${prefix}/${key}`
      const copy = { contentType: 'a/b', metadata: {} }
      expect(await store.put(object(bad, 'x'), signal).catch(codeOf), `put ${bad}`).toBe('refused')
      expect(await store.get({ key: bad }, signal).catch(codeOf), `get ${bad}`).toBe('refused')
      expect(await store.head(bad, signal).catch(codeOf), `head ${bad}`).toBe('refused')
      expect(await store.delete([bad], signal).catch(codeOf), `delete ${bad}`).toBe('refused')
      expect(await store.copy({ fromKey: bad, toKey: `${prefix}/x`, ...copy }, signal).catch(codeOf)).toBe('refused')
      expect(await store.copy({ fromKey: `${prefix}/x`, toKey: bad, ...copy }, signal).catch(codeOf)).toBe('refused')
      expect(await store.presign({ method: 'GET', key: bad, expiresInMs: 60_000 }, signal).catch(codeOf)).toBe('refused')
    }
  },
  '[I3] metadata and types that no store takes are refused': async ({ store }, prefix) => {
    const put = (more: object) => store.put({ ...object(`${prefix}/bad`, 'x'), ...more }, never).catch(codeOf)
    expect(await put({ metadata: { 'Not-Snake': 'x' } })).toBe('refused')
    expect(await put({ metadata: { a: 'line\r\nbreak' } })).toBe('refused')
    expect(await put({ metadata: { a: 'x'.repeat(2100) } })).toBe('refused')
    expect(await put({ contentType: 'text/plain\r\nx: y' })).toBe('refused')
    expect(await store.head(`${prefix}/bad`, never)).toBeNull()
  },
  '[H6] every call rejects `aborted` once the signal has aborted': async ({ store }, prefix) => {
    const key = `${prefix}/gone`
    const gone = AbortSignal.abort()
    await store.put(object(key, 'x'), never)
    expect(await store.put(object(`${prefix}/other`, 'x'), gone).catch(codeOf)).toBe('aborted')
    expect(await store.get({ key }, gone).catch(codeOf)).toBe('aborted')
    expect(await store.head(key, gone).catch(codeOf)).toBe('aborted')
    expect(await store.delete([key], gone).catch(codeOf)).toBe('aborted')
    expect(await store.abandon({ prefix, isMeant: () => true }, gone).catch(codeOf)).toBe('aborted')
    expect(await Array.fromAsync(store.list(prefix, gone)).catch(codeOf)).toBe('aborted')
    expect(await keysUnder(store, `${prefix}/`)).toEqual([key])
  },
  ...presignPromises,
} satisfies Record<string, Check>

export type ObjectPromise = keyof typeof objectPromises

export function objectStoreContract(adapter: string, openAdapter: () => Promise<StoreUnderTest>): void {
  describe(`${adapter} keeps the object store's promises`, () => {
    const opened: StoreUnderTest[] = []
    beforeAll(async () => void opened.push(await openAdapter()))
    afterAll(async () => void (await Promise.all(opened.map(one => one.close()))))
    Object.entries(objectPromises).forEach(([promise, check], n) => {
      test(promise, async () => {
        const [under] = opened
        if (under === undefined) throw new Error(`${adapter} did not open`)
        await check(under, `contract-${n}`)
      })
    })
  })
}
