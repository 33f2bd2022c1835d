// Trying until it succeeds: what is tried again and when is its caller's, and an abort ends it whatever is under way.
import { expect, test } from 'vitest'
import { type Persistence, persist } from '../../src/runtime/persist.ts'
import { until } from '../ground/until.ts'

const signal = new AbortController().signal
type Failure = Parameters<Persistence['failed']>[0]

/** What `failed` was told, and no waiting to speak of. */
function persistence(answer: (failure: Failure) => 'again' | 'give-up' = () => 'again') {
  const failures: Failure[] = []
  const how: Persistence = {
    backoff: { baseMs: 1, capMs: 4, jitter: 0 },
    failed: failure => {
      failures.push(failure)
      return answer(failure)
    },
  }
  return { how, failures }
}

/** Throws so often, then answers with the number of the try. */
const failing = (times: number) => async (attempt: number) => {
  if (attempt <= times) throw new Error(`try ${attempt}`)
  return attempt
}

test('[H4] what succeeds is not tried again, and nothing is said of it', async () => {
  const { how, failures } = persistence()
  expect(await persist(failing(0), how, signal)).toBe(1)
  expect(failures).toEqual([])
})

test('[H4] what throws is tried again until it succeeds, each time later, up to the most', async () => {
  const { how, failures } = persistence()
  expect(await persist(failing(4), how, signal)).toBe(5)
  expect(failures.map(({ attempt, retryInMs }) => [attempt, retryInMs])).toEqual([
    [1, 1],
    [2, 2],
    [3, 4],
    [4, 4],
  ])
  expect(failures.map(({ error }) => String(error))).toEqual(['Error: try 1', 'Error: try 2', 'Error: try 3', 'Error: try 4'])
})

test('[H4] the wait is spread by what chance says', async () => {
  const { how, failures } = persistence()
  const backoff = { baseMs: 10, capMs: 10, jitter: 0.5, random: () => 0 }
  await persist(failing(1), { ...how, backoff }, signal)
  await persist(failing(1), { ...how, backoff: { ...backoff, random: () => 0.999 } }, signal)
  expect(failures.map(({ retryInMs }) => retryInMs)).toEqual([5, 15])
})

test('[H4] giving up rejects with what the last try threw', async () => {
  const { how, failures } = persistence(({ attempt }) => (attempt < 3 ? 'again' : 'give-up'))
  await expect(persist(failing(9), how, signal)).rejects.toThrow('try 3')
  expect(failures).toHaveLength(3)
})

test('[H4] a throw of who judges is what is rejected with', async () => {
  const { how } = persistence(() => {
    throw new Error('no such thing')
  })
  await expect(persist(failing(9), how, signal)).rejects.toThrow('no such thing')
})

test('[H6] nothing is begun once it is told to stop', async () => {
  const { how, failures } = persistence()
  let tries = 0
  const work = async () => (tries += 1)
  await expect(persist(work, how, AbortSignal.abort(new Error('told to stop')))).rejects.toThrow('told to stop')
  expect([tries, failures]).toEqual([0, []])
})

test('[H6] an abort ends a try that hangs, and nobody is asked about it', async () => {
  const { how, failures } = persistence()
  const stopping = new AbortController()
  let began = false
  const hanging = persist(
    () => {
      began = true
      return new Promise<never>(() => undefined)
    },
    how,
    stopping.signal,
  )
  await until('the try to begin', () => began)
  stopping.abort(new Error('told to stop'))
  await expect(hanging).rejects.toThrow('told to stop')
  expect(failures).toEqual([])
})

test('[H6] an abort ends the wait between two tries', async () => {
  const { how, failures } = persistence()
  const stopping = new AbortController()
  const waiting = persist(failing(9), { ...how, backoff: { baseMs: 60_000, capMs: 60_000 } }, stopping.signal)
  await until('the first try to fail', () => failures.length === 1)
  stopping.abort(new Error('told to stop'))
  await expect(waiting).rejects.toThrow('told to stop')
  expect(failures).toHaveLength(1)
})

test('[H6] a try that throws because it is told to stop is no failure', async () => {
  const { how, failures } = persistence()
  const stopping = new AbortController()
  const work = async () => {
    stopping.abort(new Error('told to stop'))
    throw new Error('cut off')
  }
  await expect(persist(work, how, stopping.signal)).rejects.toThrow('told to stop')
  expect(failures).toEqual([])
})
