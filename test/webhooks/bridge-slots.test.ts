// A lane that waited holds on to nothing once it is done, however busy its endpoint is.
import { afterEach, expect, it } from 'vitest'
import type { Database } from '../../src/database/database.ts'
import { collectLogLines } from '../ground/log-lines.ts'
import { until } from '../ground/until.ts'
import { bridgesOf } from '../ground/webhooks/bridges.ts'

const logger = collectLogLines()
const { open, close } = bridgesOf(logger)
afterEach(close)

/** What concludes attempts waits for the promise. */
const concludingAfter =
  (promise: Promise<void>) =>
  (database: Database): Database => ({
    ...database,
    query: async (sql, values) => {
      if (sql.includes(' as answers')) await promise
      return database.query(sql, values)
    },
  })

it('[E3] [E5] a waiting lane that is done leaves while all slots of its endpoint are taken', async () => {
  const bridge = await open('slots done lane')
  const [concluding, answering] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()]
  const statuses = { 'chat-1': 503 }
  const receiver = await bridge.receiver(async ({ body }) => {
    if (body.data.chatId === 'chat-2') await answering.promise
    return { status: body.data.chatId === 'chat-1' ? statuses['chat-1'] : 200 }
  })
  const limits = { retryDelaysMs: [120_000], maxInFlightPerEndpoint: 1 }
  bridge.start(limits, undefined, undefined, concludingAfter(concluding.promise))
  await bridge.append(bridge.delivery(receiver.id, 'chat-1'))
  await bridge.untilWaiting(1)
  statuses['chat-1'] = 200
  await bridge.database.query(`update webhook_endpoints set probe_at = now() where endpoint_id = $1`, [receiver.id])
  await bridge.dueNow()
  await until('it is taken', () => receiver.attempts.length === 2)
  // The slot is free again, what came of the attempt is not written yet: somebody else takes the slot, and keeps it.
  await bridge.append(bridge.delivery(receiver.id, 'chat-2'))
  await until('the other is on its way', () => receiver.attempts.length === 3)
  concluding.resolve()
  const lanes = async () => (await bridge.database.query('select from webhook_waiting_lanes')).length
  await until('the lane waits no more', async () => (await lanes()) === 0)
  expect(receiver.attempts).toHaveLength(3)
  answering.resolve()
  await bridge.untilStates('both are delivered', states => states.every(state => state === 'delivered'))
})
