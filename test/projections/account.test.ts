// What a projection takes in is counted exactly, whatever its steps are, and a number that never came into the log is named.
import fc from 'fast-check'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { Event } from '../../src/events/event.ts'
import { gapsIn, readAccounted, readGaps } from '../../src/projections/account.ts'
import { readModel, readModelTables } from '../../src/projections/read-model/read-model.ts'
import { aCopyOf, anEvent } from '../ground/events.ts'
import { openProjectionDsl, type ProjectionDsl } from '../ground/projection-dsl.ts'

const at = (epoch: number, sequence: number, type: 'message.received' | 'unknown' = 'message.received') =>
  anEvent(type, { epoch, sequence })
const told = (events: readonly Event[], last: Parameters<typeof gapsIn>[0] = new Map()) =>
  gapsIn(last, events).map(gap => [gap.epoch, gap.first_sequence, gap.last_sequence])

describe('numbers', () => {
  it('[B8] a number that is left out inside an epoch, or at its beginning, is a gap; a new epoch begins at 1', () => {
    expect(told([at(1, 1), at(1, 2), at(2, 1), at(2, 2)])).toEqual([])
    expect(told([at(1, 1), at(1, 3), at(1, 7)])).toEqual([
      [1, 2, 2],
      [1, 4, 6],
    ])
    expect(told([at(1, 1), at(2, 3)])).toEqual([[2, 1, 2]])
    expect(told([at(4, 9)], new Map([['shop', { epoch: 4, sequence: 7 }]]))).toEqual([[4, 8, 8]])
  })

  it('[B8] an append that is in the log twice, and an owner that was replaced, leave no gap', () => {
    expect(told([at(1, 1), at(1, 2), at(1, 1), at(1, 2), at(1, 3)])).toEqual([])
    expect(told([at(1, 1), at(2, 1), at(1, 5), at(2, 2)])).toEqual([])
  })

  it('[B8] derived events and those of no owner have no number of their own, and accounts none in common', () => {
    const stored = anEvent('media.stored', { epoch: 1, sequence: 9 })
    const expired = anEvent('media.expired', { epoch: 1, sequence: 40 })
    expect(told([at(1, 1), stored, expired, anEvent('instance.created'), at(1, 2)])).toEqual([])
    expect(told([at(1, 1), { ...at(1, 8), instanceId: 'branch' }, at(1, 2)])).toEqual([])
  })

  it('[B8] an account that was there before anybody counted begins where it is', () => {
    expect(told([at(3, 400), at(3, 401)])).toEqual([])
  })
})

