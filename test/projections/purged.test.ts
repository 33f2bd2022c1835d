// Nothing of a purged instance is projected, released or left out by name, whichever door it comes by; everybody else goes on.
import { expect, it } from 'vitest'
import type { Emission } from '../../src/projections/projection.ts'
import { anEvent } from '../ground/events.ts'
import { collectLogLines } from '../ground/log-lines.ts'
import { never } from '../ground/projection-dsl.ts'
import { readCounted } from '../ground/projections/counting-projection.ts'
import { makeCheckpoints } from '../ground/projections/make-checkpoints.ts'
import { PARTITIONS, someEvents, useRunnerWorld } from '../ground/projections/runner-world.ts'
import { until } from '../ground/until.ts'

const logger = collectLogLines(['projection.quarantined'])
const world = useRunnerWorld(logger)

/** As a purge that was asked for. */
async function bury(instanceId: string) {
  await world().database.query(
    `insert into instance_ids (instance_id, request_id, name, wanted) values ($1, 'r', '', 'deleted') on conflict do nothing`,
    [instanceId],
  )
  await world().database.query(`insert into purges (instance_id, request_id, requested_by) values ($1, 'r', 'test')`, [
    instanceId,
  ])
}
const instancesCounted = async () => [...new Set((await readCounted(world().database)).map(row => row.instance_id))]
const seen = () => world().database.query(`select from projection_seen where instance_id = 'shop'`)

it('[A7] what the log has of a purged instance is passed over, also when the log is read again from its beginning', async () => {
  await makeCheckpoints(world().database, world().counting, PARTITIONS)
  const others = someEvents(50, { instanceId: 'store' })
  await bury('shop')
  await world().append(...someEvents(50), ...others, anEvent('media.stored', { instanceId: 'shop' }))
  const role = world().open()
  await world().countedAll(others)
  await role.close()
  await world().database.query('delete from projection_checkpoints')
  await world().database.query('delete from projection_seen')
  await world().database.query('delete from counted')
  await makeCheckpoints(world().database, world().counting, PARTITIONS)
  world().open()
  const last = someEvents(1, { instanceId: 'store' })
  await world().append(...someEvents(3), ...last)
  await world().countedAll([...others, ...last])
  await until('every record to be read', async () => (await unread()) === 0)
  expect(await instancesCounted()).toEqual(['store'])
  expect(await seen()).toEqual([])
  expect((await world().emitted()).filter(record => record.headers['instance-id'] === 'shop')).toEqual([])
})

it('[A7] what the clock releases of a purged instance goes nowhere', async () => {
  await makeCheckpoints(world().database, world().counting, PARTITIONS)
  await bury('shop')
  const emissionOf = (instanceId: string): Emission => ({
    partition: 0,
    topic: 'webhook-deliveries',
    key: instanceId,
    event: anEvent('delivery.released', { instanceId }),
  })
  let due = true
  world().counting.tick = async (_, { partition }) => {
    if (partition !== 0 || !due) return []
    due = false
    return [emissionOf('shop'), emissionOf('store')]
  }
  world().open()
  await until('something to be released', async () => (await world().emitted()).length > 0)
  expect((await world().emitted()).map(record => record.headers['instance-id'])).toEqual(['store'])
})

it('[A7] a record of a purged instance that cannot be read leaves no key out; one that was left out is none once it is purged', async () => {
  await makeCheckpoints(world().database, world().counting, PARTITIONS)
  const broken = (instanceId: string) => ({
    topic: world().topic('events'),
    records: [{ ...world().codec.encode(anEvent('message.received', { instanceId })), value: Buffer.from('no avro') }],
  })
  await bury('shop')
  await world().log.append(broken('shop'), never)
  await world().log.append(broken('kiosk'), never)
  const others = someEvents(5, { instanceId: 'store' })
  await world().append(...others)
  const role = world().open()
  await world().countedAll(others)
  await until('the kiosk to be left out', async () => (await leftOut()).includes('kiosk'))
  expect(await leftOut()).toEqual(['kiosk'])
  await bury('kiosk')
  await world().database.query(`delete from projection_quarantine where key = 'kiosk'`)
  await until('nobody to be left out', () => role.checks()[0]?.state === 'ok')
})

const leftOut = async () =>
  (await world().database.query<{ key: string }>('select key from projection_quarantine')).map(row => row.key)

async function unread(): Promise<number> {
  const rows = await world().database.query<{ partition: number; next: string }>(
    `select partition, offsets ->> 'events' as next from projection_checkpoints`,
  )
  const positions = rows.map(row => ({ topic: world().topic('events'), partition: row.partition, nextOffset: BigInt(row.next) }))
  return (await world().log.lag(positions, never)).reduce((sum, one) => sum + one.lagRecords, 0)
}
