// Slots are bounded per process and per instance, and go round.
import { expect, test } from 'vitest'
import { createTransferSlots } from '../../src/processors/transfer-slots.ts'

const never = new AbortController().signal

/** Takes in that order; `got` lists who holds or held a slot, in order of getting it. */
function takeAll(slots: ReturnType<typeof createTransferSlots>, wanted: readonly { instanceId: string; live?: boolean }[]) {
  const got: { name: string; giveBack: () => void }[] = []
  wanted.forEach(({ instanceId, live = true }, n) => {
    void slots.take({ instanceId, live }, never).then(giveBack => got.push({ name: `${instanceId}${n}`, giveBack }))
  })
  return got
}
const settle = () => new Promise(resolve => setImmediate(resolve))
const list = (...names: string[]) => names.map(instanceId => ({ instanceId }))

test('[C2] no more than the limit run at once, nor more than that of one instance', async () => {
  const slots = createTransferSlots({ max: 3, maxPerInstance: 2 })
  const got = takeAll(slots, list('a', 'a', 'a', 'b', 'b'))
  await settle()
  expect(got.map(one => one.name)).toEqual(['a0', 'a1', 'b3'])
  expect([slots.taken(), slots.waiting()]).toEqual([3, 2])
  got[2]?.giveBack()
  await settle()
  expect(got.map(one => one.name)).toEqual(['a0', 'a1', 'b3', 'b4'])
  got[0]?.giveBack()
  got[0]?.giveBack()
  await settle()
  expect(got.map(one => one.name)).toEqual(['a0', 'a1', 'b3', 'b4', 'a2'])
  expect(slots.taken()).toBe(3)
})

test('[C2] instances take turns: one with many files does not keep the others waiting', async () => {
  const slots = createTransferSlots({ max: 1, maxPerInstance: 1 })
  const got = takeAll(slots, list('a', 'a', 'a', 'a', 'b', 'b', 'c'))
  for (let n = 0; n < 7; n++) {
    await settle()
    got[n]?.giveBack()
  }
  expect(got.map(one => one.name)).toEqual(['a0', 'b4', 'c6', 'a1', 'b5', 'a2', 'a3'])
})

test('[C2] live files go before repeated ones', async () => {
  const slots = createTransferSlots({ max: 1, maxPerInstance: 1 })
  const got = takeAll(slots, [
    { instanceId: 'a' },
    { instanceId: 'b', live: false },
    { instanceId: 'a' },
    { instanceId: 'c', live: false },
    { instanceId: 'a' },
  ])
  for (let n = 0; n < 5; n++) {
    await settle()
    got[n]?.giveBack()
  }
  expect(got.map(one => one.name)).toEqual(['a0', 'a2', 'a4', 'b1', 'c3'])
})

test('[H6] who waits for a slot leaves with the signal’s reason, and takes none', async () => {
  const slots = createTransferSlots({ max: 1, maxPerInstance: 1 })
  const giveBack = await slots.take({ instanceId: 'a', live: true }, never)
  const stop = new AbortController()
  const waiting = slots.take({ instanceId: 'b', live: true }, stop.signal)
  stop.abort(new Error('over'))
  await expect(waiting).rejects.toThrow('over')
  await expect(slots.take({ instanceId: 'b', live: true }, stop.signal)).rejects.toThrow('over')
  giveBack()
  expect([slots.taken(), slots.waiting()]).toEqual([0, 0])
})
