// Guarantee: with OpenTelemetry on, what is asked for is one trace: from its caller's span, or from the call, through the log to whoever holds the account,
// to WhatsApp's answer, and with its outcome to the answer of its webhook. Who may not call is not followed.
import { expect, test } from 'vitest'
import { openOtlpReceiver, type ToldSpan, textOf } from '../ground/otlp-receiver.ts'
import { onEachSetup } from '../ground/scenarios/setups.ts'
import type { Stage } from '../ground/scenarios/stage.ts'
import { until } from '../ground/until.ts'

const [SERVER, CLIENT, CONSUMER] = [2, 3, 5]
const ANA = '5511900000011'
const CALLER = { traceId: '4bf92f3577b34da6a3ce929d0e0e4736', spanId: '00f067aa0ba902b7' }
const WAITS = { ...CALLER, traceId: 'a'.repeat(32) }
const CANCELS = { ...CALLER, traceId: 'c'.repeat(32) }
const STRANGER = { traceId: 'f'.repeat(32), spanId: 'f'.repeat(16) }

/** On parts that may have to start first. */
const timeout = 120_000

onEachSetup(setup => {
  test('[H3] [F1] a command is one trace from its caller to the webhook of its end', { timeout }, async () => {
    const collector = await openOtlpReceiver()
    const env = { OTEL_EXPORTER_OTLP_ENDPOINT: collector.url }
    const stage = await setup.openStage({ env, endpoint: { eventTypes: ['command.*', 'message.sent'] } })
    try {
      stage.simulator.contact({ pn: ANA, name: 'Ana' })
      const message = { method: 'POST', path: '/v1/instances/shop/messages' }
      const text = { chatId: `${ANA}@s.whatsapp.net`, kind: 'text', text: 'bom dia' }
      const asked = await ask(stage, { ...message, body: text }, CALLER)
      expect(asked).toMatchObject({ status: 202 })
      const posted = (type: string) =>
        stage.receiver.accepted.find(({ body }) => body.type === type && body.data.commandId === asked.body.commandId)
      const isTold = () => posted('command.completed') !== undefined && posted('message.sent') !== undefined
      await until('the webhooks of its end', isTold)
      const cancelled = await cancelWaiting(stage)
      expect(await ask(stage, { ...message, body: text, key: 'a-wrong-key' }, STRANGER)).toMatchObject({ status: 401 })
      const block = `/v1/instances/shop/contacts/${ANA}@s.whatsapp.net/block?wait=30`
      expect(await ask(stage, { method: 'PUT', path: block }, null)).toMatchObject({ status: 200 })
      expect(await ask(stage, { method: 'GET', path: '/v1/instances/shop/commands' }, null)).toMatchObject({ status: 200 })
      expect(await stage.zaplog().stop()).toBe(0)

      expectOneTrace(collector.spans, {
        asked: asked.body.commandId,
        posted: [posted('command.completed'), posted('message.sent')],
      })
      expectWholeInside(collector.spans)
      expectEndInTrace(collector.spans, cancelled)
      expect(collector.spans.filter(span => span.traceId === STRANGER.traceId || span.name.startsWith('GET'))).toEqual([])
      for (const said of ['bom dia', '55119000000', 'whsec_', stage.zaplog().key])
        expect(textOf(collector.spans)).not.toContain(said)
    } finally {
      await stage.close()
    }
  })
})

type Posted = Stage['receiver']['accepted'][number] | undefined

