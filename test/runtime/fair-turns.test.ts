// Fair turns, written from what fair-turns.ts promises: limits are never exceeded, keys take turns, and whoever waits is served or told why not.
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { createFairTurns, type FairTurns, type Turn } from '../../src/runtime/fair-turns.ts'

const never = new AbortController().signal
const taken = (answer: Turn | 'full' | 'aborted'): Turn => {
  if (typeof answer === 'string') throw new Error(`expected a turn, got ${answer}`)
  return answer
}
const take = async (turns: FairTurns, key: string, urgent = false) => taken(await turns.take({ key, urgent }, never))

/** Asks for all of them while one turn is held, which is given back then; answers who was served, in order. */
async function served(asked: readonly { key: string; urgent?: boolean; late?: boolean }[]): Promise<readonly string[]> {
  const turns = createFairTurns({ total: 1, perKey: 1 })
  const holding = await take(turns, 'before')
  const order: string[] = []
  const all = asked.map(async ({ key, urgent = false, late = false }, nth) => {
    const turn = taken(await turns.take({ key, urgent, late }, never))
    order.push(`${key}${nth}`)
    turn.release()
  })
  holding.release()
  await Promise.all(all)
  return order
}

describe('whose turn it is', () => {
  it('[E3] that of the key served longest ago, however many of another wait', async () => {
    expect(await served(['a', 'a', 'a', 'b', 'c'].map(key => ({ key })))).toEqual(['a0', 'b3', 'c4', 'a1', 'a2'])
  })

  it('an urgent one’s before all that are not, of whatever key; among themselves keys take turns', async () => {
    const urgent = true
    const asked = [{ key: 'a' }, { key: 'b' }, { key: 'b', urgent }, { key: 'c', urgent }, { key: 'b', urgent }]
    expect(await served(asked)).toEqual(['b2', 'c3', 'b4', 'a0', 'b1'])
  })

  it('[B6] a late one’s after all others of its key, and of no other key', async () => {
    const late = true
    const asked = [{ key: 'a', late }, { key: 'a', late }, { key: 'b' }, { key: 'a' }, { key: 'b' }]
    expect(await served(asked)).toEqual(['a3', 'b2', 'a0', 'b4', 'a1'])
  })
})

describe('a turn', () => {
  it('that is given back twice counts once', async () => {
    const turns = createFairTurns({ total: 2, perKey: 2 })
    const [first] = [await take(turns, 'a'), await take(turns, 'b')]
    first.release()
    first.release()
    expect(turns.held()).toBe(1)
    await take(turns, 'c')
    expect(await turns.take({ key: 'd', patience: { maxWaiting: 0, maxWaitMs: 0 } }, never)).toBe('full')
  })

  it('[E3] [E10] of a key with its share is waited for, while others are served, also by what they give back', async () => {
    const turns = createFairTurns({ total: 3, perKey: 1 })
    const first = await take(turns, 'a')
    const second = take(turns, 'a')
    const other = await take(turns, 'b')
    other.release()
    await take(turns, 'b')
    expect([turns.held(), turns.waiting()]).toEqual([2, 1])
    first.release()
    await second
    expect([turns.held(), turns.waiting()]).toEqual([2, 0])
  })
})

describe('who waits', () => {
  it('[E10] is told `full` at once where too many of its key wait, and later where no turn came in time', async () => {
    const turns = createFairTurns({ total: 1, perKey: 1 })
    await take(turns, 'a')
    const patience = { maxWaiting: 1, maxWaitMs: 20 }
    const waiting = turns.take({ key: 'b', patience }, never)
    expect(await turns.take({ key: 'b', patience }, never)).toBe('full')
    expect(turns.waiting()).toBe(1)
    expect(await waiting).toBe('full')
    expect(turns.waiting()).toBe(0)
  })

  it('leaves with its signal, and takes no turn that comes after it', async () => {
    const turns = createFairTurns({ total: 1, perKey: 1 })
    const holding = await take(turns, 'a')
    const leaving = new AbortController()
    const left = turns.take({ key: 'b' }, leaving.signal)
    const next = take(turns, 'c')
    leaving.abort()
    expect(await left).toBe('aborted')
    holding.release()
    await next
    expect([turns.held(), turns.waiting()]).toEqual([1, 0])
    expect(await turns.take({ key: 'd' }, AbortSignal.abort())).toBe('aborted')
  })

  it('is turned away once nobody is served any more; turns that were given stay', async () => {
    const turns = createFairTurns({ total: 1, perKey: 1 })
    const holding = await take(turns, 'a')
    const waiting = turns.take({ key: 'b' }, never)
    turns.close()
    expect(await waiting).toBe('aborted')
    expect(await turns.take({ key: 'c' }, never)).toBe('aborted')
    expect(turns.held()).toBe(1)
    holding.release()
    expect(turns.held()).toBe(0)
  })
})

type Step = { do: 'take'; key: string; urgent: boolean } | { do: 'release'; nth: number } | { do: 'abort'; nth: number }
const key = fc.constantFrom('a', 'b', 'c', 'd')
const step: fc.Arbitrary<Step> = fc.oneof(
  fc.record({ do: fc.constant('take' as const), key, urgent: fc.boolean() }),
  fc.record({ do: fc.constant('release' as const), nth: fc.nat(20) }),
  fc.record({ do: fc.constant('abort' as const), nth: fc.nat(20) }),
)

it('[E3] [E10] whatever is asked, given back and left, no limit is exceeded, nobody waits beside a free turn, and nobody starves', async () => {
  const limits = fc.record({ total: fc.integer({ min: 1, max: 4 }), perKey: fc.integer({ min: 1, max: 3 }) })
  await fc.assert(
    fc.asyncProperty(limits, fc.array(step, { maxLength: 60 }), async (of, steps) => {
      const turns = createFairTurns(of)
      const held: { key: string; turn: Turn }[] = []
      const waiting: { key: string; left: AbortController }[] = []
      const heldOf = (name: string) => held.filter(one => one.key === name).length
      const ask = (name: string, urgent: boolean) => {
        const entry = { key: name, left: new AbortController() }
        waiting.push(entry)
        void turns.take({ key: name, urgent }, entry.left.signal).then(answer => {
          waiting.splice(waiting.indexOf(entry), 1)
          if (typeof answer !== 'string') held.push({ key: name, turn: answer })
        })
      }
      const expectLimits = async () => {
        await new Promise(resolve => setImmediate(resolve))
        expect([turns.held(), turns.waiting()]).toEqual([held.length, waiting.length])
        expect(held.length).toBeLessThanOrEqual(of.total)
        for (const one of held) expect(heldOf(one.key)).toBeLessThanOrEqual(of.perKey)
        if (held.length < of.total) for (const one of waiting) expect(heldOf(one.key)).toBe(of.perKey)
      }
      for (const one of steps) {
        if (one.do === 'take') ask(one.key, one.urgent)
        else if (one.do === 'release') held.splice(one.nth, 1)[0]?.turn.release()
        else waiting[one.nth]?.left.abort()
        await expectLimits()
      }
      while (held.length > 0) {
        held.shift()?.turn.release()
        await expectLimits()
      }
      expect(waiting).toEqual([])
    }),
    { numRuns: 200 },
  )
})
