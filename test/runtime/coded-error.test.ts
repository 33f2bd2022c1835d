// Every error of ours says where it comes from, by what code, and whether trying again can help; what another setting mends names it.
import { expect, test } from 'vitest'
import { Problem } from '../../src/api/problems.ts'
import { CallFailed } from '../../src/cli/call-failed.ts'
import { exitCodes } from '../../src/cli/exit-codes.ts'
import { DatabaseError } from '../../src/database/database.ts'
import { toDatabaseError } from '../../src/database/postgres-errors.ts'
import { EventError } from '../../src/events/codec.ts'
import { toLogError } from '../../src/log/kafka/errors.ts'
import { LogError } from '../../src/log/log.ts'
import { OtherLog } from '../../src/main/log-identity.ts'
import { StartStopped } from '../../src/main/waits.ts'
import { ObjectError } from '../../src/objects/objects.ts'
import { translateS3Error } from '../../src/objects/s3-errors.ts'
import { registryRefusal } from '../../src/registry/confluent-errors.ts'
import { RegistryError } from '../../src/registry/registry.ts'
import { CodedError } from '../../src/runtime/coded-error.ts'
import { DataDirError } from '../../src/runtime/data-dir.ts'
import { listenRefused } from '../../src/runtime/listen-refused.ts'
import { describeError } from '../../src/runtime/logger.ts'
import { SealError } from '../../src/runtime/seal.ts'

const cause = new Error('what came back')

const errors: readonly [CodedError, { port: string; code: string; retryable: boolean }][] = [
  [new DatabaseError('unreachable', 'm', { cause }), { port: 'database', code: 'unreachable', retryable: true }],
  [new DatabaseError('constraint', 'm', { cause }), { port: 'database', code: 'constraint', retryable: false }],
  [new LogError('unavailable', 'm', { cause }), { port: 'log', code: 'unavailable', retryable: true }],
  [new LogError('unavailable', 'm', { cause, retryable: false }), { port: 'log', code: 'unavailable', retryable: false }],
  [new LogError('record-too-large', 'm', { cause }), { port: 'log', code: 'record-too-large', retryable: false }],
  [new RegistryError('misconfigured', 'm', { cause }), { port: 'registry', code: 'misconfigured', retryable: true }],
  [new ObjectError('throttled', 'm', { cause }), { port: 'objects', code: 'throttled', retryable: true }],
  [new EventError('not-decodable', 'm', { cause }), { port: 'events', code: 'not-decodable', retryable: false }],
  [new SealError('m', { cause }), { port: 'seal', code: 'wrong-key', retryable: false }],
  [new DataDirError('in-use', 'm', cause), { port: 'data-dir', code: 'in-use', retryable: false }],
  [listenRefused({ host: '::1', port: 1 }, cause), { port: 'listen', code: 'failed', retryable: false }],
  [new Problem('unavailable', 'm', { cause }), { port: 'api', code: 'unavailable', retryable: true }],
  [new Problem('invalid-input', 'm', { cause }), { port: 'api', code: 'invalid-input', retryable: false }],
  [new CallFailed('m', { cause, slug: 'busy', exitCode: exitCodes.tryLater }), { port: 'cli', code: 'busy', retryable: true }],
]

test.each(errors)('%s says its port, its code and whether trying again can help, and keeps its cause', (error, said) => {
  expect(error).toBeInstanceOf(CodedError)
  expect(error).toMatchObject(said)
  expect(error.name).toBe(error.constructor.name)
  expect(error.cause).toBe(cause)
})

test('what no setting mends names none', () => {
  const { settings, expected } = new StartStopped('waiting')
  expect({ settings, expected }).toEqual({ settings: [], expected: null })
})

const postgres = (code: string) =>
  toDatabaseError({ doing: 'd', error: Object.assign(new Error('m'), { code, severity: 'FATAL' }) })
const node = (code: string) => Object.assign(new Error('m'), { code })
const broker = (type: string) => toLogError('d', Object.assign(new Error('m'), { type }))
const s3 = (name: string, httpStatusCode?: number) =>
  translateS3Error(
    'd',
    Object.assign(new Error('m'), { name, ...(httpStatusCode !== undefined && { $metadata: { httpStatusCode } }) }),
  )
const registry = (status: number) => registryRefusal('d', { status, ok: false, body: {} })

const mended: Readonly<Record<string, [CodedError, readonly string[]]>> = {
  'no such database': [postgres('3D000'), ['DATABASE_URL']],
  'a wrong password': [postgres('28P01'), ['DATABASE_URL']],
  'a user who may not': [postgres('42501'), ['DATABASE_URL']],
  'an unknown authority of Postgres': [
    toDatabaseError({ doing: 'd', error: node('SELF_SIGNED_CERT_IN_CHAIN') }),
    ['DATABASE_URL', 'DATABASE_SSL_CA'],
  ],
  'too few brokers': [broker('INVALID_REPLICATION_FACTOR'), ['TOPIC_REPLICATION']],
  'a broker’s user': [
    broker('SASL_AUTHENTICATION_FAILED'),
    ['KAFKA_SASL_MECHANISM', 'KAFKA_SASL_USERNAME', 'KAFKA_SASL_PASSWORD'],
  ],
  'an ACL': [broker('TOPIC_AUTHORIZATION_FAILED'), ['KAFKA_SASL_USERNAME', 'TOPIC_PREFIX']],
  'an unknown authority of Kafka': [toLogError('d', node('CERT_HAS_EXPIRED')), ['KAFKA_SSL', 'KAFKA_SSL_CA']],
  'no such bucket': [s3('NoSuchBucket', 404), ['S3_BUCKET']],
  'a wrong key': [s3('InvalidAccessKeyId', 403), ['S3_ACCESS_KEY_ID', 'S3_SECRET_ACCESS_KEY']],
  'no key at all': [s3('CredentialsProviderError'), ['S3_ACCESS_KEY_ID', 'S3_SECRET_ACCESS_KEY']],
  'a registry’s user': [registry(401), ['SCHEMA_REGISTRY_USERNAME', 'SCHEMA_REGISTRY_PASSWORD']],
  'another’s schemas': [registry(409), ['SCHEMA_REGISTRY_URL']],
}

test.each(Object.entries(mended))(
  '[H8] %s: the error names the settings, and what is expected of them',
  (_, [error, settings]) => {
    expect(error.settings).toEqual(settings)
    expect(error.expected).not.toBeNull()
  },
)

const unmended: Readonly<Record<string, CodedError>> = {
  'a server that is away': toDatabaseError({ doing: 'd', error: node('ECONNREFUSED') }),
  'a broken rule': postgres('23505'),
  'a broker that is away': toLogError('d', node('ECONNREFUSED')),
  'too many requests': s3('SlowDown', 503),
  'a registry that is broken': registry(500),
}

test.each(Object.entries(unmended))('[H8] %s: no setting mends it, and none is named', (_, { settings, expected }) => {
  expect({ settings, expected }).toEqual({ settings: [], expected: null })
})

test('what is told of an error is its words, and its code once', () => {
  expect(describeError(new OtherLog({ clusterId: 'a', topicPrefix: 'wa.' }, { clusterId: 'b', topicPrefix: 'wa.' }))).toMatch(
    /^this database belongs to .* another database \(other-log\)$/,
  )
})
