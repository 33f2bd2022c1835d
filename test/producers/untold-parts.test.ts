// Plaintexts of parts that WhatsApp may not have been told of: kept within bounds, and gone once it will not ask any more.
import { expect, test } from 'vitest'
import { createUntoldParts, type UntoldParts } from '../../src/producers/gate/untold-parts.ts'

const bytes = (length: number) => new Uint8Array(length)
const found = (untold: UntoldParts, ...parts: string[]) => parts.filter(part => untold.find(part) !== undefined)

test('[A2] [B2] an account keeps so many parts and no more, however small: the oldest go, and what is kept anew counts once', () => {
  const untold = createUntoldParts({ maxParts: 2 }).ofAccount()
  untold.keep('a', bytes(0))
  untold.keep('a', bytes(0))
  untold.keep('b', bytes(0))
  expect(found(untold, 'a', 'b')).toEqual(['a', 'b'])
  untold.keep('c', bytes(0))
  expect(found(untold, 'a', 'b', 'c')).toEqual(['b', 'c'])
})

test('[A2] the accounts of a process share one bound, each entry counts beside its plaintext, and the account that holds most gives first', () => {
  const all = createUntoldParts({ maxBytes: 4_000 })
  const [busy, calm] = [all.ofAccount(), all.ofAccount()]
  calm.keep('x', bytes(0))
  for (const part of ['a', 'b', 'c', 'd']) busy.keep(part, bytes(500))
  expect(found(busy, 'a', 'b', 'c', 'd')).toEqual(['a', 'b', 'c', 'd'])
  calm.keep('y', bytes(0))
  expect(found(busy, 'a', 'b', 'c', 'd')).toEqual(['b', 'c', 'd'])
  expect(found(calm, 'x', 'y')).toEqual(['x', 'y'])
  busy.forget()
  for (const part of ['a', 'b', 'c']) calm.keep(part, bytes(500))
  expect(found(calm, 'x', 'y', 'a', 'b', 'c')).toEqual(['x', 'y', 'a', 'b', 'c'])
  expect(found(busy, 'b', 'c', 'd')).toEqual([])
})

test('[A2] [B2] what did not come again within minutes of a login is forgotten; what was kept since is not', () => {
  let nowAt = 0
  const untold = createUntoldParts({ monotonic: () => nowAt }).ofAccount()
  untold.loggedIn()
  untold.keep('before', bytes(5))
  nowAt = 3_600_000
  untold.loggedIn()
  untold.keep('after', bytes(5))
  expect(found(untold, 'before', 'after')).toEqual(['before', 'after'])
  nowAt += 5 * 60 * 1000
  untold.keep('later', bytes(5))
  expect(found(untold, 'before', 'after', 'later')).toEqual(['after', 'later'])
})
