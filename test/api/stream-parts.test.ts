// Parts of the stream by themselves: pages of what was missed, and a reader that something is wrong with.
import { afterAll, beforeAll, expect, test } from 'vitest'
import { readBetween } from '../../src/api/stream/catch-up.ts'
import type { StreamReader } from '../../src/api/stream/stream-reader.ts'
import { openStreams, streamLimits } from '../../src/api/stream/streams.ts'
import type { EventLog, LogRecord } from '../../src/log/log.ts'
import { createFairTurns } from '../../src/runtime/fair-turns.ts'
import { createMetrics } from '../../src/runtime/metrics.ts'
import { never } from '../../src/runtime/or-abort.ts'
import { openTestApi, partitions, type TestApi } from '../ground/api/open-test-api.ts'
import { appendEvents } from '../ground/api/project-events.ts'
import { anEvent } from '../ground/events.ts'
import { collectLogLines } from '../ground/log-lines.ts'
import { until } from '../ground/until.ts'

const logger = collectLogLines(['stream.reader-failed'])
let api: TestApi
beforeAll(async () => {
  api = await openTestApi('api-stream-parts', logger)
})
afterAll(() => api.close())

const text = (instanceId: string) => anEvent('message.received', { instanceId })
const everything = { instanceIds: null, types: null, chatId: null }

/** What a reader is told, from now on. */
function collect(reader: StreamReader): { text(): string } {
  let all = ''
  const read = async () => {
    for await (const frame of reader.frames()) all += frame.toString()
  }
  void read()
  return { text: () => all }
}

function openParts() {
  const stopping = new AbortController()
  const { testLog, database, links, clock } = api
  const { log, codec, topic } = testLog
  const metrics = createMetrics({ processMetrics: false })
  const deps = { log, codec, topic, database, links, partitions, logger, metrics, clock: () => clock.nowAt }
  return { streams: openStreams({ ...deps, stopping: stopping.signal }, streamLimits), stop: () => stopping.abort() }
}

test('[H1] [J1] what goes wrong with one reader ends that one in words, and costs the others no event', async () => {
  const { streams, stop } = openParts()
  const broken = () => {
    throw new Error('no event can be shown to it')
  }
  const failing = streams.open({ filter: everything, visible: broken, from: null })
  const other = streams.open({ filter: everything, visible: () => true, from: null })
  const [ofFailing, ofOther] = [collect(failing), collect(other)]
  await until('both read', () => [ofFailing, ofOther].every(one => one.text().includes('from here on')))
  const [first, second] = [text('shop'), text('shop')]
  await appendEvents(api, [first, second])
  await until('both events', () => ofOther.text().includes(second.eventId))
  expect(ofOther.text()).toContain(first.eventId)
  expect(await failing.ended).toBe('failed')
  expect(ofFailing.text()).toMatch(/"reason":"failed"/)
  const from = new Map((['events', 'media-stored', 'media-failed'] as const).map(topic => [topic, [0n, 0n]] as const))
  expect(await streams.open({ filter: everything, visible: broken, from }).ended).toBe('failed')
  expect(logger.lines.filter(line => line.event.endsWith('-failed')).map(line => line.event)).toEqual(
    Array(2).fill('stream.reader-failed'),
  )
  stop()
})

test('[H1] [J1] a page of what was missed ends at 4 MiB', async () => {
  const record = (offset: bigint): LogRecord => ({
    topic: api.testLog.topic('events'),
    partition: 0,
    offset,
    key: 'shop',
    value: Buffer.alloc(1024 ** 2),
    headers: {},
    recordedAt: 1_790_000_000_000,
  })
  const log: Pick<EventLog, 'read'> = {
    read: async function* () {
      for (let offset = 0n; offset < 10n; offset += 1n) yield record(offset)
    },
  }
  const turns = createFairTurns({ total: 1, perKey: 1 })
  const deps = { log, turns, logger, database: api.database, topic: api.testLog.topic, decode: async () => null }
  const sizes: number[] = []
  for await (const page of readBetween(deps, new Map([['events', [0n]]]), new Map([['events', [10n]]]), never)) {
    sizes.push(page.entries.length)
    expect(turns.held()).toBe(0)
  }
  expect(sizes).toEqual([4, 4, 2])
})
