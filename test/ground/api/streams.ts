// Streams of GET /v1/stream on a test API whose log says what it is asked, and can be held up or taken away.

import { afterEach, beforeEach } from 'vitest'
import { type EventLog, LogError } from '../../../src/log/log.ts'
import { anEvent } from '../events.ts'
import { collectLogLines } from '../log-lines.ts'
import { until } from '../until.ts'
import { giveOutIds } from './give-out-ids.ts'
import { metricsToken, openTestApi, type TestApi } from './open-test-api.ts'
import { appendEvents } from './project-events.ts'
import { type ReadStream, readStream, type StreamBody } from './read-stream.ts'

export const logger = collectLogLines()
let opened: TestApi
/** Of the test that runs. */
export const api = (): TestApi => opened
/** What one process asks of its log. */
export const asked = {
  follows: 0,
  records: 0,
  reads: 0,
  isAway: false,
  handedOut: () => undefined as undefined | Promise<void>,
  read: Promise.resolve(),
  lags: 0,
  lag: Promise.resolve(),
}
/** Ended after the test. */
export const reading: ReadStream[] = []

const counted = (log: EventLog): EventLog => ({
  ...log,
  lag: async (of, signal) => {
    asked.lags += 1
    await asked.lag
    if (asked.isAway) throw new LogError('unavailable', 'reading the lag: away')
    return log.lag(of, signal)
  },
  read: async function* (...given) {
    asked.reads += 1
    await asked.read
    yield* log.read(...given)
  },
  follow: async function* (from, signal) {
    // What contacts say of presence is read beside all streams.
    if (from.every(({ topic }) => topic.endsWith('.presence'))) return yield* log.follow(from, signal)
    asked.follows += 1
    for await (const batch of log.follow(from, signal)) {
      asked.records += batch.records.length
      await asked.handedOut()
      yield batch
    }
  },
})

/** Before and after each test of the file that calls it. */
export function useStreams(name: string): void {
  beforeEach(async () => {
    const counts = { follows: 0, records: 0, reads: 0, lags: 0 }
    Object.assign(asked, {
      ...counts,
      isAway: false,
      handedOut: () => undefined,
      read: Promise.resolve(),
      lag: Promise.resolve(),
    })
    opened = await openTestApi(name, logger, {
      log: counted,
      stream: { heartbeatMs: 100, maxWaitingBytes: 300_000, maxHeldBytes: 1_500_000 },
    })
    await giveOutIds(opened.database, 'shop', 'a', 'c')
  })
  afterEach(async () => {
    for (const one of reading) one.cut()
    await Promise.all(reading.splice(0).map(one => one.closed))
    await opened.close()
  })
}

export async function open(query = '', given: Parameters<typeof readStream>[2] = {}): Promise<ReadStream> {
  const one = await readStream(opened.url, query, given)
  reading.push(one)
  return one
}
export const text = (instanceId: string, words = 'hello') => anEvent('message.received', { instanceId, text: words })
export const append = (...events: Parameters<typeof appendEvents>[1]) => appendEvents(opened, events)
export const idsOf = (bodies: readonly StreamBody[]) => bodies.map(one => one.data.eventId)
export const firstId = (stream: ReadStream) => until('its first id', () => stream.lastId() || null)
export const metric = async (name: string) => {
  const { text } = await opened.call('GET', '/metrics', { key: metricsToken })
  return Number(new RegExp(`^${name.replaceAll(/[{}]/g, '\\$&')} (\\d+)$`, 'm').exec(text)?.[1] ?? 0)
}

/** Numbers between 0 and 1 that are the same in every run (mulberry32). */
export function randomFrom(seed: number) {
  let state = seed
  return () => {
    state = (state + 0x6d2b79f5) | 0
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state)
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32
  }
}

export async function idOfNow(): Promise<string> {
  const stream = await open()
  const id = await firstId(stream)
  stream.cut()
  return id
}

/** Its last look at what it missed lasts until it is told to go on. */
export async function resumeSlowly(query: string): Promise<{ resuming: Promise<ReadStream>; goOn: () => void }> {
  const id = await idOfNow()
  await append(text('shop'))
  const { promise, resolve } = Promise.withResolvers<void>()
  asked.read = promise
  const resuming = open(query, { lastId: id })
  await until('it reads the last of what it missed', () => asked.reads > 0)
  return { resuming, goOn: resolve }
}
