// Messages of history for tests of what the read model makes of them: one message as it is told by each, in whichever order.
import { expect } from 'vitest'
import type { Event } from '../../../src/events/event.ts'
import { listMessages } from '../../../src/projections/read-model/queries.ts'
import { anEvent, testStartAt } from '../events.ts'
import type { ProjectionDsl } from '../projection-dsl.ts'

export const instanceId = 'shop'

export const at = (second: number) => testStartAt + second * 1000

export const iso = (second: number) => new Date(at(second)).toISOString()

export const all = async (dsl: ProjectionDsl) => (await listMessages(dsl.test.database, { instanceId })).data

export const theOne = async (dsl: ProjectionDsl) => {
  const rows = await all(dsl)
  expect(rows).toHaveLength(1)
  return rows[0]
}

/** Each event in a batch of its own, topics in the order given. */
export const projectInTurn = async (dsl: ProjectionDsl, ...events: readonly Event[]) => {
  const world = await dsl.freshWorld()
  for (const event of events) {
    await world.append([event])
    await world.projectAll()
  }
}

export const ordersOf = <T>(list: readonly T[]): readonly (readonly T[])[] =>
  list.length < 2 ? [list] : list.flatMap((one, index) => ordersOf(list.toSpliced(index, 1)).map(rest => [one, ...rest]))

export const M = { messageId: 'M', occurredAt: at(1) }

export const live = anEvent('message.received', { ...M, text: 'as received' })

export const past = anEvent('message.history', { ...M, text: 'as the phone has it' })
