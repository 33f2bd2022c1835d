// A broker may wait for records only where no reader is held up by that: over every course of readers that have room, work, rest or stand still.
import { expect, test } from 'vitest'
import { FED_MS, planFetch, REST_MS, type Standing } from '../../src/log/kafka/fetch-plan.ts'

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
