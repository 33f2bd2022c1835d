// Asking again and again: one at a time, only while somebody looks, and a slow answer never overtakes a newer one.
import fc from 'fast-check'
import { describe, expect, onTestFinished, test } from 'vitest'
import { decide, type Happened, openPoll, type PollState } from '../../console/src/poll.ts'
import { until } from '../ground/until.ts'

const walk = (state: PollState, ...happened: readonly Happened[]): PollState => happened.reduce(decide, state)
const paused: PollState = { name: 'paused', turn: 0 }

describe('the states of a poll', () => {
  test('[J2] it asks when somebody looks, rests after the answer, and asks again', () => {
    const asking = walk(paused, { what: 'shown' })
    expect(asking).toEqual({ name: 'asking', turn: 1 })
    const resting = walk(asking, { what: 'answered', turn: 1, restMs: 2000 })
    expect(resting).toEqual({ name: 'resting', turn: 1, forMs: 2000 })
    expect(walk(resting, { what: 'rested' })).toEqual({ name: 'asking', turn: 2 })
  })

  test('[J2] an answer to an earlier question changes nothing', () => {
    const hurried = walk(paused, { what: 'shown' }, { what: 'hurried' })
    expect(hurried).toEqual({ name: 'asking', turn: 2 })
    expect(walk(hurried, { what: 'answered', turn: 1, restMs: 1 })).toBe(hurried)
  })

  test('[J2] nothing is asked while nobody looks, whatever happens', () => {
    const happened = fc.oneof(
      fc.record({ what: fc.constant('answered' as const), turn: fc.nat(9), restMs: fc.nat(9) }),
      fc.constantFrom<Happened>({ what: 'rested' }, { what: 'hurried' }, { what: 'hidden' }),
    )
    fc.assert(
      fc.property(fc.array(happened), all => {
        expect(walk(paused, { what: 'shown' }, { what: 'hidden' }, ...all).name).toBe('paused')
      }),
    )
  })
})

describe('a running poll', () => {
  function openTestPoll() {
    const asked: { signal: AbortSignal; answer(text: string): void }[] = []
    const answers: string[] = []
    const looks = { isHidden: false, tell: (): void => undefined }
    const poll = openPoll<string>({
      ask: signal => new Promise(resolve => asked.push({ signal, answer: resolve })),
      answered: text => {
        answers.push(text)
        return 1
      },
      watcher: {
        isHidden: () => looks.isHidden,
        onChange: tell => {
          looks.tell = tell
          return () => {
            looks.tell = () => undefined
          }
        },
      },
    })
    onTestFinished(poll.close)
    const look = (isHidden: boolean) => {
      looks.isHidden = isHidden
      looks.tell()
    }
    return { poll, asked, answers, look }
  }

  test('[J2] has one request on its way at a time', async () => {
    const { asked, answers } = openTestPoll()
    expect(asked.length).toBe(1)
    asked[0]?.answer('first')
    await until('the second question', () => asked.length === 2)
    expect(answers).toEqual(['first'])
    expect(asked[1]?.signal.aborted).toBe(false)
  })

  test('[J2] what was asked before it was hurried is cut, and its answer is not looked at', async () => {
    const { poll, asked, answers } = openTestPoll()
    poll.hurry()
    expect(asked.map(({ signal }) => signal.aborted)).toEqual([true, false])
    asked[1]?.answer('new')
    asked[0]?.answer('old')
    await until('the next question', () => asked.length === 3)
    expect(answers).toEqual(['new'])
  })

  test('[J2] is cut while its tab is hidden, and asks at once when it is seen again', async () => {
    const { asked, answers, look } = openTestPoll()
    look(true)
    expect(asked.map(({ signal }) => signal.aborted)).toEqual([true])
    asked[0]?.answer('too late')
    look(false)
    asked[1]?.answer('seen')
    await until('the next question', () => asked.length === 3)
    expect(answers).toEqual(['seen'])
  })

  test('[J2] asks nothing once it is closed', async () => {
    const { poll, asked, answers, look } = openTestPoll()
    poll.close()
    asked[0]?.answer('late')
    look(true)
    look(false)
    poll.close()
    await Promise.resolve()
    expect([asked.length, answers]).toEqual([1, []])
  })
})
