// The settings of TLS and SASL as Kafka's adapter takes them: what has to be there together was judged when they were parsed.
import type { Sasl, Security, Tls } from '../log/kafka/security.ts'
import type { Config } from '../runtime/config.ts'

export function kafkaSecurityOf(kafka: Config['kafka']): Security {
  const sasl = saslOf(kafka)
  return { ...(kafka.ssl && { ssl: tlsOf(kafka) }), ...(sasl !== null && { sasl }) }
}

function tlsOf({ sslCa, sslClient: { certificate, key, keyPassword } }: Config['kafka']): Tls {
  const client = { certificate: certificate ?? '', key: key ?? '', ...(keyPassword !== null && { keyPassword }) }
  return { ...(sslCa !== null && { ca: sslCa }), ...(certificate !== null && { client }) }
}

function saslOf({ sasl: { mechanism, username, password }, oauth }: Config['kafka']): Sasl | null {
  if (mechanism === null) return null
  if (mechanism !== 'oauthbearer') return { mechanism, username: username ?? '', password: password ?? '' }
  const { tokenUrl, clientId, clientSecret, scope } = oauth
  return { mechanism, tokenUrl: tokenUrl ?? '', clientId: clientId ?? '', clientSecret: clientSecret ?? '', scope }
}
