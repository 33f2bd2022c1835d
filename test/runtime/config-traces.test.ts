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
  OTEL_EXPORTER_OTLP_TIMEOUT: 'abc',
  OTEL_EXPORTER_OTLP_TRACES_TIMEOUT: '0',
  OTEL_EXPORTER_OTLP_COMPRESSION: 'zstd',
  OTEL_EXPORTER_OTLP_HEADERS: 'no-value',
  OTEL_EXPORTER_OTLP_TRACES_HEADERS: 'key=50%',
  OTEL_EXPORTER_OTLP_CERTIFICATE: '/no/such/file.pem',
  OTEL_EXPORTER_OTLP_TRACES_CERTIFICATE: import.meta.filename,
  OTEL_RESOURCE_ATTRIBUTES: '=unnamed',
  OTEL_PROPAGATORS: 'b3',
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

test('[H3] [H8] OTEL_SDK_DISABLED is true or false, in whatever case, and never guessed', () => {
  expect(urlOf({ OTEL_SDK_DISABLED: 'maybe' })).toEqual(['OTEL_SDK_DISABLED: expected true or false, got "maybe"'])
  expect(urlOf({ OTEL_SDK_DISABLED: 'False', OTEL_EXPORTER_OTLP_ENDPOINT: LOCAL })).not.toBeNull()
  expect(urlOf({ OTEL_SDK_DISABLED: 'TRUE', OTEL_EXPORTER_OTLP_ENDPOINT: LOCAL })).toBeNull()
})

test('[H3] OTEL_TRACES_SAMPLER_ARG is decimal', () => {
  expect(urlOf({ OTEL_EXPORTER_OTLP_ENDPOINT: LOCAL, OTEL_TRACES_SAMPLER_ARG: '0x0' })).toEqual([
    'OTEL_TRACES_SAMPLER_ARG: expected a number from 0 to 1, got "0x0"',
  ])
})

test('[H3] headers that are refused are repeated nowhere', () => {
  const said = JSON.stringify(
    urlOf({ OTEL_EXPORTER_OTLP_ENDPOINT: LOCAL, OTEL_EXPORTER_OTLP_HEADERS: 'authorization secret-of-mine' }),
  )
  expect(said).toMatch(/OTEL_EXPORTER_OTLP_HEADERS/)
  expect(said).not.toMatch(/secret-of-mine/)
})

test('[H3] [H8] a client key needs its certificate, and files that are none are refused', () => {
  const given = { OTEL_EXPORTER_OTLP_ENDPOINT: LOCAL, OTEL_EXPORTER_OTLP_CLIENT_KEY: import.meta.dirname }
  expect(urlOf(given)).toEqual([
    'OTEL_EXPORTER_OTLP_CLIENT_KEY: expected the path of a readable file in PEM, got one that is not (EISDIR)',
    'OTEL_EXPORTER_OTLP_CLIENT_CERTIFICATE: expected one when OTEL_EXPORTER_OTLP_CLIENT_KEY is set',
  ])
})
