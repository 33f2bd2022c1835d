// What becomes of a replay while its log forgets, and of its topics: none that is somebody else's is written or deleted, none of ours is left behind.
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { giveOutIds } from '../ground/api/give-out-ids.ts'
import { anEvent } from '../ground/events.ts'
import { elsewhere } from '../ground/log.ts'
import { collectLogLines } from '../ground/log-lines.ts'
import { openReplaysWorld, type ReplaysWorld } from '../ground/replays/replays-world.ts'

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
