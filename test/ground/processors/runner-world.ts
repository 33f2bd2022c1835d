// What a processor's runner stands on, for tests of it: a codec, tombstones by name, and a processor whose every part a test may set.
import { openCodec } from '../../../src/events/codec.ts'
import type { Event, EventOf } from '../../../src/events/event.ts'
import { topicOfEvent } from '../../../src/events/topics.ts'
import type { LogRecord, NewRecord, Outcome } from '../../../src/log/log.ts'
import type { Made, Processor } from '../../../src/processors/processor.ts'
import { laneConsumer } from '../../../src/processors/runner/lane-consumer.ts'
import type { Logger } from '../../../src/runtime/logger.ts'
import { memoryRegistry } from '../memory-registry.ts'

const never = new AbortController().signal
export type Refreshed = EventOf<'media.refreshed'>

/** Takes media.refreshed, and answers that nothing has to be done. */
export const aProcessor = (more: Partial<Processor<Refreshed>> = {}): Processor<Refreshed> => ({
  name: 'read-aloud',
  reads: ['events', 'media-failed'],
  types: ['media.refreshed'],
  takes: event => (event.type === 'media.refreshed' ? event : null),
  limits: { concurrency: 7, bufferedBytes: 1024, attempts: 3 },
  process: async () => ({ kind: 'emit', events: [] }),
  ...more,
})

export const failedOf = ({ sourceEventId, round }: Pick<Refreshed, 'sourceEventId' | 'round'>, reason = 'gone'): Made => ({
  type: 'media.failed',
  sourceEventId,
  round,
  kind: 'voice',
  stage: 'download',
  reason,
  retryable: false,
  attempts: 1,
})

export async function openRunnerWorld(logger: Logger) {
  const registry = memoryRegistry()
  const codec = await openCodec(registry, never)
  const purged = new Set<string>()
  const asked: string[] = []
  const tombstones = {
    isPurged: async (instanceId: string) => {
      asked.push(instanceId)
      return purged.has(instanceId)
    },
  }
  const deps = {
    codec,
    tombstones,
    progress: { take: async () => [], save: async () => true },
    topic: (name: string) => `wa.${name}`,
    consumerGroup: (name: string) => `zaplog.${name}`,
    pauseMs: 1234,
    logger,
    clock: () => 1_800_000_000_000,
  }
  const recordOf = (event: Event): LogRecord => ({
    topic: `wa.${topicOfEvent(event)}`,
    partition: 1,
    offset: 42n,
    ...codec.encode(event),
  })
  return {
    deps,
    registry,
    codec,
    /** Instances with a tombstone. */
    purged,
    /** Whose tombstone was asked for, in order. */
    asked,
    recordOf,
    consumer: (processor: Processor<Refreshed>) => laneConsumer(deps, processor),
    handle: (processor: Processor<Refreshed>, record: LogRecord, signal = never): Promise<Outcome> =>
      laneConsumer(deps, processor).handle(record, 1, signal),
    /** What was emitted, decoded, topic by topic. */
    emitted: async (outcome: Outcome): Promise<readonly (readonly [topic: string, Event | null])[]> => {
      const decode = async (topic: string, { value }: NewRecord) => [topic, await codec.decode(value, never)] as const
      if (outcome.kind !== 'emit') throw new Error(`expected events, got ${outcome.kind}`)
      return await Promise.all(outcome.appends.flatMap(({ topic, records }) => records.map(record => decode(topic, record))))
    },
  }
}
