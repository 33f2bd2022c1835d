// Which settings mend what brokers and kafkajs refuse: by the broker's name of the error, and by words, because kafkajs wraps what it says of
// authentication in several ways.
import type { Mend } from '../../runtime/coded-error.ts'

/** Where a broker does not take a token that its endpoint has just given. */
export const oauthMend: Mend = {
  settings: ['KAFKA_OAUTH_TOKEN_URL', 'KAFKA_OAUTH_CLIENT_ID', 'KAFKA_OAUTH_SCOPE'],
  expected: 'KAFKA_OAUTH_TOKEN_URL to give KAFKA_OAUTH_CLIENT_ID, with KAFKA_OAUTH_SCOPE, tokens that it lets in',
}

const mends: readonly { type: RegExp; words?: RegExp; mend: Mend }[] = [
  {
    type: /^INVALID_REPLICATION_FACTOR$/,
    mend: { settings: ['TOPIC_REPLICATION'], expected: 'as many brokers as TOPIC_REPLICATION asks for' },
  },
  {
    type: /_AUTHORIZATION_FAILED$/,
    mend: {
      settings: ['KAFKA_SASL_USERNAME', 'TOPIC_PREFIX'],
      expected: 'its ACLs to let KAFKA_SASL_USERNAME make, write and read the topics of TOPIC_PREFIX',
    },
  },
  {
    type: /^(INVALID_CONFIG|POLICY_VIOLATION|INVALID_TOPIC_EXCEPTION)$/,
    mend: {
      settings: ['TOPIC_PREFIX', 'TOPIC_PARTITIONS', 'TOPIC_REPLICATION', 'TOPIC_MIN_INSYNC', 'TOPIC_RETENTION'],
      expected: 'it to take topics as TOPIC_… settings declare them',
    },
  },
  {
    type: /^$/,
    words:
      /alert (certificate required|bad certificate|unknown ca|certificate unknown|certificate expired|decrypt error|access denied)|CERTIFICATE_REQUIRED/i,
    mend: {
      settings: ['KAFKA_SSL_CERT', 'KAFKA_SSL_KEY'],
      expected: 'KAFKA_SSL_CERT and KAFKA_SSL_KEY to be a client certificate that it lets in',
    },
  },
  {
    type: /SASL/,
    words: /SASL|authentication/i,
    mend: {
      settings: ['KAFKA_SASL_MECHANISM', 'KAFKA_SASL_USERNAME', 'KAFKA_SASL_PASSWORD'],
      expected: 'KAFKA_SASL_MECHANISM, KAFKA_SASL_USERNAME and KAFKA_SASL_PASSWORD to be what it lets in',
    },
  },
]
const tls: Mend = {
  settings: ['KAFKA_SSL', 'KAFKA_SSL_CA'],
  expected:
    'TLS as KAFKA_SSL says, and a certificate for its host in KAFKA_BROKERS that KAFKA_SSL_CA (unset: this machine) vouches for',
}

/** `type`: the broker's name; `words`: those of the error and its causes. */
export function mendOf({ type, words, isTls }: { type: string | null; words: string; isTls: boolean }): Mend {
  const found = mends.find(one => (type !== null && one.type.test(type)) || one.words?.test(words) === true)
  return found?.mend ?? (isTls ? tls : {})
}
