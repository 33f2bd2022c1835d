// What becomes of a replay while its log forgets, and of its topics: none that is somebody else's is written or deleted, none of ours is left behind.
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { type EventLog, LogError } from '../../src/log/log.ts'
import { beginReplay } from '../../src/replays/begin-replay.ts'
import { giveOutIds } from '../ground/api/give-out-ids.ts'
import { anEvent } from '../ground/events.ts'
import { flaky } from '../ground/flaky.ts'
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
  world = await openReplaysWorld('replays kept', logger)
  await giveOutIds(world.api.database, 'shop')
})
afterAll(() => world.close())
beforeEach(() => {
  name = `kept-${++made}`
})

const target = () => `wa.replay.${name}`

/** All of one partition. */
async function fill(topic: string, records: number): Promise<{ partition: number; first: bigint; end: bigint }> {
  const { codec } = world.api.testLog
  const events = Array.from({ length: records }, () => codec.encode(anEvent('message.history', { instanceId: 'shop' })))
  const [end] = await world.append(topic, events)
  if (end === undefined) throw new Error('expected a position')
  return { partition: end.partition, first: end.nextOffset - BigInt(records), end: end.nextOffset }
}
const trim = (topic: string, partition: number, before: bigint) =>
  world.api.database.query('select log_trim($1, $2, $3, 1000)', [topic, partition, String(before)])

describe.each(['embedded', 'elsewhere'] as const)('on a log that is %s', where => {
  const work = () => world.work(where === 'embedded' ? {} : { log: elsewhere(world.log) })

  test('[G1] what retention deletes before its turn comes is passed over, counted and said; the rest is copied', async () => {
    const { partition, first, end } = await fill('wa.history', 8)
    const { id } = await world.begin({ name, topics: ['history'], from: { [partition]: String(first) } })
    await trim('wa.history', partition, first + 3n)
    const role = work()
    const shown = await world.reaches(id, 'done')
    await role.close()
    expect(shown).toMatchObject({
      ...{ why: null, written: 5, matched: 5, percent: 100, leftOut: { truncated: 3 } },
      truncatedBefore: [{ topic: 'history', partition, offset: String(first + 3n) }],
    })
    const copied = (await world.all(target())).filter(({ headers }) => 'replay-offset' in headers)
    expect(copied.map(({ headers }) => headers['replay-offset'])).toEqual(
      Array.from({ length: 5 }, (_, n) => String(end - 5n + BigInt(n))),
    )
    expect(await role.metrics.render()).toMatch(/^zaplog_replay_records_total\{outcome="left-out"\} 3$/m)
  })

  test('[G1] of a range that is gone altogether nothing is copied, and that is said, too', async () => {
    const { partition, first, end } = await fill('wa.history', 4)
    const range = { from: { [partition]: String(first) }, until: { [partition]: String(end) } }
    const { id } = await world.begin({ name, topics: ['history'], ...range })
    await fill('wa.history', 2)
    await trim('wa.history', partition, end + 1n)
    const role = work()
    const shown = await world.reaches(id, 'done')
    await role.close()
    expect(shown).toMatchObject({ written: 0, leftOut: { truncated: 4 }, percent: 100 })
    const here = shown.partitions.filter(one => one.partition === partition)
    expect(here.map(({ nextOffset, ended }) => ({ nextOffset, ended }))).toEqual([{ nextOffset: String(end), ended: true }])
  })
})

const rowOf = async (of = name) => {
  const [row] = await world.api.database.query<{ owner: string | null; leased_until: Date | null; made_topics: string[] }>(
    'select owner, leased_until, made_topics from replays where name = $1',
    [of],
  )
  return row ?? null
}
const topicsOf = async (start: string) =>
  (
    await world.api.database.query<{ topic: string }>(
      'select topic from log_topics where starts_with(topic, $1) order by topic',
      [start],
    )
  ).map(one => one.topic)
const remove = (id: string) => world.api.call('DELETE', `/v1/replays/${id}`)

/** The log, asked before each topic that it deletes. */
const deleting = (before: (topic: string) => Promise<void>): EventLog => ({
  ...world.log,
  deleteTopics: async (topics, signal) => {
    for (const topic of topics) await before(topic)
    await world.log.deleteTopics(topics, signal)
  },
})

test('[G1] while a process deletes a topic for longer than its lease nobody else does, and the name is taken', async () => {
  const { id } = await world.begin({ name, from: 'beginning' })
  const asked: string[] = []
  const gate = Promise.withResolvers<void>()
  const log = deleting(async topic => {
    asked.push(topic)
    await gate.promise
  })
  await remove(id)
  const roles = [world.work({ log, leaseMs: 600 }), world.work({ log, leaseMs: 600 })]
  try {
    await until('one deletes it', () => asked.length > 0)
    const since = (await rowOf())?.leased_until?.getTime() ?? 0
    await until('its lease would be over', async () => ((await rowOf())?.leased_until?.getTime() ?? 0) > since + 1_200)
    expect(asked).toEqual([target()])
    expect((await world.post({ name, from: 'beginning' })).json.type).toBe('urn:zaplog:problem:replay-exists')
  } finally {
    gate.resolve()
  }
  await until('it is gone', async () => (await rowOf()) === null)
  expect([asked, await topicsOf(target())]).toEqual([[target()], []])
  for (const role of roles) await role.close()
})

