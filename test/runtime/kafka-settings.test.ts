// Settings of Kafka that would do nothing, contradict each other or give a secret away are refused at the start, each by its name.
import { describe, expect, test } from 'vitest'
import { parseConfig } from '../../src/runtime/config.ts'

const problemsOf = (env: Record<string, string>) => {
  const parsed = parseConfig(env)
  return parsed.ok ? [] : parsed.problems.map(problem => `${problem.name}: ${problem.message}`)
}

const kafka = { KAFKA_BROKERS: 'a:1', SCHEMA_REGISTRY_URL: 'http://b' }
const user = { KAFKA_SASL_USERNAME: 'a', KAFKA_SASL_PASSWORD: 'b' }
const client = { KAFKA_OAUTH_TOKEN_URL: 'https://sso/token', KAFKA_OAUTH_CLIENT_ID: 'a', KAFKA_OAUTH_CLIENT_SECRET: 'b' }
const oauth = { ...kafka, ...client, KAFKA_SASL_MECHANISM: 'OAUTHBEARER' }

describe('settings of Kafka', () => {
  test('[G1] [H8] ask for all that a token endpoint needs, and for the mechanism where only that is missing', () => {
    expect(problemsOf(oauth)).toEqual([])
    expect(problemsOf({ ...kafka, KAFKA_SASL_MECHANISM: 'oauthbearer' })).toEqual(
      Object.keys(client).map(name => `${name}: expected one when KAFKA_SASL_MECHANISM is oauthbearer`),
    )
    expect(problemsOf({ ...kafka, ...client })).toEqual([
      'KAFKA_SASL_MECHANISM: expected oauthbearer when KAFKA_OAUTH_TOKEN_URL is set',
    ])
    expect(problemsOf({ ...kafka, ...user, KAFKA_SASL_MECHANISM: 'plain', KAFKA_OAUTH_SCOPE: 'kafka' })).toEqual([
      'KAFKA_SASL_MECHANISM: expected oauthbearer when KAFKA_OAUTH_SCOPE is set',
    ])
  })

  test('[G1] [H8] refuse a user beside oauthbearer, and one without a mechanism', () => {
    const expected = 'KAFKA_SASL_MECHANISM: expected plain, scram-sha-256 or scram-sha-512 when'
    expect(problemsOf({ ...oauth, ...user })).toEqual([`${expected} KAFKA_SASL_USERNAME is set`])
    expect(problemsOf({ ...oauth, KAFKA_SASL_PASSWORD: 'b' })).toEqual([`${expected} KAFKA_SASL_PASSWORD is set`])
    expect(problemsOf({ ...kafka, ...user })).toEqual([`${expected} KAFKA_SASL_USERNAME is set`])
    expect(problemsOf({ ...kafka, ...user, KAFKA_SASL_MECHANISM: 'scram-sha-512' })).toEqual([])
  })

  test.each([
    [{ KAFKA_SSL: 'true' }, 'KAFKA_SSL is set'],
    [{ KAFKA_SASL_MECHANISM: 'plain', ...user }, 'KAFKA_SASL_MECHANISM, KAFKA_SASL_USERNAME, KAFKA_SASL_PASSWORD are set'],
    [
      { KAFKA_SASL_MECHANISM: 'oauthbearer', ...client, KAFKA_OAUTH_SCOPE: 'kafka' },
      `KAFKA_SASL_MECHANISM, ${Object.keys(client).join(', ')}, KAFKA_OAUTH_SCOPE are set`,
    ],
  ])('[G1] [H8] do nothing without brokers, and are refused: %j', (env, given) => {
    expect(problemsOf(env)).toEqual([`KAFKA_BROKERS: expected them when ${given}`])
    expect(problemsOf({ ...kafka, ...env })).toEqual([])
  })

  test('[G1] [H8] TLS that is off needs no brokers', () => {
    expect(problemsOf({ KAFKA_SSL: 'false' })).toEqual([])
  })

  test.each([
    [
      'https://zaplog:hunter2@sso/token',
      'a URL without a user, who is in KAFKA_OAUTH_CLIENT_ID and KAFKA_OAUTH_CLIENT_SECRET, got "https://***@sso/token"',
    ],
    ['https://sso/token#hunter2', 'a URL without a fragment, got one with a #'],
    ['https://sso/token#', 'a URL without a fragment, got one with a #'],
    [
      'http://sso/token',
      'https, or http on a loopback address, because the secret would be sent in the clear, got "http://sso/token"',
    ],
    [
      'http://10.0.0.5/token',
      'https, or http on a loopback address, because the secret would be sent in the clear, got "http://10.0.0.5/token"',
    ],
  ])('[G1] [I2] a token endpoint at %s is refused, and no second line says that there is none', (url, expected) => {
    expect(problemsOf({ ...oauth, KAFKA_OAUTH_TOKEN_URL: url })).toEqual([`KAFKA_OAUTH_TOKEN_URL: expected ${expected}`])
  })

  test.each(['http://127.0.0.1:8080/token', 'http://[::1]/token', 'http://localhost/token', 'https://sso/o/token/'])(
    '[G1] a token endpoint at %s is taken as it is written',
    url => {
      const parsed = parseConfig({ ...oauth, KAFKA_OAUTH_TOKEN_URL: url })
      expect(parsed).toMatchObject({ ok: true, config: { kafka: { oauth: { tokenUrl: url } } } })
    },
  )

  test.each([
    [{ KAFKA_BROKERS: 'http://a' }, 'KAFKA_BROKERS'],
    [{ SCHEMA_REGISTRY_URL: 'b' }, 'SCHEMA_REGISTRY_URL'],
    [{ KAFKA_SSL: 'yes', KAFKA_SSL_CA: '' }, 'KAFKA_SSL'],
    [{ KAFKA_SASL_MECHANISM: 'gssapi' }, 'KAFKA_SASL_MECHANISM'],
    [{ KAFKA_OAUTH_CLIENT_SECRET: '', KAFKA_OAUTH_CLIENT_SECRET_FILE: '/nowhere/secret' }, 'KAFKA_OAUTH_CLIENT_SECRET_FILE'],
    [{ TOPIC_REPLICATION: 'three', TOPIC_MIN_INSYNC: '2' }, 'TOPIC_REPLICATION'],
    [
      { DATABASE_URL: 'mysql://db', ADMIN_API_KEY: 'sixteen-letters-', ENCRYPTION_KEY: Buffer.alloc(32).toString('base64') },
      'DATABASE_URL',
    ],
    [{ S3_ENDPOINT: 'http://s3', S3_BUCKET: ' ' }, 'S3_BUCKET'],
    [{ ROLES: 'webhook', DATABASE_POOL_SIZE: '2' }, 'ROLES'],
  ])('[H8] what was given and refused is not said to be missing as well: %j', (env, name) => {
    expect(problemsOf({ ...oauth, ...env }).map(problem => problem.split(':')[0])).toEqual([name])
  })
})
