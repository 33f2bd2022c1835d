// The bytes of a file to send go straight into the store: exactly as announced, once, and none takes the place of a completed one.
import { connect } from 'node:net'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { findUpload } from '../../src/instances/uploads.ts'
import type { CommandsWorld } from '../ground/api/commands-world.ts'
import { ask, complete, openUploadsApi, photo, put, uploaded } from '../ground/api/uploads-asked.ts'
import { collectLogLines } from '../ground/log-lines.ts'
import { until } from '../ground/until.ts'

const logger = collectLogLines(['request.failed'])
let world: CommandsWorld
beforeAll(async () => {
  world = await openUploadsApi('api-put-uploads', logger)
})
afterAll(() => world.close())

describe('putting', () => {
  test('[C13] the bytes are in the store, and completing is 202 and prepares them', async () => {
    const uploadId = await uploaded(world)
    const { status, json } = await complete(world, uploadId)
    expect([status, json.state]).toEqual([202, 'processing'])
    const row = await findUpload(world.api.database, 'shop', uploadId)
    const object = await world.api.objects.get({ key: row?.incomingKey ?? '' }, AbortSignal.timeout(10_000))
    expect(Buffer.concat(await Array.fromAsync(object?.body ?? []))).toEqual(photo)
    expect(object?.head.contentType).toBe('image/jpeg')
    expect((await complete(world, uploadId)).json).toEqual(json)
  })

  test('[C13] more or fewer bytes than announced, and another type, are refused before they are taken', async () => {
    const { json } = await ask(world)
    expect((await put(world, json.url, Buffer.alloc(301))).status).toBe(422)
    expect((await put(world, json.url, Buffer.alloc(299))).status).toBe(422)
    expect((await put(world, json.url, photo, { 'content-type': 'image/png' })).status).toBe(415)
    expect((await complete(world, json.uploadId)).json.type).toBe('urn:zaplog:problem:upload-not-received')
  })

  test('[C13] a signature that is over, was stretched or is for another key is refused', async () => {
    const { json } = await ask(world)
    const url = new URL(String(json.url))
    url.searchParams.set('exp', String(Number(url.searchParams.get('exp')) + 60))
    expect((await put(world, url)).status).toBe(403)
    expect((await put(world, String(json.url).replace('/shop/', '/store/'))).status).toBe(403)
    world.api.clock.nowAt += 5 * 60_000
    expect((await put(world, json.url)).status).toBe(410)
  })

  test('[C13] a client that goes away in the middle leaves nothing, and may put it again', async () => {
    const { json } = await ask(world)
    const url = new URL(String(json.url))
    const socket = connect(Number(url.port), url.hostname)
    socket.write(
      `PUT ${url.pathname}${url.search} HTTP/1.1\r\nhost: ${url.host}\r\ncontent-type: image/jpeg\r\ncontent-length: 300\r\n\r\n`,
    )
    socket.write(photo.subarray(0, 100))
    await until('it to be written', () => socket.bytesWritten > 300 && socket.writableLength === 0)
    socket.destroy()
    expect((await complete(world, json.uploadId)).status).toBe(409)
    expect((await put(world, json.url)).status).toBe(200)
    expect((await complete(world, json.uploadId)).status).toBe(202)
  })

  test('[C13] a second one after it was completed is refused', async () => {
    const { json } = await ask(world)
    await put(world, json.url)
    await put(world, json.url)
    await complete(world, json.uploadId)
    expect(await put(world, json.url)).toMatchObject({ status: 409, json: { type: 'urn:zaplog:problem:upload-over' } })
  })
})
