// What a rebuild does next by itself, and what it waits for.
import { expect, it } from 'vitest'
import { nextOf } from '../../../src/projections/rebuild/run-rebuild.ts'

it('[D3] it swaps by itself only where every row is the same, no account is left out, and it was asked to', () => {
  const equal = [{ table: 'messages', rows: 1, rebuilt: 1, copied: 0, missing: 0, extra: 0, differing: 0, keys: [], unlike: [] }]
  const rebuild = { ...base, state: 'ready' as const, swap: 'auto' as const, compared: equal }
  expect(nextOf(rebuild, 0)).toEqual({ kind: 'exchange', state: 'swapped' })
  expect(nextOf(rebuild, 1)).toMatchObject({ kind: 'stay' })
  expect(nextOf({ ...rebuild, swap: 'manual' }, 0)).toMatchObject({ kind: 'stay' })
  for (const what of ['missing', 'extra', 'differing'] as const)
    expect(nextOf({ ...rebuild, compared: equal.map(one => ({ ...one, [what]: 1 })) }, 0)).toMatchObject({ kind: 'stay' })
  expect(nextOf({ ...rebuild, wanted: 'swap' }, 1)).toEqual({ kind: 'exchange', state: 'swapped' })
  expect(nextOf({ ...rebuild, state: 'swapped' }, 0)).toEqual({ kind: 'stay', why: null })
  expect(nextOf({ ...rebuild, state: 'swapped', wanted: 'rollback' }, 0)).toEqual({ kind: 'exchange', state: 'rolled-back' })
})

const base = {
  ...{
    rebuildId: 'rb_1',
    projection: 'read-model',
    wanted: null,
    why: null,
    hasTables: true,
    removed: false,
    forgottenRecords: 0,
  },
  ...{ createdAt: new Date(0), startedAt: null, filledAt: null, comparedAt: null, swappedAt: null, endedAt: null },
}
