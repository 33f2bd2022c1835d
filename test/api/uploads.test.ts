// Files to send over HTTP: what is said of one is judged before its bytes, its bytes go straight into the store, and each ends once.
import { connect } from 'node:net'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { Event } from '../../src/events/event.ts'
import { findUpload } from '../../src/instances/uploads.ts'
import { claimUploads, readyUpload } from '../../src/instances/uploads-at-work.ts'
import { type Answer, openTestApi, type TestApi } from '../ground/api/open-test-api.ts'
import { collectLogLines } from '../ground/log-lines.ts'
import { until } from '../ground/until.ts'

const logger = collectLogLines()
let api: TestApi
beforeAll(async () => {
  api = await openTestApi('api-uploads', logger, { uploads: { maxImageBytes: 1000 } })
  expect((await api.call('POST', '/v1/instances', { body: { id: 'shop', name: 'Shop' } })).status).toBe(201)
})
afterAll(() => api.close())

const photo = Buffer.alloc(300, 1)
const aPhoto = { fileName: 'photo.jpg', mimetype: 'image/jpeg', sizeBytes: photo.length }
const ask = (body: unknown = aPhoto, key?: string): Promise<Answer> =>
  api.call('POST', '/v1/instances/shop/uploads', { body, ...(key !== undefined && { headers: { 'idempotency-key': key } }) })
const complete = (id: unknown) => api.call('POST', `/v1/uploads/${id}/complete`)
const read = async (id: unknown) => (await api.call('GET', `/v1/uploads/${id}`)).json
const put = (
  url: unknown,
  body: Uint8Array<ArrayBuffer> = photo,
  headers: Record<string, string> = { 'content-type': 'image/jpeg' },
) => api.call('PUT', String(url), { rawBody: body, headers, key: null })

async function uploaded(): Promise<string> {
  const { json } = await ask()
  expect((await put(json.url)).status).toBe(200)
  return String(json.uploadId)
}

async function eventsOf(uploadId: unknown): Promise<Event[]> {
  const events: Event[] = []
  const signal = AbortSignal.timeout(10_000)
  for await (const record of api.testLog.log.read(api.testLog.topic('events'), { from: 'first', until: 'end' }, signal)) {
    const event = await api.testLog.codec.decode(record.value, signal)
    if (event !== null && 'uploadId' in event && event.uploadId === uploadId) events.push(event)
  }
  return events
}

