// What settings of Kafka have to be beside each other: TLS with what it stands on, and SASL with who we are.
import { createPrivateKey, type KeyObject, X509Certificate } from 'node:crypto'
import type { Config } from './config.ts'
import { DAMAGED, pemCertificate, pemPrivateKey, readPem } from './pem.ts'
import type { Variables } from './variables.ts'

type Kafka = Config['kafka']

const ofTls = ['KAFKA_SSL_CA', 'KAFKA_SSL_CERT', 'KAFKA_SSL_KEY', 'KAFKA_SSL_KEY_PASSWORD']
const ofUsers = ['KAFKA_SASL_USERNAME', 'KAFKA_SASL_PASSWORD']
const ofClients = ['KAFKA_OAUTH_TOKEN_URL', 'KAFKA_OAUTH_CLIENT_ID', 'KAFKA_OAUTH_CLIENT_SECRET']

export function requireKafkaTogether(v: Variables, kafka: Kafka) {
  requireBrokers(v, kafka)
  requireTls(v, kafka)
  requireClientCertificate(v, kafka.sslClient)
  if (!v.isRefused('KAFKA_SASL_MECHANISM')) requireIdentity(v, kafka.sasl.mechanism)
}

/** A certificate of another time may be a clock that is wrong: brokers decide. */
export function warnOfDates(v: Variables, { certificate, now }: { certificate: string | null; now: Date }) {
  if (certificate === null) return
  const { validFromDate, validToDate } = new X509Certificate(certificate)
  if (now > validToDate) v.warning('KAFKA_SSL_CERT', `expired at ${validToDate.toISOString()}`)
  if (now < validFromDate) v.warning('KAFKA_SSL_CERT', `is not valid before ${validFromDate.toISOString()}`)
}

function requireBrokers(v: Variables, { ssl }: Kafka) {
  if (v.isGiven('KAFKA_BROKERS')) return
  const names = [...ofTls, 'KAFKA_SASL_MECHANISM', ...ofUsers, ...ofClients, 'KAFKA_OAUTH_SCOPE'].filter(v.isGiven).map(v.nameOf)
  const [first, ...others] = ssl ? ['KAFKA_SSL', ...names] : names
  if (first === undefined) return
  v.problem('KAFKA_BROKERS', `expected them when ${[first, ...others].join(', ')} ${others.length === 0 ? 'is' : 'are'} set`)
}

function requireTls(v: Variables, { ssl }: Kafka) {
  if (ssl || v.isRefused('KAFKA_SSL')) return
  for (const name of ['KAFKA_SSL_CA', 'KAFKA_SSL_CERT'].filter(v.isGiven))
    v.problem('KAFKA_SSL', `expected true when ${v.nameOf(name)} is set`)
}

function requireClientCertificate(v: Variables, { certificate, key, keyPassword }: Kafka['sslClient']) {
  const [hasCertificate, hasKey] = [v.isGiven('KAFKA_SSL_CERT'), v.isGiven('KAFKA_SSL_KEY')]
  if (hasCertificate && !hasKey) v.problem('KAFKA_SSL_KEY', `expected one when ${v.nameOf('KAFKA_SSL_CERT')} is set`)
  if (hasKey && !hasCertificate) v.problem('KAFKA_SSL_CERT', `expected one when ${v.nameOf('KAFKA_SSL_KEY')} is set`)
  if (v.isGiven('KAFKA_SSL_KEY_PASSWORD') && !hasKey)
    v.problem('KAFKA_SSL_KEY', `expected one when ${v.nameOf('KAFKA_SSL_KEY_PASSWORD')} is set`)
  if (key === null || v.isRefused('KAFKA_SSL_KEY_PASSWORD')) return
  const opened = openKey(v, key, keyPassword)
  if (opened !== null && certificate !== null) requireOwnFirst(v, certificate, opened)
}

/** null: refused. */
function openKey(v: Variables, key: string, passphrase: string | null): KeyObject | null {
  const keyName = v.nameOf('KAFKA_SSL_KEY')
  const blocks = readPem(key, pemPrivateKey)
  const isEncrypted = !('expected' in blocks) && blocks[0]?.isEncrypted === true
  if (isEncrypted && passphrase === null) {
    v.problem('KAFKA_SSL_KEY', 'it is encrypted, and no KAFKA_SSL_KEY_PASSWORD is given')
    return null
  }
  if (!isEncrypted && passphrase !== null)
    v.problem('KAFKA_SSL_KEY_PASSWORD', `expected none, because ${keyName} is not encrypted, got one`)
  try {
    return createPrivateKey({ key, ...(passphrase !== null && { passphrase }) })
  } catch {
    if (isEncrypted) v.problem('KAFKA_SSL_KEY_PASSWORD', `expected the one that opens ${keyName}, got one that does not`)
    else v.problem('KAFKA_SSL_KEY', `expected ${pemPrivateKey.expected}, got ${DAMAGED}`)
    return null
  }
}

function requireOwnFirst(v: Variables, certificate: string, key: KeyObject) {
  const blocks = readPem(certificate, pemCertificate)
  const ownAt = 'expected' in blocks ? -1 : blocks.findIndex(one => new X509Certificate(one.text).checkPrivateKey(key))
  const certificateName = v.nameOf('KAFKA_SSL_CERT')
  if (ownAt > 0)
    v.problem(
      'KAFKA_SSL_CERT',
      `expected the one of ${v.nameOf('KAFKA_SSL_KEY')} and its intermediates behind it, got it in place ${ownAt + 1}: the own one comes first`,
    )
  if (ownAt === -1) v.problem('KAFKA_SSL_KEY', `expected the private key of ${certificateName}, got that of another certificate`)
}

function requireIdentity(v: Variables, mechanism: Kafka['sasl']['mechanism']) {
  const isOAuth = mechanism === 'oauthbearer'
  if (isOAuth) requireEach(v, ofClients, 'KAFKA_SASL_MECHANISM is oauthbearer')
  else refuseFirst(v, [...ofClients, 'KAFKA_OAUTH_SCOPE'], 'oauthbearer')
  if (mechanism === null || isOAuth) refuseFirst(v, ofUsers, 'plain, scram-sha-256 or scram-sha-512')
  else requireEach(v, ofUsers, 'KAFKA_SASL_MECHANISM is set')
}

function requireEach(v: Variables, names: readonly string[], when: string) {
  for (const name of names) if (!v.isGiven(name)) v.problem(name, `expected one when ${when}`)
}

function refuseFirst(v: Variables, names: readonly string[], mechanism: string) {
  const given = names.find(v.isGiven)
  if (given !== undefined) v.problem('KAFKA_SASL_MECHANISM', `expected ${mechanism} when ${v.nameOf(given)} is set`)
}
