// A replay is in one hand at a time: what its owner began to append is over before anybody else writes, and one record that no log takes ends nothing.
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { type EventLog, LogError, type LogRecord } from '../../src/log/log.ts'
import { orAbort } from '../../src/runtime/or-abort.ts'
import { giveOutIds } from '../ground/api/give-out-ids.ts'
import { anEvent } from '../ground/events.ts'
import { elsewhere } from '../ground/log.ts'
import { collectLogLines } from '../ground/log-lines.ts'
import { openReplaysWorld, type ReplaysWorld } from '../ground/replays/replays-world.ts'
import { until } from '../ground/until.ts'

const never = new AbortController().signal
const logger = collectLogLines()
let world: ReplaysWorld
let made = 0
/** Of this test alone. */
let name: string
beforeAll(async () => {
  world = await openReplaysWorld('replay_hands', logger)
  await giveOutIds(world.api.database, 'shop')
  const events = Array.from({ length: 20 }, () => anEvent('message.received', { instanceId: 'shop' }))
  await world.append(
    'wa.events',
    events.map(event => world.api.testLog.codec.encode(event)),
  )
})
afterAll(() => world.close())
beforeEach(() => {
  name = `hand-${++made}`
})

const isMarker = ({ headers }: LogRecord) => headers['event-type'] === 'replay.ended'
const copied = async (of = name) => (await world.all(`wa.replay.${of}`)).filter(record => !isMarker(record)).map(originOf)
const originOf = ({ partition, headers }: LogRecord) => `${partition}/${headers['replay-offset']}`
const wanted = async () => (await world.all('wa.events')).map(({ partition, offset }) => `${partition}/${offset}`)

type Row = { owner: string | null; leased_until: Date | null; state: string }
async function rowOf(id: string): Promise<Row> {
  const [row] = await world.api.database.query<Row>('select owner, leased_until, state from replays where replay_id = $1', [id])
  if (row === undefined) throw new Error(`no replay ${id}`)
  return row
}

/** Some looks later, whoever has it; at once where it is over, or nobody's. */
async function afterLooks(id: string): Promise<void> {
  const leases = new Set<number | undefined>()
  await until('its lease was renewed some times', async () => {
    const { owner, leased_until, state } = await rowOf(id)
    leases.add(leased_until?.getTime())
    return leases.size > 5 || state === 'done' || (state === 'paused' && owner === null)
  })
}

/** As a log far away: the first append's answer is late, and what is called off is in the log all the same. */
function lateLog(): { log: EventLog; asked: Promise<void>; land(): Promise<unknown> } {
  const [asked, landed] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()]
  let isFirst = true
  let sent: Promise<unknown> = landed.promise
  const append: EventLog['append'] = (append, signal) => {
    if (!isFirst) return world.log.append(append, signal)
    isFirst = false
    asked.resolve()
    const sending = landed.promise.then(() => world.log.append(append, never))
    sent = sending
    return orAbort(sending, () => new LogError('aborted', 'appending: aborted while waiting'), signal)
  }
  const land = () => {
    landed.resolve()
    return sent
  }
  return { log: { ...elsewhere(world.log), append }, asked: asked.promise, land }
}

describe('an append whose answer is late', () => {
  test.each([
    ['a pause', [{ state: 'paused' }, { state: 'running' }]],
    ['another rate', [{ rate: 90_000 }]],
  ])('[G1] is waited for before the replay goes on after %s: nothing is there twice', async (_title, changes) => {
    const { log, asked, land } = lateLog()
    const role = world.work({ log })
    const { id } = await world.begin({ name, from: 'beginning' })
    await asked
    const other = world.work({ log })
    for (const change of changes) {
      expect((await world.patch(id, change)).status).toBe(200)
      await afterLooks(id)
    }
    await land()
    await world.reaches(id, 'done')
    await Promise.all([role.close(), other.close()])
    expect(await copied()).toEqual(await wanted())
  })

  test('[G1] is waited for before its process ends, which says that it has the replay until then', async () => {
    const { log, asked, land } = lateLog()
    const role = world.work({ log, leaseMs: 500 })
    const { id } = await world.begin({ name, from: 'beginning' })
    await asked
    const closed = role.close()
    const other = world.work({ log })
    const { owner } = await rowOf(id)
    await afterLooks(id)
    expect((await rowOf(id)).owner).toBe(owner)
    await land()
    await closed
    await world.reaches(id, 'done')
    await other.close()
    expect(await copied()).toEqual(await wanted())
  })

  test('[G1] that comes in no time is left behind, and nobody has the replay until it can land no more', async () => {
    const { log, asked, land } = lateLog()
    const role = world.work({ log, appendPatienceMs: 50, leftOpenMs: 1_500 })
    const { id } = await world.begin({ name, from: 'beginning' })
    await asked
    await world.patch(id, { state: 'paused' })
    await until('it is nobody’s', async () => (await rowOf(id)).owner === 'an append that was left open')
    await world.patch(id, { state: 'running' })
    await land()
    await world.reaches(id, 'done')
    await role.close()
    expect(await copied()).toEqual(await wanted())
  })
})

