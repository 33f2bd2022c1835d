// Forwards of one file share one fetch, but never somebody else's mistake or end.
import { randomBytes } from 'node:crypto'
import { afterEach, beforeEach, expect, test } from 'vitest'
import type { ObjectStore } from '../../src/objects/objects.ts'
import { anEvent } from '../ground/events.ts'
import { collectLogLines } from '../ground/log-lines.ts'
import {
  handle,
  type MediaMessage,
  type MediaWorld,
  mediaMessage,
  openMediaWorld,
  pathOf,
  useHands,
} from '../ground/processors/media-world.ts'
import { until } from '../ground/until.ts'

const logger = collectLogLines()
useHands()
let world: MediaWorld
beforeEach(async () => {
  world = await openMediaWorld(logger)
})
afterEach(() => world.close())
const bytes = randomBytes(50_000)

/** The same file in another message, with a reference of its own. */
const forward = (of: MediaMessage, more: Partial<NonNullable<MediaMessage['mediaSource']>> = {}, kind = 'image') => {
  if (of.mediaSource == null) throw new Error('the message has no file')
  return anEvent('message.received', { kind, media: of.media ?? null, mediaSource: { ...of.mediaSource, ...more } })
}

test.each([
  ['gone', { directPath: '/v/forgotten.enc' }, 'image'],
  ['no-url', { directPath: null, url: null }, 'image'],
  ['too-large', { sizeBytes: 900_000_000 }, 'image'],
  ['type-not-allowed', {}, 'album'],
])(
  '[C5] [C6] a file that is %s by the reference of one message is fetched by the good one of another',
  async (reason, bad, kind) => {
    const consumer = world.download()
    const good = mediaMessage(world.cdn, { bytes })
    const messages = [forward(good, bad, kind), good, forward(good)]
    const made = await Promise.all(messages.map(async event => (await handle(world, consumer, event)).events))
    expect(made).toMatchObject([
      [{ type: 'media.failed', reason }],
      [{ type: 'media.downloaded' }],
      [{ type: 'media.downloaded' }],
    ])
    expect(world.cdn.hits().filter(hit => hit.status === 200).length).toBeLessThanOrEqual(2)
  },
)

test('[C6] what will pass by itself is shared: nobody asks a CDN in trouble for the same file at once', async () => {
  const consumer = world.download()
  const first = mediaMessage(world.cdn, { bytes })
  world.cdn.fault(pathOf(first), { kind: 'status', status: 503 })
  const forwards = [first, ...Array.from({ length: 20 }, () => forward(first))]
  const made = await Promise.all(forwards.map(event => handle(world, consumer, event)))
  expect(new Set(made.map(one => one.outcome.kind))).toEqual(new Set(['retry']))
  expect(world.cdn.hits()).toHaveLength(1)
})

test('[C6] [H6] an assignment that ends takes its own messages with it, and no others', async () => {
  const arrived: Uint8Array[] = []
  async function* noticed(body: AsyncIterable<Uint8Array>) {
    for await (const chunk of body) {
      arrived.push(chunk)
      yield chunk
    }
  }
  const { store } = world.objects
  const objects: ObjectStore = { ...store, put: (object, signal) => store.put({ ...object, body: noticed(object.body) }, signal) }
  const consumer = world.download({ idleTimeoutMs: 20_000 }, { objects })
  const large = randomBytes(3 * 1024 * 1024)
  const first = mediaMessage(world.cdn, { bytes: large })
  world.cdn.fault(pathOf(first), { kind: 'stall', atByte: large.length }, 1)
  const [leads, leaves] = [new AbortController(), new AbortController()]
  const leading = handle(world, consumer, first, 1, leads.signal)
  const leaving = handle(world, consumer, forward(first), 1, leaves.signal)
  const staying = handle(world, consumer, forward(first))
  await until('the first is being fetched', () => arrived.length > 0)

  leaves.abort(new Error('the partition moved'))
  await expect(leaving).rejects.toThrow('the partition moved')
  leads.abort(new Error('this one too'))
  await expect(leading).rejects.toThrow()
  expect((await staying).events).toMatchObject([{ type: 'media.downloaded', attempts: 1 }])
})
