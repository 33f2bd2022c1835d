// Files to send over HTTP, for tests: an account, a photo, and whoever asks for its place, puts it there and completes it.
import { expect } from 'vitest'
import type { Event } from '../../../src/events/event.ts'
import { claimUploads, readyUpload } from '../../../src/instances/uploads-at-work.ts'
import type { Logger } from '../../../src/runtime/logger.ts'
import { until } from '../until.ts'
import { type CommandsWorld, openCommandsWorld } from './commands-world.ts'
import type { Answer } from './open-test-api.ts'

export async function openUploadsApi(name: string, logger: Logger): Promise<CommandsWorld> {
  const world = await openCommandsWorld(name, logger, { uploads: { maxImageBytes: 1000 } })
  expect((await world.api.call('POST', '/v1/instances', { body: { id: 'shop', name: 'Shop' } })).status).toBe(201)
  return world
}

export const photo = Buffer.alloc(300, 1)

export const aPhoto = { fileName: 'photo.jpg', mimetype: 'image/jpeg', sizeBytes: photo.length }

export const ask = (world: CommandsWorld, body: unknown = aPhoto, key?: string): Promise<Answer> =>
  world.api.call('POST', '/v1/instances/shop/uploads', {
    body,
    ...(key !== undefined && { headers: { 'idempotency-key': key } }),
  })

export const complete = (world: CommandsWorld, id: unknown) => world.api.call('POST', `/v1/uploads/${id}/complete`)

export const read = async (world: CommandsWorld, id: unknown) => (await world.api.call('GET', `/v1/uploads/${id}`)).json

export const put = (
  world: CommandsWorld,
  url: unknown,
  body: Uint8Array<ArrayBuffer> = photo,
  headers: Record<string, string> = { 'content-type': 'image/jpeg' },
) => world.api.call('PUT', String(url), { rawBody: body, headers, key: null })

export async function uploaded(world: CommandsWorld): Promise<string> {
  const { json } = await ask(world)
  expect((await put(world, json.url)).status).toBe(200)
  return String(json.uploadId)
}

export async function eventsIn(world: CommandsWorld, topic: 'events' | 'commands'): Promise<Event[]> {
  const signal = AbortSignal.timeout(10_000)
  const read = world.api.testLog.log.read(world.api.testLog.topic(topic), { from: 'first', until: 'end' }, signal)
  return (await Array.fromAsync(read, ({ value }) => world.api.testLog.codec.decode(value, signal))).filter(
    event => event !== null,
  )
}

export const eventsOf = async (world: CommandsWorld, uploadId: unknown) =>
  (await eventsIn(world, 'events')).filter(event => 'uploadId' in event && event.uploadId === uploadId)

/** As who prepares files does it. */
export async function makeReady(world: CommandsWorld, uploadId: string) {
  const { claim } = await until('it to be claimed', async () =>
    (await claimUploads(world.api, { limit: 100, perInstance: 100, leaseMs: 60_000 })).find(
      ({ row }) => row.uploadId === uploadId,
    ),
  )
  const facts = { width: 3, height: 4, durationSeconds: null, thumbnail: Buffer.from('jpeg'), pages: null, waveform: null }
  const file = { objectKey: 'k', mimetype: 'image/png', sizeBytes: 7, sha256: 'aa', fileName: null, ...facts }
  await readyUpload(world.api.database, { uploadId, claim }, file)
}
