// Guarantee: the variables of OpenTelemetry mean here what they mean everywhere: which traces are kept, how many spans wait, and when they are sent. What
// is not sent is counted and said once, and a stop sends what is left.
import { expect, onTestFinished, test } from 'vitest'
import { openTraces } from '../../src/main/open-traces.ts'
import { parseConfig } from '../../src/runtime/config.ts'
import { createMetrics } from '../../src/runtime/metrics.ts'
import type { Tracer } from '../../src/runtime/traces.ts'
import { collectLogLines } from '../ground/log-lines.ts'
import { openOtlpReceiver } from '../ground/otlp-receiver.ts'
import { until } from '../ground/until.ts'

const NEVER = '600000'
/** Whether a half of all traces has one is in its id. */
const kept = '1'.padStart(32, '0')
const left = 'ffffffff'.padEnd(32, '0')
const parents = {
  'kept, sampled': `00-${kept}-00f067aa0ba902b7-01`,
  'kept, not sampled': `00-${kept}-00f067aa0ba902b7-00`,
  'left, sampled': `00-${left}-00f067aa0ba902b7-01`,
  'left, not sampled': `00-${left}-00f067aa0ba902b7-00`,
}
const sampled = ['kept, sampled', 'left, sampled']

test.each([
  ['always_on', undefined, ['a root', ...Object.keys(parents)]],
  ['always_off', undefined, []],
  ['traceidratio', '0.5', ['kept, sampled', 'kept, not sampled']],
  ['traceidratio', '1', ['a root', ...Object.keys(parents)]],
  ['parentbased_always_on', undefined, ['a root', ...sampled]],
  ['parentbased_always_off', undefined, sampled],
  ['parentbased_traceidratio', '0', sampled],
  ['parentbased_traceidratio', '1', ['a root', ...sampled]],
  [undefined, undefined, ['a root', ...sampled]],
])('[H3] OTEL_TRACES_SAMPLER=%s with OTEL_TRACES_SAMPLER_ARG=%s keeps %j', async (sampler, ratio, expected) => {
  const receiver = await openOtlpReceiver()
  const { tracer, close } = await open(receiver.url, { OTEL_TRACES_SAMPLER: sampler, OTEL_TRACES_SAMPLER_ARG: ratio })
  const flags = new Map<string, string>()
  const tell = (name: string, parent: string | null) => {
    const span = tracer.begin({ name, kind: 'internal', parent })
    flags.set(name, span.traceparent.slice(-2))
    span.end()
  }
  if (ratio !== '0.5') tell('a root', null)
  for (const [name, parent] of Object.entries(parents)) tell(name, parent)
  await close()
  expect(receiver.spans.map(span => span.name).sort()).toEqual(expected.toSorted())
  // Whoever goes on with one is told whether it is kept.
  expect(
    [...flags]
      .filter(([, flag]) => flag === '01')
      .map(([name]) => name)
      .sort(),
  ).toEqual(expected.toSorted())
})

test('[H3] as many spans wait as OTEL_BSP_MAX_QUEUE_SIZE says, go in batches, and the others are counted and said once', async () => {
  const receiver = await openOtlpReceiver()
  const sizes = { OTEL_BSP_MAX_QUEUE_SIZE: '10', OTEL_BSP_MAX_EXPORT_BATCH_SIZE: '4' }
  const { tracer, close, logger, dropped } = await open(receiver.url, sizes)
  tellSome(tracer, 25)
  await close()
  expect(receiver.spans).toHaveLength(10)
  expect(Math.max(...receiver.batches)).toBe(4)
  expect(await dropped()).toEqual({ 'queue-full': 15, 'not-sent': 0 })
  expect(saidBy(logger).filter(line => line.level === 'warn')).toMatchObject([{ event: 'traces.not-sent' }])
})

test('[H3] spans go after OTEL_BSP_SCHEDULE_DELAY, before any stop', async () => {
  const receiver = await openOtlpReceiver()
  const { tracer } = await open(receiver.url, { OTEL_BSP_SCHEDULE_DELAY: '1' })
  tellSome(tracer, 1)
  await until('the span to be told', () => receiver.spans.length === 1)
})

