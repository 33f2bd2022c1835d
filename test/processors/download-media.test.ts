// download-media, record by record: what it fetches, what it says, and whom it blames.
import { createHash, randomBytes } from 'node:crypto'
import { Readable } from 'node:stream'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { DatabaseError } from '../../src/database/database.ts'
import type { Event, EventOf } from '../../src/events/event.ts'
import type { LogRecord } from '../../src/log/log.ts'
import { RegistryError } from '../../src/log/registry.ts'
import type { ObjectErrorCode } from '../../src/objects/objects.ts'
import { finalKey } from '../../src/processors/final-key.ts'
import { liveBytes, MAX_GROWTH_BYTES } from '../contracts/live-bytes.ts'
import { readAll } from '../contracts/objects.ts'
import { anEvent } from '../events.ts'
import { collectLogLines } from '../log-lines.ts'
import { until } from '../until.ts'
import {
  forgetful,
  handle,
  type MediaWorld,
  type MessageFields,
  mediaMessage,
  never,
  noRows,
  openMediaWorld,
  pathOf,
} from './media-world.ts'

const logger = collectLogLines()
const opened: MediaWorld[] = []
beforeEach(async () => void opened.push(await openMediaWorld(logger)))
afterEach(async () => void (await opened.pop()?.close()))
const world = (): MediaWorld => {
  const [one] = opened
  if (one === undefined) throw new Error('no world is open')
  return one
}
const sha256 = (bytes: Uint8Array) => createHash('sha256').update(bytes).digest('hex')
const bytes = randomBytes(50_000)
const message = (more: MessageFields = {}) => mediaMessage(world().cdn, { bytes }, more)
const download = (event: Event, attempt = 1) => handle(world(), world().download(), event, attempt)
const finalKeyOf = ({ instanceId, occurredAt, eventId }: Event) => finalKey({ instanceId, occurredAt, eventId, extension: 'bin' })
const fetches = () => world().cdn.hits().length

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
  expect(found?.head.metadata).toEqual({ instance_id: 'shop', sha256: sha256(bytes) })
})

test('[B4] what was said instead of a time travels along, also with a failure and its next round', async () => {
  const [made] = (await download(message({ occurredAtSaid: '0' }))).events
  expect(made).toMatchObject({ type: 'media.downloaded', occurredAtSaid: '0' })
  const mediaSource = message().mediaSource ?? null
  const failed = anEvent('media.failed', { stage: 'store', reason: 'gone', retryable: true, occurredAtSaid: '0', mediaSource })
  expect((await download(failed)).events).toMatchObject([{ round: 2, occurredAtSaid: '0' }])
})

test('[C11] what is put under incoming/ is remembered before the put, and what is found there too', async () => {
  const event = message()
  world().objects.failing.set('put', 'unreachable')
  expect((await download(event)).outcome).toMatchObject({ kind: 'pause' })
  expect(world().remembered).toHaveLength(1)
  world().objects.failing.clear()
  const [made] = (await download(event)).events
  const key = made?.type === 'media.downloaded' ? made.incomingKey : ''
  await download(event)
  expect(world().remembered).toEqual([key, key, `adopted ${key}`])
})

