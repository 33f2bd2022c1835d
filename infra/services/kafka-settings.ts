// What one Kafka node is told: broker and controller in one process, on loopback, nothing replicated.
import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { runProgram } from './fetch-artifact.ts'

/** Who may speak to the `sasl-ssl` listener; not a super user. */
export const SASL_USER = { mechanism: 'scram-sha-512', username: 'zaplog', password: 'only-for-tests' } as const

export type KafkaPorts = {
  /** What clients connect to. */
  clients: number
  controller: number
  /** Between brokers, where clients speak something else. */
  internal: number
  /** A second plaintext listener, which the broker says is at `advertisedPort`: where a proxy is. */
  proxied: { port: number; advertisedPort: number } | null
}
/** mutual-tls: whoever has a certificate of `clientAuthority`; oauthbearer: whoever has a token, of which only claims and times are judged. */
export type KafkaListeners = 'plaintext' | 'sasl-ssl' | 'mutual-tls' | 'oauthbearer'
export type KafkaFor = { listeners: KafkaListeners; createsTopics: boolean; clientAuthority?: string }

/** Answers the file, and the certificate to trust (PEM) where there is one. */
export async function writeKafkaSettings(
  directory: string,
  ports: KafkaPorts,
  { listeners, createsTopics, clientAuthority = '' }: KafkaFor,
) {
  const hasTls = listeners === 'sasl-ssl' || listeners === 'mutual-tls'
  const certificate = hasTls ? await makeKeys(directory) : null
  if (listeners === 'mutual-tls') await writeFile(clientAuthorityFile(directory), clientAuthority)
  const own = settingsFor[listeners](directory, ports)
  const all = { ...baseSettings(directory, ports), ...own, 'auto.create.topics.enable': createsTopics }
  const lines = Object.entries(all).map(([name, value]) => `${name}=${value}\n`)
  const settings = join(directory, 'server.properties')
  await writeFile(settings, lines.join(''))
  return { settings, certificate }
}

const clientAuthorityFile = (directory: string) => join(directory, 'client-authority.pem')

const baseSettings = (directory: string, { controller }: KafkaPorts) => ({
  'process.roles': 'broker,controller',
  'node.id': 1,
  'controller.quorum.voters': `1@127.0.0.1:${controller}`,
  'controller.listener.names': 'CONTROLLER',
  'log.dirs': dataDirectory(directory),
  'offsets.topic.replication.factor': 1,
  'offsets.topic.num.partitions': 1,
  'transaction.state.log.replication.factor': 1,
  'transaction.state.log.min.isr': 1,
  'transaction.state.log.num.partitions': 1,
  'share.coordinator.state.topic.replication.factor': 1,
  'share.coordinator.state.topic.min.isr': 1,
  'group.initial.rebalance.delay.ms': 0,
  'group.min.session.timeout.ms': 500,
  // After kill -9 the controller waits this long for the old broker before it lets the new one in.
  'broker.session.timeout.ms': 3000,
  'broker.heartbeat.interval.ms': 500,
  'log.cleaner.dedupe.buffer.size': 1_048_577,
})

export const dataDirectory = (directory: string): string => join(directory, 'data')

const plaintextSettings = (_: string, { clients, controller, proxied }: KafkaPorts) => {
  const behind = proxied === null ? [] : [{ ...proxied, name: 'PROXIED' }]
  const all = [{ name: 'PLAINTEXT', port: clients, advertisedPort: clients }, ...behind]
  return {
    listeners: [...all.map(({ name, port }) => `${name}://127.0.0.1:${port}`), `CONTROLLER://127.0.0.1:${controller}`].join(),
    'advertised.listeners': all.map(({ name, advertisedPort }) => `${name}://127.0.0.1:${advertisedPort}`).join(),
    'inter.broker.listener.name': 'PLAINTEXT',
    'listener.security.protocol.map': 'PLAINTEXT:PLAINTEXT,PROXIED:PLAINTEXT,CONTROLLER:PLAINTEXT',
  }
}

