// Guarantee: what is made of an event goes on with its trace, whoever else has that event in hand and lets go of it.
import { expect, test } from 'vitest'
import type { EventOf } from '../../src/events/event.ts'
import type { Batch, BatchConsumer, BatchOutcome } from '../../src/log/log.ts'
import type { Ports } from '../../src/main/ports.ts'
import { tracedPorts } from '../../src/main/traced-ports.ts'
import { never } from '../../src/runtime/or-abort.ts'
import type { Tracer } from '../../src/runtime/traces.ts'

const traceOf = (nth: number): string => `00-${'a'.repeat(32)}-${String(nth).padStart(16, '0')}-01`

/** Spans 1, 2 and so on, all of one trace. */
function countSpans(): Tracer {
  let spans = 0
  return { begin: () => ({ traceparent: traceOf(++spans), reached: () => undefined, end: () => undefined }) }
}

test('[H3] a delivery goes on with its event while one projection lets go of it that another has in hand', async () => {
  const consumers = new Map<string, BatchConsumer>()
  const ports = {
    codec: { encode: (_event: object, _key: string, headers = {}) => ({ headers }) },
    log: { consumeBatches: (one: BatchConsumer) => void consumers.set(one.consumerGroup, one) },
  } as unknown as Ports
  const traced = tracedPorts(ports, countSpans(), { begins: false })
  const [entered, left] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()]
  const consume = (consumerGroup: string, work: () => Promise<void>) => {
    const handle = async (): Promise<BatchOutcome> => {
      await work()
      return { kind: 'applied' }
    }
    traced.log.consumeBatches({ consumerGroup, topics: [], positions: async () => [], handle } as unknown as BatchConsumer, never)
  }
  const encode = () =>
    traced.codec.encode({ type: 'delivery.released', deliveryId: 'event_ep', endpointId: 'ep' } as EventOf<'delivery.released'>)
      .headers.traceparent
  consume('webhook-stream', async () => {
    entered.resolve()
    await left.promise
    expect(encode()).toBe(traceOf(1))
  })
  consume('read-model', async () => expect(encode()).toBeDefined())
  const headers = { 'event-id': 'event', traceparent: traceOf(9) }
  const batch = { topic: 'wa.events', partition: 0, records: [{ headers }] } as unknown as Batch
  const slow = consumers.get('webhook-stream')?.handle(batch, never)
  await entered.promise
  await consumers.get('read-model')?.handle(batch, never)
  left.resolve()
  await slow
  expect(encode()).toBeUndefined()
  expect.assertions(3)
})

test('[H3] what is told of a command or was held goes on with that until it is let go, whoever encodes it, and so does what a call causes', () => {
  const ports = { codec: { encode: (_event: object, _key: string, headers = {}) => ({ headers }) }, log: {} } as unknown as Ports
  const { codec, traces } = tracedPorts(ports, countSpans(), { begins: false })
  const encode = (eventId: string, more: object = { type: 'command.completed' }) =>
    codec.encode({ eventId, ...more } as EventOf<'command.completed'>).headers.traceparent
  const released = { type: 'delivery.released', deliveryId: 'event_ep', endpointId: 'ep' }
  const letGo = traces?.carry(['told', 'held'], traceOf(7))
  const others = traces?.carry(['told'], traceOf(8))
  expect([encode('told'), encode('held', released), encode('other')]).toEqual([traceOf(8), traceOf(7), undefined])
  others?.()
  expect(traces?.within(traceOf(5), () => [encode('told'), encode('other')])).toEqual([traceOf(7), traceOf(5)])
  letGo?.()
  expect([encode('told'), encode('held', released), encode('other')]).toEqual([undefined, undefined, undefined])
})

test('[H3] what the phone tells of before is not traced record by record, nor is a heartbeat', () => {
  const ports = { codec: { encode: (_event: object, _key: string, headers = {}) => ({ headers }) }, log: {} } as unknown as Ports
  const { codec, traces } = tracedPorts(ports, countSpans(), { begins: true })
  const encode = (event: object) => codec.encode(event as EventOf<'message.received'>).headers.traceparent
  const inTrace = (event: object) => traces?.within(traceOf(9), () => encode(event))
  expect(encode({ type: 'message.received' })).toBe(traceOf(1))
  expect(encode({ type: 'instance.heartbeat' })).toBeUndefined()
  expect(inTrace({ type: 'message.history' })).toBeUndefined()
  expect(inTrace({ type: 'contact.updated', origin: 'history' })).toBeUndefined()
  expect(inTrace({ type: 'contact.updated', origin: 'change' })).toBe(traceOf(9))
})

test('[H3] [B5] where nobody traces ports are as they were, and a record goes on with nothing', () => {
  const ports = { traces: null } as unknown as Ports
  expect(tracedPorts(ports, null, { begins: true })).toBe(ports)
})
