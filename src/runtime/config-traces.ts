// Settings of traces: OpenTelemetry's own names, which mean here what they mean everywhere. Part of config.ts, in its order.
import { parseUrl } from './config-values.ts'
import type { Variables } from './variables.ts'

const samplers = [
  ...(['always_on', 'always_off', 'traceidratio'] as const),
  ...(['parentbased_always_on', 'parentbased_always_off', 'parentbased_traceidratio'] as const),
]
export type SamplerName = (typeof samplers)[number]

export function declareTraces(v: Variables) {
  v.group('Traces')
  const endpoint = v.parsed('OTEL_EXPORTER_OTLP_ENDPOINT', {
    shown: 'http://127.0.0.1:4318',
    doc: 'where spans go, by OTLP over HTTP; setting it switches traces on. What else OpenTelemetry’s exporter knows by OTEL_EXPORTER_OTLP_… holds, too',
    parse: parseUrl(['http:', 'https:']),
  })
  const exporter = v.choice('OTEL_TRACES_EXPORTER', {
    default: endpoint === null ? 'none' : 'otlp',
    of: ['none', 'otlp'],
    doc: 'otlp switches traces on, none off; left out: otlp where an endpoint is set',
  })
  const isOff = exporter === 'none' // then they may be for other programs, and mean something else
  const sampler = v.parsed<SamplerName>('OTEL_TRACES_SAMPLER', {
    shown: everything,
    doc: `which traces are kept: ${samplers.join(', ')}`,
    parse: text => samplers.find(one => one === text) ?? (isOff ? everything : { expected: `one of ${samplers.join(', ')}` }),
  })
  const isOfRatio = sampler?.endsWith('traceidratio') === true
  return {
    /** null: they are off. */
    endpoint: isOff ? null : (endpoint ?? 'http://127.0.0.1:4318'),
    sampler: sampler ?? everything,
    ratio: v.parsed('OTEL_TRACES_SAMPLER_ARG', {
      shown: '1',
      doc: 'of traceidratio: how many of one, from 0 to 1',
      parse: text => ratioIn(text) ?? (isOff || !isOfRatio ? 1 : { expected: 'a number from 0 to 1' }),
    }),
  }
}

const everything = 'parentbased_always_on'

/** null: it is none. */
const ratioIn = (text: string): number | null =>
  text.trim() !== '' && Number(text) >= 0 && Number(text) <= 1 ? Number(text) : null
