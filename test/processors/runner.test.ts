// What every processor may rely on, whatever it does: which records reach it, what becomes of its answers, and whose work is not done.
import { beforeEach, describe, expect, test } from 'vitest'
import { DatabaseError } from '../../src/database/database.ts'
import type { LogRecord } from '../../src/log/log.ts'
import { ObjectError } from '../../src/objects/objects.ts'
import type { Answer } from '../../src/processors/processor.ts'
import { RegistryError } from '../../src/registry/registry.ts'
import { createMetrics } from '../../src/runtime/metrics.ts'
import { anEvent } from '../ground/events.ts'
import { collectLogLines } from '../ground/log-lines.ts'
import { aProcessor, failedOf, openRunnerWorld } from '../ground/processors/runner-world.ts'

const logger = collectLogLines()
const worlds: Awaited<ReturnType<typeof openRunnerWorld>>[] = []
beforeEach(async () => void worlds.unshift(await openRunnerWorld(logger)))
const world = () => {
  const [one] = worlds
  if (one === undefined) throw new Error('no world is open')
  return one
}
const nothing = { kind: 'emit', appends: [] }
const refreshed = (more: Parameters<typeof anEvent<'media.refreshed'>>[1] = {}) =>
  anEvent('media.refreshed', { sourceEventId: 'a'.repeat(32), round: 2, kind: 'voice', ...more })
const answering = (answer: Answer) => aProcessor({ process: async () => answer })
const rejecting = (error: unknown) => aProcessor({ process: () => Promise.reject(error) })
const untouched = aProcessor({ process: () => Promise.reject(new Error('it was processed')) })

describe('which records reach it', () => {
  test('[C2] one that only waits is answered before anything is asked, and done when it has waited', async () => {
    const delayMs = 60_000
    let waits = true
    const stillWaits = () => (waits ? ({ kind: 'retry', delayMs, reason: 'it waits' } as const) : null)
    const waiting = aProcessor({ stillWaits, clearAway: () => Promise.resolve() })
    expect(await world().handle(waiting, world().recordOf(refreshed()))).toEqual({ kind: 'retry', delayMs, reason: 'it waits' })
    expect(world().asked).toEqual([])
    waits = false
    expect(await world().handle(waiting, world().recordOf(refreshed()))).toEqual(nothing)
    expect(world().asked).not.toEqual([])
  })

  test('[C2] one whose header names a type that it does not take is passed over unread', async () => {
    const record: LogRecord = { ...world().recordOf(anEvent('message.received')), value: Buffer.from('junk') }
    expect(await world().handle(untouched, record)).toEqual(nothing)
  })

  test('[C2] an event that it does not take is passed over, also without a header, and costs no question', async () => {
    const record = { ...world().recordOf(anEvent('message.received')), headers: {} }
    expect(await world().handle(untouched, record)).toEqual(nothing)
    const uninteresting = { ...untouched, takes: () => null }
    expect(await world().handle(uninteresting, world().recordOf(refreshed()))).toEqual(nothing)
    expect(world().asked).toEqual([])
  })

  test('[B8] damage and a deleted value are parked', async () => {
    const record = world().recordOf(refreshed())
    for (const value of [Buffer.from('junk'), Buffer.from(record.value ?? []).subarray(0, 20), null])
      expect(await world().handle(untouched, { ...record, value })).toMatchObject({ kind: 'park', reason: expect.any(String) })
  })

  test('[B8] a schema that the registry does not have parks; a registry that is away, or lets nobody in, pauses', async () => {
    const record = world().recordOf(refreshed())
    const value = Buffer.from(record.value ?? [])
    value.writeInt32BE(9999, 1)
    expect(await world().handle(untouched, { ...record, value })).toMatchObject({ kind: 'park' })
    for (const code of ['unreachable', 'denied', 'misconfigured'] as const) {
      world().registry.outage = new RegistryError(code, 'asking for schema 9999: no answer')
      const reason = 'asking for schema 9999: no answer'
      expect(await world().handle(untouched, { ...record, value })).toEqual({
        kind: 'pause',
        dependency: 'schema-registry',
        delayMs: 1234,
        reason,
      })
    }
  })

  test('[B8] an event type of a later version is passed over', async () => {
    const text = JSON.stringify({ type: 'record', name: 'MediaSung', fields: [] })
    const id = await world().registry.idOf({ subject: 'MediaSung', text }, new AbortController().signal)
    const value = Buffer.alloc(5)
    value.writeInt32BE(id, 1)
    expect(await world().handle(untouched, { ...world().recordOf(refreshed()), value })).toEqual(nothing)
  })

  test('it reads its topics in its own consumer group, in lanes of events, within its limits', () => {
    const consumer = world().consumer(aProcessor())
    expect(consumer).toMatchObject({
      consumerGroup: 'zaplog.read-aloud',
      topics: ['wa.events', 'wa.media-failed'],
      deadLetterTopic: 'wa.dead-letters',
      maxConcurrency: 7,
      maxBufferedBytes: 1024,
      maxAttempts: 3,
    })
    const event = refreshed()
    const record = world().recordOf(event)
    expect(consumer.lane(record)).toBe(event.eventId)
    expect(consumer.lane({ ...record, headers: {} }), 'nobody waits for a record without an id').toBe('wa.events/42')
    const byChat = world().consumer(aProcessor({ lane: ({ key }) => `chat of ${key}` }))
    expect(byChat.lane(record)).toBe('chat of shop')
  })
})

