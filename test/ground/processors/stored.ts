// What download-media leaves to store-media, for tests, and what is in the store then.
import { createHash } from 'node:crypto'
import { sampleJpeg } from '../../../simulator/media/sample-media.ts'
import type { Event, EventOf } from '../../../src/events/event.ts'
import { readAll } from '../../contracts/object-store-under-test.ts'
import { anEvent } from '../events.ts'
import { handle, type MediaWorld, never } from './media-world.ts'

export const sha256 = (bytes: Uint8Array) => createHash('sha256').update(bytes).digest('hex')

export const photo = await sampleJpeg({ width: 640, height: 480 })

/** What download-media leaves behind. */
export async function downloaded(world: () => MediaWorld, bytes: Uint8Array, more: Partial<EventOf<'media.downloaded'>> = {}) {
  const key = more.incomingKey ?? `incoming/shop/${sha256(bytes)}`
  async function* body() {
    yield bytes
  }
  const metadata = { instance_id: 'shop', sha256: sha256(bytes) }
  await world().truth.put({ key, body: body(), contentType: 'application/octet-stream', metadata }, never)
  return anEvent('media.downloaded', {
    sourceEventId: 'a'.repeat(32),
    occurredAt: Date.UTC(2026, 0, 31, 23, 59, 59),
    incomingKey: key,
    sizeBytes: bytes.length,
    sha256: sha256(bytes),
    mimetype: 'image/jpeg',
    fileName: '../../etc/férias.exe',
    messageId: '3EB0AA',
    chatId: '100000000000001@lid',
    ...more,
  })
}

export const store = (world: () => MediaWorld, event: Event, ...config: Parameters<MediaWorld['store']>) =>
  handle(world(), world().store(...config), event)

export const keys = async (world: () => MediaWorld) =>
  (await Array.fromAsync(world().truth.list('shop/', never))).map(one => one.key)

export const bytesAt = async (world: () => MediaWorld, key: string) => {
  const found = await world().truth.get({ key }, never)
  return found === null ? null : await readAll(found.body)
}

export const finalKey = `shop/2026/01/31/${'a'.repeat(32)}.jpg`
