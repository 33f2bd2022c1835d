// Files to send over HTTP: what is said of one is judged before its bytes, and each ends once.
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { findUpload } from '../../src/instances/uploads.ts'
import type { CommandsWorld } from '../ground/api/commands-world.ts'
import { aPhoto, ask, complete, eventsOf, makeReady, openUploadsApi, put, read, uploaded } from '../ground/api/uploads-asked.ts'
import { collectLogLines } from '../ground/log-lines.ts'

const logger = collectLogLines(['request.failed'])
let world: CommandsWorld
beforeAll(async () => {
  world = await openUploadsApi('api-uploads', logger)
})
afterAll(() => world.close())

describe('asking', () => {
  test('[C13] answers where the bytes go, until when and with what, and tells it', async () => {
    const { status, json, headers } = await ask(world, aPhoto, 'order 1')
    expect(status).toBe(201)
    expect(json).toEqual({
      uploadId: expect.stringMatching(/^[0-9a-f]{32}$/),
      url: expect.stringContaining(`${world.api.url}/objects/incoming/shop/uploads/${json.uploadId}`),
      method: 'PUT',
      headers: { 'content-type': 'image/jpeg', 'content-length': '300' },
      expiresAt: new Date(world.api.clock.nowAt + 5 * 60_000).toISOString(),
      idempotencyKey: 'order 1',
    })
    expect(headers.get('location')).toBe(`/v1/uploads/${json.uploadId}`)
    expect(await eventsOf(world, json.uploadId)).toMatchObject([
      { type: 'upload.requested', instanceId: 'shop', kind: 'image', source: 'upload', fileName: 'photo.jpg', sizeBytes: 300 },
    ])
    expect(await read(world, json.uploadId)).toMatchObject({ state: 'pending', kind: 'image', instanceId: 'shop', chatId: null })
  })

  test('[C13] the same key is the same upload and told once; another file under it is refused', async () => {
    const first = await ask(world, aPhoto, 'twice')
    const again = await ask(world, aPhoto, 'twice')
    expect(again.json).toEqual(first.json)
    expect(await eventsOf(world, first.json.uploadId)).toHaveLength(1)
    const other = await ask(world, { ...aPhoto, sizeBytes: 301 }, 'twice')
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
    ['a caption where there is none', { kind: 'voice', mimetype: 'audio/ogg', caption: 'hi' }, '/caption'],
    ['a kind that there is not', { kind: 'hologram' }, '/kind'],
    ['a chat that is none', { chatId: 'somebody' }, '/chatId'],
  ])('[C13] %s is refused with the field, what was expected and what came', async (_what, given, pointer) => {
    const { status, json } = await ask(world, { ...aPhoto, ...given })
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
    const { json } = await ask(world, { ...aPhoto, mimetype })
    expect(await read(world, json.uploadId)).toMatchObject({ kind })
  })

  test('[C13] of an account that is not there is 404', async () => {
    const { status } = await world.api.call('POST', '/v1/instances/nobody/uploads', { body: aPhoto })
    expect(status).toBe(404)
    expect((await world.api.call('GET', '/v1/uploads/nothing')).status).toBe(404)
  })
})

describe('completing', () => {
  test('[C13] before its bytes are there is 409, and it may be completed after', async () => {
    const { json } = await ask(world)
    expect(await complete(world, json.uploadId)).toMatchObject({
      status: 409,
      json: { type: 'urn:zaplog:problem:upload-not-received' },
    })
    await put(world, json.url)
    expect((await complete(world, json.uploadId)).status).toBe(202)
  })

  test('[C13] once it is ready, it says what is sent', async () => {
    const uploadId = await uploaded(world)
    await complete(world, uploadId)
    await makeReady(world, uploadId)
    expect(await read(world, uploadId)).toMatchObject({
      state: 'ready',
      mimetype: 'image/png',
      sizeBytes: 7,
      width: 3,
      height: 4,
    })
    expect((await complete(world, uploadId)).json.state).toBe('ready')
  })

  test('[C13] only a send that failed is tried again', async () => {
    const uploadId = await uploaded(world)
    const retry = () => world.api.call('POST', `/v1/uploads/${uploadId}/retry`)
    expect((await retry()).json.type).toBe('urn:zaplog:problem:upload-over')
    await complete(world, uploadId)
    expect((await retry()).json.type).toBe('urn:zaplog:problem:upload-over')
  })
})

describe('giving up', () => {
  test('[C13] is told once, takes the bytes away, and nothing is done with it after', async () => {
    const uploadId = await uploaded(world)
    const giveUp = () => world.api.call('DELETE', `/v1/uploads/${uploadId}`)
    expect((await giveUp()).status).toBe(204)
    expect((await giveUp()).status).toBe(204)
    expect(await read(world, uploadId)).toMatchObject({ state: 'failed', reason: 'given-up' })
    expect((await complete(world, uploadId)).status).toBe(409)
    expect((await eventsOf(world, uploadId)).map(one => one.type)).toEqual(['upload.requested', 'upload.failed'])
    const row = await findUpload(world.api.database, 'shop', uploadId)
    expect(await world.api.objects.head(row?.incomingKey ?? '', AbortSignal.timeout(10_000))).toBeNull()
  })
})

test('[D4] an account’s uploads are listed newest first, page by page', async () => {
  await world.api.call('POST', '/v1/instances', { body: { id: 'store', name: 'Store' } })
  const made: unknown[] = []
  for (const fileName of ['a', 'b', 'c']) {
    world.api.clock.nowAt += 1000
    made.push((await world.api.call('POST', '/v1/instances/store/uploads', { body: { ...aPhoto, fileName } })).json.uploadId)
  }
  const first = (await world.api.call('GET', '/v1/instances/store/uploads?limit=2')).json
  const second = (await world.api.call('GET', `/v1/instances/store/uploads?limit=2&cursor=${first.nextCursor}`)).json
  const ids = [first, second].flatMap(page => (page.data as { uploadId: string }[]).map(one => one.uploadId))
  expect(ids).toEqual(made.reverse())
  expect(second.nextCursor).toBeNull()
})
