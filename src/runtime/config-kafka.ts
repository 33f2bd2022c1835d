// Settings of Kafka and of the registry beside it. Part of config.ts, in its order.
import {
  parseBrokers,
  parseCertificate,
  parseCount,
  parsePrivateKey,
  parseSaslMechanism,
  parseTokenUrl,
  parseUrl,
  saslMechanisms,
} from './config-values.ts'
import type { Variables } from './variables.ts'

export function declareKafka(v: Variables) {
  v.group('Kafka')
  return {
    brokers: v.parsed('KAFKA_BROKERS', { shown: 'the log is in Postgres', doc: 'comma list of host:port', parse: parseBrokers }),
    ssl: v.flag('KAFKA_SSL', { default: false, doc: 'TLS' }),
    sslCa: v.parsed('KAFKA_SSL_CA', {
      doc: 'PEM of the authority that signed the brokers’ certificates',
      secret: true,
      parse: parseCertificate,
    }),
    sslClient: declareClientCertificate(v),
    sasl: {
      mechanism: v.parsed('KAFKA_SASL_MECHANISM', { shown: 'none', doc: saslMechanisms.join(', '), parse: parseSaslMechanism }),
      username: v.optionalText('KAFKA_SASL_USERNAME', { doc: 'with plain and scram' }),
      password: v.optionalText('KAFKA_SASL_PASSWORD', { doc: 'with plain and scram', secret: true }),
    },
    oauth: declareOAuth(v),
    replication: v.whole('TOPIC_REPLICATION', { default: 1, from: 1, to: 100, doc: 'copies of each topic that zaplog creates' }),
    minInsync: v.parsed('TOPIC_MIN_INSYNC', {
      shown: '1; 2 from replication 3',
      doc: 'copies that have an append before it counts',
      parse: parseCount,
    }),
  }
}

const declareClientCertificate = (v: Variables) => ({
  certificate: v.parsed('KAFKA_SSL_CERT', {
    doc: 'PEM of a client certificate, its intermediates behind it, for brokers that ask for one',
    secret: true,
    parse: parseCertificate,
  }),
  key: v.parsed('KAFKA_SSL_KEY', { doc: 'PEM of that certificate’s private key', secret: true, parse: parsePrivateKey }),
  keyPassword: v.optionalText('KAFKA_SSL_KEY_PASSWORD', { doc: 'of that key, where it is encrypted', secret: true }),
})

const declareOAuth = (v: Variables) => ({
  tokenUrl: v.parsed('KAFKA_OAUTH_TOKEN_URL', {
    doc: 'token endpoint that is asked with client credentials; with oauthbearer',
    parse: parseTokenUrl,
  }),
  clientId: v.optionalText('KAFKA_OAUTH_CLIENT_ID', { doc: 'with oauthbearer' }),
  clientSecret: v.optionalText('KAFKA_OAUTH_CLIENT_SECRET', { doc: 'with oauthbearer', secret: true }),
  scope: v.optionalText('KAFKA_OAUTH_SCOPE', {
    shown: 'none',
    doc: 'what tokens are asked for, where the endpoint wants to be told',
  }),
})

export function declareSchemaRegistry(v: Variables) {
  return {
    url: v.parsed('SCHEMA_REGISTRY_URL', {
      shown: 'ids are in Postgres',
      doc: 'a registry with Confluent’s API; required with KAFKA_BROKERS',
      parse: parseUrl(['http:', 'https:']),
    }),
    username: v.optionalText('SCHEMA_REGISTRY_USERNAME', { doc: 'where it asks for one' }),
    password: v.optionalText('SCHEMA_REGISTRY_PASSWORD', { doc: 'of that user', secret: true }),
    autoRegister: v.flag('SCHEMA_AUTO_REGISTER', { default: true, doc: 'false: every schema has to be there already' }),
  }
}