test('[C5] a database that is away pauses; no message is failed for it', async () => {
  const away = new DatabaseError('unreachable', 'remembering: nobody answers')
  const incomingRows = { ...noRows, remember: () => Promise.reject(away) }
  const { outcome } = await handle(world(), world().download({}, { incomingRows }), message())
  expect(outcome).toMatchObject({ kind: 'pause', dependency: 'postgres', delayMs: 1234 })
  expect(await Array.fromAsync(world().truth.list('', never))).toEqual([])
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

test.each([
  ['wrong', randomBytes(32), false],
  ['missing', null, true],
])('[C3] a plain hash that is %s is flagged, and the object’s own is true', async (_, announced, matches) => {
  const event = message({ reference: { sha256: announced } })
  const [made] = (await download(event)).events
  expect(made).toMatchObject({ type: 'media.downloaded', sha256: sha256(bytes), sha256Matches: matches })
  const [again] = (await download(event)).events
  expect(again).toEqual(made)
  const key = made?.type === 'media.downloaded' ? made.incomingKey : ''
  expect((await world().truth.head(key, never))?.metadata.sha256).toBe(sha256(bytes))
})

describe('[C5] faults of the CDN', () => {
  test.each([
    ['bad-mac', { kind: 'flip', atByte: 100 }],
    ['bad-mac', { kind: 'bad-mac' }],
    ['gone', { kind: 'status', status: 404 }],
    ['gone', { kind: 'status', status: 410 }],
    ['gone', { kind: 'status', status: 403 }],
  ] as const)('[C5] %s fails the file at once: %o', async (reason, fault) => {
    const event = message()
    world().cdn.fault(pathOf(event), fault)
    const { outcome, events } = await download(event)
    expect(outcome.kind).toBe('emit')
    expect(events).toMatchObject([
      { type: 'media.failed', stage: 'download', reason, retryable: false, attempts: 1, sourceEventId: event.eventId },
    ])
    expect(events[0]).toMatchObject({ mediaSource: event.mediaSource, detail: expect.any(String) })
    expect(await Array.fromAsync(world().truth.list('', never)), 'nothing became visible').toEqual([])
  })

  test.each([
    ['server-error', { kind: 'status', status: 500 }],
    ['timeout', { kind: 'stall', atByte: 100 }],
    ['connection', { kind: 'reset', atByte: 100 }],
    ['truncated', { kind: 'truncate', atByte: 16_010 }],
  ] as const)('[C5] %s is retried after 2, 4 and 8 seconds, then the file fails, retryable: %o', async (reason, fault) => {
    const event = message()
    world().cdn.fault(pathOf(event), fault)
    const delays: number[] = []
    for (let attempt = 1; attempt <= 3; attempt++) {
      const { outcome } = await download(event, attempt)
      expect(outcome).toMatchObject({ kind: 'retry', reason: expect.stringContaining(reason) })
      delays.push(outcome.kind === 'retry' ? outcome.delayMs : 0)
    }
    expect(delays).toEqual([2000, 4000, 8000])
    expect((await download(event, 4)).events).toMatchObject([{ type: 'media.failed', reason, retryable: true, attempts: 4 }])
    world().cdn.heal(pathOf(event))
    expect((await download(event, 1)).events).toMatchObject([{ type: 'media.downloaded' }])
  })

  test('[C5] delays are spread by a fifth, and stay within the log’s bound', async () => {
    const event = message()
    world().cdn.fault(pathOf(event), { kind: 'status', status: 500 })
    const delayOf = async (random: number, retryDelaysMs: readonly number[]) => {
      const { outcome } = await handle(world(), world().download({ retryDelaysMs }, { random: () => random }), event)
      return outcome.kind === 'retry' ? outcome.delayMs : null
    }
    expect([await delayOf(0, [2000]), await delayOf(1, [2000])]).toEqual([1600, 2400])
    expect(await delayOf(1, [90_000])).toBe(60_000)
    expect(await delayOf(1, [])).toBeNull()
  })
})

describe('[C5] a server that asks to be left alone', () => {
  const asked = async (retryAfterSeconds: number) => {
    const event = message()
    world().cdn.fault(pathOf(event), { kind: 'status', status: 429, retryAfterSeconds })
    const time = { at: 1_800_000_000_000 }
    const consumer = world().download({}, { clock: () => time.at })
    const step = async (attempt: number) => (await handle(world(), consumer, event, attempt)).outcome
    return { event, time, consumer, step }
  }

  test('[C5] is left alone for as long as it asked, in steps that the log allows and that cost no attempt', async () => {
    const { event, time, consumer, step } = await asked(150)
    expect(await step(1)).toMatchObject({ kind: 'retry', delayMs: 60_000, reason: expect.stringContaining('throttled') })
    time.at += 60_000
    expect(await step(2)).toMatchObject({ kind: 'retry', delayMs: 60_000, costsAttempt: false })
    time.at += 60_000
    expect(await step(2)).toMatchObject({ kind: 'retry', delayMs: 30_000, costsAttempt: false })
    expect(fetches(), 'nobody asked it meanwhile').toBe(1)
    world().cdn.heal(pathOf(event))
    time.at += 30_000
    expect((await handle(world(), consumer, event, 2)).events).toMatchObject([{ type: 'media.downloaded', attempts: 2 }])
  })

  test('[C5] for a minute or less is waited for at once, and no longer', async () => {
    const { time, step } = await asked(60)
    const first = await step(1)
    expect(first).toEqual({ kind: 'retry', delayMs: 60_000, reason: expect.any(String) })
    time.at += 60_000
    await step(2)
    expect(fetches()).toBe(2)
  })

  test('[C5] for more than an hour fails the file, retryable', async () => {
    expect((await asked(3600).then(({ step }) => step(1))).kind).toBe('retry')
    const { event, consumer } = await asked(3601)
    expect((await handle(world(), consumer, event, 1)).events).toMatchObject([
      { type: 'media.failed', reason: 'throttled', retryable: true, attempts: 1 },
    ])
  })

  test('[C5] makes no other file wait', async () => {
    const { consumer, step } = await asked(150)
    await step(1)
    expect((await handle(world(), consumer, message())).events).toMatchObject([{ type: 'media.downloaded' }])
  })
})

describe('[C3] files sealed with the keys of another kind', () => {
  const kinds = ['image', 'video', 'audio', 'document', 'thumbnail-link'] as const
  const names = {
    image: 'image',
    video: 'video',
    audio: 'voice',
    document: 'document',
    'thumbnail-link': 'link-preview',
  } as const
  test.each(kinds.flatMap(keys => kinds.filter(kind => kind !== keys).map(kind => [names[kind], keys] as const)))(
    '[C3] a file sent as %s that was sealed as %s is opened and proven',
    async (kind, keys) => {
      const event = mediaMessage(world().cdn, { bytes, kind, keys, mimetype: 'application/pdf' })
      const [made] = (await download(event)).events
      expect(made).toMatchObject({ type: 'media.downloaded', kind, sha256: sha256(bytes), sha256Matches: true })
      const key = made?.type === 'media.downloaded' ? made.incomingKey : ''
      expect(await readAll((await world().truth.get({ key }, never))?.body ?? Readable.from([]))).toEqual(bytes)
    },
  )

  test('[C3] keys that nobody has are a bad MAC, after one more look at the bytes', async () => {
    const event = message({ reference: { mediaKey: randomBytes(32) } })
    expect((await download(event)).events).toMatchObject([{ type: 'media.failed', reason: 'bad-mac', retryable: false }])
    expect(fetches()).toBe(2)
  })

  test('[C3] bytes that are not those that were announced are not looked at again', async () => {
    const event = message()
    world().cdn.fault(pathOf(event), { kind: 'flip', atByte: 100 })
    expect((await download(event)).events).toMatchObject([{ type: 'media.failed', reason: 'bad-mac' }])
    expect(fetches()).toBe(1)
  })
})

test('[C6] a store that keeps no metadata of ours loses nothing: what is there is known by its bytes', async () => {
  const objects = forgetful(world().objects.store)
  const event = message()
  const consumer = world().download({}, { objects })
  const [made] = (await handle(world(), consumer, event)).events
  expect(made).toMatchObject({ type: 'media.downloaded', sha256: sha256(bytes), sizeBytes: bytes.length })
  expect((await handle(world(), consumer, event)).events).toEqual([made])
  expect(fetches()).toBe(1)
})

test('[C4] the limit of the message’s kind holds, exactly it passes', async () => {
  const event = message()
  const limit = async (maxImageBytes: number) => (await handle(world(), world().download({ maxImageBytes }), event)).events
  expect(await limit(bytes.length - 1)).toMatchObject([{ type: 'media.failed', reason: 'too-large', retryable: false }])
  expect(fetches(), 'before the first byte').toBe(0)
  expect(await limit(bytes.length)).toMatchObject([{ type: 'media.downloaded' }])
  expect(await limit(bytes.length - 1), 'also where it is there already').toMatchObject([{ reason: 'too-large' }])
  const liar = message({ reference: { sizeBytes: 10 } })
  expect((await handle(world(), world().download({ maxImageBytes: 40_000 }), liar)).events).toMatchObject([
    { reason: 'too-large' },
  ])
})

test('[C3] a message without an address, or with somebody else’s, fails at once', async () => {
  for (const reference of [
    { url: null, directPath: null },
    { url: 'https://evil.example/x', directPath: null },
  ])
    expect((await download(message({ reference }))).events).toMatchObject([{ reason: 'no-url', retryable: false }])
})

test.each<[ObjectErrorCode, 'head' | 'put']>([
  ['unreachable', 'head'],
  ['denied', 'put'],
  ['misconfigured', 'put'],
  ['throttled', 'head'],
])('[C5] storage that is %s at %s pauses; no message is failed for it', async (code, call) => {
  const event = message()
  world().objects.failing.set(call, code)
  for (const attempt of [1, 9])
    expect((await download(event, attempt)).outcome).toMatchObject({ kind: 'pause', dependency: 'object-store', delayMs: 1234 })
  world().objects.failing.clear()
  expect((await download(event)).events).toMatchObject([{ type: 'media.downloaded' }])
})

test('[C5] storage that refuses one object fails that file alone', async () => {
  world().objects.failing.set('put', 'refused')
  expect((await download(message())).events).toMatchObject([{ reason: 'storage-refused', retryable: false, stage: 'download' }])
})

describe('[C5] rounds', () => {
  const lostIn = (round: number, more: Partial<EventOf<'media.failed'>> = {}) =>
    anEvent('media.failed', {
      stage: 'store',
      reason: 'gone',
      retryable: true,
      round,
      kind: 'image',
      mediaSource: message().mediaSource ?? null,
      ...more,
    })

  test('[C5] what expired under incoming/ is fetched again in the next round, under another id', async () => {
    const [first] = (await download(lostIn(1))).events
    const [second] = (await download(lostIn(2))).events
    expect(first).toMatchObject({ type: 'media.downloaded', round: 2, sourceEventId: '0'.repeat(32) })
    expect(second).toMatchObject({ round: 3 })
    expect(first?.eventId).not.toBe(second?.eventId)
  })

  test('[C5] the third round is the last, and other failures set off none', async () => {
    const others = [
      lostIn(3),
      lostIn(1, { stage: 'download' }),
      lostIn(1, { reason: 'too-large' }),
      lostIn(1, { retryable: false }),
    ]
    for (const event of others) expect((await download(event)).outcome).toEqual({ kind: 'emit', appends: [] })
    expect(fetches()).toBe(0)
  })
})

test('[C2] an instance with its transfers in use keeps no other waiting', async () => {
  const consumer = world().download({ maxTransfersPerInstance: 1, maxTransfers: 2, idleTimeoutMs: 20_000 })
  const stop = new AbortController()
  const stalled = message()
  world().cdn.fault(pathOf(stalled), { kind: 'stall', atByte: 100 })
  const second = message()
  const running = [handle(world(), consumer, stalled, 1, stop.signal), handle(world(), consumer, second, 1, stop.signal)]
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

test('[B8] what cannot be decoded is parked, and a registry that is away or lets nobody in pauses', async () => {
  const record: LogRecord = world().recordOf(message())
  const consumer = world().download()
  expect(await consumer.handle({ ...record, value: Buffer.from('junk') }, 1, never)).toMatchObject({ kind: 'park' })
  expect(await consumer.handle({ ...record, value: null }, 1, never)).toMatchObject({ kind: 'park' })
  const foreign = Buffer.from(record.value ?? [])
  foreign.writeInt32BE(9999, 1)
  expect(await consumer.handle({ ...record, value: foreign }, 1, never)).toMatchObject({ kind: 'park' })
  for (const code of ['unreachable', 'denied', 'misconfigured'] as const) {
    world().registry.outage = new RegistryError(code, 'asking for schema 9999: no answer for us')
    expect(await consumer.handle({ ...record, value: foreign }, 1, never)).toMatchObject({
      kind: 'pause',
      dependency: 'schema-registry',
    })
  }
})

test('[C3] memory stays the same while 64 MiB go from the CDN into the store', async () => {
  const large = mediaMessage(world().cdn, { bytes: Buffer.alloc(64 * 1024 * 1024, 3), kind: 'video', keys: 'video' })
  const seen = { before: liveBytes(), bytes: 0, peak: 0, next: 0 }
  const { store } = world().objects
  const sampled: typeof store = {
    ...store,
    put: (object, signal) => store.put({ ...object, body: sample(object.body) }, signal),
  }
  async function* sample(body: AsyncIterable<Uint8Array>) {
    for await (const part of body) {
      yield part
      seen.bytes += part.length
      if (seen.bytes < seen.next) continue
      seen.next += 8 * 1024 * 1024
      seen.peak = Math.max(seen.peak, liveBytes() - seen.before)
    }
  }
  const consumer = world().download({ maxVideoBytes: 100 * 1024 * 1024, idleTimeoutMs: 10_000 }, { objects: sampled })
  expect((await handle(world(), consumer, large)).events).toMatchObject([
    { type: 'media.downloaded', sizeBytes: 64 * 1024 * 1024 },
  ])
  expect(seen.bytes).toBe(64 * 1024 * 1024)
  expect(seen.peak).toBeLessThan(MAX_GROWTH_BYTES)
})

test('[H1] downloads are counted by outcome and kind; failures by reason, and by instance without reasons', async () => {
  const failing = message()
  world().cdn.fault(pathOf(failing), { kind: 'status', status: 404 })
  const event = message()
  for (const one of [event, event, failing]) await download(one)
  const passing = message()
  world().cdn.fault(pathOf(passing), { kind: 'status', status: 503 })
  expect((await download(passing)).outcome).toMatchObject({ kind: 'retry' })
  const text = await world().metrics.render()
  expect(text).toContain('zaplog_media_downloads_total{outcome="downloaded",kind="image"} 1')
  expect(text).toContain('zaplog_media_downloads_total{outcome="reused",kind="image"} 1')
  expect(text).toContain('zaplog_media_downloads_total{outcome="retried",kind="image"} 1')
  expect(text).toContain('zaplog_media_downloads_total{outcome="failed",kind="image"} 1')
  expect(text).toContain('zaplog_media_failures_total{kind="image",stage="download",reason="gone"} 1')
  expect(text).toContain(`zaplog_media_downloaded_bytes_total{kind="image"} ${bytes.length}`)
  expect(text).toContain('zaplog_media_instance_failures_total{instance_id="shop",kind="image",stage="download"} 1')
  expect(
    text.split('\n').filter(line => line.includes('shop')),
    'nowhere else',
  ).toHaveLength(1)
})
