// Guarantee: with OpenTelemetry on, what is held stays one trace to the answer of its webhook, and the trace says how long it was held and what ended that.
import { expect, test } from 'vitest'
import { text } from '../../simulator/accounts/content.ts'
import { image } from '../../simulator/media/media.ts'
import { sampleJpeg } from '../../simulator/media/sample-media.ts'
import { openOtlpReceiver, type ToldSpan } from '../ground/otlp-receiver.ts'
import { onEachSetup } from '../ground/scenarios/setups.ts'
import { type Stage, untilDelivered } from '../ground/scenarios/stage.ts'

const HOLD_S = 1

/** On parts that may have to start first. */
const timeout = 120_000

onEachSetup(setup => {
  test('[H3] [E2] a message that was held is one trace, with its hold and why that ended', { timeout }, async () => {
    const collector = await openOtlpReceiver()
    const stage = await setup.openStage({
      env: { OTEL_EXPORTER_OTLP_ENDPOINT: collector.url },
      endpoint: { holdMedia: 900 },
    })
    try {
      const { simulator, device, receiver } = stage
      const ana = simulator.contact({ pn: '5511900000011', name: 'Ana' })
      const picture = () => sampleJpeg().then(bytes => image(simulator.cdn, { bytes }))
      const stored = await device.send(ana, await picture())
      await untilDelivered(receiver, [stored])
      await holdFor(stage, HOLD_S)
      const stalled = await picture()
      simulator.cdn.fault(String(stalled.imageMessage?.directPath), { kind: 'stall', atByte: 100 })
      const late = await device.send(ana, stalled)
      const behind = await device.send(ana, text('e aí?'))
      await untilDelivered(receiver, [late, behind])
      expect(await stage.zaplog().stop()).toBe(0)

      for (const [messageId, end] of [
        [stored, 'stored'],
        [late, 'deadline'],
        [behind, 'lane'],
      ] as const) {
        const posted = receiver.accepted.find(({ body }) => body.data.messageId === messageId && body.type === 'message.received')
        const [, traceId] = String(posted?.headers.traceparent).split('-')
        const spans = collector.spans.filter(span => span.traceId === traceId)
        const root = spans.find(span => span.parentSpanId === '')
        expect(root?.name).toBe('receive message.received')
        const [hold, ...others] = spans.filter(span => span.name === 'hold')
        expect(others).toEqual([])
        expect(hold).toMatchObject({ parentSpanId: root?.spanId, attributes: { 'zaplog.hold.end': end } })
        const attempt = spans.find(span => span.name === 'attempt')
        if (end === 'deadline') expect(heldNs(hold)).toBeGreaterThan(BigInt(HOLD_S) * 900_000_000n)
        expect(attempt?.startedAt).toBeGreaterThan(hold?.startedAt ?? 0n)
      }
    } finally {
      await stage.close()
    }
  })
})

const heldNs = (hold: ToldSpan | undefined): bigint => (hold?.endedAt ?? 0n) - (hold?.startedAt ?? 0n)

async function holdFor(stage: Stage, seconds: number): Promise<void> {
  const { body } = await stage.zaplog().call('GET', '/v1/endpoints')
  const [{ id }] = body.data as [{ id: string }]
  expect(await stage.zaplog().call('PATCH', `/v1/endpoints/${id}`, { holdMedia: seconds })).toMatchObject({ status: 200 })
}
