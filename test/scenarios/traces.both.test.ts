// Guarantee: with OpenTelemetry on, a message is one trace from the socket to the answer of its webhook, through the log; spans name ids and no person; and
// who gets them may be away.
import { expect, test } from 'vitest'
import { openOtlpReceiver, type ToldSpan, textOf } from '../ground/otlp-receiver.ts'
import { onEachSetup } from '../ground/scenarios/setups.ts'
import { type Stage, untilDelivered } from '../ground/scenarios/stage.ts'
import { until } from '../ground/until.ts'

const [CONSUMER, CLIENT, PRODUCER] = [5, 3, 4]

onEachSetup(setup => {
  test('[H3] a message is one trace from the socket to the answer of its webhook', async () => {
    const collector = await openOtlpReceiver()
    const stage = await setup.openStage({ env: { OTEL_EXPORTER_OTLP_ENDPOINT: collector.url } })
    try {
      const messageId = await receive(stage)
      const posted = stage.receiver.accepted.find(({ body }) => body.data.messageId === messageId)
      const [, traceId] = String(posted?.headers.traceparent).split('-')
      const spans = () => collector.spans.filter(span => span.traceId === traceId)
      await until('the spans to be told', () => spans().some(({ name }) => name === 'attempt') && rootOf(spans()) !== undefined)
      const attempt = spans().find(({ name }) => name === 'attempt')
      expect(attempt).toMatchObject({ kind: CLIENT, attributes: { 'http.response.status_code': 200, 'zaplog.attempt': 1 } })
      expect(posted?.headers.traceparent).toBe(`00-${traceId}-${attempt?.spanId}-01`)
      expect(rootOf(spans())).toMatchObject({
        ...{ name: 'receive message.received', kind: PRODUCER, parentSpanId: '' },
        resource: { 'service.name': 'zaplog', 'service.instance.id': expect.stringMatching(/^[0-9a-f-]{36}$/) },
        attributes: { 'zaplog.event.id': posted?.body.data.eventId, 'zaplog.instance.id': 'shop' },
      })
      expect(
        spans()
          .filter(({ kind }) => kind === CONSUMER)
          .map(({ name }) => name.split(' ')[0]),
      ).toContain('process')
      const all = textOf(collector.spans)
      for (const said of ['bom dia', '5511900000', 'whsec_', stage.zaplog().key]) expect(all).not.toContain(said)
      await stage.zaplog().stop()
      // What is linked or a parent is told itself, once all has been flushed.
      const told = new Set(collector.spans.map(({ spanId }) => spanId))
      const named = collector.spans.flatMap(({ parentSpanId, links }) => [parentSpanId, ...links.map(({ spanId }) => spanId)])
      expect(named.filter(spanId => spanId !== '' && !told.has(spanId))).toEqual([])
    } finally {
      await stage.close()
    }
  })

  test('[H3] where nobody takes the spans, messages arrive all the same, and a stop is a stop', async () => {
    const stage = await setup.openStage({ env: { OTEL_EXPORTER_OTLP_ENDPOINT: 'http://127.0.0.1:9', LOG_FORMAT: 'json' } })
    try {
      await receive(stage)
      expect(await stage.zaplog().stop()).toBe(0)
    } finally {
      await stage.close()
    }
  })
})

const rootOf = (spans: readonly ToldSpan[]) => spans.find(({ parentSpanId }) => parentSpanId === '')

async function receive({ simulator, device, receiver }: Stage): Promise<string> {
  const ana = simulator.contact({ pn: '5511900000011', name: 'Ana' })
  const messageId = await device.send(ana, { conversation: 'bom dia' })
  await untilDelivered(receiver, [messageId])
  return messageId
}