describe('asking', () => {
  test('[C13] answers where the bytes go, until when and with what, and tells it', async () => {
    const { status, json, headers } = await ask(aPhoto, 'order 1')
    expect(status).toBe(201)
    expect(json).toEqual({
      uploadId: expect.stringMatching(/^[0-9a-f]{32}$/),
      url: expect.stringContaining(`${api.url}/objects/incoming/shop/uploads/${json.uploadId}`),
      method: 'PUT',
      headers: { 'content-type': 'image/jpeg', 'content-length': '300' },
      expiresAt: new Date(api.clock.nowAt + 5 * 60_000).toISOString(),
      idempotencyKey: 'order 1',
    })
    expect(headers.get('location')).toBe(`/v1/uploads/${json.uploadId}`)
    expect(await eventsOf(json.uploadId)).toMatchObject([
      { type: 'upload.requested', instanceId: 'shop', kind: 'image', source: 'upload', fileName: 'photo.jpg', sizeBytes: 300 },
    ])
    expect(await read(json.uploadId)).toMatchObject({ state: 'pending', kind: 'image', instanceId: 'shop', chatId: null })
  })

  test('[C13] the same key is the same upload and told once; another file under it is refused', async () => {
    const first = await ask(aPhoto, 'twice')
    const again = await ask(aPhoto, 'twice')
    expect(again.json).toEqual(first.json)
    expect(await eventsOf(first.json.uploadId)).toHaveLength(1)
    const other = await ask({ ...aPhoto, sizeBytes: 301 }, 'twice')
    expect(other).toMatchObject({ status: 409, json: { type: 'urn:zaplog:problem:idempotency-key-reused' } })
  })

  test.each<[string, object, string]>([
    ['no byte', { sizeBytes: 0 }, '/sizeBytes'],
    ['fewer than none', { sizeBytes: -1 }, '/sizeBytes'],
    ['5 GiB', { sizeBytes: 5 * 1024 ** 3, kind: 'document' }, '/sizeBytes'],
    ['more than its kind may have', { sizeBytes: 1001 }, '/sizeBytes'],
    ['a type that its kind has not', { kind: 'image', mimetype: 'application/pdf' }, '/mimetype'],
    ['other audio as a voice note', { kind: 'voice', mimetype: 'audio/mpeg' }, '/mimetype'],
    ['no type', { mimetype: 'photo' }, '/mimetype'],
    ['no name', { fileName: ' ' }, '/fileName'],
    ['a kind that there is not', { kind: 'hologram' }, '/kind'],
    ['a chat that is none', { chatId: 'somebody' }, '/chatId'],
  ])('[C13] %s is refused with the field, what was expected and what came', async (_what, given, pointer) => {
    const { status, json } = await ask({ ...aPhoto, ...given })
    expect(status).toBe(422)
    expect(json.errors).toMatchObject([{ pointer, expected: expect.any(String), received: expect.any(String) }])
  })

  test.each([
    ['image/webp; x=1', 'image'],
    ['video/mp4', 'video'],
    ['audio/ogg; codecs=opus', 'audio'],
    ['application/pdf', 'document'],
    ['image/svg+xml', 'document'],
  ])('[C13] %s is sent as %s where nothing is said', async (mimetype, kind) => {
    const { json } = await ask({ ...aPhoto, mimetype })
    expect(await read(json.uploadId)).toMatchObject({ kind })
  })

  test('[C13] of an account that is not there is 404', async () => {
    const { status } = await api.call('POST', '/v1/instances/nobody/uploads', { body: aPhoto })
    expect(status).toBe(404)
    expect((await api.call('GET', '/v1/uploads/nothing')).status).toBe(404)
  })
})

describe('putting', () => {
  test('[C13] the bytes are in the store, and completing is 202 and prepares them', async () => {
    const uploadId = await uploaded()
    const { status, json } = await complete(uploadId)
    expect([status, json.state]).toEqual([202, 'processing'])
    const row = await findUpload(api.database, 'shop', uploadId)
    const object = await api.objects.get({ key: row?.incomingKey ?? '' }, AbortSignal.timeout(10_000))
    expect(Buffer.concat(await Array.fromAsync(object?.body ?? []))).toEqual(photo)
    expect(object?.head.contentType).toBe('image/jpeg')
    expect((await complete(uploadId)).json).toEqual(json)
  })

  test('[C13] more or fewer bytes than announced, and another type, are refused before they are taken', async () => {
    const { json } = await ask()
    expect((await put(json.url, Buffer.alloc(301))).status).toBe(422)
    expect((await put(json.url, Buffer.alloc(299))).status).toBe(422)
    expect((await put(json.url, photo, { 'content-type': 'image/png' })).status).toBe(415)
    expect((await complete(json.uploadId)).json.type).toBe('urn:zaplog:problem:upload-not-received')
  })

  test('[C13] a signature that is over, was stretched or is for another key is refused', async () => {
    const { json } = await ask()
    const url = new URL(String(json.url))
    url.searchParams.set('exp', String(Number(url.searchParams.get('exp')) + 60))
    expect((await put(url)).status).toBe(403)
    expect((await put(String(json.url).replace('/shop/', '/store/'))).status).toBe(403)
    api.clock.nowAt += 5 * 60_000
    expect((await put(json.url)).status).toBe(410)
  })

  test('[C13] a client that goes away in the middle leaves nothing, and may put it again', async () => {
    const { json } = await ask()
    const url = new URL(String(json.url))
    const socket = connect(Number(url.port), url.hostname)
    socket.write(
      `PUT ${url.pathname}${url.search} HTTP/1.1\r\nhost: ${url.host}\r\ncontent-type: image/jpeg\r\ncontent-length: 300\r\n\r\n`,
    )
    socket.write(photo.subarray(0, 100))
    await until('it to be written', () => socket.bytesWritten > 300 && socket.writableLength === 0)
    socket.destroy()
    expect((await complete(json.uploadId)).status).toBe(409)
    expect((await put(json.url)).status).toBe(200)
    expect((await complete(json.uploadId)).status).toBe(202)
  })

  test('[C13] a second one after it was completed is refused', async () => {
    const { json } = await ask()
    await put(json.url)
    await put(json.url)
    await complete(json.uploadId)
    expect(await put(json.url)).toMatchObject({ status: 409, json: { type: 'urn:zaplog:problem:upload-over' } })
  })
})

