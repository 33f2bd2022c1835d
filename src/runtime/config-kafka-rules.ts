// What settings of Kafka have to be beside each other: TLS with what it stands on, and SASL with who we are.
import { createPrivateKey, type KeyObject, X509Certificate } from 'node:crypto'
import type { Config } from './config.ts'
import type { Variables } from './variables.ts'

type Kafka = Config['kafka']

export function requireKafkaTogether(v: Variables, kafka: Kafka) {
  requireTls(v, kafka)
  requireClientCertificate(v, kafka.sslClient)
  const { mechanism } = kafka.sasl
  if (mechanism === 'oauthbearer') requireClientCredentials(v, kafka.oauth)
  else refuseClientCredentials(v, kafka.oauth)
  if (mechanism !== null && mechanism !== 'oauthbearer') requireUser(v, kafka.sasl)
}

function requireTls(v: Variables, { ssl, sslCa, sslClient }: Kafka) {
  if (ssl) return
  if (sslCa !== null) v.problem('KAFKA_SSL', 'expected true when KAFKA_SSL_CA is set')
  if (sslClient.certificate !== null) v.problem('KAFKA_SSL', 'expected true when KAFKA_SSL_CERT is set')
}

function requireClientCertificate(v: Variables, { certificate, key, keyPassword }: Kafka['sslClient']) {
  if (certificate !== null && key === null) v.problem('KAFKA_SSL_KEY', 'expected one when KAFKA_SSL_CERT is set')
  if (key !== null && certificate === null) v.problem('KAFKA_SSL_CERT', 'expected one when KAFKA_SSL_KEY is set')
  if (keyPassword !== null && key === null) v.problem('KAFKA_SSL_KEY', 'expected one when KAFKA_SSL_KEY_PASSWORD is set')
  if (certificate === null || key === null) return
  const opened = openKey(key, keyPassword)
  if (opened === null) v.problem('KAFKA_SSL_KEY_PASSWORD', 'expected the one that opens KAFKA_SSL_KEY')
  else if (!new X509Certificate(certificate).checkPrivateKey(opened))
    v.problem('KAFKA_SSL_KEY', 'expected the private key of KAFKA_SSL_CERT, got that of another certificate')
}

/** null: it is encrypted and this is not its password, or it is broken. */
function openKey(key: string, passphrase: string | null): KeyObject | null {
  try {
    return createPrivateKey({ key, ...(passphrase !== null && { passphrase }) })
  } catch {
    return null
  }
}

function requireUser(v: Variables, { username, password }: Kafka['sasl']) {
  if (username === null) v.problem('KAFKA_SASL_USERNAME', 'expected one when KAFKA_SASL_MECHANISM is set')
  if (password === null) v.problem('KAFKA_SASL_PASSWORD', 'expected one when KAFKA_SASL_MECHANISM is set')
}

function requireClientCredentials(v: Variables, { tokenUrl, clientId, clientSecret }: Kafka['oauth']) {
  const why = 'expected one when KAFKA_SASL_MECHANISM is oauthbearer'
  if (tokenUrl === null) v.problem('KAFKA_OAUTH_TOKEN_URL', why)
  if (clientId === null) v.problem('KAFKA_OAUTH_CLIENT_ID', why)
  if (clientSecret === null) v.problem('KAFKA_OAUTH_CLIENT_SECRET', why)
}

function refuseClientCredentials(v: Variables, { tokenUrl, clientId, clientSecret, scope }: Kafka['oauth']) {
  const given = Object.entries({
    KAFKA_OAUTH_TOKEN_URL: tokenUrl,
    KAFKA_OAUTH_CLIENT_ID: clientId,
    KAFKA_OAUTH_CLIENT_SECRET: clientSecret,
    KAFKA_OAUTH_SCOPE: scope,
  }).find(([, value]) => value !== null)
  if (given !== undefined) v.problem('KAFKA_SASL_MECHANISM', `expected oauthbearer when ${given[0]} is set`)
}
