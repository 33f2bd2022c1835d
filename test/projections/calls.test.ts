// Calls, as the read model keeps and answers them: one row each, the same in whichever order its steps come.
import fc from 'fast-check'
import { afterAll, beforeAll, expect, it } from 'vitest'
import type { Event } from '../../src/events/event.ts'
import { listCalls } from '../../src/projections/read-model/queries.ts'
import { readModel, readModelTables } from '../../src/projections/read-model/read-model.ts'
import { aGroup, anEvent, somebody, somebodyElse, testStartAt } from '../ground/events.ts'
import { openProjectionDsl, type ProjectionDsl } from '../ground/projection-dsl.ts'
import { dumpTables } from '../ground/standing-property.ts'

const instanceId = 'shop'
let dsl: ProjectionDsl
beforeAll(async () => {
  dsl = await openProjectionDsl('calls', readModel, { tables: readModelTables })
})
afterAll(() => dsl.close())

const projected = async (events: readonly Event[], size = 1_000) => {
  const world = await dsl.freshWorld()
  await world.append(events)
  while ((await world.projectBatch('events', size)) > 0);
}
const at = (second: number) => testStartAt + second * 1000
const iso = (second: number) => new Date(at(second)).toISOString()
const step = (second: number, status: string, more = {}) =>
  anEvent('call.updated', { occurredAt: at(second), status, chatPn: somebody.pn, senderPn: somebody.pn, ...more })
const calls = async (request = {}) => (await listCalls(dsl.test.database, { instanceId, ...request })).data

it('[D1] a call began with its first step and got as far as its furthest', async () => {
  const steps = [
    step(1, 'offer', { video: true }),
    step(2, 'ringing'),
    step(3, 'accepted'),
    step(9, 'ended', { durationSeconds: 6 }),
  ]
  await projected(steps)
  expect(await calls()).toEqual([
    {
      ...{ instanceId, callId: 'CALL', chatId: somebody.lid, chatPn: somebody.pn, senderId: somebody.lid, senderPn: somebody.pn },
      ...{ fromMe: false, groupId: null, isGroup: false, video: true, status: 'ended', durationSeconds: 6 },
      ...{ startedAt: iso(1), updatedAt: iso(9), endedAt: iso(9) },
    },
  ])
  const [row] = await dsl.test.database.query('select changed_by_event from calls')
  expect(row).toEqual({ changed_by_event: steps[3]?.eventId })
})

it.each([
  [['offer', 'missed'], 'missed', iso(2)],
  [['offer', 'ringing', 'rejected'], 'rejected', iso(3)],
  [['missed', 'offer'], 'missed', iso(1)],
  [['rejected', 'missed'], 'missed', iso(1)],
  [['offer', 'rejected', 'ended'], 'rejected', iso(2)],
  [['offer', 'missed', 'ended'], 'missed', iso(2)],
  [['ended', 'accepted'], 'ended', iso(1)],
  [['offer', 'something newer'], 'offer', null],
  [['something newer'], 'something newer', null],
])('[D1] of %j it is %s', async (statuses, status, endedAt) => {
  for (const size of [1, 3]) {
    await projected(
      statuses.map((one, index) => step(index + 1, one)),
      size,
    )
    expect(await calls()).toMatchObject([{ status, endedAt, startedAt: iso(1) }])
  }
})

it('[D1] any order of steps, also of equal instants, in steps of any size, gives the same row', async () => {
  const steps = [
    step(1, 'offer', { video: false, sequence: 3 }),
    step(1, 'ringing', { groupId: aGroup, isGroup: true, chatId: aGroup, sequence: 2 }),
    step(4, 'rejected', { senderId: somebodyElse.lid, sequence: 4 }),
    step(4, 'missed', { epoch: 2, sequence: 1 }),
    step(3, 'missed', { epoch: 2, sequence: 2 }),
    step(2, 'something newer', { durationSeconds: 4 }),
  ]
  await projected(steps)
  const expected = await dumpTables(dsl.test.database, ['read_model_1.calls'])
  expect(await calls()).toMatchObject([
    { status: 'missed', startedAt: iso(1), endedAt: iso(3), updatedAt: iso(4), groupId: aGroup },
  ])
  await fc.assert(
    fc.asyncProperty(
      fc.shuffledSubarray(steps, { minLength: steps.length }),
      fc.integer({ min: 1, max: 6 }),
      async (shuffled, size) => {
        await projected(shuffled, size)
        expect(await dumpTables(dsl.test.database, ['read_model_1.calls'])).toEqual(expected)
      },
    ),
    { seed: 6, numRuns: 15 },
  )
})

it('[D4] the list is newest first, in pages, and by status', async () => {
  await projected([
    ...['A', 'B', 'C', 'D'].map((callId, index) => step(index, 'offer', { callId })),
    ...['B', 'D'].map(callId => step(9, 'missed', { callId })),
    step(10, 'offer', { instanceId: 'other' }),
  ])
  expect((await calls()).map(one => one.callId)).toEqual(['D', 'C', 'B', 'A'])
  expect((await calls({ status: 'missed' })).map(one => one.callId)).toEqual(['D', 'B'])
  expect((await calls({ after: at(1), before: at(3) })).map(one => one.callId)).toEqual(['C', 'B'])
  const first = await listCalls(dsl.test.database, { instanceId, limit: 3 })
  const rest = await listCalls(dsl.test.database, { instanceId, limit: 3, cursor: first.nextCursor })
  expect([first.data.length, rest.data.map(one => one.callId), rest.nextCursor]).toEqual([3, ['A'], null])
})

it('[D1] an id that no index could hold, and an instant that no calendar has, stop nobody', async () => {
  await projected([
    step(1, 'offer', { callId: `${'x'.repeat(10_000)}\0` }),
    step(1, 'missed', { callId: 'far', occurredAt: 8e15 }),
  ])
  expect(await calls()).toMatchObject([
    { callId: 'far', startedAt: '9999-12-31T23:59:59.999Z' },
    { callId: expect.stringContaining('…sha256:') },
  ])
})
