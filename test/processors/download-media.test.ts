// download-media, record by record: what it fetches, what it says, and how often.
import { randomUUID } from 'node:crypto'
import { Readable } from 'node:stream'
import { expect, test } from 'vitest'
import type { Event } from '../../src/events/event.ts'
import { finalKey } from '../../src/processors/store/final-key.ts'
import { readAll } from '../contracts/object-store-under-test.ts'
import { anEvent } from '../ground/events.ts'
import { collectLogLines } from '../ground/log-lines.ts'
import { bytes, downloadsOf, sha256 } from '../ground/processors/downloads.ts'
import { handle, never, pathOf } from '../ground/processors/media-world.ts'
import { until } from '../ground/until.ts'

const logger = collectLogLines()
const { world, message, download, fetches } = downloadsOf(logger)
const finalKeyOf = ({ instanceId, occurredAt, eventId }: Event) => finalKey({ instanceId, occurredAt, eventId, extension: 'bin' })

test('[C3] a file is fetched, verified and held under incoming/, and said to be', async () => {
  const event = message()
  const { events } = await download(event)
  const [made] = events
  expect(made).toMatchObject({
    type: 'media.downloaded',
    sourceEventId: event.eventId,
    round: 1,
    kind: 'image',
    mimetype: 'image/jpeg',
    sizeBytes: bytes.length,
    sha256: sha256(bytes),
    sha256Matches: true,
    attempts: 1,
    recordedAt: 1_800_000_000_000,
  })
  const { instanceId, epoch, sequence, occurredAt, chatId, chatPn, senderId, senderPn, messageId, fromMe } = event
  expect(made).toMatchObject({ instanceId, epoch, sequence, occurredAt, chatId, chatPn, senderId, senderPn, messageId, fromMe })
  expect(made?.raw ?? null).toBeNull()
  const key = made?.type === 'media.downloaded' ? made.incomingKey : ''
  expect(key).toMatch(/^incoming\/shop\/[0-9a-f]{64}$/)
  const found = await world().truth.get({ key }, never)
  expect(await readAll(found?.body ?? Readable.from([]))).toEqual(bytes)
  expect(found?.head, 'as its final copy will be described').toMatchObject({
    contentType: 'application/octet-stream',
    metadata: { instance_id: 'shop', event_id: event.eventId, media_type: 'image', sha256: sha256(bytes) },
  })
})

test('[B4] what was said instead of a time travels along, also with a failure and its next round', async () => {
  const [made] = (await download(message({ occurredAtSaid: '0' }))).events
  expect(made).toMatchObject({ type: 'media.downloaded', occurredAtSaid: '0' })
  const mediaSource = message().mediaSource ?? null
  const failed = anEvent('media.failed', { stage: 'store', reason: 'gone', retryable: true, occurredAtSaid: '0', mediaSource })
  expect((await download(failed)).events).toMatchObject([{ round: 2, occurredAtSaid: '0' }])
})

test('[C11] what is put under incoming/ is remembered before the put; a new file is put in one call of the store, and what is found there is not put again', async () => {
  const event = message()
  world().objects.failing.set('put', 'unreachable')
  expect((await download(event)).outcome).toMatchObject({ kind: 'pause' })
  expect(world().remembered).toHaveLength(1)
  const { calls } = world().objects
  expect(calls.splice(0).map(call => call.split(' ')[0])).toEqual(['put'])
  world().objects.failing.clear()
  const [made] = (await download(event)).events
  const key = made?.type === 'media.downloaded' ? made.incomingKey : ''
  await download(event)
  expect(calls).toEqual([`head ${key}`, `put ${key}`, `head ${key}`])
  expect(world().remembered).toEqual([key, key])
})

test('[C3] a prefix begins new keys, and an object under another one is still found by its event', async () => {
  const objects = { ...world().objects.store, newKey: (name: string) => `media/zaplog/${name}` }
  const event = message()
  const [made] = (await handle(world(), world().download({}, { objects }), event)).events
  expect(made).toMatchObject({ incomingKey: expect.stringMatching(/^media\/zaplog\/incoming\/shop\/[0-9a-f]{64}$/) })
  if (made === undefined) throw new Error('nothing was made')
  const [stored] = (await handle(world(), world().store({}, { objects }), { ...made, kind: 'document' } as Event)).events
  expect(stored).toMatchObject({ type: 'media.stored', extension: 'bin', key: `media/zaplog/${finalKeyOf(event)}` })
  const [older] = (await handle(world(), world().store(), { ...made, kind: 'document' } as Event)).events
  expect(older, 'by a start without it').toMatchObject({ type: 'media.stored', key: finalKeyOf(event) })
})

