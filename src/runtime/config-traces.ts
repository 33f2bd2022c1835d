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
  return {
    /** null: they are off. */
    endpoint: exporter === 'none' ? null : (endpoint ?? 'http://127.0.0.1:4318'),
    sampler: v.choice<SamplerName>('OTEL_TRACES_SAMPLER', {
      default: 'parentbased_always_on',
      of: samplers,
      doc: `which traces are kept: ${samplers.join(', ')}`,
    }),
    ratio: v.parsed('OTEL_TRACES_SAMPLER_ARG', {
      shown: '1',
      doc: 'of traceidratio: how many of one, from 0 to 1',
      parse: text =>
        text.trim() !== '' && Number(text) >= 0 && Number(text) <= 1 ? Number(text) : { expected: 'a number from 0 to 1' },
    }),
  }
}
