// Whoever waits for rows is woken by what was said of theirs, and by nothing else.
import { expect, test } from 'vitest'
import { openRowWatch } from '../../src/api/row-watch.ts'
import { never } from '../../src/runtime/or-abort.ts'

async function open() {
  let say = (_said: string): void => undefined
  const listen = async (_channel: string, wake: (said: string) => void) => {
    say = wake
  }
  const watch = await openRowWatch({ listen }, { channels: ['rows'], pollMs: 3_600_000 }, never)
  return { watch, say: (said: string) => say(said) }
}

function waiter() {
  const state = { asked: 0, isThere: false }
  const answer = async () => {
    state.asked += 1
    return state.isThere ? 'there' : null
  }
  return { state, answer }
}

test('[F1] what is said of one thing asks for that alone, and what may have been missed for all', async () => {
  const { watch, say } = await open()
  const [mine, other] = [waiter(), waiter()]
  const leaving = new AbortController()
  const found = watch.until(mine.answer, ['a', 'b'], never)
  const left = watch.until(other.answer, ['c'], leaving.signal)
  mine.state.isThere = true
  say('b')
  expect(await found).toBe('there')
  say('a')
  expect([mine.state.asked, other.state.asked]).toEqual([2, 1])
  other.state.isThere = true
  say('')
  expect(await left).toBe('there')
  expect(other.state.asked).toBe(2)
  const gone = watch.until(waiter().answer, ['c'], leaving.signal)
  leaving.abort()
  expect(await gone).toBeNull()
})
