// Against a real S3 server: parts, metadata, pages, rights and buckets, beyond what the port's contract asks.
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { DeleteBucketCommand, GetObjectCommand, PutObjectCommand } from '@aws-sdk/client-s3'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { ObjectError, type ObjectStore } from '../../src/objects/objects.ts'
import { readAll } from '../contracts/object-store-under-test.ts'
import { openS3World, type S3World } from '../ground/objects/s3-world.ts'
import { runsHere } from '../ground/runs-here.ts'
import { until } from '../ground/until.ts'

const here = await runsHere('s3')
const never = new AbortController().signal
const PART_BYTES = 5 * 1024 * 1024

describe.runIf(here)('the S3 store', () => {
  let world: S3World
  let store: ObjectStore
  beforeAll(async () => {
    world = await openS3World('store')
    store = await world.open()
  })
  afterAll(() => world?.close())

  const readBack = async (key: string) => await readAll((await store.get({ key }, never))?.body ?? bytes())

  test.for([
    { sizeBytes: 0, parts: 1 },
    { sizeBytes: PART_BYTES - 1, parts: 1 },
    { sizeBytes: PART_BYTES, parts: 1 },
    { sizeBytes: PART_BYTES + 1, parts: 2 },
    { sizeBytes: 3 * PART_BYTES, parts: 3 },
    { sizeBytes: 17_000_001, parts: 4 },
  ])('[C4] $sizeBytes bytes are put in $parts requests and read back as they were', async ({ sizeBytes, parts }) => {
    const whole = Buffer.alloc(sizeBytes, Buffer.from('some bytes that repeat at odd places'))
    const metadata = { event_id: 'abc', media_type: 'video' }
    const put = { key: `parts/${sizeBytes}`, body: inChunks(whole, 77_777), contentType: 'video/mp4', metadata }
    const head = await store.put(put, never)
    expect(head).toMatchObject({ sizeBytes, contentType: 'video/mp4', metadata })
    expect(head.etag).toMatch(parts === 1 ? /^[^-]+$/ : new RegExp(`-${parts}$`))
    expect((await readBack(put.key)).equals(whole)).toBe(true)
    expect(await world.unfinishedUploads()).toEqual([])
  })

  test('[C7] a prefix begins new keys, and keys from before it, and from under another one, stay what they are', async () => {
    const prefixed = await world.open({ keyPrefix: 'media/zaplog/' })
    const put = async (key: string) =>
      (await store.put({ key, body: bytes(Buffer.from(key)), contentType: 'a/b', metadata: {} }, never)).key
    const keys = [await put(store.newKey('shop/1')), await put(prefixed.newKey('shop/1'))]
    expect(keys).toEqual(['shop/1', 'media/zaplog/shop/1'])
    for (const key of keys) {
      expect((await readAll((await prefixed.get({ key }, never))?.body ?? bytes())).toString()).toBe(key)
      const { url } = await prefixed.presign({ method: 'GET', key, expiresInMs: 60_000 }, never)
      expect(await (await fetch(url)).text()).toBe(key)
    }
    await prefixed.delete(keys, never)
    expect(await Promise.all(keys.map(key => store.head(key, never)))).toEqual([null, null])
  })

  test('[C4] one chunk larger than several parts is put as well', async () => {
    const whole = Buffer.alloc(12_000_000, 'abcdefg')
    await store.put({ key: 'parts/one-chunk', body: bytes(whole), contentType: 'a/b', metadata: {} }, never)
    expect((await readBack('parts/one-chunk')).equals(whole)).toBe(true)
  })

  test('[C4] a large object is copied by the server, with another type and other metadata', async () => {
    const whole = Buffer.alloc(11_000_000, 'copied')
    await store.put({ key: 'copy/från &+%', body: bytes(whole), contentType: 'a/b', metadata: { event_id: 'a' } }, never)
    const to = { contentType: 'video/mp4', metadata: { event_id: 'b', note: 'ação' } }
    const head = await store.copy({ fromKey: 'copy/från &+%', toKey: 'copy/to', ...to }, never)
    expect(head).toMatchObject(to)
    expect((await readBack('copy/to')).equals(whole)).toBe(true)
  })

  test('[C3] a body that throws between parts leaves neither object nor parts', async () => {
    async function* body() {
      yield Buffer.alloc(12_000_000)
      await until('an upload in parts begins', async () => (await world.unfinishedUploads()).includes('orphan/thrown'))
      throw new Error('the source broke')
    }
    const put = store.put({ key: 'orphan/thrown', body: body(), contentType: 'a/b', metadata: {} }, never)
    await expect(put).rejects.toThrow('the source broke')
    expect(await store.head('orphan/thrown', never)).toBeNull()
    expect(await world.unfinishedUploads()).toEqual([])
  })

  test('[C4] an upload that is aborted leaves neither object nor parts, while the body hangs and parts are on their way', async () => {
    const stop = new AbortController()
    let told = false
    async function* body() {
      try {
        for (let n = 0; n < 100; n += 1) {
          yield Buffer.alloc(1_000_000)
          if (n === 25) stop.abort()
        }
      } finally {
        told = true
      }
    }
    const put = store.put({ key: 'orphan/aborted', body: body(), contentType: 'a/b', metadata: {} }, stop.signal)
    await expect(put).rejects.toMatchObject({ code: 'aborted' })
    await until('the source is told to end', () => told)
    expect(await store.head('orphan/aborted', never)).toBeNull()
    expect(await world.unfinishedUploads()).toEqual([])
  })

  test('[A7] an upload that is abandoned from outside fails, and leaves neither object nor parts', async () => {
    async function* body() {
      yield Buffer.alloc(12_000_000)
      // A part that is still on its way may bring the upload back (S3's AbortMultipartUpload says so).
      await until('two parts have arrived', async () => (await world.partsOf('orphan/abandoned')) === 2)
      expect(await store.abandon({ prefix: 'orphan/', isMeant: key => key === 'orphan/abandoned' }, never)).toBe(1)
      yield Buffer.alloc(6_000_000)
    }
    const put = store.put({ key: 'orphan/abandoned', body: body(), contentType: 'a/b', metadata: {} }, never)
    await expect(put).rejects.toBeInstanceOf(ObjectError)
    expect(await store.head('orphan/abandoned', never)).toBeNull()
    expect(await world.unfinishedUploads()).toEqual([])
  })

  test('[C4] metadata survive with percent signs, spaces at the ends, emptiness and every alphabet', async () => {
    const metadata = { a: '100% “é” ção', b: '  both ends  ', c: '', d: '日本語 🎉', e: '%41', f: '=?UTF-8?B?w6k=?=' }
    const head = await store.put({ key: 'metadata', body: bytes(), contentType: 'a/b', metadata }, never)
    expect(head.metadata).toEqual(metadata)
    expect((await store.get({ key: 'metadata' }, never))?.head.metadata).toEqual(metadata)
    const raw = await world.client.send(new GetObjectCommand({ Bucket: world.bucket, Key: 'metadata' }))
    expect(raw.Metadata?.a).toBe('100%25 %E2%80%9C%C3%A9%E2%80%9D %C3%A7%C3%A3o')
  })

  test('[C4] metadata that are too large once encoded are refused before anything is sent', async () => {
    const put = store.put({ key: 'too-much', body: bytes(), contentType: 'a/b', metadata: { a: 'é'.repeat(500) } }, never)
    await expect(put).rejects.toThrow('describing too-much: expected at most 2048 bytes of encoded metadata, got 3001')
  })

  test('[C4] what somebody else put is read as it is', async () => {
    const foreign = { Bucket: world.bucket, Key: 'foreign', Body: 'x', Metadata: { rate: '100%', other: 'plain' } }
    await world.client.send(new PutObjectCommand(foreign))
    expect((await store.head('foreign', never))?.metadata).toEqual({ rate: '100%', other: 'plain' })
  })

  test('[C7] a range says the size of the whole object', async () => {
    await store.put({ key: 'sized', body: bytes('0123456789'), contentType: 'a/b', metadata: {} }, never)
    expect((await store.get({ key: 'sized', fromByte: 3, toByte: 5 }, never))?.head.sizeBytes).toBe(10)
    expect((await store.get({ key: 'sized', fromByte: 99 }, never))?.head.sizeBytes).toBe(10)
    expect(await store.get({ key: 'none', fromByte: 99 }, never)).toBeNull()
  })

  test('[C11] list goes on beyond a page of 1,000, and delete beyond a batch of 1,000', async () => {
    await store.put({ key: 'many/0000', body: bytes(), contentType: 'a/b', metadata: {} }, never)
    const keys = Array.from({ length: 1005 }, (_, n) => `many/${String(n).padStart(4, '0')}`)
    // Behind the server's back: it takes every file for an object.
    for (const key of keys) await writeFile(join(world.directory, 'buckets', world.bucket, key), 'x')
    const listed = async () => (await Array.fromAsync(store.list('many/', never))).map(({ key }) => key)
    expect(await listed()).toEqual(keys)
    await store.delete([...keys, 'many/none'], never)
    expect(await listed()).toEqual([])
  })

  test('[C7] a listing that is given up asks for no further page, one that is aborted rejects', async () => {
    for (const key of ['given-up/1', 'given-up/2'])
      await store.put({ key, body: bytes(), contentType: 'a/b', metadata: {} }, never)
    const stop = new AbortController()
    const seen: string[] = []
    const list = async () => {
      for await (const { key } of store.list('given-up/', stop.signal)) {
        seen.push(key)
        stop.abort()
      }
    }
    await expect(list()).rejects.toMatchObject({ code: 'aborted' })
    expect(seen).toEqual(['given-up/1'])
  })

  test('[C4] credentials that are wrong, or have no right, are denied', async () => {
    const { credentials } = world.server
    const wrongKey = world.open({ credentials: { ...credentials, accessKeyId: 'zaplog0000000000' } })
    await expect(wrongKey).rejects.toMatchObject({ code: 'denied', retryable: false })
    const wrongSecret = world.open({ credentials: { ...credentials, secretAccessKey: 'wrong' } })
    await expect(wrongSecret).rejects.toMatchObject({ code: 'denied' })
    const nobody = world.open({ credentials: await world.server.addUser() })
    await expect(nobody).rejects.toMatchObject({ code: 'denied' })
    await expect(nobody).rejects.toThrow('looking for the bucket store (needs s3:ListBucket)')
  })

  test('[C4] a bucket that is not there is misconfigured, at the start and later, and never looks like an empty store', async () => {
    await expect(world.open({ bucket: 'no-such-bucket' })).rejects.toMatchObject({ code: 'misconfigured' })
    const other = await openS3World('going')
    try {
      const going = await other.open()
      await other.client.send(new DeleteBucketCommand({ Bucket: 'going' }))
      const calls = {
        head: () => going.head('a', never),
        get: () => going.get({ key: 'a' }, never),
        put: () => going.put({ key: 'a', body: bytes('x'), contentType: 'a/b', metadata: {} }, never),
        copy: () => going.copy({ fromKey: 'a', toKey: 'b', contentType: 'a/b', metadata: {} }, never),
        delete: () => going.delete(['a'], never),
        list: () => Array.fromAsync(going.list('', never)),
      }
      for (const [name, call] of Object.entries(calls))
        await expect(call(), name).rejects.toMatchObject({ code: 'misconfigured', retryable: false })
    } finally {
      await other.close()
    }
  })
})

async function* bytes(...values: readonly (string | Buffer)[]) {
  for (const value of values) yield Buffer.from(value)
}
async function* inChunks(whole: Buffer, chunkBytes: number) {
  for (let at = 0; at < whole.length; at += chunkBytes) yield whole.subarray(at, at + chunkBytes)
}