test('[G1] a replay whose row somebody holds for a moment stays in hand', async () => {
  let begun = 0
  const log: EventLog = {
    ...elsewhere(world.log),
    ensureTopics: (...args) => {
      begun += 1
      return world.log.ensureTopics(...args)
    },
  }
  const { database } = world.api
  const { id } = await world.begin({ name, from: 'beginning', follow: true })
  const role = world.work({ log })
  await until('it has caught up', async () => (await copied()).length === 20)
  const before = begun
  await database.transact(async tx => {
    await tx.query('select from replays where replay_id = $1 for update', [id])
    await until('a look waits for it, or it was begun anew', async () => {
      const rows = await database.query(
        "select from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock' and query like '%update replays%'",
      )
      return rows.length > 0 || begun > before
    })
  }, never)
  await afterLooks(id)
  expect(begun).toBe(before)
  await world.patch(id, { state: 'cancelled' })
  await role.close()
})

describe.each(['embedded', 'elsewhere'] as const)('on a log that is %s', where => {
  test('[G1] a record that the log never takes is left out and counted, and the others are copied', async () => {
    const whole = where === 'embedded' ? world.log : elsewhere(world.log)
    const [bad] = await wanted()
    const isBad = (one: { headers: Readonly<Record<string, string>> }, partition?: number) =>
      `${partition}/${one.headers['replay-offset']}` === bad
    const refuse = (append: { records: readonly { headers: Readonly<Record<string, string>> }[]; partition?: number }) => {
      if (append.records.some(one => isBad(one, append.partition))) throw new LogError('record-too-large', 'appending: too large')
    }
    const { inside } = whole
    const log: EventLog = {
      ...whole,
      append: async (append, signal) => {
        refuse(append)
        return whole.append(append, signal)
      },
      inside: inside && {
        ...inside,
        prepare: async (appends, signal) => {
          appends.forEach(refuse)
          return inside.prepare(appends, signal)
        },
      },
    }
    const role = world.work({ log })
    const { id } = await world.begin({ name, from: 'beginning' })
    const shown = await world.reaches(id, 'done')
    await role.close()
    expect(await copied()).toEqual((await wanted()).filter(one => one !== bad))
    expect(shown).toMatchObject({ written: 19, leftOut: { refused: 1 }, why: null })
  })
})

test('[G1] what others wrote into its topic under its headers keeps it from nothing', async () => {
  const { id } = await world.begin({ name, from: 'beginning' })
  const headers = { 'replay-job': id, 'replay-topic': 'wa.events', 'replay-offset': 'the first' }
  await world.append(`wa.replay.${name}`, [{ key: 'shop', value: null, headers, recordedAt: Date.now() }])
  const role = world.work({ log: elsewhere(world.log) })
  await world.reaches(id, 'done')
  await role.close()
  expect((await copied()).filter(one => !one.includes('first'))).toEqual(await wanted())
})

describe('partitions side by side', () => {
  beforeAll(async () => {
    const ofMany = Array.from({ length: 20 }, (_, n) => anEvent('message.received', { instanceId: `shop-${n}` }))
    await world.append(
      'wa.events',
      ofMany.map(event => world.api.testLog.codec.encode(event)),
    )
  })

  test('[G1] want a topic of one type at once, and it is made once', async () => {
    const judged = new Map<string, number>()
    const written = Promise.withResolvers<void>()
    const log: EventLog = {
      ...elsewhere(world.log),
      positionsAt: async (topic, ...args) => {
        judged.set(topic, (judged.get(topic) ?? 0) + 1)
        if (judged.get(topic) === 2) await written.promise
        return world.log.positionsAt(topic, ...args)
      },
      append: async (...args) => world.log.append(...args).finally(written.resolve),
    }
    const role = world.work({ log })
    const { id } = await world.begin({ name, from: 'beginning', perType: true })
    await until('it is over', async () => (await rowOf(id)).state !== 'running')
    expect(await world.get(id)).toMatchObject({ state: 'done', why: null })
    await role.close()
    expect(sorted(await copied(`${name}.message.received`))).toEqual(sorted(await wanted()))
  })

  test('[G1] where one fails while another waits for an answer, nobody has the replay until that can land no more', async () => {
    const { log: late, asked, land } = lateLog()
    let reads = 0
    const log: EventLog = {
      ...late,
      read: async function* (...args) {
        reads += 1
        if (reads === 2) {
          await asked
          throw new LogError('unavailable', 'reading: the connection broke')
        }
        yield* world.log.read(...args)
      },
    }
    const role = world.work({ log, appendPatienceMs: 50, leftOpenMs: 1_500 })
    const { id } = await world.begin({ name, from: 'beginning' })
    await until('it is nobody’s', async () => (await rowOf(id)).owner === 'an append that was left open')
    await land()
    await world.reaches(id, 'done')
    await role.close()
    expect(await copied()).toEqual(await wanted())
  })
})

const sorted = (texts: readonly string[]) => [...texts].sort()
