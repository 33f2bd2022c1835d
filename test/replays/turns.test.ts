// A process has two replays in hand at most: the others wait for another process, or for their turn, the longest waiting first.
import { afterAll, beforeAll, expect, test } from 'vitest'
import { giveOutIds } from '../ground/api/give-out-ids.ts'
import { anEvent } from '../ground/events.ts'
import { collectLogLines } from '../ground/log-lines.ts'
import { openReplaysWorld, type ReplaysWorld } from '../ground/replays/replays-world.ts'
import { until } from '../ground/until.ts'

let world: ReplaysWorld
beforeAll(async () => {
  world = await openReplaysWorld('replay_turns', collectLogLines())
  await giveOutIds(world.api.database, 'shop')
  await world.append('wa.events', [world.api.testLog.codec.encode(anEvent('message.received', { instanceId: 'shop' }))])
})
afterAll(() => world.close())

const follow = async (name: string) => (await world.begin({ name, from: 'beginning', follow: true })).id
async function inHand(): Promise<string[]> {
  const rows = await world.api.database.query<{ name: string }>(
    'select name from replays where owner is not null order by created_at',
  )
  return rows.map(row => row.name)
}
const written = async (id: string) => (await world.get(id)).written

test('[G1] two are in hand, what waits runs without going on; another process takes it, or it has its turn', async () => {
  const seen = new Set<string>()
  const ids = [await follow('one'), await follow('two'), await follow('three'), await follow('four')]
  const role = world.work({ turnMs: 3_600_000 })
  await until('two are in hand', async () => (await inHand()).length === 2)
  expect(await inHand()).toEqual(['one', 'two'])
  for (const id of ids.slice(0, 2)) await until('it goes on', async () => (await written(id)) === 1)
  expect(await world.get(ids[2] ?? '')).toMatchObject({ state: 'running', written: 0, why: null })
  await world.patch(ids[0] ?? '', { state: 'paused' })
  await until('the longest waiting is next', async () => (await inHand()).includes('three'))
  expect(await inHand()).toEqual(['two', 'three'])
  const other = world.work({ turnMs: 3_600_000 })
  await until('another process has the other', async () => (await inHand()).length === 3)
  await other.close()
  await role.close()
  const turning = world.work({ turnMs: 100 })
  await world.patch(ids[0] ?? '', { state: 'running' })
  await until('each had its turn, and has another', async () => {
    for (const name of await inHand()) seen.add(name)
    expect((await inHand()).length).toBeLessThanOrEqual(2)
    return seen.size === 4
  })
  for (const id of ids) await until('it goes on', async () => (await written(id)) === 1)
  for (const id of ids) await world.patch(id, { state: 'cancelled' })
  await turning.close()
})
