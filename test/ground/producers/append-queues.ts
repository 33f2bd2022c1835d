// An append queue on a log and a store that answer what a test says, and events that are seen as they were appended.
import type { Draft } from '../../../src/convert/draft.ts'
import { type Codec, EventError } from '../../../src/events/codec.ts'
import type { Event } from '../../../src/events/event.ts'
import type { Append, EventLog } from '../../../src/log/log.ts'
import type { ObjectStore } from '../../../src/objects/objects.ts'
import { openAppendQueue } from '../../../src/producers/gate/append-queue.ts'
import { createRecordFitter } from '../../../src/producers/gate/fit-record.ts'
import { createProducerMetrics } from '../../../src/producers/producer-metrics.ts'
import { createMetrics } from '../../../src/runtime/metrics.ts'
import type { collectLogLines } from '../log-lines.ts'
import { aTally } from './a-tally.ts'
import { createMemoryObjects } from './memory-objects.ts'

export type AppendQueues = { logger: ReturnType<typeof collectLogLines>; stop: AbortController[] }

export function stopAll({ stop }: AppendQueues): void {
  for (const controller of stop.splice(0)) controller.abort()
}

/** A codec that shows the event instead of hiding it in Avro; text `?` does not encode. */
const codec: Pick<Codec, 'encode'> = {
  encode: event => {
    if ('text' in event && event.text === '?') throw new EventError('not-encodable', 'encoding: text')
    const value = Buffer.from(JSON.stringify({ ...event, raw: event.raw?.toString() ?? null }))
    return { key: event.instanceId, value, headers: {}, recordedAt: event.recordedAt }
  },
}

export const decode = (append: Append) =>
  append.records.map(record => JSON.parse(Buffer.from(record.value ?? []).toString()) as Event)

const metrics = createProducerMetrics(createMetrics({ processMetrics: false }))

export function open(
  queues: AppendQueues,
  append: (append: Append) => Promise<void>,
  of: { maxRecordBytes?: number; put?: ObjectStore['put']; keep?: () => Promise<void> } = {},
) {
  const controller = new AbortController()
  queues.stop.push(controller)
  const appends: Append[] = []
  const log = {
    append: async (one: Append) => {
      await append(one)
      appends.push(one)
      return []
    },
  } as unknown as EventLog
  const objects = createMemoryObjects()
  const fitter = createRecordFitter({
    codec: codec as Codec,
    objects: { ...objects, ...(of.put && { put: of.put }) },
    logger: queues.logger,
    objectTimeoutMs: 20,
    rawInlineBytes: 1_000,
    maxRecordBytes: of.maxRecordBytes ?? 100_000,
    metrics,
  })
  const kept: { event: Event; refusal: unknown }[] = []
  const keep = async (event: Event, refusal: unknown) => {
    if (of.keep) await of.keep()
    kept.push({ event, refusal })
  }
  const failing = () => undefined
  const tally = aTally({ instanceId: 'first', epoch: 7 })
  const queue = openAppendQueue(
    {
      log,
      fitter,
      keep,
      failing,
      tally,
      topic: 'wa.events',
      instanceId: 'first',
      epoch: 7,
      clock: () => 5,
      random: () => 0,
      logger: queues.logger,
      metrics,
    },
    controller.signal,
  )
  return { queue, tally, appends, kept, objects, controller, events: () => appends.flatMap(decode) }
}

export const message = (text: string, raw: string | null = null): Draft => ({
  eventId: `id of ${text.slice(0, 9)}`,
  type: 'message.received',
  instanceId: 'first',
  occurredAt: 1,
  kind: 'text',
  text,
  isGroup: false,
  raw: raw === null ? null : Buffer.from(raw),
})