function expectOneTrace(all: readonly ToldSpan[], { asked, posted }: { asked: unknown; posted: readonly Posted[] }): void {
  const spans = all.filter(span => span.traceId === CALLER.traceId)
  const named = (name: string) => spans.filter(span => span.name === name)
  const [call] = named('POST /v1/instances/:id/messages')
  expect(call).toMatchObject({ kind: SERVER, parentSpanId: CALLER.spanId, attributes: { 'http.response.status_code': 202 } })
  const [carried] = named('carry out message.send')
  expect(carried).toMatchObject({ kind: CONSUMER, parentSpanId: call?.spanId })
  expect(carried?.attributes).toMatchObject({ 'zaplog.command.id': asked, 'zaplog.outcome': 'completed' })
  const given = { parentSpanId: carried?.spanId, attributes: { 'zaplog.ack': 'taken' }, events: ['the stanza is sent'] }
  expect(named('give to WhatsApp')).toMatchObject([{ kind: CLIENT, ...given }])
  for (const webhook of posted) {
    const [, traceId, spanId = ''] = String(webhook?.headers.traceparent).split('-')
    expect(traceId).toBe(CALLER.traceId)
    expect(ancestorsOf(spanId, spans)).toContain(carried?.spanId)
  }
  // Nothing of it begins a trace of its own.
  expect(spans.filter(span => span.parentSpanId === '')).toEqual([])
}

/** Of the call that waited, which began a trace. */
function expectWholeInside(all: readonly ToldSpan[]): void {
  const call = all.find(span => span.name === 'PUT /v1/instances/:id/contacts/:personId/block')
  expect(call).toMatchObject({ kind: SERVER, parentSpanId: '' })
  expect(call?.attributes).toMatchObject({ 'http.response.status_code': 200, 'zaplog.instance.id': 'shop' })
  for (const name of ['carry out contact.block', 'give to WhatsApp']) {
    const span = all.find(one => one.traceId === call?.traceId && one.name === name)
    expect(span?.startedAt).toBeGreaterThanOrEqual(call?.startedAt ?? -1n)
    expect(name.startsWith('give') ? span?.endedAt : span?.startedAt).toBeLessThanOrEqual(call?.endedAt ?? -1n)
  }
}

/** A first message behind another in the same minute waits; whoever takes it back has a trace of their own. Answers the webhook of its end. */
async function cancelWaiting(stage: Stage): Promise<Posted> {
  const path = '/v1/instances/shop/messages'
  const body = { chatId: '5511900000012@s.whatsapp.net', kind: 'text', text: 'oi' }
  const { commandId } = (await ask(stage, { method: 'POST', path, body }, WAITS)).body
  const cancel = { method: 'DELETE', path: `/v1/instances/shop/commands/${commandId}` }
  expect(await ask(stage, cancel, CANCELS)).toMatchObject({ status: 200, body: { reason: 'cancelled' } })
  const posted = () =>
    stage.receiver.accepted.find(one => one.body.type === 'command.failed' && one.body.data.commandId === commandId)
  return until('the webhook of what was cancelled', posted)
}

/** Its end is of its own trace, whoever brought it about. */
function expectEndInTrace(all: readonly ToldSpan[], posted: Posted): void {
  const [, traceId] = String(posted?.headers.traceparent).split('-')
  expect(traceId).toBe(WAITS.traceId)
  const names = (of: typeof WAITS) => all.filter(span => span.traceId === of.traceId).map(span => span.name)
  expect(names(WAITS)).toContain('attempt')
  expect(names(CANCELS)).toEqual(['DELETE /v1/instances/:id/commands/:commandId'])
}

type Call = { method: string; path: string; body?: object; key?: string }

async function ask(stage: Stage, { method, path, body, key }: Call, from: typeof CALLER | null) {
  const zaplog = stage.zaplog()
  const response = await fetch(new URL(path, zaplog.url), {
    method,
    headers: {
      authorization: `Bearer ${key ?? zaplog.key}`,
      ...(from !== null && { traceparent: `00-${from.traceId}-${from.spanId}-01` }),
      ...(body !== undefined && { 'content-type': 'application/json' }),
    },
    ...(body !== undefined && { body: JSON.stringify(body) }),
  })
  const answered: Record<string, unknown> = JSON.parse(await response.text())
  return { status: response.status, body: answered }
}

function ancestorsOf(spanId: string, spans: readonly ToldSpan[]): readonly string[] {
  const span = spans.find(one => one.spanId === spanId)
  return span === undefined ? [] : [span.parentSpanId, ...ancestorsOf(span.parentSpanId, spans)]
}
