// Ports that tell spans of what goes through them, and carry their contexts through the log: an event that is made for a record goes on with the trace
// of that record, as the header traceparent of its own. What a house knows more of, such as the call or the command that an event is made for, it says to
// `traces` (runtime/traces.ts); of OpenTelemetry it knows nothing.
import { AsyncLocalStorage } from 'node:async_hooks'
import type { Event } from '../events/event.ts'
import { isOfHistory } from '../events/topics.ts'
import type { Append, Batch, EventLog, LogRecord } from '../log/log.ts'
import { type OpenSpan, readTraceparent, type Tracer, type Traces } from '../runtime/traces.ts'
import { sourceOf } from '../webhooks/deliveries/attempt-record.ts'
import type { Ports } from './ports.ts'

const MOST_LINKS = 128

/** null: the same ports. Events that no record caused begin a trace where `begins` says so. */
export function tracedPorts<Of extends Ports>(ports: Of, tracer: Tracer | null, { begins }: { begins: boolean }): Of {
  if (tracer === null) return ports
  /** Of the record, or the call, that is being worked off. */
  const work = new AsyncLocalStorage<string>()
  const inHand = createInHand()
  const spans = new WeakMap<object, OpenSpan>()
  const contextOf = (event: Event): string | null =>
    inHand.contextOf(event.eventId) ??
    (event.type === 'delivery.released' ? inHand.contextOf(sourceOf(event)) : (work.getStore() ?? null))
  const encode: Of['codec']['encode'] = (event, key, headers) => {
    if (!isTraced(event)) return ports.codec.encode(event, key, headers)
    const traceparent = contextOf(event)
    if (traceparent !== null) return ports.codec.encode(event, key, { ...headers, traceparent })
    if (!begins) return ports.codec.encode(event, key, headers)
    const span = tracer.begin({
      ...{ name: `receive ${event.type}`, kind: 'producer', parent: null, startedAt: event.recordedAt },
      attributes: { 'zaplog.event.id': event.eventId, 'zaplog.instance.id': event.instanceId },
    })
    const encoded = ports.codec.encode(event, key, { ...headers, traceparent: span.traceparent })
    spans.set(encoded.headers, span)
    return encoded
  }
  const traces: Traces = {
    ...tracer,
    within: (traceparent, doing) => work.run(traceparent, doing),
    carry: (eventIds, traceparent) => inHand.take(new Map(eventIds.map(id => [id, traceparent]))),
  }
  return {
    ...ports,
    traces,
    codec: { ...ports.codec, encode },
    log: tracedLog(ports.log, { traces: tracer, work, inHand, spans }),
  }
}

/** What comes by the hundred thousand for one record, and what comes each minute and says nothing, would be all that there is to see. */
const isTraced = (event: Event): boolean => !isOfHistory(event) && event.type !== 'instance.heartbeat'

type Tracing = { traces: Tracer; work: AsyncLocalStorage<string>; inHand: InHand; spans: WeakMap<object, OpenSpan> }

function tracedLog(log: EventLog, { traces, work, inHand, spans }: Tracing): EventLog {
  return {
    ...log,
    append: async (append, signal) => {
      const positions = await log.append(append, signal)
      endAppended(append, spans)
      return positions
    },
    consumeLanes: (consumer, signal) =>
      log.consumeLanes(
        {
          ...consumer,
          handle: async (record, attempt, signal) => {
            const parent = traceparentOf(record)
            if (parent === null) return consumer.handle(record, attempt, signal)
            const attributes = { ...placeOf(record), 'zaplog.attempt': attempt }
            const span = traces.begin({ name: `process ${record.topic}`, kind: 'consumer', parent, attributes })
            return work.run(span.traceparent, () => ended(span, () => consumer.handle(record, attempt, signal)))
          },
        },
        signal,
      ),
    consumeBatches: (consumer, signal) =>
      log.consumeBatches(
        {
          ...consumer,
          handle: async (batch, signal) => {
            const ofEvents = contextsIn(batch)
            if (ofEvents.size === 0) return consumer.handle(batch, signal)
            const links = [...new Set(ofEvents.values())]
            const [only = null] = links.length === 1 ? links : []
            const span = traces.begin({
              ...{
                name: `project ${batch.topic}`,
                kind: 'consumer',
                parent: only,
                links: only === null ? links.slice(0, MOST_LINKS) : [],
              },
              attributes: { 'zaplog.consumer.group': consumer.consumerGroup, 'zaplog.records': batch.records.length },
            })
            const letGo = inHand.take(only === null ? ofEvents : new Map([...ofEvents.keys()].map(id => [id, span.traceparent])))
            try {
              return await ended(span, () => consumer.handle(batch, signal))
            } finally {
              letGo()
            }
          },
        },
        signal,
      ),
  }
}

/**
 * Contexts of the events that somebody has in hand, several of them the same event: whoever lets go takes nothing from another. Those of several
 * partitions may be one step.
 */
function createInHand() {
  const held = new Map<string, readonly string[]>()
  const letGo = (eventId: string, context: string) => {
    const all = held.get(eventId) ?? []
    const others = all.toSpliced(all.indexOf(context), 1)
    if (others.length === 0) held.delete(eventId)
    else held.set(eventId, others)
  }
  return {
    /** The newest; null: nobody has it in hand. */
    contextOf: (eventId: string): string | null => held.get(eventId)?.at(-1) ?? null,
    take: (contexts: ReadonlyMap<string, string>): (() => void) => {
      for (const [eventId, context] of contexts) held.set(eventId, [...(held.get(eventId) ?? []), context])
      return () => {
        for (const [eventId, context] of contexts) letGo(eventId, context)
      }
    },
  }
}
type InHand = ReturnType<typeof createInHand>

const traceparentOf = ({ headers }: LogRecord): string | null => readTraceparent(headers.traceparent)

const contextsIn = (batch: Batch): ReadonlyMap<string, string> =>
  new Map(
    batch.records.flatMap(record => {
      const [eventId, traceparent] = [record.headers['event-id'], traceparentOf(record)]
      return eventId === undefined || traceparent === null ? [] : [[eventId, traceparent] as const]
    }),
  )

const placeOf = ({ topic, partition, offset, headers }: LogRecord) => ({
  ...{ 'messaging.destination.name': topic, 'messaging.destination.partition.id': String(partition) },
  ...{ 'messaging.kafka.offset': String(offset), 'zaplog.event.id': headers['event-id'] ?? '' },
})

function endAppended({ topic, records }: Append, spans: Tracing['spans']): void {
  for (const { headers } of records) spans.get(headers)?.end({ attributes: { 'messaging.destination.name': topic } })
}

async function ended<Outcome extends { kind: string }>(span: OpenSpan, handle: () => Promise<Outcome>): Promise<Outcome> {
  try {
    const outcome = await handle()
    span.end({ attributes: { 'zaplog.outcome': outcome.kind } })
    return outcome
  } catch (error) {
    span.end({ error: 'it threw' })
    throw error
  }
}