describe('what becomes of its answer', () => {
  const answers: readonly Answer[] = [
    { kind: 'retry', delayMs: 20, reason: 'again' },
    { kind: 'retry', delayMs: 20, reason: 'nothing was tried', costsAttempt: false },
    { kind: 'pause', dependency: 'a-voice', delayMs: 30, reason: 'hoarse' },
    { kind: 'park', reason: 'unspeakable' },
    { kind: 'halt', reason: 'no more' },
  ]
  test.each(answers)('[C5] $kind is that outcome and no other: $reason', async answer => {
    const report = { line: { level: 'info', event: 'voice.tried', fields: {} } as const, counts: [] }
    expect(await world().handle(answering({ ...answer, report }), world().recordOf(refreshed()))).toEqual(answer)
  })

  test('[C2] each event goes to the topic of its type, in the order it was made', async () => {
    const source = refreshed()
    const stored = { key: 'k', extension: 'ogg', sizeBytes: 1, sha256: 'ab', sha256Matches: true }
    const { sourceEventId, round } = source
    const events = [
      failedOf(source, 'first'),
      { type: 'media.stored', sourceEventId, round, kind: 'voice', ...stored } as const,
      failedOf(source, 'second'),
    ]
    const outcome = await world().handle(answering({ kind: 'emit', events }), world().recordOf(source))
    expect(outcome).toMatchObject({
      appends: [
        { topic: 'wa.media-failed', records: [{ key: 'shop' }, { key: 'shop' }] },
        { topic: 'wa.media-stored', records: [{ key: 'shop' }] },
      ],
    })
    expect((await world().emitted(outcome)).map(([, event]) => event)).toMatchObject([
      { type: 'media.failed', reason: 'first' },
      { type: 'media.failed', reason: 'second' },
      { type: 'media.stored', key: 'k' },
    ])
  })

  test('[B4] an event takes over its source’s place and addresses, not its bytes, and says when it was made', async () => {
    const source = refreshed({ epoch: 7, sequence: 8, chatId: 'c@lid', occurredAtSaid: '0', raw: Buffer.from('raw') })
    const answer = { kind: 'emit', events: [failedOf(source)] } as const
    const outcome = await world().handle(answering(answer), world().recordOf(source))
    const [[, made] = []] = await world().emitted(outcome)
    const { instanceId, occurredAt } = source
    const place = { instanceId, epoch: 7, sequence: 8, occurredAt, chatId: 'c@lid', occurredAtSaid: '0' }
    expect(made).toMatchObject({ ...place, recordedAt: 1_800_000_000_000, raw: null })
    const headers = { 'event-id': made?.eventId, 'event-type': 'media.failed', 'instance-id': 'shop', epoch: '7' }
    expect(outcome).toMatchObject({ appends: [{ records: [{ headers, recordedAt: 1_800_000_000_000 }] }] })
  })

  test('[B3] [C6] made again it has the same id; another round, processor or place in the answer makes another', async () => {
    const source = refreshed()
    const idsOf = async (processor = aProcessor(), made = [failedOf(source)]) => {
      const answering = { ...processor, process: async () => ({ kind: 'emit', events: made }) as const }
      const copy = { ...source, epoch: source.epoch + 1, sequence: source.sequence + 9 }
      const outcome = await world().handle(answering, world().recordOf(copy))
      return (await world().emitted(outcome)).map(([, event]) => event?.eventId)
    }
    const [first] = await idsOf()
    expect(await idsOf()).toEqual([first])
    const [again, second] = await idsOf(aProcessor(), [failedOf(source), failedOf(source)])
    expect(again).toBe(first)
    const others = [
      second,
      ...(await idsOf(aProcessor({ name: 'sing' }))),
      ...(await idsOf(aProcessor(), [failedOf({ ...source, round: 3 })])),
    ]
    expect(new Set([first, ...others]).size).toBe(4)
  })

  test('[H1] [H3] its line and its counts are said once', async () => {
    const metrics = createMetrics({ processMetrics: false })
    const counter = metrics.counter('zaplog_media_stored_total')
    const line = { level: 'warn', event: 'voice.read', fields: { instanceId: 'shop', words: 3 } } as const
    const counts = [() => counter.inc({ kind: 'short' }), () => counter.inc({ kind: 'long' }, 2)]
    const before = logger.lines.length
    await world().handle(answering({ kind: 'emit', events: [], report: { line, counts } }), world().recordOf(refreshed()))
    expect(logger.lines.slice(before)).toEqual([line])
    expect(await metrics.render()).toContain(
      'zaplog_media_stored_total{kind="short"} 1\nzaplog_media_stored_total{kind="long"} 2',
    )
  })

  test('[H1] what does not encode is an attempt that failed, and nothing is said of it', async () => {
    const line = { level: 'info', event: 'voice.read', fields: {} } as const
    const wrong = { ...failedOf(refreshed()), attempts: 0.5 }
    const before = logger.lines.length
    const handling = world().handle(
      answering({ kind: 'emit', events: [wrong], report: { line, counts: [] } }),
      world().recordOf(refreshed()),
    )
    await expect(handling).rejects.toMatchObject({ code: 'not-encodable' })
    expect(logger.lines.slice(before)).toEqual([])
  })
})

