// What a member does about a batch that failed, for every kind of failure.
import { describe, expect, it } from 'vitest'
import { DatabaseError } from '../../src/database/database.ts'
import { LogError } from '../../src/log/log.ts'
import { MissingCheckpoint } from '../../src/projections/checkpoints.ts'
import { afterFailure, afterVainRecovery } from '../../src/projections/failed-batch.ts'

const lost = new MissingCheckpoint({ name: 'read-model', version: 1 }, 3)
const away = new LogError('unavailable', 'no log')
const unknown = new DatabaseError('commit-unknown', 'committing: connection lost')
const spoilt = new RangeError('no row for it')
const ours = { failures: 0, hasEnded: false }

describe('a batch that failed', () => {
  it('[D2] halts without a checkpoint, also where the assignment has ended', () => {
    for (const hasEnded of [false, true])
      expect(afterFailure(lost, { failures: 0, hasEnded })).toEqual({ kind: 'halt', reason: lost.message })
  })

  it('[D2] is for the next owner where the assignment has ended', () => {
    for (const error of [away, unknown, spoilt])
      expect(afterFailure(error, { failures: 2, hasEnded: true })).toMatchObject({ kind: 'retry', delayMs: 0 })
  })

  it('[D2] waits for what is away, however often it failed', () => {
    for (const failures of [0, 2, 100])
      expect(afterFailure(away, { failures, hasEnded: false })).toEqual({
        kind: 'retry',
        delayMs: 250,
        reason: 'no log (unavailable)',
      })
  })

  it('[D2] is looked up where nobody knows whether it was committed', () => {
    expect(afterFailure(unknown, ours)).toMatchObject({ kind: 'reread' })
  })

  it('[D2] is tried twice more for a reason of its own, and then record by record', () => {
    expect([0, 1, 2].map(failures => afterFailure(spoilt, { failures, hasEnded: false }))).toMatchObject([
      { kind: 'try-again', attempt: 1, delayMs: 200, reason: 'no row for it' },
      { kind: 'try-again', attempt: 2, delayMs: 400 },
      { kind: 'narrow-down', attempt: 3 },
    ])
  })
})

describe('what was done about it, and failed too', () => {
  it('[D2] is done again later, but for what is nobody’s outage', () => {
    expect(afterVainRecovery(lost, { hasEnded: false })).toMatchObject({ kind: 'halt' })
    expect(afterVainRecovery(away, { hasEnded: false })).toMatchObject({ kind: 'retry', delayMs: 250 })
    expect(afterVainRecovery(unknown, { hasEnded: false })).toMatchObject({ kind: 'retry', delayMs: 100 })
    expect(afterVainRecovery(spoilt, { hasEnded: true })).toMatchObject({ kind: 'retry', delayMs: 0 })
    expect(() => afterVainRecovery(spoilt, { hasEnded: false })).toThrow(spoilt)
  })
})
