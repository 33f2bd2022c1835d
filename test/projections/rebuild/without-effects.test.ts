// What is filled beside a projection has none of the effects that others would see.
import { expect, it } from 'vitest'
import type { Projection } from '../../../src/projections/projection.ts'
import { withoutEffects } from '../../../src/projections/rebuild/rebuildable.ts'
import { anEvent } from '../../ground/events.ts'

const placed = [{ event: anEvent('message.received'), position: { topic: 'wa.events', partition: 0, nextOffset: 1n } }]
const written = { sql: 'select 1', values: [], isEmpty: false }
const loud: Projection = {
  ...{ name: 'loud', version: 1, begins: 'at-the-first-record', isAccounted: true, reads: ['events'] },
  tick: async () => [],
  due: async () => [0],
  gather: () => ({
    reads: [],
    decide: (_, fresh) => ({
      writes: [written],
      afterwards: [],
      emissions: fresh.map(({ event }) => ({ partition: 0, topic: 'events', key: event.instanceId, event })),
    }),
  }),
}
const found = () => []

it('[D3] it writes the same rows, emits nothing, says no record dead, counts for no account, and nothing is due', async () => {
  expect((await loud.gather(placed).decide(found, placed)).emissions).toHaveLength(1)
  const quiet = withoutEffects(loud)
  expect(await quiet.gather(placed).decide(found, placed)).toEqual({ writes: [written], afterwards: [], emissions: [] })
  expect(Object.keys(quiet).toSorted()).toEqual(['begins', 'gather', 'isSilent', 'name', 'reads', 'version'])
  expect(quiet.isSilent).toBe(true)
})
