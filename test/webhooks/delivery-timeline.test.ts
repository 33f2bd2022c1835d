// What a delivery's rows say happened to it.
import { expect, test } from 'vitest'
import { type TimelineOf, timelineOf } from '../../src/webhooks/bridge/delivery-timeline.ts'

const at = (second: number) => new Date(Date.UTC(2026, 0, 5, 12, 0, second))
const of = (given: Partial<TimelineOf>): string[] =>
  timelineOf({
    state: 'pending',
    error: null,
    createdAt: at(0),
    releasedAt: null,
    retryAt: null,
    hold: null,
    attempts: [],
    ...given,
  }).map(({ at, what, attempt, detail, until }) =>
    [at?.slice(17, 19) ?? '?', what, attempt, detail, until?.slice(17, 19)]
      .filter(one => one !== null && one !== undefined)
      .join(' '),
  )
/** `came`: the status that came back, or why none did. */
const attempt = (attempt: number, second: number, outcome: string, came: number | string | null = null) => ({
  attempt,
  startedAt: at(second),
  durationMs: 1000,
  outcome,
  statusCode: typeof came === 'number' ? came : null,
  error: typeof came === 'string' ? came : null,
})

test('[E7] one that goes out at once was not held', () => {
  expect(of({ releasedAt: at(0), state: 'delivered', attempts: [attempt(1, 1, 'delivered', 200)] })).toEqual([
    '00 matched',
    '00 released',
    '01 attempted 1 answered 200',
    '02 delivered',
  ])
})

test('[E2] [E7] one that is held says for what, and until when at most', () => {
  const hold = { dueAt: at(20), mediaEventId: 'event' }
  expect(of({ state: 'held', hold })).toEqual(['00 matched', '00 held for its media 20'])
  expect(of({ state: 'held', hold: { ...hold, dueAt: null, mediaEventId: null } })).toEqual([
    '00 matched',
    '00 held behind an earlier one of its chat',
  ])
})

test('[E7] a dead one says why, and one that was discarded without an attempt that nobody knows when', () => {
  const attempts = [attempt(1, 1, 'retrying', 500), attempt(2, 5, 'dead', 'timed out')]
  expect(of({ releasedAt: at(0), state: 'dead', error: 'the last one failed', attempts }).slice(2)).toEqual([
    '01 attempted 1 answered 500',
    '05 attempted 2 timed out',
    '06 dead the last one failed',
  ])
  expect(of({ releasedAt: at(0), state: 'discarded', error: 'the endpoint was deleted' }).slice(2)).toEqual([
    '? discarded the endpoint was deleted',
  ])
})