test('[C3] [C13] what zaplog sent is not fetched back: it is stored from its upload, whatever the limits for others say', async () => {
  const key = `incoming/shop/uploads/${'a'.repeat(64)}-ready-${randomUUID()}`
  await world().truth.put({ key, body: Readable.from([bytes]), contentType: 'image/jpeg', metadata: { upload_id: 'u' } }, never)
  const upload = { objectKey: key, sizeBytes: bytes.length, sha256: sha256(bytes) }
  const known = { findSentFile: async ({ commandId }: { commandId: string }) => (commandId === 'ours' ? upload : null) }
  const limits = { maxImageBytes: 1_000 }
  const sent = (commandId: string | null) => ({ ...message(), type: 'message.sent', fromMe: true, commandId }) as Event
  const bring = (event: Event, more: object = known) => handle(world(), world().download(limits, more), event)
  const [made] = (await bring(sent('ours'))).events
  expect(made).toMatchObject({ type: 'media.downloaded', incomingKey: key, sizeBytes: bytes.length, sha256Matches: true })
  expect(fetches()).toBe(0)
  const [stored] = (await handle(world(), world().store(limits), { ...made, kind: 'image' } as Event)).events
  expect(stored).toMatchObject({ type: 'media.stored', sizeBytes: bytes.length, sha256: sha256(bytes) })
  // What others sent, other bytes, and what is there no more are as any other file.
  const other = { findSentFile: async () => ({ ...upload, sha256: 'b'.repeat(64) }) }
  const gone = { findSentFile: async () => ({ ...upload, objectKey: `${key}2` }) }
  for (const [event, more] of [
    [sent(null)],
    [sent('another')],
    [sent('ours'), other],
    [sent('ours'), gone],
    [message()],
  ] as const)
    expect((await bring(event, more)).events).toMatchObject([{ type: 'media.failed', reason: 'too-large' }])
})

test('[C2] what has no file is passed over', async () => {
  const others = [anEvent('message.received'), anEvent('message.reacted'), anEvent('media.failed'), anEvent('media.expired')]
  for (const event of others) expect((await download(event)).outcome).toEqual({ kind: 'emit', appends: [] })
  expect(fetches()).toBe(0)
})

test('[C6] a file forwarded a hundred times is fetched once per instance, and every message has its own event', async () => {
  const consumer = world().download()
  const first = message()
  const forwards = Array.from({ length: 100 }, () =>
    anEvent('message.received', { kind: 'image', media: first.media ?? null, mediaSource: first.mediaSource ?? null }),
  )
  const made = (await Promise.all(forwards.map(event => handle(world(), consumer, event)))).flatMap(one => one.events)
  expect(new Set(made.map(event => event.eventId)).size).toBe(100)
  expect(made.every(event => event.type === 'media.downloaded' && event.sha256 === sha256(bytes))).toBe(true)
  expect(fetches()).toBe(1)
  await handle(world(), consumer, { ...first, instanceId: 'another' })
  expect(fetches()).toBe(2)
})

test('[C6] processing again fetches nothing and makes the same event', async () => {
  const event = message()
  const [first] = (await download(event)).events
  const [again] = (await download(event)).events
  expect(again).toEqual(first)
  expect(fetches()).toBe(1)
})

test('[C3] a message without an address, or with somebody else’s, fails at once', async () => {
  for (const reference of [
    { url: null, directPath: null },
    { url: 'https://evil.example/x', directPath: null },
  ])
    expect((await download(message({ reference }))).events).toMatchObject([{ reason: 'no-url', retryable: false }])
})

test('[C2] an instance with its transfers in use keeps no other waiting', async () => {
  const consumer = world().download({ maxTransfersPerInstance: 1, maxTransfers: 2, idleTimeoutMs: 20_000 })
  const stop = new AbortController()
  const stalled = message()
  world().cdn.fault(pathOf(stalled), { kind: 'stall', atByte: 100 })
  const second = message()
  const running = [handle(world(), consumer, stalled, 1, stop.signal)]
  // Each looks into the store before it asks for its turn: the other one could be faster.
  await until('the first to have its turn', async () => (await world().metrics.render()).includes('zaplog_media_transfers 1'))
  running.push(handle(world(), consumer, second, 1, stop.signal))
  const { events } = await handle(world(), consumer, { ...message(), instanceId: 'another' })
  expect(events).toMatchObject([{ type: 'media.downloaded', instanceId: 'another' }])
  expect(
    world()
      .cdn.hits()
      .some(hit => hit.path === pathOf(second)),
  ).toBe(false)
  expect(await world().metrics.render()).toContain('zaplog_media_transfers 1')
  stop.abort(new Error('over'))
  expect((await Promise.allSettled(running)).map(one => one.status)).toEqual(['rejected', 'rejected'])
  await until('nothing is left of it', async () => (await world().metrics.render()).includes('zaplog_media_transfers 0'))
  expect(await Array.fromAsync(world().truth.list('incoming/shop/', never))).toEqual([])
})

test('[H1] downloads are counted by outcome and kind; failures by reason, and by instance without reasons', async () => {
  const failing = message()
  world().cdn.fault(pathOf(failing), { kind: 'status', status: 404 })
  const event = message()
  for (const one of [event, event, event, failing]) await download(one)
  const passing = message()
  world().cdn.fault(pathOf(passing), { kind: 'status', status: 503 })
  expect((await download(passing)).outcome).toMatchObject({ kind: 'retry' })
  const text = await world().metrics.render()
  expect(text).toContain('zaplog_media_downloads_total{outcome="downloaded",kind="image"} 1')
  expect(text).toContain('zaplog_media_downloads_total{outcome="reused",kind="image"} 2')
  expect(text).toContain('zaplog_media_downloads_total{outcome="retried",kind="image"} 1')
  expect(text).toContain('zaplog_media_downloads_total{outcome="failed",kind="image"} 1')
  expect(text).toContain('zaplog_media_failures_total{kind="image",stage="download",reason="gone"} 1')
  expect(text).toContain(`zaplog_media_downloaded_bytes_total{kind="image"} ${bytes.length}`)
  expect(text).toContain(`zaplog_media_reused_bytes_total{kind="image"} ${2 * bytes.length}`)
  expect(text).toContain('zaplog_media_instance_failures_total{instance_id="shop",kind="image",stage="download"} 1')
  expect(
    text.split('\n').filter(line => line.includes('shop')),
    'nowhere else',
  ).toHaveLength(1)
})