describe('what it rejects', () => {
  test.each([
    ['postgres', new DatabaseError('unreachable', 'nobody answers')],
    ['object-store', new ObjectError('denied', 'nobody answers')],
    ['schema-registry', new RegistryError('unreachable', 'nobody answers')],
  ])('[C5] %s that is away pauses, and that is said in the words of the processor', async (dependency, error) => {
    const processor = {
      ...rejecting(error),
      paused: () => ({ level: 'warn', event: 'voice.paused', fields: { instanceId: 'shop' } }) as const,
    }
    const before = logger.lines.length
    const record = world().recordOf(refreshed())
    const reason = 'nobody answers'
    expect(await world().handle(processor, record)).toEqual({ kind: 'pause', dependency, delayMs: 1234, reason })
    const fields = { instanceId: 'shop', dependency, reason, retryInMs: 1234 }
    expect(logger.lines.slice(before)).toEqual([{ level: 'warn', event: 'voice.paused', fields }])
  })

  test('[C5] anything else, a refusal of this one object too, is thrown on: it costs an attempt', async () => {
    for (const error of [new ObjectError('refused', 'not this one'), new Error('unforeseen')])
      await expect(world().handle(rejecting(error), world().recordOf(refreshed()))).rejects.toBe(error)
  })

  test('[C5] an error that it calls a surprise costs a try, whoever it comes from', async () => {
    const error = new DatabaseError('constraint', 'not such a row')
    const processor = { ...rejecting(error), isSurprise: (one: unknown) => one === error }
    await expect(world().handle(processor, world().recordOf(refreshed()))).rejects.toBe(error)
  })

  test('[H6] once its assignment has ended no outage is made of it', async () => {
    const error = new DatabaseError('unreachable', 'nobody answers')
    const handling = world().handle(rejecting(error), world().recordOf(refreshed()), AbortSignal.abort())
    await expect(handling).rejects.toBe(error)
  })
})

describe('a purged instance', () => {
  const line = { level: 'info', event: 'voice.read', fields: {} } as const
  const cleared: string[] = []
  const leavesNothing = { clearAway: async ({ instanceId }: { instanceId: string }) => void cleared.push(instanceId) }
  beforeEach(() => void cleared.splice(0))

  test('[A7] has nothing done for it, and what a killed try had put goes', async () => {
    world().purged.add('shop')
    expect(await world().handle({ ...untouched, ...leavesNothing }, world().recordOf(refreshed()))).toEqual(nothing)
    expect(cleared).toEqual(['shop'])
  })

  test.each<Answer>([
    { kind: 'emit', events: [failedOf(refreshed())], report: { line, counts: [] } },
    { kind: 'retry', delayMs: 1, reason: 'again', report: { line, counts: [] } },
  ])('[A7] whose tombstone comes meanwhile is told of nothing: $kind', async answer => {
    const process = async () => {
      world().purged.add('shop')
      return answer
    }
    const before = logger.lines.length
    expect(await world().handle(aProcessor({ process, ...leavesNothing }), world().recordOf(refreshed()))).toEqual(nothing)
    expect(cleared).toEqual(['shop'])
    expect(logger.lines.slice(before)).toEqual([])
  })

  test('[A7] alone is concerned: another’s work is done', async () => {
    world().purged.add('shop')
    const source = refreshed({ instanceId: 'branch' })
    const processor = { ...answering({ kind: 'emit', events: [failedOf(source)] }), ...leavesNothing }
    expect(await world().handle(processor, world().recordOf(source))).toMatchObject({ appends: [{ topic: 'wa.media-failed' }] })
    expect(cleared).toEqual([])
  })

  test('[A7] is not asked for where the processor’s own transactions ask', async () => {
    world().purged.add('shop')
    await world().handle(aProcessor(), world().recordOf(refreshed()))
    expect(world().asked).toEqual([])
  })
})
