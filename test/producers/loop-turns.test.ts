// Accounts that catch up leave the event loop to others between their stanzas.
import { expect, test } from 'vitest'
import { createLoopTurns } from '../../src/producers/loop-turns.ts'

test('[A2] [E3] of stanzas that come at once one begins in each turn of the event loop, in order, and others have their turns between', async () => {
  const turn = createLoopTurns()
  const seen: string[] = []
  let isOver = false
  const another = () => {
    seen.push('other')
    if (!isOver) setImmediate(another)
  }
  setImmediate(another)
  await Promise.all(['first', 'second', 'third'].map(name => turn().then(() => void seen.push(name))))
  isOver = true
  expect(seen.filter(name => name !== 'other')).toEqual(['first', 'second', 'third'])
  const [first, second, third] = ['first', 'second', 'third'].map(name => seen.indexOf(name))
  for (const [one, next] of [
    [first, second],
    [second, third],
  ])
    expect(seen.slice(one, next)).toContain('other')
})

test('[A2] a stanza that comes alone begins in the next turn', async () => {
  const turn = createLoopTurns()
  for (let nth = 1; nth <= 3; nth++) {
    let turns = 0
    setImmediate(() => turns++)
    await turn()
    expect(turns).toBe(1)
  }
})
