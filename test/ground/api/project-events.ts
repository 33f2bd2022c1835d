// For tests that read over HTTP what is in the log: the real projection beside the API, and appending events as their owners do.
import type { Event } from '../../../src/events/event.ts'
import { type TopicName, topicOfEvent } from '../../../src/events/topics.ts'
import type { Projection } from '../../../src/projections/projection.ts'
import { positionToken } from '../../../src/projections/queries.ts'
import { readModel } from '../../../src/projections/read-model/read-model.ts'
import { openProjection } from '../../../src/projections/runner.ts'
import type { Logger } from '../../../src/runtime/logger.ts'
import { createMetrics } from '../../../src/runtime/metrics.ts'
import { makeCheckpoints } from '../projections/make-checkpoints.ts'
import { partitions, type TestApi } from './open-test-api.ts'

export async function projectEvents(
  api: TestApi,
  logger: Logger,
  projection: Projection = readModel,
): Promise<{ close(): Promise<void> }> {
  await makeCheckpoints(api.database, projection, partitions)
  const { log, codec, topic } = api.testLog
  const consumerGroup = (name: string) => `zaplog.${name}`
  const metrics = createMetrics({ processMetrics: false })
  return openProjection({ database: api.database, log, codec, topic, consumerGroup, partitions, logger, metrics }, projection)
}

/** Answers the position of the last one, as a write's zaplog-position has it. */
export async function appendEvents(api: TestApi, events: readonly Event[]): Promise<string> {
  let token = ''
  for (const event of events) {
    const name: TopicName = topicOfEvent(event)
    const append = { topic: api.testLog.topic(name), records: [api.testLog.codec.encode(event)] }
    token = positionToken(name, await api.testLog.log.append(append, AbortSignal.timeout(10_000)))
  }
  return token
}

/** Resolves once the API has them. */
export async function tellApi(api: TestApi, events: readonly Event[]): Promise<void> {
  const position = await appendEvents(api, events)
  const { status } = await api.call('GET', `/v1/instances?waitFor=${position}`)
  if (status !== 200) throw new Error(`telling the API of ${events.length} events: got ${status}`)
}
