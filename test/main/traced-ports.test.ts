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
