import { describe, expect, it } from 'vitest'
import { createSlots, type Slot } from '../../src/webhooks/bridge/slots.ts'
import { never } from '../ground/webhooks/open-stream.ts'

const taken = (answer: Slot | 'full' | 'aborted'): Slot => {
  if (typeof answer === 'string') throw new Error(`expected a slot, got ${answer}`)
  return answer
}

describe('slots', () => {
  it('[E10] no endpoint has more than its share, nor the process', async () => {
    const slots = createSlots({ total: 3, perEndpoint: 2 })
    const atOnce = { maxWaiting: 0, maxWaitMs: 0 }
    const [first] = [taken(await slots.take('a', atOnce, never)), taken(await slots.take('a', atOnce, never))]
    expect(await slots.take('a', atOnce, never)).toBe('full')
    taken(await slots.take('b', atOnce, never))
    expect(await slots.take('c', atOnce, never)).toBe('full')
    first?.release()
    first?.release()
    taken(await slots.take('c', atOnce, never))
    expect(await slots.take('c', atOnce, never)).toBe('full')
  })

  it('[E3] endpoints take turns, whoever has more waiting', async () => {
    const slots = createSlots({ total: 1, perEndpoint: 1 })
    const order: string[] = []
    const holding = taken(await slots.take('x', 'endless', never))
    const all = ['a', 'a', 'a', 'b', 'c'].map(async endpoint => {
      const slot = taken(await slots.take(endpoint, 'endless', never))
      order.push(endpoint)
      slot.release()
    })
    holding.release()
    await Promise.all(all)
    expect(order).toEqual(['a', 'b', 'c', 'a', 'a'])
  })

  it('[E3] a slot that another endpoint gives back is not taken by one that has its own already', async () => {
    const slots = createSlots({ total: 2, perEndpoint: 1 })
    const [first, other] = [taken(await slots.take('a', 'endless', never)), taken(await slots.take('b', 'endless', never))]
    let isStarted = false
    const second = slots.take('a', 'endless', never).then(slot => {
      isStarted = true
      return slot
    })
    other.release()
    taken(await slots.take('b', 'endless', never)).release()
    expect(isStarted).toBe(false)
    first.release()
    taken(await second).release()
  })

  it('[E10] waiting ends with patience, with the signal and with closing, and leaves no gap', async () => {
    const slots = createSlots({ total: 1, perEndpoint: 1 })
    const holding = taken(await slots.take('a', 'endless', never))
    const leaving = new AbortController()
    const impatient = slots.take('a', { maxWaiting: 9, maxWaitMs: 1 }, never)
    const aborted = slots.take('a', 'endless', leaving.signal)
    const patient = slots.take('a', 'endless', never)
    leaving.abort()
    expect(await impatient).toBe('full')
    expect(await aborted).toBe('aborted')
    holding.release()
    const last = slots.take('b', 'endless', never)
    taken(await patient)
    slots.close()
    expect(await last).toBe('aborted')
    expect(await slots.take('c', 'endless', never)).toBe('aborted')
  })
})