describe('completing', () => {
  test('[C13] before its bytes are there is 409, and it may be completed after', async () => {
    const { json } = await ask()
    expect(await complete(json.uploadId)).toMatchObject({ status: 409, json: { type: 'urn:zaplog:problem:upload-not-received' } })
    await put(json.url)
    expect((await complete(json.uploadId)).status).toBe(202)
  })

  test('[C13] once it is ready, it says what is sent', async () => {
    const uploadId = await uploaded()
    await complete(uploadId)
    await makeReady(uploadId)
    expect(await read(uploadId)).toMatchObject({ state: 'ready', mimetype: 'image/png', sizeBytes: 7, width: 3, height: 4 })
    expect((await complete(uploadId)).json.state).toBe('ready')
  })

  test('[C13] only a send that failed is tried again', async () => {
    const uploadId = await uploaded()
    const retry = () => api.call('POST', `/v1/uploads/${uploadId}/retry`)
    expect((await retry()).json.type).toBe('urn:zaplog:problem:upload-over')
    await complete(uploadId)
    expect((await retry()).json.type).toBe('urn:zaplog:problem:upload-over')
  })
})

describe('giving up', () => {
  test('[C13] is told once, takes the bytes away, and nothing is done with it after', async () => {
    const uploadId = await uploaded()
    const giveUp = () => api.call('DELETE', `/v1/uploads/${uploadId}`)
    expect((await giveUp()).status).toBe(204)
    expect((await giveUp()).status).toBe(204)
    expect(await read(uploadId)).toMatchObject({ state: 'failed', reason: 'given-up' })
    expect((await complete(uploadId)).status).toBe(409)
    expect((await eventsOf(uploadId)).map(one => one.type)).toEqual(['upload.requested', 'upload.failed'])
    const row = await findUpload(api.database, 'shop', uploadId)
    expect(await api.objects.head(row?.incomingKey ?? '', AbortSignal.timeout(10_000))).toBeNull()
  })
})

test('[D4] an account’s uploads are listed newest first, page by page', async () => {
  await api.call('POST', '/v1/instances', { body: { id: 'store', name: 'Store' } })
  const made: unknown[] = []
  for (const fileName of ['a', 'b', 'c']) {
    api.clock.nowAt += 1000
    made.push((await api.call('POST', '/v1/instances/store/uploads', { body: { ...aPhoto, fileName } })).json.uploadId)
  }
  const first = (await api.call('GET', '/v1/instances/store/uploads?limit=2')).json
  const second = (await api.call('GET', `/v1/instances/store/uploads?limit=2&cursor=${first.nextCursor}`)).json
  const ids = [first, second].flatMap(page => (page.data as { uploadId: string }[]).map(one => one.uploadId))
  expect(ids).toEqual(made.reverse())
  expect(second.nextCursor).toBeNull()
})

/** As who prepares files does it. */
async function makeReady(uploadId: string) {
  const { claim } = await until('it to be claimed', async () =>
    (await claimUploads(api, { limit: 100, leaseMs: 60_000 })).find(({ row }) => row.uploadId === uploadId),
  )
  const facts = { width: 3, height: 4, durationSeconds: null, thumbnail: Buffer.from('jpeg'), pages: null }
  const file = { objectKey: 'k', mimetype: 'image/png', sizeBytes: 7, sha256: 'aa', fileName: null, ...facts }
  await readyUpload(api.database, { uploadId, claim }, file)
}
