// What an owner of a partition knows after each happening.
import { expect, it } from 'vitest'
import {
  failedAgain,
  failuresOf,
  keysLeftOut,
  narrowedDown,
  neverTaken,
  paid,
  stepped,
  takenOver,
} from '../../src/projections/partition-state.ts'
import type { Quarantined } from '../../src/projections/quarantine.ts'

const offsets = new Map([
  ['events', 7n],
  ['media-stored', 2n],
])
const taken = takenOver(neverTaken, { partition: 0, revision: 4n, offsets }, [])
const left: Quarantined = {
  partition: 0,
  key: 'shop',
  offsets,
  topic: 'events',
  offset: 8n,
  code: 'RangeError',
  message: 'no row',
  resumeRequested: false,
  skipRequested: false,
}
const advance = { topic: 'events', fromOffset: 7n, nextOffset: 9n }
const batch = { topic: 'wa.events', fromOffset: 7n }

it('[D2] whoever takes over owes the log what the owner before may have left', () => {
  expect(paid(taken).owesLog).toBe(false)
  expect(takenOver(paid(taken), { partition: 0, revision: 5n, offsets }, []).owesLog).toBe(true)
})

it('[D2] a step moves its own topic alone, and leaves out what it quarantined', () => {
  const next = stepped(paid(taken), { revision: 5n, owesLog: false }, { advance, leftOut: [left] })
  expect(next).toMatchObject({ revision: 5n, owesLog: false })
  expect([...next.offsets]).toEqual([
    ['events', 9n],
    ['media-stored', 2n],
  ])
  expect([...keysLeftOut(next)]).toEqual(['shop'])
  expect([...taken.offsets], 'the state before').toEqual([...offsets])
})

it('[D2] a step that owes nothing does not pay for one that does', () => {
  expect(stepped(taken, { revision: 5n, owesLog: false }, { advance: null, leftOut: [] }).owesLog).toBe(true)
})

it('[D2] failures are counted for one batch, and begin anew with another and after it was narrowed down', () => {
  const twice = failedAgain(failedAgain(taken, batch), batch)
  expect(failuresOf(twice, batch)).toBe(2)
  expect(failuresOf(twice, { ...batch, topic: 'wa.media-stored' })).toBe(0)
  expect(failuresOf(failedAgain(twice, { ...batch, fromOffset: 9n }), batch)).toBe(0)
  expect(failuresOf(narrowedDown(twice), batch)).toBe(0)
})