test('[H3] what is not taken is counted, said once, and said to be over', async () => {
  let status = 400
  const receiver = await openOtlpReceiver({ status: () => status })
  const { tracer, logger, dropped } = await open(receiver.url, { OTEL_BSP_SCHEDULE_DELAY: '1' })
  for (const already of [0, 2]) {
    tellSome(tracer, 2)
    await until('the spans to be refused', async () => (await dropped())['not-sent'] === already + 2)
  }
  status = 200
  tellSome(tracer, 1)
  await until('the next to be told', () => receiver.spans.length === 1)
  await until('that to be said', () => logger.lines.some(line => line.event === 'traces.sent-again'))
  expect(saidBy(logger)).toMatchObject([
    { level: 'warn', event: 'traces.not-sent', fields: { endpoint: `${receiver.url}/v1/traces`, reason: 'not-sent', spans: 2 } },
    { level: 'info', event: 'traces.sent-again', fields: { dropped: 4 } },
  ])
})

test('[H3] [H6] a receiver that never answers keeps no stop waiting, and what it did not get is counted', async () => {
  const receiver = await openOtlpReceiver({ status: () => null })
  const { tracer, close, logger, dropped } = await open(receiver.url, {})
  tellSome(tracer, 3)
  await close()
  expect(await dropped()).toEqual({ 'queue-full': 0, 'not-sent': 3 })
  expect(saidBy(logger)).toMatchObject([{ event: 'traces.not-sent', fields: { spans: 3 } }])
})

test('[H3] headers, gzip and attributes of the process are sent as the variables say, those for traces before the others', async () => {
  const receiver = await openOtlpReceiver()
  const { tracer, close } = await open(receiver.url, {
    OTEL_EXPORTER_OTLP_HEADERS: 'x-one=general',
    OTEL_EXPORTER_OTLP_TRACES_HEADERS: 'x-one=a%20key%3D%3D, x-two=b=c',
    OTEL_EXPORTER_OTLP_COMPRESSION: 'gzip',
    OTEL_RESOURCE_ATTRIBUTES: 'deployment.environment.name=test,service.name=left-out',
    OTEL_SERVICE_NAME: 'ours',
  })
  tellSome(tracer, 1)
  await close()
  expect(receiver.headers).toMatchObject([{ 'x-one': 'a key==', 'x-two': 'b=c', 'content-encoding': 'gzip' }])
  expect(receiver.spans).toMatchObject([
    { resource: { 'service.name': 'ours', 'deployment.environment.name': 'test', 'service.instance.id': 'one' } },
  ])
})

/** To whom nobody wants to look into it. */
const saidBy = (logger: ReturnType<typeof collectLogLines>) => logger.lines.filter(line => line.level !== 'debug')

function tellSome(tracer: Tracer, spans: number): void {
  for (let nth = 0; nth < spans; nth++) tracer.begin({ name: `span ${nth}`, kind: 'internal', parent: null }).end()
}

/** Of what waits nothing is sent before the end, unless `env` says otherwise. */
async function open(url: string, env: Readonly<Record<string, string | undefined>>) {
  const parsed = parseConfig({ OTEL_EXPORTER_OTLP_ENDPOINT: url, OTEL_BSP_SCHEDULE_DELAY: NEVER, ...env })
  if (!parsed.ok) throw new Error(JSON.stringify(parsed.problems))
  const logger = collectLogLines()
  const metrics = createMetrics({ processMetrics: false })
  const traces = await openTraces(parsed.config.traces, { logger, metrics, version: '0.0.0', instanceId: 'one' })
  if (traces === null) throw new Error('expected traces to be on')
  onTestFinished(traces.close)
  const dropped = async () => {
    const text = await metrics.render()
    const of = (reason: string) =>
      Number(new RegExp(`^zaplog_spans_dropped_total\\{reason="${reason}"\\} (\\d+)$`, 'm').exec(text)?.[1])
    return { 'queue-full': of('queue-full'), 'not-sent': of('not-sent') }
  }
  return { tracer: traces, close: traces.close, logger, dropped }
}
