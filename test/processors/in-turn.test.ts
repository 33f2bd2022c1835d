// Transfers are bounded per process and per instance, and go round.
import { expect, test } from 'vitest'
import { inTurn, transferTurns } from '../../src/processors/in-turn.ts'
import type { FairTurns } from '../../src/runtime/fair-turns.ts'

const never = new AbortController().signal
const turnsOf = (maxTransfers: number, maxTransfersPerInstance: number) =>
  transferTurns({ maxTransfers, maxTransfersPerInstance })

/** Takes in that order; `got` lists who has or had a turn, in order of getting it. */
function takeAll(turns: FairTurns, wanted: readonly { instanceId: string; live?: boolean }[]) {
  const got: { name: string; giveBack: () => void }[] = []
  wanted.forEach(({ instanceId, live = true }, n) => {
    const work = () => new Promise<void>(resolve => void got.push({ name: `${instanceId}${n}`, giveBack: resolve }))
    void inTurn(turns, { key: instanceId, urgent: live, work }, never)
  })
  return got
}
const pass = () => new Promise(resolve => setImmediate(resolve))
const list = (...names: string[]) => names.map(instanceId => ({ instanceId }))

test('[C2] no more than the limit run at once, nor more than that of one instance', async () => {
  const turns = turnsOf(3, 2)
  const got = takeAll(turns, list('a', 'a', 'a', 'b', 'b'))
  await pass()
  expect(got.map(one => one.name)).toEqual(['a0', 'a1', 'b3'])
  expect([turns.held(), turns.waiting()]).toEqual([3, 2])
  got[2]?.giveBack()
  await pass()
  expect(got.map(one => one.name)).toEqual(['a0', 'a1', 'b3', 'b4'])
  got[0]?.giveBack()
  got[0]?.giveBack()
  await pass()
  expect(got.map(one => one.name)).toEqual(['a0', 'a1', 'b3', 'b4', 'a2'])
  expect(turns.held()).toBe(3)
})

test('[C2] instances take turns: one with many files does not keep the others waiting', async () => {
  const turns = turnsOf(1, 1)
  const got = takeAll(turns, list('a', 'a', 'a', 'a', 'b', 'b', 'c'))
  for (let n = 0; n < 7; n++) {
    await pass()
    got[n]?.giveBack()
  }
  expect(got.map(one => one.name)).toEqual(['a0', 'b4', 'c6', 'a1', 'b5', 'a2', 'a3'])
})

test('[C2] who comes while another has its turn waits for that one turn, however many wait there already', async () => {
  const turns = turnsOf(1, 1)
  const got = takeAll(turns, list('a', 'a', 'a'))
  await pass()
  const late = takeAll(turns, list('b'))
  got[0]?.giveBack()
  await pass()
  expect([got.length, late.length]).toEqual([1, 1])
})

test('[C2] live files go before repeated ones', async () => {
  const turns = turnsOf(1, 1)
  const got = takeAll(turns, [
    { instanceId: 'a' },
    { instanceId: 'b', live: false },
    { instanceId: 'a' },
    { instanceId: 'c', live: false },
    { instanceId: 'a' },
  ])
  for (let n = 0; n < 5; n++) {
    await pass()
    got[n]?.giveBack()
  }
  expect(got.map(one => one.name)).toEqual(['a0', 'a2', 'a4', 'b1', 'c3'])
})

test('[H6] who waits for a turn leaves with the signal’s reason, and takes none', async () => {
  const turns = turnsOf(1, 1)
  const got = takeAll(turns, list('a'))
  const stop = new AbortController()
  const done: string[] = []
  const ask = () => inTurn(turns, { key: 'b', work: async () => done.push('b') }, stop.signal)
  const waiting = ask()
  stop.abort(new Error('over'))
  await expect(waiting).rejects.toThrow('over')
  await expect(ask()).rejects.toThrow('over')
  await pass()
  got[0]?.giveBack()
  await pass()
  expect([turns.held(), turns.waiting(), done]).toEqual([0, 0, []])
})

test('[C2] work that fails gives its turn back', async () => {
  const turns = turnsOf(1, 1)
  const failing = inTurn(turns, { key: 'a', work: () => Promise.reject(new Error('broken')) }, never)
  await expect(failing).rejects.toThrow('broken')
  expect(turns.held()).toBe(0)
})
