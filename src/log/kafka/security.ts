// How connections to brokers are kept from others, and how we say who we are: TLS, client certificates and SASL, as kafkajs takes them.
import type { AuthenticationProviderArgs, KafkaConfig, SASLOptions } from 'kafkajs'
import { LogError } from '../log.ts'
import { oauthMend } from './kafka-mends.ts'
import { createOAuthTokens, type OAuthClient, type OAuthTokens } from './oauth-tokens.ts'

/** PEM each; ca: unset, the system's authorities. */
export type Tls = { ca?: string; client?: { certificate: string; key: string; keyPassword?: string } }
export type Sasl =
  | { mechanism: 'plain' | 'scram-sha-256' | 'scram-sha-512'; username: string; password: string }
  | ({ mechanism: 'oauthbearer' } & OAuthClient)
export type Security = { ssl?: boolean | Tls; sasl?: Sasl }

export const securityOf = ({ ssl = false, sasl }: Security): Pick<KafkaConfig, 'ssl' | 'sasl'> => ({
  ...(ssl !== false && { ssl: ssl === true ? true : tlsOf(ssl) }),
  ...(sasl !== undefined && { sasl: saslOf(sasl) }),
})

const tlsOf = ({ ca, client }: Tls) => ({
  ...(ca !== undefined && { ca: [ca] }),
  ...(client !== undefined && { cert: client.certificate, key: client.key, passphrase: client.keyPassword }),
})

function saslOf(sasl: Sasl): NonNullable<KafkaConfig['sasl']> {
  // kafkajs writes into this object, the password included.
  if (sasl.mechanism !== 'oauthbearer') return { ...sasl } as SASLOptions
  const tokens = createOAuthTokens(sasl)
  return { mechanism: 'oauthbearer', authenticationProvider: of => ({ authenticate: () => authenticate(tokens, of) }) }
}

/** kafkajs' own would never learn that a token was refused: one that was good once may be so no more, and another is fetched before giving up. */
async function authenticate(tokens: OAuthTokens, { host, port, saslAuthenticate }: AuthenticationProviderArgs) {
  const { value, isNew } = await tokens.take()
  try {
    await saslAuthenticate({ request: { encode: () => initialResponse(value) } })
  } catch (cause) {
    tokens.refused(value)
    const reason = cause instanceof Error ? cause.message : String(cause)
    const told = `SASL OAUTHBEARER authentication at ${host}:${port} failed: ${reason}`
    if (!isNew) throw new LogError('unavailable', `${told}; another token is fetched`, { ...oauthMend, cause })
    throw new LogError('denied', told, { ...oauthMend, cause })
  }
}

/** RFC 7628 3.1, with the length that SaslAuthenticate wants before it. */
function initialResponse(token: string): Buffer {
  const message = Buffer.from(`n,,\u0001auth=Bearer ${token}\u0001\u0001`)
  const length = Buffer.alloc(4)
  length.writeInt32BE(message.length)
  return Buffer.concat([length, message])
}
