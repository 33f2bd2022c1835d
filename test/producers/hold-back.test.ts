// Stanzas that come faster than they are taken in wait at WhatsApp, not in the process.
import { afterEach, beforeEach, expect, test } from 'vitest'
import { type HoldBack, openHoldBack } from '../../src/producers/socket/hold-back.ts'
import { until } from '../ground/until.ts'

const STUCK_MS = 30
let isRead: boolean
let holdBack: HoldBack
let waiting: number
beforeEach(() => {
  isRead = true
  waiting = 0
  const reading = {
    pause: () => {
      isRead = false
    },
    resume: () => {
      isRead = true
    },
  }
  holdBack = openHoldBack(reading, STUCK_MS)
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
  enter(15)
  expect(isRead).toBe(false)
  enter(1)
  expect(isRead).toBe(true)
})

test('[A2] what was in the same chunk is taken, and nothing is read for it', () => {
  arrive(200)
  enter(100)
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
  arrive(64)
  expect(isRead).toBe(true)
})
