// Pairs of addresses that history told, on their way into the keys of the account that is connected.
import { afterEach, beforeEach, expect, test } from 'vitest'
import { text } from '../../simulator/accounts/content.ts'
import { addPairs, type LearnedPair, readPairs } from '../../src/instances/learned-pairs.ts'
import { createPairLearning } from '../../src/producers/epoch/learn-pairs.ts'
import { openTestDatabase, type TestDatabase } from '../ground/database.ts'
import { collectLogLines } from '../ground/log-lines.ts'
import { openRig } from '../ground/producers/rig.ts'
import { until } from '../ground/until.ts'

const logger = collectLogLines()
const pair = (instanceId: string, n: number): LearnedPair => ({
  instanceId,
  lid: `2000000000${String(n).padStart(5, '0')}@lid`,
  pn: `55119000${String(n).padStart(5, '0')}@s.whatsapp.net`,
})
const pairs = (instanceId: string, count: number) => Array.from({ length: count }, (_, n) => pair(instanceId, n))

let world: TestDatabase
beforeEach(async ({ task }) => {
  world = await openTestDatabase(task.name)
})
afterEach(() => world.close())
const left = (...instanceIds: string[]) => readPairs(world.database, instanceIds, { limit: 10_000 })

/** What each instance was given, until the test ends. */
function openLearning(given: Map<string, number>, failing = new Set<string>()) {
  const stop = new AbortController()
  const learning = createPairLearning({ database: world.database, logger, everyMs: 5 })
  const serve = (instanceId: string) =>
    learning.serve({
      instanceId,
      isOver: () => stop.signal.aborted,
      learn: async own => {
        if (failing.has(instanceId)) throw new Error('on purpose')
        given.set(instanceId, (given.get(instanceId) ?? 0) + own.length)
      },
    })
  const following = learning.follow(stop.signal)
  const close = () => {
    stop.abort()
    return following
  }
  return { serve, close }
}

test('[B6] all that there are reach each instance that is connected, and no other; then they are forgotten', async () => {
  await addPairs(world.database, [...pairs('shop', 4_500), ...pairs('branch', 3), ...pairs('away', 2)])
  const given = new Map<string, number>()
  const learning = openLearning(given)
  for (const instanceId of ['shop', 'branch']) learning.serve(instanceId)
  await until('all to be taken', async () => (await left('shop', 'branch')).length === 0)
  await learning.close()
  expect(given).toEqual(
    new Map([
      ['shop', 4_500],
      ['branch', 3],
    ]),
  )
  expect(await left('away')).toHaveLength(2)
})

test('[B6] what could not be stored stays, is said, and is tried again', async () => {
  await addPairs(world.database, [...pairs('shop', 2), ...pairs('branch', 1)])
  const [given, failing] = [new Map<string, number>(), new Set(['shop'])]
  const learning = openLearning(given, failing)
  for (const instanceId of ['shop', 'branch']) learning.serve(instanceId)
  await until('it to be said', () => logger.lines.some(({ event }) => event === 'pairs.not-learned'))
  await until('others to be taken all the same', async () => (await left('branch')).length === 0)
  expect(await left('shop')).toHaveLength(2)
  failing.clear()
  await until('them to be taken', async () => (await left('shop')).length === 0)
  await learning.close()
  expect(given.get('shop')).toBe(2)
})

test('[A7] a purged instance learns none', async () => {
  await world.database.query(`insert into instance_ids (instance_id, request_id, name) values ('shop', 'r', '')`)
  await world.database.query(`insert into purges (instance_id, request_id, requested_by) values ('shop', 'r', 'test')`)
  await addPairs(world.database, [...pairs('shop', 2), ...pairs('branch', 1)])
  expect(await left('shop', 'branch')).toEqual(pairs('branch', 1))
})

test('[B6] of a connected account a pair that history told is among its keys within seconds', async () => {
  const rig = await openRig('learned pairs', logger)
  await rig.start({ learnPairsEveryMs: 20 })
  await rig.pair('shop')
  const told = pair('shop', 77)
  await addPairs(rig.database.database, [told])
  await until('it to be taken', async () => (await readPairs(rig.database.database, ['shop'], { limit: 1 })).length === 0)
  const [row] = await rig.database.database.query<{ keys: number }>(
    `select count(*)::int as keys from auth_keys where instance_id = 'shop' and type = 'lid-mapping' and id = any($1::text[])`,
    [[told.pn.slice(0, 13), `${told.lid.slice(0, 15)}_reverse`]],
  )
  await rig.close()
  expect(row?.keys).toBe(2)
})

test('[B6] [B4] what history tells again never takes the place of a pair that was heard since, of the number or of the LID', async () => {
  const rig = await openRig('older pairs', logger)
  await rig.start({ learnPairsEveryMs: 20 })
  const device = await rig.pair('shop')
  const ana = rig.simulator.contact({ pn: '5511900000011', name: 'Ana' })
  await device.send(ana, text('hello'))
  const { database } = rig.database
  const mappings = async () => {
    const rows = await database.query<{ id: string }>(
      `select id from auth_keys where instance_id = 'shop' and type = 'lid-mapping' order by id`,
    )
    return rows.map(({ id }) => id)
  }
  const [anaLid, unknown] = [ana.lidJid.replace('@lid', ''), pair('shop', 78)]
  const names = ['5511900000011', `${anaLid}_reverse`]
  await until('her pair to be known', async () => {
    const known = await mappings()
    return names.every(name => known.includes(name))
  })
  const before = await mappings()
  const ofNumber = { instanceId: 'shop', lid: '200000000000001@lid', pn: ana.pnJid }
  const ofLid = { instanceId: 'shop', lid: ana.lidJid, pn: '5511900000012@s.whatsapp.net' }
  await addPairs(database, [ofNumber, ofLid, unknown])
  await until('them to be taken', async () => (await readPairs(database, ['shop'], { limit: 1 })).length === 0)
  const fresh = (await mappings()).filter(name => !before.includes(name))
  await device.send(ana, text('and on'))
  expect((await rig.untilEvents('message.received', 2)).map(event => event.text)).toEqual(['hello', 'and on'])
  await rig.close()
  expect(fresh.toSorted()).toEqual([unknown.pn.slice(0, 13), `${unknown.lid.slice(0, 15)}_reverse`].toSorted())
})
