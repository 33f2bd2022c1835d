// No part of a history keeps what people write now, or another account’s part, waiting.
import { afterEach, beforeEach, expect, test } from 'vitest'
import { historyTurns } from '../../src/processors/in-turn.ts'
import { anEvent } from '../ground/events.ts'
import { collectLogLines } from '../ground/log-lines.ts'
import {
  type HistoryWorld,
  historyOf,
  inline,
  nothing,
  onCdn,
  openHistoryWorld,
  packed,
} from '../ground/processors/history-world.ts'
import { until } from '../ground/until.ts'

const logger = collectLogLines()
let world: HistoryWorld
beforeEach(async ({ task }) => {
  world = await openHistoryWorld(task.name, logger)
  await world.reserve('shop')
})
afterEach(() => world.close())

test('[B6] over the log, what people write now is not kept waiting, and several instances are worked off at once', async () => {
  for (const instanceId of ['ours', 'theirs']) await world.reserve(instanceId)
  await world.append(
    ...['shop', 'ours', 'theirs'].flatMap(instanceId => [
      inline(historyOf(700), { instanceId }),
      onCdn(world.cdn, packed(historyOf(3)), { instanceId }).event,
      anEvent('message.received', { instanceId }),
    ]),
  )
  const role = world.start()
  await until('all of them to be done', async () => {
    const all = await Promise.all(['shop', 'ours', 'theirs'].map(world.syncs))
    return all.every(syncs => syncs.length === 2 && syncs.every(({ state }) => state === 'completed'))
  })
  for (const instanceId of ['shop', 'ours', 'theirs'])
    expect((await world.messages()).filter(one => one.instanceId === instanceId)).toHaveLength(703)
  expect(role.checks().find(({ name }) => name === 'history')).toMatchObject({ state: 'ok' })
})

test('[B6] while others wait a part goes on for so long only, and later from its place', async () => {
  const event = inline(historyOf(20_100))
  const waitedFor = { ...historyTurns(), waiting: () => 1 }
  const again = { kind: 'retry', delayMs: 0, costsAttempt: false }
  expect(await world.handle(event, { historyTurns: waitedFor })).toMatchObject(again)
  expect(await world.syncs()).toMatchObject([{ state: 'progressed', messages: 20_000 }])
  expect(await world.handle(event)).toEqual(nothing)
  expect((await world.messages()).map(({ ordinal }) => ordinal)).toEqual(Array.from({ length: 20_100 }, (_, n) => n))
})

test('[B6] what is only read goes at the pace of the rest', async () => {
  const taken: number[] = []
  const pace = { take: async (count: number) => void taken.push(count) }
  await world.reserve('shop', { historySync: false })
  await world.handle(inline(historyOf(3_000)), { pace })
  expect(taken.filter(count => count === 10).length, 'both times that it is read').toBeGreaterThanOrEqual(4)
})
