// The bridge on a real log and database with a real receiver; deliveries are appended as the webhook stream releases them.
import type { Database } from '../../../src/database/database.ts'
import type { EventOf } from '../../../src/events/event.ts'
import type { EventLog, ProgressStore } from '../../../src/log/log.ts'
import type { Config } from '../../../src/runtime/config.ts'
import { createMetrics } from '../../../src/runtime/metrics.ts'
import { intakeEntry } from '../../../src/webhooks/bridge/delivery-intake.ts'
import { openWebhooks } from '../../../src/webhooks/bridge/open-webhooks.ts'
import { listDeliveries } from '../../../src/webhooks/bridge/queries.ts'
import { createEndpoint, endpointInput } from '../../../src/webhooks/endpoints/endpoints.ts'
import { openTestDatabase, type TestDatabase } from '../database.ts'
import { anEvent } from '../events.ts'
import { openTestLog, type TestLog } from '../log.ts'
import type { collectLogLines } from '../log-lines.ts'
import { until } from '../until.ts'
import { endpointDeps, never, testSealer } from './open-stream.ts'

const consumerGroup = 'zaplog.webhooks'
const partitions = 4
const webhooks: Config['webhooks'] = {
  allowLoopback: true,
  allowCidrs: [],
  attemptTimeoutMs: 5_000,
  retryDelaysMs: [20, 20, 40, 40, 40, 40, 40, 40],
  deadAfterMs: 900_000,
  holdMediaMs: 20_000,
  maxInFlight: 64,
  maxInFlightPerEndpoint: 10,
}

export async function openBridge(name: string, logger: ReturnType<typeof collectLogLines>) {
  const test = await openTestDatabase(name)
  return openBridgeOn({ test, log: await openTestLog(test, { partitions }), partitions }, logger)
}

/** On a database and log that somebody has opened; its close() closes them. */
export async function openBridgeOn(
  ground: { test: TestDatabase; log: TestLog; partitions: number },
  logger: ReturnType<typeof collectLogLines>,
) {
  const { test, log, partitions } = ground
  await log.progress.make(consumerGroup, intakeEntry.reads.map(log.topic), partitions)
  const deps = endpointDeps(test)
  const metrics = createMetrics({ processMetrics: false })
  let sequence = 0

  const endpoint = async (url: string, given: object = {}) => {
    const created = await createEndpoint(deps, endpointInput.parse({ url, ...given }), never)
    if (!created.ok) throw new Error(JSON.stringify(created.issues))
    return created.endpoint
  }
  const delivery = (endpointId: string, chatId: string, given: Partial<EventOf<'delivery.released'>> = {}) => {
    sequence++
    const source = anEvent('message.received', { chatId, chatPn: null })
    const body = {
      type: 'message.received',
      timestamp: 's',
      data: { eventId: source.eventId, instanceId: 'shop', chatId, sequence },
    }
    return anEvent('delivery.released', {
      chatId,
      sequence,
      messageId: source.messageId ?? null,
      deliveryId: `${source.eventId}_${endpointId}`,
      endpointId,
      lane: `${endpointId}/shop/${chatId}`,
      webhookType: 'message.received',
      body: JSON.stringify(body),
      ...given,
    })
  }
  return {
    ...test,
    ...log,
    deps,
    metrics,
    endpoint,
    delivery,
    append: async (...deliveries: readonly EventOf<'delivery.released'>[]) => {
      for (const one of deliveries) await insertPending(test.database, one)
      const records = deliveries.map(one => log.codec.encode(one, one.lane))
      await log.log.append({ topic: log.topic('webhook-deliveries'), records }, never)
    },
    /** Another member takes a progress store of its own. */
    start: (
      config: Partial<Config['webhooks']> = {},
      progress: ProgressStore = log.progress,
      wrapLog: (log: EventLog) => EventLog = one => one,
      wrapDatabase: (database: Database) => Database = one => one,
    ) =>
      openWebhooks({
        database: wrapDatabase(test.database),
        waitingDatabase: wrapDatabase(test.database),
        log: wrapLog(log.log),
        progress,
        codec: log.codec,
        sealer: testSealer,
        links: { link: (id, kind) => `https://zaplog.example/m/${id}/${kind}` },
        topic: log.topic,
        consumerGroup: name => `zaplog.${name}`,
        config: { ...webhooks, ...config },
        version: '0.2.0',
        logger,
        metrics,
        clock: Date.now,
        random: Math.random,
      }),
    /** Every record of a topic so far. */
    records: async (topic: 'dead-letters' | 'webhook-attempts') => {
      const records = []
      for await (const record of log.log.read(log.topic(topic), { from: 'first', until: 'end' }, never)) records.push(record)
      return records
    },
    /** The first records of a topic, once there are so many. */
    untilRecords: (topic: 'dead-letters' | 'webhook-attempts', count: number) =>
      until(`${count} records of ${topic}`, async () => {
        const records = []
        for await (const record of log.log.read(log.topic(topic), { from: 'first', until: 'end' }, never)) records.push(record)
        return records.length >= count ? records : null
      }),
    /** States of all deliveries, oldest first, once they are as asked. */
    untilStates: (what: string, asked: (states: readonly string[]) => boolean) =>
      until(what, async () => {
        const { data } = await listDeliveries(test.database, { limit: 200 })
        const states = data.map(one => one.state).reverse()
        return asked(states) ? states : null
      }),
    untilWaiting: (count: number) =>
      until(`${count} wait as rows`, async () => (await test.database.query('select from webhook_waiting')).length === count),
    /** Every waiting lane is due now. */
    dueNow: () => test.database.query('update webhook_waiting_lanes set due_at = now()'),
    close: async () => {
      await log.close()
      await test.close()
    },
  }
}

/** The row that the webhook stream writes when it matches a delivery. */
const insertPending = (database: Database, one: EventOf<'delivery.released'>) =>
  database.query(
    `insert into webhook_deliveries
       (delivery_id, endpoint_id, endpoint_version, event_id, instance_id, lane, webhook_type, message_id, state)
     values ($1, $2, $3, $4, $5, $6, $7, $8, 'pending') on conflict do nothing`,
    [
      one.deliveryId,
      one.endpointId,
      one.endpointVersion,
      one.deliveryId.slice(0, 32),
      one.instanceId,
      one.lane,
      one.webhookType,
      one.messageId,
    ],
  )