describe('of a projection', () => {
  let dsl: ProjectionDsl
  beforeAll(async () => {
    dsl = await openProjectionDsl('account', readModel, { tables: [...readModelTables, 'accounted_types', 'accounted_gaps'] })
  })
  afterAll(() => dsl.close())
  const counted = async () =>
    (await readAccounted(dsl.test.database, 'shop')).map(({ type, records, projected }) => [type, records, projected])
  const gaps = async () =>
    (await readGaps(dsl.test.database, { instanceId: 'shop', limit: 10 })).map(gap => [
      gap.epoch,
      gap.firstSequence,
      gap.lastSequence,
    ])

  it('[B8] records and copies are counted by type; copies fill the sequence all the same', async () => {
    const world = await dsl.freshWorld()
    const [first, second] = [at(1, 1), at(1, 2)]
    await world.append([first, second, at(1, 3, 'unknown')])
    await world.projectAll()
    await world.append([
      { ...aCopyOf(first, 2), sequence: 1 },
      { ...aCopyOf(second, 2), sequence: 2 },
    ])
    await world.projectAll()
    await world.append([at(2, 3), at(2, 4, 'unknown')])
    await world.projectAll()
    expect(await counted()).toEqual([
      ['message.received', 5, 3],
      ['unknown', 2, 2],
    ])
    expect(await gaps()).toEqual([])
  })

  it('[B8] records of a newer version, whose numbers cannot be read, leave no gap, and those of others do', async () => {
    const world = await dsl.freshWorld()
    await world.append([at(5, 1), { ...at(5, 1), instanceId: 'branch' }])
    await world.appendNewer('shop')
    await world.append([at(5, 3), { ...at(5, 3), instanceId: 'branch' }])
    await world.projectAll()
    expect(await gaps()).toEqual([])
    expect(await readGaps(dsl.test.database, { instanceId: 'branch', limit: 10 })).toMatchObject([
      { firstSequence: 2, lastSequence: 2 },
    ])
  })

  it('[B8] [B6] history has the numbers of its notifications: projected first, it concludes no gap and hides none', async () => {
    const world = await dsl.freshWorld()
    const past = [at(5, 4, 'unknown'), anEvent('message.history', { epoch: 5, sequence: 4 })]
    const contact = anEvent('contact.updated', { epoch: 5, sequence: 9, origin: 'history' })
    await world.append([at(5, 1), at(5, 2), ...past, contact, at(5, 6)])
    await world.projectBatch('events', 1)
    while ((await world.projectBatch('history', 1)) > 0);
    expect(await gaps()).toEqual([])
    await world.projectAll()
    expect((await gaps()).toSorted()).toEqual([
      [5, 3, 3],
      [5, 5, 5],
    ])
    expect(await counted()).toEqual([
      ['contact.updated', 1, 1],
      ['message.history', 1, 1],
      ['message.received', 3, 3],
      ['unknown', 1, 1],
    ])
  })

  it('[B8] a gap is named with its epoch and sequence, once, and stays named', async () => {
    const world = await dsl.freshWorld()
    await world.append([at(5, 1), at(5, 2)])
    await world.projectAll()
    await world.append([{ ...at(5, 4), recordedAt: Date.now() }])
    await world.projectAll()
    await world.append([at(5, 5), at(6, 1)])
    await world.projectAll()
    expect(await gaps()).toEqual([[5, 3, 3]])
    expect(await readGaps(dsl.test.database, { instanceId: null, limit: 10 })).toMatchObject([
      { instanceId: 'shop', epoch: 5, firstSequence: 3, lastSequence: 3 },
    ])
  })

  it('[B8] a gap of long ago that a rebuild finds is in the account, and is no news', async () => {
    const world = await dsl.freshWorld()
    await world.append([at(5, 1), at(5, 4)])
    await world.projectAll()
    expect(await gaps()).toEqual([[5, 2, 3]])
    expect(await readGaps(dsl.test.database, { instanceId: null, limit: 10 })).toEqual([])
  })

  it('[B8] [D2] the same is counted and named whatever the steps are', async () => {
    const step = fc.record({ skip: fc.constantFrom(0, 0, 0, 1, 4), isCopy: fc.boolean(), isUnknown: fc.boolean() })
    const steps = fc.record({ course: fc.array(step, { minLength: 1, maxLength: 25 }), size: fc.integer({ min: 1, max: 9 }) })
    await fc.assert(
      fc.asyncProperty(steps, async ({ course, size }) => {
        const events: Event[] = []
        const missing: number[][] = []
        let sequence = 0
        for (const { skip, isCopy, isUnknown } of course) {
          const isFirst = sequence === 0
          sequence += 1 + (isFirst ? 0 : skip)
          if (!isFirst && skip > 0) missing.push([7, sequence - skip, sequence - 1])
          const original = isCopy ? events.at(-1) : undefined
          events.push(
            original === undefined ? at(7, sequence, isUnknown ? 'unknown' : 'message.received') : { ...original, sequence },
          )
        }
        const world = await dsl.freshWorld()
        await world.append(events)
        while ((await world.projectBatch('events', size)) > 0);
        const rows = await counted()
        const sum = (column: 1 | 2) => rows.reduce((all, row) => all + Number(row[column]), 0)
        expect([sum(1), sum(2)]).toEqual([events.length, new Set(events.map(one => one.eventId)).size])
        expect((await gaps()).toSorted((a, b) => Number(a[1]) - Number(b[1]))).toEqual(missing)
      }),
      { numRuns: 15 },
    )
  })
})
