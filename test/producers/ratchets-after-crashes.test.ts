// Deaths that lose as many steps as may lag, one after another: they add up to no message that cannot be read, and to no dearer session.
import { randomBytes } from 'node:crypto'
import { afterEach, beforeEach, expect, test } from 'vitest'
import type { Logger } from '../../src/runtime/logger.ts'
import { createSealer } from '../../src/runtime/seal.ts'
import { openTestDatabase, type TestDatabase } from '../ground/database.ts'
import { flaky } from '../ground/flaky.ts'
import { openTestLog, type TestLog } from '../ground/log.ts'
import { bootDevice } from '../ground/producers/ratchets/boot-device.ts'
import { type Durable, noteDurable } from '../ground/producers/ratchets/durable.ts'
import type { Device } from '../ground/producers/ratchets/people.ts'
import { openPower, type Power } from '../ground/producers/ratchets/power.ts'
import { openWorld, type World } from '../ground/producers/ratchets/world.ts'
import { until } from '../ground/until.ts'

const quiet: Logger = { debug: () => undefined, info: () => undefined, warn: () => undefined, error: () => undefined }
const instanceId = 'first'

let database: TestDatabase
let log: TestLog
let durable: Durable
let world: World
let power: Power | null
let areWritesHeld: boolean
beforeEach(async () => {
  database = await openTestDatabase('after crashes', { poolSize: 8 })
  log = await openTestLog(database, { partitions: 1 })
  durable = noteDurable(log.log, log.codec)
  world = openWorld(1, durable)
  power = null
  areWritesHeld = false
  await database.database.query("insert into instance_ids (instance_id, request_id, name) values ($1, $1, 'Test')", [instanceId])
})
afterEach(async () => {
  power?.cut()
  await log.close()
  await database.close()
})

const sealer = createSealer({ current: randomBytes(32), previous: null })

/** The process there is dies, and another begins. */
async function begin(): Promise<void> {
  power?.cut()
  areWritesHeld = false
  power = openPower(null)
  const held = flaky(database.database, ({ name, args: [sql] }) =>
    areWritesHeld && name === 'query' && String(sql).includes('insert into auth_keys') ? { hang: true } : null,
  )
  const ground = { database: held, log: durable.log, codec: log.codec, eventsTopic: log.topic('events'), sealer, logger: quiet }
  await bootDevice(ground, { instanceId, world, power })
}

async function write(device: Device, count: number): Promise<void> {
  for (let nth = 0; nth < count; nth++) await world.write(device)
  await until('all is settled', world.isQuiet)
}

const theFirst = (): Device => {
  const [device] = world.people[0]?.devices ?? []
  if (device === undefined) throw new Error('nobody is there')
  return device
}

async function expectAllRead(): Promise<void> {
  expect(world.wrongs).toEqual([])
  const events = durable.events()
  const ids = events.flatMap(event => (event.type === 'message.received' ? [event.messageId] : []))
  expect([...new Set(ids)]).toEqual(world.letters.map(({ id }) => id))
  expect(events.filter(({ type }) => type === 'message.undecryptable')).toEqual([])
}

/** What was written until now is in the rows. */
const untilWritten = () =>
  until('every step is written', async () => {
    const [row] = await database.database.query<{ parts: number }>('select count(*)::int as parts from appended_parts')
    return row !== undefined && row.parts >= world.letters.length - lost
  })
let lost = 0

const sessionBytes = async (): Promise<number> => {
  const [row] = await database.database.query<{ bytes: number }>(
    "select sum(octet_length(sealed))::int as bytes from auth_keys where type = 'session'",
  )
  return row?.bytes ?? 0
}

test('[B2] [B8] five deaths, each of which loses 450 steps, leave a sender understood whose chain went on for more than libsignal skips', async () => {
  const ana = theFirst()
  lost = 0
  for (let death = 0; death < 5; death++) {
    await begin()
    await write(ana, 1)
    await untilWritten()
    areWritesHeld = true
    await write(ana, 450)
    lost += 450
  }
  await begin()
  await write(ana, 3)
  await expectAllRead()
})

test('[B2] a session that lost steps in twenty deaths has the bytes that it had before', async ({ annotate }) => {
  const ana = theFirst()
  lost = 0
  await begin()
  await write(ana, 20)
  await untilWritten()
  const before = { bytes: await sessionBytes(), cpu: await cpuOf(() => write(ana, 100)) }
  await untilWritten()
  for (let death = 0; death < 20; death++) {
    areWritesHeld = true
    await write(ana, 20)
    lost += 20
    await begin()
    await write(ana, 2)
    await untilWritten()
  }
  const after = { bytes: await sessionBytes(), cpu: await cpuOf(() => write(ana, 100)) }
  expect(after.bytes).toBeLessThan(before.bytes * 1.1)
  await expectAllRead()
  await annotate(`bytes ${before.bytes} then ${after.bytes}; CPU a message, sender included, ${before.cpu} then ${after.cpu} us`)
})

/** Microseconds a message, of 100. */
async function cpuOf(work: () => Promise<void>): Promise<number> {
  const began = process.cpuUsage()
  await work()
  const { user, system } = process.cpuUsage(began)
  return Math.round((user + system) / 100)
}
