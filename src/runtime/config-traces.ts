// Settings of traces: OpenTelemetry's own names, which mean here what they mean everywhere. Part of config.ts, in its order. They are often set for all
// programs of a machine: what is wrong in one is refused only where traces are on.
import { declarePropagators, declareResource, declareSending, type Refusal } from './config-exporter.ts'
import { parseUrl } from './config-values.ts'
import type { Variables } from './variables.ts'

const samplers = [
  ...(['always_on', 'always_off', 'traceidratio'] as const),
  ...(['parentbased_always_on', 'parentbased_always_off', 'parentbased_traceidratio'] as const),
]
export type SamplerName = (typeof samplers)[number]

const LOCAL = 'http://127.0.0.1:4318'

export function declareTraces(v: Variables) {
  v.group('Traces')
  const isDisabled = declareDisabled(v)
  const exporter = declareExporter(v, isDisabled)
  const isOff = isDisabled || exporter === 'none'
  const url = parseUrl(['http:', 'https:'])
  const endpoint = v.parsed('OTEL_EXPORTER_OTLP_ENDPOINT', {
    shown: LOCAL,
    doc: 'where spans go, by OTLP over HTTP, without /v1/traces; setting it switches traces on',
    parse: text => (isOff ? text : url(text)),
  })
  const whole = v.parsed('OTEL_EXPORTER_OTLP_TRACES_ENDPOINT', {
    shown: `${LOCAL}/v1/traces`,
    doc: 'the same as a whole URL; before the other',
    parse: text => (isOff ? text : url(text)),
  })
  const isAsked = exporter === 'otlp' || endpoint !== null || whole !== null
  const isOn = isAsked && !isOff
  declareProtocols(v, isOn)
  declarePropagators(v, isOn)
  return {
    /** Where spans are posted; null: traces are off. */
    url: isOn ? (whole ?? `${(endpoint ?? LOCAL).replace(/\/$/, '')}/v1/traces`) : null,
    ...declareSampler(v, isOn),
    ...declareQueue(v, isOn),
    sending: declareSending(v, isOn),
    resource: declareResource(v, isOn),
  }
}

/** `fallback` for whatever it is where traces are off. */
const whereOn =
  <T>(isOn: boolean, fallback: T, parse: (text: string) => T | Refusal) =>
  (text: string): T | Refusal =>
    isOn ? parse(text) : fallback

const oneOf =
  <T extends string>(of: readonly T[]) =>
  (text: string): T | Refusal =>
    of.find(one => one === text) ?? { expected: `one of ${of.join(', ')}` }

const declareDisabled = (v: Variables): boolean =>
  v.parsed('OTEL_SDK_DISABLED', {
    shown: 'false',
    doc: 'true: traces are off, whatever else is set',
    parse: text => (/^(true|false)$/i.test(text) ? text.toLowerCase() === 'true' : { expected: 'true or false' }),
  }) ?? false

const declareExporter = (v: Variables, isDisabled: boolean) =>
  v.parsed('OTEL_TRACES_EXPORTER', {
    shown: 'none',
    doc: 'otlp switches traces on, none off; left out: otlp where an endpoint is set',
    parse: whereOn<'none' | 'otlp'>(!isDisabled, 'none', oneOf(['none', 'otlp'])),
  })

function declareProtocols(v: Variables, isOn: boolean): void {
  for (const name of ['OTEL_EXPORTER_OTLP_PROTOCOL', 'OTEL_EXPORTER_OTLP_TRACES_PROTOCOL'])
    v.parsed(name, {
      shown: 'http/protobuf',
      doc: 'http/protobuf, and nothing else',
      parse: whereOn(isOn, 'http/protobuf', oneOf(['http/protobuf'])),
    })
}

function declareSampler(v: Variables, isOn: boolean) {
  const usual = 'parentbased_always_on'
  const sampler = v.parsed<SamplerName>('OTEL_TRACES_SAMPLER', {
    shown: usual,
    doc: `which traces are kept: ${samplers.join(', ')}`,
    parse: whereOn<SamplerName>(isOn, usual, oneOf(samplers)),
  })
  const ratio = v.parsed('OTEL_TRACES_SAMPLER_ARG', {
    shown: '1',
    doc: 'of traceidratio: how many of one, from 0 to 1',
    parse: whereOn(isOn, 1, text =>
      /^(\d+\.?\d*|\.\d+)(e[+-]?\d+)?$/i.test(text) && Number(text) <= 1 ? Number(text) : { expected: 'a number from 0 to 1' },
    ),
  })
  return { sampler: sampler ?? usual, ratio: ratio ?? 1 }
}

/** Spans that wait are memory: as many as these, and what is more is dropped and counted. */
function declareQueue(v: Variables, isOn: boolean) {
  const count = (name: string, { usual, from, doc }: { usual: number; from: number; doc: string }): number =>
    v.parsed(name, {
      shown: String(usual),
      doc,
      parse: whereOn(isOn, usual, text =>
        /^\d{1,6}$/.test(text) && Number(text) >= from ? Number(text) : { expected: `a whole number from ${from} to 999999` },
      ),
    }) ?? usual
  return {
    mostWaiting: count('OTEL_BSP_MAX_QUEUE_SIZE', { usual: 2_048, from: 1, doc: 'spans that may wait; what is more is dropped' }),
    batchSpans: count('OTEL_BSP_MAX_EXPORT_BATCH_SIZE', { usual: 512, from: 1, doc: 'spans that are sent at once' }),
    delayMs: count('OTEL_BSP_SCHEDULE_DELAY', { usual: 1_000, from: 0, doc: 'milliseconds between two times of sending' }),
    sendTimeoutMs: count('OTEL_BSP_EXPORT_TIMEOUT', { usual: 30_000, from: 1, doc: 'milliseconds that sending may take' }),
  }
}
