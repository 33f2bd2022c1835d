// [D4] The slowest list of the API by its p99, of a read model as years leave it, with pages as large as they come by default. All are asked in
// turns, and so is the bare one: a page of messages by their primary order, nothing else.
import type { Database } from '../src/database/database.ts'
import { makeIndexes } from '../src/database/make-indexes.ts'
import { openSession } from '../src/database/session.ts'
import { readModelIndexes } from '../src/projections/read-model/indexes.ts'
import { deliveryIndexes } from '../src/webhooks/deliveries/deliveries.ts'
import { calls } from '../test/ground/lists/list-calls.ts'
import { busiest, makeManyMessages, type Size } from '../test/ground/lists/many-messages.ts'
import { logger, never, openGround } from './ground.ts'
import { type Bench, quantile, secondsOf } from './measure.ts'

const barePage = 'a page'
const rounds = 100

export const lists =
  (size: Size): Bench =>
  async closing => {
    const ground = await openGround(closing)
    const database = await ground.open(2)
    await makeLists(ground.url, database, size)
    const asked = { ...calls, [barePage]: readBarePage }
    const took = new Map(Object.keys(asked).map(name => [name, [] as number[]]))
    const askAll = async () => {
      for (const [name, call] of Object.entries(asked)) {
        const seconds = await secondsOf(() => call(database))
        took.get(name)?.push(seconds * 1000)
      }
    }
    await askAll()
    return async () => {
      for (const times of took.values()) times.length = 0
      const seconds = await secondsOf(async () => {
        for (let round = 0; round < rounds; round++) await askAll()
      })
      const figures = [...took]
        .filter(([name]) => name !== barePage)
        .map(([name, times]) => ({ name, p50: quantile(times, 0.5), p99: quantile(times, 0.99) }))
      const more = Object.fromEntries(
        figures.flatMap(({ name, p50, p99 }) => [
          [`${name}: p50 ms`, p50],
          [`${name}: p99 ms`, p99],
        ]),
      )
      const slowest = Math.max(...figures.map(one => one.p99))
      return { value: slowest, unit: 'ms', bare: quantile(took.get(barePage) ?? [], 0.99), n: rounds * took.size, seconds, more }
    }
  }

export const readBarePage = (database: Database) =>
  database.query(
    `select * from read_model_1.messages where instance_id = $1
     order by occurred_at desc, epoch desc, sequence desc, event_id desc limit 51`,
    [busiest],
  )

/** A read model of that size, with its indexes. */
export async function makeLists(url: string, database: Database, size: Size): Promise<void> {
  const patient = (signal: AbortSignal) =>
    openSession({ url, applicationName: 'bench lists', statementTimeoutMs: 600_000 }, signal)
  const session = await patient(never)
  await makeManyMessages(session, size)
  await makeIndexes({ database, openSession: patient, logger }, [...readModelIndexes, ...deliveryIndexes], never)
  await session.query('vacuum analyze')
  await session.close()
}
