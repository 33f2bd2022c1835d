// What kafkajs and the brokers report, as LogError: what will never succeed is in these tables, everything else is `unavailable`
// (also kafkajs' own TypeErrors, which it throws while brokers come and go: what we send is checked before).
import { wordsOf } from '../../runtime/logger.ts'
import { isTlsError } from '../../runtime/tls-errors.ts'
import { LogError, type LogErrorCode } from '../log.ts'
import { mendOf } from './kafka-mends.ts'

/** Brokers' names for answers that stay the same however often one asks. */
const codes: Readonly<Record<string, LogErrorCode>> = {
  MESSAGE_TOO_LARGE: 'record-too-large',
  RECORD_LIST_TOO_LARGE: 'record-too-large',
  UNKNOWN_TOPIC_OR_PARTITION: 'topic-missing',
  OFFSET_OUT_OF_RANGE: 'truncated',
  TOPIC_AUTHORIZATION_FAILED: 'denied',
  GROUP_AUTHORIZATION_FAILED: 'denied',
  CLUSTER_AUTHORIZATION_FAILED: 'denied',
  SASL_AUTHENTICATION_FAILED: 'denied',
  UNSUPPORTED_SASL_MECHANISM: 'denied',
  SECURITY_DISABLED: 'denied',
  INVALID_TOPIC_EXCEPTION: 'denied',
  INVALID_TIMESTAMP: 'record-refused',
  INVALID_RECORD: 'record-refused',
  INVALID_REQUEST: 'denied',
  INVALID_REQUIRED_ACKS: 'denied',
  INVALID_PARTITIONS: 'denied',
  INVALID_REPLICATION_FACTOR: 'denied',
  INVALID_CONFIG: 'denied',
  POLICY_VIOLATION: 'denied',
  INVALID_SESSION_TIMEOUT: 'denied',
  INCONSISTENT_GROUP_PROTOCOL: 'denied',
  UNSUPPORTED_VERSION: 'denied',
  UNSUPPORTED_FOR_MESSAGE_FORMAT: 'denied',
}
/** kafkajs' own names. */
const codesByName: Readonly<Record<string, LogErrorCode>> = {
  KafkaJSSASLAuthenticationError: 'denied',
  KafkaJSServerDoesNotSupportApiKey: 'denied',
  KafkaJSNotImplemented: 'denied',
}

/** The message begins with `doing`. A send whose answer was lost counts as unavailable: the worst case of trying again is a repeated record. */
export function toLogError(doing: string, error: unknown): LogError {
  // What we say while kafkajs connects comes back through it, sometimes wrapped.
  const ours = chainOf(error).find(one => one instanceof LogError)
  if (ours !== undefined) return saidOf(doing, ours)
  const type = brokerErrorOf(error)
  const reason = wordsOf(error)
  const chain = chainOf(error)
  const mend = mendOf({ type, words: chain.map(({ message }) => message).join(': '), isTls: chain.some(isTlsError) })
  return new LogError(codeOf(error), `${doing}: ${type === null ? '' : `${type}: `}${reason}`, { ...mend, cause: error })
}

function saidOf(doing: string, ours: LogError): LogError {
  if (ours.message.startsWith(`${doing}: `)) return ours
  const { code, message, retryable, settings, expected } = ours
  return new LogError(code, `${doing}: ${message}`, { retryable, settings, ...(expected !== null && { expected }), cause: ours })
}

/** The broker's name of an error, wherever in the chain of causes it is. */
export const brokerErrorOf = (error: unknown): string | null =>
  chainOf(error).reduce<string | null>((found, one) => found ?? typeOf(one), null)

/** What is said of one topic, and fails every question asked together with it. */
export const isAboutTopic = (error: unknown): boolean =>
  ['UNKNOWN_TOPIC_OR_PARTITION', 'TOPIC_AUTHORIZATION_FAILED', 'INVALID_TOPIC_EXCEPTION'].includes(brokerErrorOf(error) ?? '')

function codeOf(error: unknown): LogErrorCode {
  const type = brokerErrorOf(error)
  if (type !== null) return codes[type] ?? 'unavailable'
  const chain = chainOf(error)
  const named = chain.map(({ name }) => codesByName[name]).find(code => code !== undefined)
  return named ?? (chain.some(isTlsError) ? 'misconfigured' : 'unavailable')
}

/** kafkajs wraps by `cause`, and errors of topics by `errors`. */
function chainOf(error: unknown): Error[] {
  if (!(error instanceof Error)) return []
  const inner = 'errors' in error && Array.isArray(error.errors) ? error.errors : [error.cause]
  return [error, ...inner.filter(one => one !== error).flatMap(chainOf)]
}

const typeOf = (error: unknown): string | null =>
  error instanceof Error && 'type' in error && typeof error.type === 'string' ? error.type : null