/** Clients speak `protocol`; brokers among themselves are not asked who they are. */
const listenersOf = (protocol: 'SSL' | 'SASL_SSL' | 'SASL_PLAINTEXT', { clients, controller, internal }: KafkaPorts) => ({
  listeners: `${protocol}://127.0.0.1:${clients},INTERNAL://127.0.0.1:${internal},CONTROLLER://127.0.0.1:${controller}`,
  'advertised.listeners': `${protocol}://127.0.0.1:${clients},INTERNAL://127.0.0.1:${internal}`,
  'inter.broker.listener.name': 'INTERNAL',
  'listener.security.protocol.map': `${protocol}:${protocol},INTERNAL:PLAINTEXT,CONTROLLER:PLAINTEXT`,
})

const keyStoreSettings = (directory: string) => ({
  'ssl.keystore.type': 'PKCS12',
  'ssl.keystore.location': join(directory, 'keys.p12'),
  'ssl.keystore.password': KEY_PASSWORD,
})

/** Whoever comes over an internal listener may everything; other users everything no ACL speaks of. */
const saslSettings = (directory: string, ports: KafkaPorts) => ({
  ...listenersOf('SASL_SSL', ports),
  ...keyStoreSettings(directory),
  'sasl.enabled.mechanisms': SASL_USER.mechanism.toUpperCase(),
  'listener.name.sasl_ssl.scram-sha-512.sasl.jaas.config': 'org.apache.kafka.common.security.scram.ScramLoginModule required;',
  'authorizer.class.name': 'org.apache.kafka.metadata.authorizer.StandardAuthorizer',
  'super.users': 'User:ANONYMOUS',
  'allow.everyone.if.no.acl.found': true,
})

const mutualTlsSettings = (directory: string, ports: KafkaPorts) => ({
  ...listenersOf('SSL', ports),
  ...keyStoreSettings(directory),
  'listener.name.ssl.ssl.client.auth': 'required',
  'listener.name.ssl.ssl.truststore.type': 'PEM',
  'listener.name.ssl.ssl.truststore.location': clientAuthorityFile(directory),
})

/** How long a connection lasts without being authenticated anew (KIP-368). */
export const OAUTH_SESSION_MS = 11_000

/** Kafka's own validator of unsigned tokens, which looks at their times. */
const oauthSettings = (_: string, ports: KafkaPorts) => ({
  ...listenersOf('SASL_PLAINTEXT', ports),
  'sasl.enabled.mechanisms': 'OAUTHBEARER',
  'listener.name.sasl_plaintext.oauthbearer.sasl.jaas.config':
    'org.apache.kafka.common.security.oauthbearer.OAuthBearerLoginModule required unsecuredLoginStringClaim_sub="broker";',
  'listener.name.sasl_plaintext.oauthbearer.connections.max.reauth.ms': OAUTH_SESSION_MS,
})

const settingsFor: Readonly<Record<KafkaListeners, (directory: string, ports: KafkaPorts) => object>> = {
  plaintext: plaintextSettings,
  'sasl-ssl': saslSettings,
  'mutual-tls': mutualTlsSettings,
  oauthbearer: oauthSettings,
}

const KEY_PASSWORD = 'only-for-tests'

/** A key pair that signs itself; its certificate is its own authority. */
async function makeKeys(directory: string): Promise<string> {
  const store = ['-keystore', join(directory, 'keys.p12'), '-storetype', 'PKCS12', '-storepass', KEY_PASSWORD, '-alias', 'kafka']
  const names = ['-dname', 'CN=127.0.0.1', '-ext', 'san=ip:127.0.0.1']
  await runProgram('keytool', ['-genkeypair', '-keyalg', 'EC', '-validity', '3650', ...names, ...store])
  const file = join(directory, 'certificate.pem')
  await runProgram('keytool', ['-exportcert', '-rfc', '-file', file, ...store])
  return readFile(file, 'utf8')
}
