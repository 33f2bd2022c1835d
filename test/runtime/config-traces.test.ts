// Guarantee: traces are on where OpenTelemetry's variables say so, and nowhere else; what is wrong in one is refused by its name where they are on, and no
// business of ours where they are off.
import { expect, test } from 'vitest'
import { parseConfig } from '../../src/runtime/config.ts'

const LOCAL = 'http://127.0.0.1:4318'
const urlOf = (env: Readonly<Record<string, string>>) => {
  const parsed = parseConfig(env)
  return parsed.ok ? parsed.config.traces.url : parsed.problems.map(problem => `${problem.name}: ${problem.message}`)
}

test.each([
  ['nothing is said', {}, null],
  ['an endpoint is set', { OTEL_EXPORTER_OTLP_ENDPOINT: 'http://collector:4318/' }, 'http://collector:4318/v1/traces'],
  [
    'it is set for traces alone, whole',
    { OTEL_EXPORTER_OTLP_TRACES_ENDPOINT: 'http://collector/spans' },
    'http://collector/spans',
  ],
  [
    'both are',
    { OTEL_EXPORTER_OTLP_ENDPOINT: LOCAL, OTEL_EXPORTER_OTLP_TRACES_ENDPOINT: 'http://collector/spans' },
    'http://collector/spans',
  ],
  ['the exporter is named', { OTEL_TRACES_EXPORTER: 'otlp' }, `${LOCAL}/v1/traces`],
  ['it is none', { OTEL_TRACES_EXPORTER: 'none', OTEL_EXPORTER_OTLP_ENDPOINT: LOCAL }, null],
  ['OpenTelemetry is off', { OTEL_SDK_DISABLED: 'true', OTEL_EXPORTER_OTLP_ENDPOINT: LOCAL }, null],
])('[H3] where %s: %j, spans go to %s', (_, env, expected) => {
  expect(urlOf(env)).toBe(expected)
})

const wrong = {
  OTEL_EXPORTER_OTLP_TRACES_ENDPOINT: 'collector:4318',
  OTEL_EXPORTER_OTLP_PROTOCOL: 'grpc',
  OTEL_EXPORTER_OTLP_TRACES_PROTOCOL: 'http/json',
  OTEL_TRACES_SAMPLER: 'xray',
  OTEL_TRACES_SAMPLER_ARG: '1.5',
  OTEL_BSP_MAX_QUEUE_SIZE: '0',
  OTEL_BSP_MAX_EXPORT_BATCH_SIZE: 'many',
  OTEL_BSP_SCHEDULE_DELAY: '-1',
  OTEL_BSP_EXPORT_TIMEOUT: '1s',
}

test.each(Object.entries(wrong))(
  '[H3] [H8] %s=%s is refused where traces are on, and nobody’s business where they are off',
  (name, value) => {
    expect(urlOf({ OTEL_EXPORTER_OTLP_ENDPOINT: LOCAL, [name]: value })).toEqual([
      expect.stringMatching(new RegExp(`^${name}: expected `)),
    ])
    expect(urlOf({ OTEL_EXPORTER_OTLP_ENDPOINT: LOCAL, OTEL_TRACES_EXPORTER: 'none', [name]: value })).toBeNull()
    if (name !== 'OTEL_EXPORTER_OTLP_TRACES_ENDPOINT') expect(urlOf({ [name]: value })).toBeNull()
  },
)
