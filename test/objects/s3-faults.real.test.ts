// A real S3 server that is killed, cut off or silent: an object is whole or not there, calls end in time, and everything works again after.
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest'
import type { NewObject, ObjectStore } from '../../src/objects/objects.ts'
import { readAll } from '../contracts/object-store-under-test.ts'
import { collectLogLines } from '../ground/log-lines.ts'
import { openS3World, type S3World } from '../ground/objects/s3-world.ts'
import { runsHere } from '../ground/runs-here.ts'
import { type Direction, openTcpProxy, type TcpProxy } from '../ground/tcp-proxy.ts'
import { until } from '../ground/until.ts'

const here = await runsHere('s3')
const never = new AbortController().signal
const unreachable = { code: 'unreachable', retryable: true }
const ANSWER_TIMEOUT_MS = 300

describe.runIf(here)('the S3 store', () => {
  let world: S3World
  let proxy: TcpProxy
  /** Through the proxy. */
  let store: ObjectStore
  beforeAll(async () => {
    world = await openS3World('faults')
    proxy = await openTcpProxy({ target: { port: world.server.port } })
    store = await open()
  })
  afterEach(() => {
    proxy.watch(null)
    proxy.resume()
  })
  afterAll(async () => {
    await proxy?.close()
    await world?.close()
  })

  const open = (more: Parameters<S3World['open']>[0] = {}) => world.open({ endpoint: `http://127.0.0.1:${proxy.port}`, ...more })
  const object = (key: string, body: NewObject['body']): NewObject => ({
    key,
    body,
    contentType: 'a/b',
    metadata: { event_id: key },
  })
  const readBack = async (key: string) => await readAll((await store.get({ key }, never))?.body ?? bytes())
  /** Breaks the first chunk of a request or an answer that holds `text`, as the plan says, `times` over. */
  const cut = (direction: Direction, text: string, how: 'cut-before' | 'cut-after', times = 1) => {
    const plan = { cuts: 0 }
    proxy.watch((chunk, to) => {
      if (to !== direction || plan.cuts === times || !chunk.includes(text)) return 'pass'
      plan.cuts += 1
      return how
    })
    return plan
  }

  const small = Buffer.alloc(300_000, 'small')
  const large = Buffer.alloc(12_000_000, 'large')
  test.for([
    ['before the request arrives', 'to-target', 'PUT /', 'cut-before', small],
    ['inside the request', 'to-target', 'PUT /', 'cut-after', small],
    ['after the request, before its answer', 'to-client', 'HTTP/1.1 200', 'cut-before', small],
    ['inside the answer', 'to-client', 'HTTP/1.1 200', 'cut-after', small],
    ['before it is told the id of its parts', 'to-client', 'UploadId', 'cut-before', large],
    ['before a part arrives', 'to-target', 'partNumber=2', 'cut-before', large],
    ['inside a part', 'to-target', 'partNumber=2', 'cut-after', large],
  ] as const)(
    '[C3] a put whose connection is cut once, %s, succeeds and is whole',
    async ([when, direction, text, how, body]) => {
      const plan = cut(direction, text, how)
      const head = await store.put(object(when, bytes(body)), never)
      expect(plan.cuts).toBe(1)
      expect(head).toMatchObject({ sizeBytes: body.length, metadata: { event_id: when } })
      expect((await readBack(when)).equals(body)).toBe(true)
      expect(await world.unfinishedUploads()).toEqual([])
    },
  )

  test('[C3] a put that is cut inside again and again rejects, shows nothing and tells the source to end', async () => {
    cut('to-target', 'partNumber=2', 'cut-after', 99)
    const source = endless()
    await expect(store.put(object('cut/again', source.body()), never)).rejects.toMatchObject(unreachable)
    expect(source.wasEnded()).toBe(true)
    expect(await store.head('cut/again', never)).toBeNull()
    expect(await world.unfinishedUploads()).toEqual([])
  })

  test('[C3] an upload in parts that cannot begin rejects, and tells the source to end', async () => {
    cut('to-target', '?uploads', 'cut-before', 99)
    const source = endless()
    await expect(store.put(object('cut/begin', source.body()), never)).rejects.toThrow(/^beginning to put cut\/begin in parts: /)
    expect(source.wasEnded()).toBe(true)
  })

  test('[C3] a completion whose answer is lost ends retryable or well, and the object is whole', async () => {
    const plan = cut('to-client', 'CompleteMultipartUploadResult', 'cut-before')
    const put = await store.put(object('cut/completed', bytes(large)), never).catch(error => error)
    expect(plan.cuts).toBe(1)
    expect([undefined, true]).toContain(put.retryable)
    expect((await readBack('cut/completed')).equals(large)).toBe(true)
    expect(await world.unfinishedUploads()).toEqual([])
  })

  test('[C6] a put that rejected is repeated with the same result', async () => {
    cut('to-target', 'PUT /', 'cut-after', 99)
    await expect(store.put(object('cut/repeated', bytes(small)), never)).rejects.toMatchObject(unreachable)
    expect(await store.head('cut/repeated', never)).toBeNull()
    proxy.watch(null)
    await store.put(object('cut/repeated', bytes(small)), never)
    expect((await readBack('cut/repeated')).equals(small)).toBe(true)
  })

  test('[C4] parts that could not be removed are said, with the upload’s id', async () => {
    const logger = collectLogLines()
    const watched = await open({ logger })
    async function* body() {
      yield Buffer.alloc(6_000_000)
      await until('an upload begins', async () => (await world.unfinishedUploads()).includes('left'))
      proxy.down()
      throw new Error('the source broke')
    }
    await expect(watched.put(object('left', body()), never)).rejects.toThrow('the source broke')
    expect(logger.lines).toMatchObject([{ level: 'warn', event: 'objects.upload-left', fields: { key: 'left' } }])
    expect(logger.lines[0]?.fields.uploadId).toMatch(/./)
  })

  test('[C6] a get that is cut rejects, saying at which byte', async () => {
    await world.open().then(direct => direct.put(object('cut/read', bytes(large)), never))
    const found = await store.get({ key: 'cut/read' }, never)
    const read = async () => {
      let readBytes = 0
      for await (const chunk of found?.body ?? []) {
        if (readBytes === 0) proxy.cut()
        readBytes += chunk.length
      }
    }
    await expect(read()).rejects.toMatchObject(unreachable)
    await expect(readBack('cut/read')).resolves.toHaveLength(large.length)
    await store.get({ key: 'cut/read' }, never).then(again => {
      proxy.cut()
      return expect(readAll(again?.body ?? bytes())).rejects.toThrow(/^reading cut\/read at byte \d+: /)
    })
  })

  test('[C6] a server that hangs is given up: every call ends unreachable', async () => {
    const impatient = await open({ answerTimeoutMs: ANSWER_TIMEOUT_MS })
    await impatient.put(object('there', bytes(small)), never)
    proxy.hold()
    const calls = {
      head: () => impatient.head('there', never),
      get: () => impatient.get({ key: 'there' }, never),
      put: () => impatient.put(object('held', bytes('x')), never),
      list: () => Array.fromAsync(impatient.list('', never)),
    }
    for (const [name, call] of Object.entries(calls)) await expect(call(), name).rejects.toMatchObject(unreachable)
    proxy.resume()
    expect(await impatient.head('there', never)).toMatchObject({ sizeBytes: small.length })
  })

  test('[H6] a call to a server that hangs ends at once when it is aborted', async () => {
    const stop = new AbortController()
    proxy.hold()
    const head = store.head('there', stop.signal)
    stop.abort()
    await expect(head).rejects.toMatchObject({ code: 'aborted', retryable: false })
  })

  test('[C7] a body that falls silent is given up, a reader that is slow is not', async () => {
    const impatient = await open({ answerTimeoutMs: ANSWER_TIMEOUT_MS })
    await impatient.put(object('slow', bytes(large)), never)
    const slow = await impatient.get({ key: 'slow' }, never)
    let readBytes = 0
    for await (const chunk of slow?.body ?? []) {
      if (readBytes === 0) await elapsed(2 * ANSWER_TIMEOUT_MS)
      readBytes += chunk.length
    }
    expect(readBytes).toBe(large.length)

    const silent = await impatient.get({ key: 'slow' }, never)
    const reading = async () => {
      for await (const _ of silent?.body ?? []) proxy.hold()
    }
    await expect(reading()).rejects.toThrow(/^reading slow at byte \d+: no byte for 300 ms/)
  })

  test('[C7] a body gives its connection back when it is given up, and when its signal aborts before the first byte', async () => {
    const direct = await world.open()
    await direct.put(object('given-up', bytes(large)), never)
    const isClosed = (before: number) => until('the connection closes', () => proxy.connections() < before || null)

    const givenUp = await store.get({ key: 'given-up' }, never)
    const opened = proxy.connections()
    for await (const _ of givenUp?.body ?? []) break
    await isClosed(opened)

    const stop = new AbortController()
    const unread = await store.get({ key: 'given-up' }, stop.signal)
    const held = proxy.connections()
    stop.abort()
    await isClosed(held)
    await expect(readAll(unread?.body ?? bytes())).rejects.toMatchObject({ code: 'aborted' })
  })

  test('[C6] a server that was killed is unreachable, and has everything when it is back', async () => {
    await store.put(object('durable/small', bytes(small)), never)
    await store.put(object('durable/large', bytes(large)), never)
    await world.server.kill()
    const head = store.head('durable/small', never)
    await expect(head).rejects.toMatchObject(unreachable)
    await expect(head).rejects.toThrow(/^reading the head of durable\/small: /)
    await expect(store.put(object('durable/never', bytes('x')), never)).rejects.toMatchObject(unreachable)
    await expect(world.open()).rejects.toMatchObject(unreachable)
    await world.server.start()
    expect((await readBack('durable/small')).equals(small)).toBe(true)
    expect((await readBack('durable/large')).equals(large)).toBe(true)
    expect(await store.head('durable/never', never)).toBeNull()
  })
})

/** Time itself is what is tested. */
const elapsed = async (ms: number) => {
  const endAt = performance.now() + ms
  await until(`${ms} ms pass`, () => performance.now() > endAt)
}

/** Goes on until it is told to end. */
function endless() {
  let ended = false
  async function* body() {
    try {
      for (;;) yield Buffer.alloc(1_000_000)
    } finally {
      ended = true
    }
  }
  return { body, wasEnded: () => ended }
}

async function* bytes(...values: readonly (string | Buffer)[]) {
  for (const value of values) yield Buffer.from(value)
}
