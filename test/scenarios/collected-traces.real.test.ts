// Guarantee: the OpenTelemetry Collector's own receiver takes what zaplog tells by OTLP, and finds in it one trace from the socket to the webhook's answer.
import { expect, test } from 'vitest'
import { type CollectedSpan, openCollector } from '../ground/collector/open-collector.ts'
import { openTempDir } from '../ground/database/temp-dir.ts'
import { runsHere } from '../ground/runs-here.ts'
import { embedded, onEachSetup } from '../ground/scenarios/setups.ts'
import { untilDelivered } from '../ground/scenarios/stage.ts'

const hasCollector = await runsHere('collector')
const [CONSUMER, CLIENT, PRODUCER] = [5, 3, 4]

onEachSetup(
  setup => {
    test.runIf(hasCollector)(
      '[H3] OpenTelemetry’s own receiver takes every span, and all that they name is among them',
      async ({ onTestFinished }) => {
        const collector = await openCollector(await openTempDir())
        onTestFinished(collector.close)
        const stage = await setup.openStage({ env: { OTEL_EXPORTER_OTLP_ENDPOINT: collector.url } })
        onTestFinished(stage.close)
        const ana = stage.simulator.contact({ pn: '5511900000011', name: 'Ana' })
        const messageId = await stage.device.send(ana, { conversation: 'bom dia' })
        await untilDelivered(stage.receiver, [messageId])
        const posted = stage.receiver.accepted.find(({ body }) => body.data.messageId === messageId)
        const [, traceId, spanId] = String(posted?.headers.traceparent).split('-')
        expect(await stage.zaplog().stop()).toBe(0)

        const spans = await collector.spans()
        const ofMessage = spans.filter(span => span.traceId === traceId)
        expect(ofMessage.find(span => span.spanId === spanId)).toMatchObject({ name: 'attempt', kind: CLIENT })
        const root = ofMessage.find(({ parentSpanId = '' }) => parentSpanId === '')
        expect(root).toMatchObject({ name: 'receive message.received', kind: PRODUCER })
        expect(root && said(root)).toMatchObject({ 'zaplog.event.id': posted?.body.data.eventId, 'zaplog.instance.id': 'shop' })
        expect(root?.resource).toContainEqual({ key: 'service.name', value: { stringValue: 'zaplog' } })
        expect(ofMessage.some(({ kind, name }) => kind === CONSUMER && name.startsWith('process '))).toBe(true)
        const told = new Set(spans.map(span => span.spanId))
        const named = spans.flatMap(({ parentSpanId = '', links = [] }) => [parentSpanId, ...links.map(link => link.spanId)])
        expect(named.filter(id => id !== '' && !told.has(id))).toEqual([])
      },
    )
  },
  [embedded],
)

const said = ({ attributes = [] }: CollectedSpan) =>
  Object.fromEntries(attributes.map(({ key, value: { stringValue, intValue } }) => [key, stringValue ?? Number(intValue)]))
