// How connections to brokers are kept from others, and how we say who we are: TLS, client certificates and SASL, as kafkajs takes them.
import type { AuthenticationProviderArgs, KafkaConfig, SASLOptions } from 'kafkajs'
import { wordsOf } from '../../runtime/logger.ts'
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

/**
 * Instead of kafkajs' own, which takes a refusal for a welcome, because it reads no answer, and never learns that a token was refused: one that
 * was good once may be so no more, and another is fetched before giving up.
 */
async function authenticate(tokens: OAuthTokens, { host, port, saslAuthenticate }: AuthenticationProviderArgs) {
  const { value, isNew } = await tokens.take()
  try {
    const answer = await saslAuthenticate({ request: message(`n,,\u0001auth=Bearer ${value}\u0001\u0001`), response: whyNot })
    if (typeof answer !== 'string') return
    // RFC 7628 3.2.3: whoever is refused answers with this, and only then the broker says that it failed.
    await saslAuthenticate({ request: message('\u0001') })
    throw new Error(answer)
  } catch (cause) {
    tokens.refused(value)
    const reason = wordsOf(cause)
    const told = `SASL OAUTHBEARER authentication at ${host}:${port} failed: ${reason}`
    throw isNew
      ? new LogError('denied', told, { ...oauthMend, cause })
      : new LogError('unavailable', `${told}; another token is fetched`, { ...oauthMend, cause })
  }
}

/** With its length before it, as SaslAuthenticate wants it. */
const message = (text: string) => ({
  encode: () => {
    const bytes = Buffer.from(text)
    const length = Buffer.alloc(LENGTH_BYTES)
    length.writeInt32BE(bytes.length)
    return Buffer.concat([length, bytes])
  },
})
const LENGTH_BYTES = 4

/** RFC 7628 3.2.2: JSON that says why not; nothing where the broker lets us in. */
const whyNot = {
  decode: (bytes: Buffer) => bytes.subarray(LENGTH_BYTES),
  parse: (bytes: Buffer) => (bytes.length === 0 ? null : bytes.toString().slice(0, 200)),
}
