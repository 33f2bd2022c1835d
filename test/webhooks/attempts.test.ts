// The rows of attempts, by what attempts.ts promises: a result is kept once, whoever repeats it, and concluded once.
import { afterAll, beforeEach, describe, expect, it } from 'vitest'
import { createSituationReader } from '../../src/webhooks/bridge/delivery-situation.ts'
import type { MadeAttempt } from '../../src/webhooks/deliveries/attempt-record.ts'
import { conclude, keepResults } from '../../src/webhooks/deliveries/attempts.ts'
import { anEvent } from '../ground/events.ts'
import { until } from '../ground/until.ts'
import { never, openStream } from '../ground/webhooks/open-stream.ts'

const stream = await openStream('attempts')
const { database } = stream
afterAll(() => stream.close())
beforeEach(() => database.query('truncate webhook_attempts, webhook_deliveries'))

const { id: endpointId } = await stream.endpoint()
const delivery = anEvent('delivery.released', { endpointId, deliveryId: `e_${endpointId}`, instanceId: 'shop' })
type Given = { token?: string; statusCode?: number; attempt?: number; instanceId?: string; response?: string }
function result({
  token = 'mine',
  statusCode = 500,
  attempt = 1,
  instanceId = 'shop',
  response = 'no',
}: Given = {}): MadeAttempt {
  const { eventId, epoch, sequence } = delivery
  const said = { statusCode, error: null, response, code: `status-${statusCode}` }
  return {
    delivery: { ...delivery, instanceId },
    exchange: { attempt, token, durationMs: 12.6, agoMs: 0, ...said },
    outcome: { kind: 'retry', inMs: 120_000, step: 1, refusedMs: 0 },
    quietMs: 7_000,
    envelope: { eventId, instanceId, epoch, sequence, occurredAt: 1, messageId: null, endpointId },
    owed: [],
  }
}
const untilSomebodyWaits = () =>
  until('the repeat to wait for a lock', async () => {
    const waiting = await database.query(
      `select from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'`,
    )
    return waiting.length > 0
  })
const concludeOne = (attempt = 1) => conclude(database, [{ deliveryId: delivery.deliveryId, attempt }])
const read = createSituationReader(database)
const kept = async () => (await read(delivery)).kept

it('[E2] what an attempt has to know is planned once and looked up by keys, however many wait for one', async () => {
  const { plans, plan } = await database.transact(async tx => {
    const readAll = createSituationReader({ ...database, query: tx.query })
    for (let nth = 0; nth < 12; nth++) await readAll(delivery)
    const [plans] = await tx.query<{ name: string; custom: number; generic: number }>(
      `select name, custom_plans::int as custom, generic_plans::int as generic from pg_prepared_statements where statement like '%lane_waits%' and name <> ''
         and statement not like '%pg_prepared_statements%'`,
      [],
    )
    const plan = await tx.query<{ 'QUERY PLAN': string }>(`explain execute "${plans?.name}"('[]')`)
    return { plans, plan: plan.map(line => line['QUERY PLAN']).join('\n') }
  }, never)
  // Postgres plans the first five for their values, and compares (src/backend/utils/cache/plancache.c).
  expect(plans?.custom).toBe(5)
  expect(plans?.generic).toBeGreaterThanOrEqual(7)
  expect(plan).toContain('webhook_deliveries_pkey')
  expect(plan).not.toMatch(/Seq Scan on webhook_(?!listeners)/)
}, 60_000)

describe('a result', () => {
  it('[E4] is kept once, and keeping it again, after an answer that was lost, is no mistake', async () => {
    expect(await keepResults(database, [result()])).toEqual(['kept'])
    expect(await keepResults(database, [result()])).toEqual(['kept'])
    expect(await database.query('select from webhook_attempts')).toHaveLength(1)
  })

  it('[E4] is kept, too, where the try before is still being committed', async () => {
    const repeated = await database.transact(async tx => {
      await keepResults({ ...database, query: tx.query }, [result()])
      const again = keepResults(database, [result()])
      await untilSomebodyWaits()
      return { again }
    }, never)
    expect(await repeated.again).toEqual(['kept'])
  })

  it('[E4] of the same attempt that somebody else made is not kept beside it, nor over it', async () => {
    await keepResults(database, [result({ statusCode: 500 })])
    expect(await keepResults(database, [result({ token: 'theirs', statusCode: 200 }), result({ attempt: 2 })])).toEqual([
      "another's",
      'kept',
    ])
    expect(await kept()).toMatchObject({ token: 'mine', statusCode: 500 })
  })

  it('[A7] of a purged instance is not kept', async () => {
    await database.query(`insert into instance_ids (instance_id, request_id, name) values ('gone', 'r', '')`)
    await database.query(`insert into purges (instance_id, request_id, requested_by) values ('gone', 'r', 'test')`)
    expect(await keepResults(database, [result({ instanceId: 'gone' })])).toEqual(['purged'])
    expect(await database.query('select from webhook_attempts')).toEqual([])
  })

  it('[E4] that was kept and not concluded is what whoever takes the delivery up finds, whole', async () => {
    expect(await kept()).toBeNull()
    await keepResults(database, [result()])
    expect(await kept()).toEqual({
      ...result().exchange,
      agoMs: expect.any(Number),
      outcome: { kind: 'retry', inMs: 120_000, step: 1, refusedMs: 0 },
      quietMs: 7_000,
    })
    await database.query(`update webhook_attempts set started_at = started_at - interval '5 seconds'`)
    expect((await kept())?.agoMs).toBeGreaterThanOrEqual(4_980)
  })

  it('[E4] is concluded once, by the first who does', async () => {
    await keepResults(database, [result()])
    expect(await concludeOne()).toEqual([{ deliveryId: delivery.deliveryId, attempt: 1 }])
    expect(await concludeOne()).toEqual([])
    expect(await kept()).toBeNull()
    expect(await concludeOne(2)).toEqual([])
  })
})
