// Topics of a Kafka whose brokers learn of them late.
import assert from 'node:assert/strict'
import { expect, test } from 'vitest'
import type { Cluster } from '../../src/log/kafka/internals.ts'
import { createKafkaLink } from '../../src/log/kafka/link.ts'
import { ensureTopics } from '../../src/log/kafka/topics.ts'
import { never } from '../../src/runtime/or-abort.ts'
import { declareTopic } from '../ground/log.ts'

/** As declareTopic declares it. */
const settings = {
  'min.insync.replicas': '1',
  'retention.ms': '-1',
  'retention.bytes': '-1',
  'cleanup.policy': 'delete',
  'max.message.bytes': String(2 * 1024 ** 2),
  'message.timestamp.type': 'CreateTime',
}
const configEntries = Object.entries(settings).map(([configName, configValue]) => ({ configName, configValue }))
const isThere = Object.assign(new Error('the controller’s words'), { type: 'TOPIC_ALREADY_EXISTS' })
/** More than one round of looking a topic up. */
const LOOKS_IN_VAIN = 12

test('[B7] a topic that another member created just now is waited for, however late the brokers know it', async () => {
  let looks = 0
  const controller = {
    createTopics: () => Promise.reject(isThere),
    describeConfigs: async () => ({ resources: [{ configEntries }] }),
  }
  const opened = {
    connect: async () => undefined,
    addMultipleTargetTopics: async () => undefined,
    findControllerBroker: async () => controller,
    findTopicPartitionMetadata: () => (++looks <= LOOKS_IN_VAIN ? [] : [{ replicas: [1] }]),
  } as unknown as Cluster
  const createCluster = () => ({ opened, problemOf: () => null, close: async () => undefined })
  const link = createKafkaLink({ createCluster, createProducer: () => assert.fail('nobody produces') })
  expect(await ensureTopics(link, [declareTopic('wa.events', { partitions: 1 })], never)).toEqual([])
  expect(looks).toBe(LOOKS_IN_VAIN + 1)
  await link.close()
})
