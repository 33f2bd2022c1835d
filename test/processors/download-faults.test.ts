// download-media and a CDN that is faulty, or asks to be left alone: what is tried again, when, and what fails the file.
import { describe, expect, test } from 'vitest'
import type { EventOf } from '../../src/events/event.ts'
import { anEvent } from '../ground/events.ts'
import { collectLogLines } from '../ground/log-lines.ts'
import { downloadsOf } from '../ground/processors/downloads.ts'
import { handle, never, pathOf } from '../ground/processors/media-world.ts'

const logger = collectLogLines()
const { world, message, download, fetches } = downloadsOf(logger)

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
