import { randomBytes } from 'node:crypto'
import { expect, it } from 'vitest'
import { rememberSeals } from '../../src/runtime/remembered-seals.ts'
import { createSealer, type Sealer } from '../../src/runtime/seal.ts'

const sealer = createSealer({ current: randomBytes(32), previous: null })

/** How often anything was really opened. */
function counting(): { sealer: Sealer; opened(): number } {
  let times = 0
  const open: Sealer['open'] = (sealed, context) => {
    times += 1
    return sealer.open(sealed, context)
  }
  return { sealer: { ...sealer, open }, opened: () => times }
}

it('[E4] the same bytes are opened once, others and those of another place each by themselves', () => {
  const { sealer: real, opened } = counting()
  const remembered = rememberSeals(real, 10)
  const [one, other] = ['one', 'other'].map(text => remembered.seal(Buffer.from(text), 'row|a')) as [Buffer, Buffer]
  for (let nth = 0; nth < 5; nth += 1) expect(remembered.open(one, 'row|a').toString()).toBe('one')
  expect(opened()).toBe(1)
  expect(remembered.open(other, 'row|a').toString()).toBe('other')
  expect(() => remembered.open(one, 'row|b')).toThrow('row|b')
  expect(opened()).toBe(3)
})

it('[E4] what an opener does to its bytes nobody else sees, and only so many are kept', () => {
  const { sealer: real, opened } = counting()
  const remembered = rememberSeals(real, 2)
  const sealed = ['a', 'b', 'c'].map(text => remembered.seal(Buffer.from(text), 'row'))
  const open = (nth: number) => remembered.open(sealed[nth] ?? Buffer.of(), 'row')
  open(0).fill(0)
  expect(open(0).toString()).toBe('a')
  expect([open(1).toString(), open(0).toString(), open(2).toString(), opened()]).toEqual(['b', 'a', 'c', 3])
  open(0)
  expect(opened()).toBe(3)
  open(1)
  expect(opened()).toBe(4)
})
