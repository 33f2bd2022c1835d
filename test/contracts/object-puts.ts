// The promises of src/objects/objects.ts about what is put: whole or not at all, in constant memory.
import { expect } from 'vitest'
import type { ObjectHead } from '../../src/objects/objects.ts'
import { liveBytes, MAX_GROWTH_BYTES } from './live-bytes.ts'
import { type Check, chunks, codeOf, keysUnder, never, object, readAll, text, textAt } from './object-store-under-test.ts'

export const putPromises = {
  '[C3] put shows nothing under the key before the body has ended': async ({ store }, prefix) => {
    const key = `${prefix}/held`
    const seen: (ObjectHead | null)[] = []
    async function* body() {
      yield text('first ')
      seen.push(await store.head(key, never))
      yield text('second')
      seen.push(await store.head(key, never))
    }
    await store.put({ ...object(key, ''), body: body() }, never)
    expect(seen).toEqual([null, null])
    expect(await textAt(store, key)).toBe('first second')
  },
  '[C3] a body that throws leaves nothing, and put rejects': async ({ store }, prefix) => {
    async function* body() {
      yield text('half')
      throw new Error('the source broke')
    }
    await expect(store.put({ ...object(`${prefix}/broken`, ''), body: body() }, never)).rejects.toThrow()
    expect(await store.head(`${prefix}/broken`, never)).toBeNull()
    expect(await keysUnder(store, `${prefix}/`)).toEqual([])
  },
  '[C3] a body that throws leaves the object that was there as it was': async ({ store }, prefix) => {
    await store.put(object(`${prefix}/kept`, 'old', { version: '1' }), never)
    async function* body() {
      yield text('new')
      throw new Error('the source broke')
    }
    await expect(store.put({ ...object(`${prefix}/kept`, ''), body: body() }, never)).rejects.toThrow()
    expect(await textAt(store, `${prefix}/kept`)).toBe('old')
    expect((await store.head(`${prefix}/kept`, never))?.metadata).toEqual({ version: '1' })
  },
  '[C3] memory does not grow with the size of what is put': async ({ store }, prefix) => {
    const sizeBytes = 64 * 1024 * 1024
    const peak = { bytes: 0 }
    const before = liveBytes()
    async function* body() {
      for (let sent = 0; sent < sizeBytes; sent += 64 * 1024) {
        yield Buffer.alloc(64 * 1024, sent / (64 * 1024))
        if (sent % (8 * 1024 * 1024) === 0) peak.bytes = Math.max(peak.bytes, liveBytes() - before)
      }
      peak.bytes = Math.max(peak.bytes, liveBytes() - before)
    }
    const head = await store.put({ ...object(`${prefix}/large`, ''), body: body() }, never)
    expect(head.sizeBytes).toBe(sizeBytes)
    expect(peak.bytes).toBeLessThan(MAX_GROWTH_BYTES)
    await store.delete([`${prefix}/large`], never)
  },
  '[C3] put keeps nothing of a chunk once it asked for the next': async ({ store }, prefix) => {
    const chunk = Buffer.alloc(400_000)
    const sizeBytes = 15 * chunk.length
    async function* body() {
      for (let n = 1; n <= 15; n++) yield chunk.fill(n)
      chunk.fill(255)
    }
    await store.put({ ...object(`${prefix}/refilled`, ''), body: body() }, never)
    const found = await store.get({ key: `${prefix}/refilled` }, never)
    const bytes = await readAll(found?.body ?? chunks())
    expect(bytes.length).toBe(sizeBytes)
    expect(
      Array.from({ length: 15 }, (_, n) => bytes.subarray(n * chunk.length, (n + 1) * chunk.length).every(one => one === n + 1)),
    ).toEqual(Array.from({ length: 15 }, () => true))
    await store.delete([`${prefix}/refilled`], never)
  },
  '[C3] put that is aborted rejects `aborted` and leaves nothing, even while the body hangs': async ({ store }, prefix) => {
    const stop = new AbortController()
    const { promise: reached, resolve: reach } = Promise.withResolvers<void>()
    async function* body() {
      yield text('half')
      reach()
      await new Promise<never>(() => 'hangs for ever')
    }
    const put = store.put({ ...object(`${prefix}/aborted`, ''), body: body() }, stop.signal).catch(codeOf)
    await reached
    stop.abort()
    expect(await put).toBe('aborted')
    expect(await keysUnder(store, `${prefix}/`)).toEqual([])
  },
  '[C6] put over an object replaces bytes, type and metadata together': async ({ store }, prefix) => {
    const key = `${prefix}/replaced`
    await store.put(object(key, 'a'.repeat(10), { version: 'a' }), never)
    const readWhole = async () => {
      const found = await store.get({ key }, never)
      if (found === null) throw new Error('expected an object, got none')
      const body = (await readAll(found.body)).toString()
      expect(body).toBe((found.head.metadata.version ?? '').repeat(found.head.sizeBytes))
    }
    async function* watched(value: string) {
      yield text(value)
      await readWhole()
    }
    const write = (n: number) => {
      const version = 'ab'.charAt(n % 2)
      return store.put({ ...object(key, '', { version }), body: watched(version.repeat(10 + (n % 2))) }, never)
    }
    await write(1)
    await write(2)
    const writers = Array.from({ length: 8 }, (_, n) => write(n))
    const readers = Array.from({ length: 8 }, readWhole)
    await Promise.all([...writers, ...readers])
  },
} satisfies Record<string, Check>
