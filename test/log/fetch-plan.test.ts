// A broker may wait for records only where no reader is held up by that: over every course of readers that have room, work, rest or stand still.
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { type Broker, FED_MS, type FetchPlan, planFetch, REST_MS, type Standing } from '../../src/log/kafka/fetch-plan.ts'

const idle: Standing = { wants: true, isAtEnd: true, isFed: false, isTaking: true }
const hungry: Standing = { ...idle, isAtEnd: false }
const full: Standing = { ...hungry, wants: false }
const still: Standing = { ...full, isTaking: false }
const fed: Standing = { ...idle, wants: false, isFed: true }
const fedBefore: Standing = { ...idle, isFed: true }
const broker = { restedMs: 0, isStarved: false, maxWaitMs: 200 }

test('[H5] a broker waits for records where every reader is at its end', () => {
  expect(planFetch([idle, idle], broker)).toEqual({ kind: 'fetch', readers: [idle, idle], maxWaitMs: 200 })
})

test('[H5] it does not wait, and answers the busy one first, where there is something to read', () => {
  expect(planFetch([idle, hungry], broker)).toEqual({ kind: 'fetch', readers: [hungry, idle], maxWaitMs: 0 })
})

test('[H5] beside one that works on what it has nobody waits at the broker, and idle ones ask seldom', () => {
  expect(planFetch([idle, full], broker)).toEqual({ kind: 'look-again', inMs: REST_MS })
  expect(planFetch([idle, full], { ...broker, restedMs: REST_MS })).toEqual({ kind: 'fetch', readers: [idle], maxWaitMs: 0 })
})

test('[H5] one that has taken nothing for a second, halted or paused, holds up no waiting', () => {
  expect(planFetch([idle, still], broker)).toEqual({ kind: 'fetch', readers: [idle], maxWaitMs: 200 })
  expect(planFetch([still], broker)).toEqual({ kind: 'look-again', inMs: Number.POSITIVE_INFINITY })
})

test('what memory feeds is not asked for, and the broker waits no longer than it may be fed', () => {
  expect(planFetch([fed, fedBefore], broker)).toEqual({ kind: 'look-again', inMs: FED_MS })
  expect(planFetch([fed, fedBefore, idle], broker)).toEqual({ kind: 'fetch', readers: [idle], maxWaitMs: FED_MS })
})

test('[B4] behind what memory has may be records of others: then it is asked for at once', () => {
  const behind = { ...fedBefore, isAtEnd: false }
  expect(planFetch([idle, behind], broker)).toEqual({ kind: 'fetch', readers: [behind, idle], maxWaitMs: 0 })
})

test('a broker that answers nothing although it has more is not asked in a busy loop', () => {
  const starved = { ...broker, isStarved: true }
  expect(planFetch([hungry], starved)).toEqual({ kind: 'look-again', inMs: REST_MS })
  expect(planFetch([hungry], { ...starved, restedMs: REST_MS })).toEqual({ kind: 'fetch', readers: [hungry], maxWaitMs: 0 })
})

/** For a while readers stand so; what is asked meanwhile is answered after a moment, or with nothing once the broker has waited. */
type Phase = { readers: readonly Standing[]; lastsMs: number; answersNothing: boolean }
/** What was planned at a time, and since when the broker could have been asked for these readers. */
type Look = Phase & { plan: FetchPlan<Standing>; nowMs: number; freeSinceMs: number; broker: Broker }

const ANSWER_MS = 5
const flag = fc.boolean()
const standing = fc.record({ wants: flag, isAtEnd: flag, isFed: flag, isTaking: flag })
const phase = fc.record({ readers: fc.array(standing, { maxLength: 4 }), lastsMs: fc.nat(100), answersNothing: flag })

/** As the fetcher goes through it: it looks when something changed, and when the last look said so. */
function looksOf(course: readonly Phase[]): Look[] {
  const looks: Look[] = []
  let nowMs = 0
  let last = { answeredMs: Number.NEGATIVE_INFINITY, isStarved: false }
  let endMs = 0
  for (const one of course) {
    const beginMs = endMs
    endMs += one.lastsMs
    while (nowMs < endMs) {
      nowMs = Math.max(nowMs, beginMs)
      const asked = { restedMs: nowMs - last.answeredMs, isStarved: last.isStarved, maxWaitMs: 200 }
      const plan = planFetch(one.readers, asked)
      looks.push({ ...one, plan, nowMs, freeSinceMs: Math.max(beginMs, last.answeredMs), broker: asked })
      nowMs += plan.kind === 'look-again' ? Math.min(plan.inMs, endMs - nowMs) : answeredIn(plan, one)
      if (plan.kind === 'fetch')
        last = { answeredMs: nowMs, isStarved: one.answersNothing && plan.readers.some(({ isAtEnd }) => !isAtEnd) }
    }
  }
  return looks
}

const answeredIn = ({ maxWaitMs }: { maxWaitMs: number }, { answersNothing }: Phase) =>
  answersNothing ? Math.max(maxWaitMs, ANSWER_MS) : ANSWER_MS

const isHungry = ({ wants, isAtEnd }: Standing) => wants && !isAtEnd
const overCourses = (holds: (look: Look) => void) =>
  fc.assert(
    fc.property(fc.array(phase, { maxLength: 6 }), course => looksOf(course).forEach(holds)),
    { numRuns: 2_000 },
  )

test('[H5] over every course a hungry reader is asked for first and at once, or after a rest where its broker answered nothing', () => {
  overCourses(({ readers, plan, nowMs, freeSinceMs, broker }) => {
    const hungry = readers.filter(isHungry)
    if (hungry.length === 0) return
    if (plan.kind === 'look-again')
      expect([broker.isStarved, nowMs + plan.inMs <= Math.max(freeSinceMs, nowMs - broker.restedMs) + REST_MS]).toEqual([
        true,
        true,
      ])
    else expect([plan.maxWaitMs, plan.readers.slice(0, hungry.length)]).toEqual([0, hungry])
  })
})

test('[H5] over every course a broker waits only where nobody is hungry or may be before it answers, and shortly where memory feeds some', () => {
  overCourses(({ readers, plan }) => {
    if (plan.kind === 'look-again' || plan.maxWaitMs === 0) return
    expect(readers.filter(one => isHungry(one) || (one.isTaking && !one.wants && !one.isFed))).toEqual([])
    if (readers.some(({ isFed }) => isFed)) expect(plan.maxWaitMs).toBeLessThanOrEqual(FED_MS)
  })
})

test('over every course a broker that may not wait is asked twice within a rest only where it had something for somebody hungry', () => {
  overCourses(({ plan, broker }) => {
    if (plan.kind === 'look-again' || plan.maxWaitMs > 0 || broker.restedMs >= REST_MS) return
    expect([broker.isStarved, plan.readers.some(isHungry)]).toEqual([false, true])
  })
})

test('[B4] over every course all who have room are asked for, but for those that memory feeds, and nobody is forgotten', () => {
  overCourses(({ readers, plan }) => {
    const wanting = readers.filter(one => one.wants && !(one.isFed && one.isAtEnd))
    if (plan.kind === 'fetch') expect(new Set(plan.readers)).toEqual(new Set(wanting))
    else if (wanting.length > 0) expect(plan.inMs).toBeLessThanOrEqual(REST_MS)
    else if (readers.some(({ isFed }) => isFed)) expect(plan.inMs).toBeLessThanOrEqual(FED_MS)
  })
})
