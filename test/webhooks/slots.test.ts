// How many attempts are in flight, of the process and of each endpoint, and whose is next.
import { describe, expect, it } from 'vitest'
import { createFairTurns, type Turn } from '../../src/runtime/fair-turns.ts'
import { never } from '../ground/webhooks/open-stream.ts'

const taken = (answer: Turn | 'full' | 'aborted'): Turn => {
  if (typeof answer === 'string') throw new Error(`expected a slot, got ${answer}`)
  return answer
}

describe('slots', () => {
  it('[E10] no endpoint has more than its share, nor the process', async () => {
    const slots = createFairTurns({ total: 3, perKey: 2 })
    const atOnce = { maxWaiting: 0, maxWaitMs: 0 }
    const [first] = [
      taken(await slots.take({ key: 'a', patience: atOnce }, never)),
      taken(await slots.take({ key: 'a', patience: atOnce }, never)),
    ]
    expect(await slots.take({ key: 'a', patience: atOnce }, never)).toBe('full')
    taken(await slots.take({ key: 'b', patience: atOnce }, never))
    expect(await slots.take({ key: 'c', patience: atOnce }, never)).toBe('full')
    first?.release()
    first?.release()
    taken(await slots.take({ key: 'c', patience: atOnce }, never))
    expect(await slots.take({ key: 'c', patience: atOnce }, never)).toBe('full')
  })

  it('[E3] endpoints take turns, whoever has more waiting', async () => {
    const slots = createFairTurns({ total: 1, perKey: 1 })
    const order: string[] = []
    const holding = taken(await slots.take({ key: 'x' }, never))
    const all = ['a', 'a', 'a', 'b', 'c'].map(async endpoint => {
      const slot = taken(await slots.take({ key: endpoint }, never))
      order.push(endpoint)
      slot.release()
    })
    holding.release()
    await Promise.all(all)
    expect(order).toEqual(['a', 'b', 'c', 'a', 'a'])
  })

  it('[E3] a slot that another endpoint gives back is not taken by one that has its own already', async () => {
    const slots = createFairTurns({ total: 2, perKey: 1 })
    const [first, other] = [taken(await slots.take({ key: 'a' }, never)), taken(await slots.take({ key: 'b' }, never))]
    let isStarted = false
    const second = slots.take({ key: 'a' }, never).then(slot => {
      isStarted = true
      return slot
    })
    other.release()
    taken(await slots.take({ key: 'b' }, never)).release()
    expect(isStarted).toBe(false)
    first.release()
    taken(await second).release()
  })

  it('[E10] waiting ends with patience, with the signal and with closing, and leaves no gap', async () => {
    const slots = createFairTurns({ total: 1, perKey: 1 })
    const holding = taken(await slots.take({ key: 'a' }, never))
    const leaving = new AbortController()
    const impatient = slots.take({ key: 'a', patience: { maxWaiting: 9, maxWaitMs: 1 } }, never)
    const aborted = slots.take({ key: 'a' }, leaving.signal)
    const patient = slots.take({ key: 'a' }, never)
    leaving.abort()
    expect(await impatient).toBe('full')
    expect(await aborted).toBe('aborted')
    holding.release()
    const last = slots.take({ key: 'b' }, never)
    taken(await patient)
    slots.close()
    expect(await last).toBe('aborted')
    expect(await slots.take({ key: 'c' }, never)).toBe('aborted')
  })
})
