// Presence goes into its topic as far as the log takes it at once: little waits, nothing waits for it, and what is lost is counted.
import { expect, test } from 'vitest'
import type { OfferOf } from '../../src/convert/draft.ts'
import type { Codec } from '../../src/events/codec.ts'
import type { EventLog } from '../../src/log/log.ts'
import { openPresenceQueue } from '../../src/producers/gate/presence-queue.ts'
import { createProducerMetrics } from '../../src/producers/producer-metrics.ts'
import { createMetrics } from '../../src/runtime/metrics.ts'
import { collectLogLines } from '../ground/log-lines.ts'

const logger = collectLogLines()

function open(append: () => Promise<void>) {
  const metrics = createMetrics({ processMetrics: false })
  const appended: { sequence: number; state: string }[][] = []
  const stop = new AbortController()
  const log = {
    append: async ({ records }: { records: never[] }) => {
      await append()
      appended.push(records)
      return []
    },
  }
  const codec = {
    encode: (event: { sequence: number; state: string }) => {
      if (event.state === 'not to be encoded') throw new Error('no such state')
      return { sequence: event.sequence, state: event.state }
    },
  }
  const queue = openPresenceQueue(
    {
      ...{ log: log as unknown as EventLog, codec: codec as unknown as Codec, presenceTopic: 'presence' },
      ...{ instanceId: 'first', epoch: 1, complete: async offer => offer, clock: () => 1, logger },
      metrics: createProducerMetrics(metrics),
    },
    stop.signal,
  )
  const lost = async () => /^zaplog_presence_lost_total (\d+)/m.exec(await metrics.render())?.[1] ?? '0'
  return { queue, appended, stop, lost }
}
const seen = (state: string): OfferOf<'presence.updated'> => ({
  ...{ eventId: null, type: 'presence.updated', instanceId: 'first', occurredAt: 1 },
  ...{ chatId: '200@lid', state, isGroup: false },
})

test('[B1] while the log is away little waits, the rest is counted, and what comes after it is back goes there', async () => {
  const away = Promise.withResolvers<void>()
  const { queue, appended, lost } = open(() => away.promise)
  for (let time = 0; time < 1_000; time++) queue.add(seen(String(time)))
  expect(await lost()).toBe('800')
  away.resolve()
  await expect.poll(() => appended.flat().length).toBe(200)
  queue.add(seen('later'))
  await expect.poll(() => appended.flat().length).toBe(201)
  expect(appended.flat().map(({ sequence }) => sequence)).toEqual(Array.from({ length: 201 }, (_, at) => at + 1))
})

test('[H1] in each slice of the loop one of a burst is encoded, of whichever account, so that others have their turn', async () => {
  const accounts = [open(async () => undefined), open(async () => undefined)]
  for (const { queue } of accounts) for (let time = 0; time < 100; time++) queue.add(seen(String(time)))
  let slices = 0
  while (accounts.some(({ appended }) => appended.flat().length < 100)) {
    await new Promise(resolve => setImmediate(resolve))
    slices += 1
  }
  expect(slices).toBeGreaterThanOrEqual(200)
})

test('[B1] what the log refuses is lost and counted, and leaves a gap in the sequence', async () => {
  const answers = [() => Promise.reject(new Error('refused')), () => Promise.resolve()]
  const { queue, appended, lost } = open(() => (answers.shift() ?? Promise.resolve)())
  queue.add(seen('composing'))
  await expect.poll(lost).toBe('1')
  queue.add(seen('paused'))
  await expect.poll(() => appended.flat()).toEqual([{ sequence: 2, state: 'paused' }])
})

test('[B1] [B8] one that cannot be encoded is lost and counted, and takes none of its batch with it', async () => {
  const { queue, appended, lost } = open(async () => undefined)
  for (const state of ['composing', 'not to be encoded', 'paused', 'available']) queue.add(seen(state))
  await expect.poll(() => appended.flat().map(one => one.state)).toEqual(['composing', 'paused', 'available'])
  expect(await lost()).toBe('1')
  expect(logger.lines.map(({ event }) => event)).toContain('presence.not-encoded')
})

test('[B1] after its end nothing is taken in', async () => {
  const { queue, appended, stop, lost } = open(async () => undefined)
  stop.abort()
  queue.add(seen('composing'))
  expect(await lost()).toBe('1')
  expect(appended).toEqual([])
})
