// How fast an account asks WhatsApp for what others want to know, and when it asks nothing.
import { expect, test } from 'vitest'
import { createOutgoingPace } from '../../src/producers/commands/pace-outgoing.ts'
import { createAsking } from '../../src/producers/reads/ask.ts'
import type { Acting } from '../../src/producers/socket/acting.ts'

/** As far as these questions go. */
const actingBy = (fetchStatus: () => Promise<unknown>) => ({ fetchStatus }) as unknown as Acting
const says = actingBy(async () => [{ status: { status: 'at work' } }])
const about = { kind: 'about', subjects: ['5511900000011@s.whatsapp.net'] } as const

function open({ restMs = 60_000 } = {}) {
  const time = { nowMs: 1_000_000 }
  const clock = () => time.nowMs
  const readPace = createOutgoingPace({ perMinute: 60, burst: 2, clock, random: () => 0 })
  return { time, asking: createAsking({ readPace, restMs, clock }) }
}

test('[F1] an account asks so much at once, then waits for its turn; another one has turns of its own', async () => {
  const { time, asking } = open()
  for (const _ of [1, 2]) {
    expect(asking.mayAsk('shop')).toBe(true)
    await asking.ask({ instanceId: 'shop', acting: says }, about)
  }
  expect([asking.mayAsk('shop'), asking.mayAsk('other')]).toEqual([false, true])
  time.nowMs += 1_000
  expect(asking.mayAsk('shop')).toBe(true)
})

test('[F1] an account that asked too much asks nothing for a while: that is the answer to whatever it is asked', async () => {
  const { time, asking } = open()
  let asked = 0
  const refusing = actingBy(async () => {
    asked += 1
    throw Object.assign(new Error('rate-overlimit'), { data: 429 })
  })
  const answers = () => asking.ask({ instanceId: 'shop', acting: refusing }, about)
  const tooMuch = [{ subject: about.subjects[0], answer: { code: '429' }, keptMs: 20_000 }]
  expect(await answers()).toEqual(tooMuch)
  expect(await answers()).toEqual(tooMuch)
  expect([asked, asking.mayAsk('shop')]).toEqual([1, true])
  time.nowMs += 60_000
  const [answer] = await asking.ask({ instanceId: 'shop', acting: says }, about)
  expect(answer).toMatchObject({ answer: { said: { about: 'at work' } } })
})
