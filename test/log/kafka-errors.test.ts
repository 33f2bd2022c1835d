// What Kafka says is told apart: not there or not ready, denied, about one record, or TLS that does not fit; and it is nobody's affair but of who asked.
import assert from 'node:assert/strict'
import { expect, test } from 'vitest'
import { toLogError } from '../../src/log/kafka/errors.ts'
import type { Cluster } from '../../src/log/kafka/internals.ts'
import { createKafkaLink } from '../../src/log/kafka/link.ts'
import { LogError } from '../../src/log/log.ts'
import { until } from '../ground/until.ts'

const broker = (type: string) => Object.assign(new Error('the broker’s words'), { type })
const socket = (code: string) => Object.assign(new Error('the socket’s words'), { name: 'KafkaJSConnectionError', code })
const wrapped = (cause: Error) => new Error('retried in vain', { cause })

test.for([
  ['nobody listening', socket('ECONNREFUSED'), 'unavailable', true],
  ['a cluster without a controller', broker('NOT_CONTROLLER'), 'unavailable', true],
  ['a topic without a leader yet', broker('LEADER_NOT_AVAILABLE'), 'unavailable', true],
  ['a broker that does not answer in time', broker('REQUEST_TIMED_OUT'), 'unavailable', true],
  ['too few copies in sync', broker('NOT_ENOUGH_REPLICAS'), 'unavailable', true],
  ['an untrusted certificate', socket('DEPTH_ZERO_SELF_SIGNED_CERT'), 'misconfigured', true],
  ['a certificate for another name', socket('ERR_TLS_CERT_ALTNAME_INVALID'), 'misconfigured', true],
  ['a wrong password', broker('SASL_AUTHENTICATION_FAILED'), 'denied', false],
  ['a record without what its topic wants', broker('INVALID_RECORD'), 'record-refused', false],
  ['a record of a time that its topic does not take', broker('INVALID_TIMESTAMP'), 'record-refused', false],
  ['fewer brokers than copies', broker('INVALID_REPLICATION_FACTOR'), 'denied', false],
] as const)('[G1] %s, however it is wrapped', ([, error, code, retryable]) => {
  for (const one of [error, wrapped(error), wrapped(wrapped(error))])
    expect(toLogError('creating topic wa.events', one)).toMatchObject({ code, retryable })
})

test('[G1] what we ourselves say while kafkajs connects says what was being done, and keeps the settings to look at', () => {
  const ours = new LogError('denied', 'fetching a token: status 401', { settings: ['KAFKA_OAUTH_SCOPE'], expected: 'a scope' })
  for (const one of [ours, wrapped(ours), wrapped(wrapped(ours))])
    expect(toLogError('looking up topic wa.events', one)).toMatchObject({
      code: 'denied',
      message: 'looking up topic wa.events: fetching a token: status 401',
      retryable: false,
      settings: ['KAFKA_OAUTH_SCOPE'],
      expected: 'a scope',
    })
})

test('what was being done is said once', () => {
  const said = toLogError(
    'looking up topic wa.events',
    new LogError('topic-missing', 'looking up topic wa.events: Kafka has none'),
  )
  expect(said.message).toBe('looking up topic wa.events: Kafka has none')
})

test('[B7] a question that fails breaks no connection under what others have asked over it, until that has its answer', async () => {
  const closed: number[] = []
  let made = 0
  const createCluster = () => {
    const nth = ++made
    const opened = { connect: async () => undefined, addMultipleTargetTopics: async () => undefined } as unknown as Cluster
    return { opened, problemOf: () => null, close: async () => void closed.push(nth) }
  }
  const link = createKafkaLink({ createCluster, createProducer: () => assert.fail('nobody produces') })
  const answer = Promise.withResolvers<string>()
  const other = link.run('asking', [], () => answer.promise)
  await expect(link.run('asking', [], () => Promise.reject(new Error('stale')))).rejects.toMatchObject({ code: 'unavailable' })
  expect(await link.run('asking', [], async () => 'over other connections')).toBe('over other connections')
  expect([made, closed]).toEqual([2, []])
  answer.resolve('answered')
  expect(await other).toBe('answered')
  await until('its connections to be closed', () => closed.length === 1)
  await link.close()
  expect(closed).toEqual([1, 2])
})
