// Stanzas that come faster than they are taken in wait at WhatsApp, not in the process.
import { afterEach, beforeEach, expect, test } from 'vitest'
import { type HoldBack, openHoldBack } from '../../src/producers/socket/hold-back.ts'
import { until } from '../ground/until.ts'

const STUCK_MS = 30
const UNREAD_MS = 120
let isRead: boolean
let holdBack: HoldBack
let waiting: number
let counted: number
beforeEach(() => {
  isRead = true
  waiting = 0
  counted = 0
  const reading = {
    pause: () => {
      isRead = false
    },
    resume: () => {
      isRead = true
    },
    waiting: (change: number) => {
      counted += change
    },
  }
  holdBack = openHoldBack(reading, { stuckMs: STUCK_MS, unreadMs: UNREAD_MS })
})
afterEach(() => {
  holdBack.end()
})

const arrive = (count: number) => {
  for (let nth = 0; nth < count; nth++) holdBack.arrived(++waiting)
}
const enter = (count: number) => {
  for (let nth = 0; nth < count; nth++) holdBack.entered(--waiting)
}

test('[A2] a connection is not read from 64 waiting stanzas on, and again once 48 are left', () => {
  arrive(63)
  expect(isRead).toBe(true)
  arrive(1)
  expect(isRead).toBe(false)
  expect(counted).toBe(64)
  enter(15)
  expect(isRead).toBe(false)
  enter(1)
  expect(isRead).toBe(true)
})

test('[A2] what was in the same chunk counts: it is not read again before all but 48 have entered', () => {
  arrive(200)
  enter(151)
  expect(isRead).toBe(false)
  enter(1)
  expect(isRead).toBe(true)
})

test('[A2] where many wait nothing is read for an answer: it would have come before them', async () => {
  arrive(300)
  const from = performance.now()
  await until('the connection to be read', () => isRead)
  expect(performance.now() - from).toBeGreaterThan(UNREAD_MS - STUCK_MS)
})

test('[A2] however slowly they enter the connection is read now and then, or it would be taken for lost', async () => {
  arrive(200)
  const entering = setInterval(() => enter(1), STUCK_MS / 3)
  await until('the connection to be read', () => isRead)
  clearInterval(entering)
  expect(waiting).toBeGreaterThan(48)
  arrive(1)
  expect(isRead).toBe(false)
})

test('[A2] where nothing enters for a while the connection is read until the next stanza: what is inside may wait for an answer', async () => {
  arrive(64)
  for (let time = 1; time <= 3; time++) {
    await until('the connection to be read', () => isRead)
    arrive(1)
    expect(isRead).toBe(false)
  }
})

test('[A2] after its end nothing is held back', () => {
  arrive(64)
  holdBack.end()
  expect(isRead).toBe(true)
  expect(counted).toBe(0)
  arrive(64)
  expect(isRead).toBe(true)
})