test('[G1] who has lost a replay that is to be deleted deletes none of its other topics', async () => {
  const { id } = await world.begin({ name, from: 'beginning', perType: true })
  const { database } = world.api
  const topics = ['a', 'b'].map(type => `${target()}.${type}`)
  for (const topic of topics) await world.log.ensureTopics([world.api.testLog.declareKept(topic)], never)
  await database.query('update replays set made_topics = $2, removed = true where replay_id = $1', [id, topics])
  const asked: string[] = []
  const role = world.work({
    log: deleting(async topic => {
      asked.push(topic)
      if (asked.length === 1)
        await database.query(
          "update replays set owner = 'another', leased_until = now() + interval '1 hour' where replay_id = $1",
          [id],
        )
    }),
  })
  await until('the first is gone', async () => (await topicsOf(target())).length === 1)
  await role.close()
  expect([asked, (await rowOf())?.owner]).toEqual([[topics[0]], 'another'])
  await database.query('update replays set owner = null where replay_id = $1', [id])
  const next = world.work()
  await until('it is gone', async () => (await rowOf()) === null)
  await next.close()
  expect(await topicsOf(target())).toEqual([])
})

test('[G1] a topic that the log refuses to delete keeps no other waiting, is said, and is tried again seldom', async () => {
  const [stuck, others] = [name, [`${name}-b`, `${name}-c`]]
  const first = await world.begin({ name: stuck, from: 'beginning' })
  let [isDenied, tries] = [true, 0]
  const role = world.work({
    log: deleting(async topic => {
      if (topic !== `wa.replay.${stuck}`) return
      tries += 1
      if (isDenied) throw new LogError('denied', `deleting topic ${topic}: not authorized`)
    }),
  })
  await remove(first.id)
  await until('it is said', () => role.checks()[0]?.detail.includes('not authorized'))
  expect(role.checks()[0]).toMatchObject({ state: 'degraded', detail: expect.stringContaining(`replay ${stuck}`) })
  for (const other of others) {
    await remove((await world.begin({ name: other, from: 'beginning' })).id)
    await until('the other is gone', async () => (await rowOf(other)) === null)
  }
  expect(tries).toBe(1)
  isDenied = false
  await world.api.database.query('update replays set remove_again_at = now() where name = $1', [stuck])
  await until('it is gone', async () => (await rowOf(stuck)) === null)
  await until('nothing is said any more', () => role.checks()[0]?.state === 'ok')
  await role.close()
})

test('[G1] a topic that is there and was written to is not used, and stays; an empty one is used', async () => {
  await world.log.ensureTopics([world.api.testLog.declareKept(target())], never)
  await world.append(target(), [{ key: 'k', value: Buffer.from('theirs'), headers: {}, recordedAt: Date.now() }])
  const { status, json } = await world.post({ name, from: 'beginning' })
  expect([status, json.type]).toEqual([409, 'urn:zaplog:problem:topic-differs'])
  expect(json.detail).toBe(`${target()} exists, and was written to: delete it, or take another name`)
  expect([await rowOf(), (await world.all(target())).length]).toEqual([null, 1])
  await world.log.ensureTopics([world.api.testLog.declareKept(`${target()}-empty`)], never)
  expect((await world.post({ name: `${name}-empty`, from: 'beginning' })).status).toBe(201)
})

test('[G1] what dies while a replay begins leaves no topic behind: the row names it before it is there, and nobody is shown it', async () => {
  const { database, testLog } = world.api
  const request = { name, topics: ['events'] as const, from: 'beginning', until: null, types: null, instanceIds: null }
  const asked = { ...request, chats: null, rate: 500, follow: false, perType: false, marker: true }
  const log = flaky(world.log, call => (call.name === 'ensureTopics' ? { failAfter: new LogError('aborted', 'killed') } : null))
  const dead = { ...testLog, database, log, clock: Date.now }
  await expect(beginReplay(dead, { request: asked, from: { kind: 'beginning' }, until: null }, never)).rejects.toMatchObject({
    code: 'aborted',
  })
  expect([(await rowOf())?.made_topics, await topicsOf(target())]).toEqual([[target()], [target()]])
  const { json } = await world.api.call('GET', '/v1/replays?limit=200')
  expect(JSON.stringify(json)).not.toContain(`"${name}"`)
  const role = world.work()
  await until('both are gone', async () => (await rowOf()) === null && (await topicsOf(target())).length === 0)
  await role.close()
})
