// What the settings say of TLS and SASL reaches Kafka's adapter whole, and nothing that they do not say.
import { expect, test } from 'vitest'
import { kafkaSecurityOf } from '../../src/main/kafka-security.ts'
import { type Config, parseConfig } from '../../src/runtime/config.ts'

const kafka = { KAFKA_BROKERS: 'kafka:9092', SCHEMA_REGISTRY_URL: 'http://registry:8081' }
function securityFrom(env: Record<string, string>) {
  const parsed = parseConfig({ ...kafka, ...env })
  if (!parsed.ok) throw new Error(JSON.stringify(parsed.problems))
  return kafkaSecurityOf(parsed.config.kafka)
}

test('[G1] a Kafka of which nothing is said is spoken to in the clear, as nobody', () => {
  expect(securityFrom({})).toEqual({})
})

test('[G1] TLS trusts the system’s authorities where no other is named', () => {
  expect(securityFrom({ KAFKA_SSL: 'true' })).toEqual({ ssl: {} })
})

test('[G1] a client certificate goes with its key, and with its password where it has one', () => {
  const { kafka: told } = configWith({ certificate: 'c', key: 'k', keyPassword: null })
  expect(kafkaSecurityOf(told)).toEqual({ ssl: { client: { certificate: 'c', key: 'k' } } })
  const { kafka: sealed } = configWith({ certificate: 'c', key: 'k', keyPassword: 'p' })
  expect(kafkaSecurityOf(sealed)).toEqual({ ssl: { client: { certificate: 'c', key: 'k', keyPassword: 'p' } } })
})

test('[G1] a user goes with its password, a token endpoint with its client and what it is asked for', () => {
  const user = { KAFKA_SASL_MECHANISM: 'PLAIN', KAFKA_SASL_USERNAME: 'zaplog', KAFKA_SASL_PASSWORD: 'secret' }
  expect(securityFrom(user)).toEqual({ sasl: { mechanism: 'plain', username: 'zaplog', password: 'secret' } })
  const oauth = {
    KAFKA_SASL_MECHANISM: 'OAUTHBEARER',
    KAFKA_OAUTH_TOKEN_URL: 'https://sso/token',
    KAFKA_OAUTH_CLIENT_ID: 'zaplog',
    KAFKA_OAUTH_CLIENT_SECRET: 'secret',
  }
  const client = { mechanism: 'oauthbearer', tokenUrl: 'https://sso/token', clientId: 'zaplog', clientSecret: 'secret' }
  expect(securityFrom(oauth)).toEqual({ sasl: { ...client, scope: null } })
  expect(securityFrom({ ...oauth, KAFKA_OAUTH_SCOPE: 'kafka' })).toEqual({ sasl: { ...client, scope: 'kafka' } })
})

/** Certificates are judged when settings are parsed: these need not be any. */
function configWith(sslClient: Config['kafka']['sslClient']): Config {
  const parsed = parseConfig({ ...kafka, KAFKA_SSL: 'true' })
  if (!parsed.ok) throw new Error(JSON.stringify(parsed.problems))
  return { ...parsed.config, kafka: { ...parsed.config.kafka, sslClient } }
}
