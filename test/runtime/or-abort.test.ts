import { getEventListeners } from 'node:events'
import { expect, test } from 'vitest'
import { onAbort, orAbort, orNullIfAborted } from '../../src/runtime/or-abort.ts'

const reason = new Error('told to stop')

test('[H6] whoever waits is told of the abort, each once, and those who stopped listening are not', async () => {
  const stopping = new AbortController()
  const told: string[] = []
  const stop = onAbort(stopping.signal, () => told.push('stopped before'))
  for (const name of ['one', 'other']) onAbort(stopping.signal, () => told.push(name))
  stop()
  stop()
  stopping.abort()
  expect(told).toEqual(['one', 'other'])
  onAbort(stopping.signal, () => told.push('late'))()
  onAbort(stopping.signal, () => told.push('late, and listening'))
  expect(told).toHaveLength(2) // never before it has answered
  await Promise.resolve()
  expect(told).toEqual(['one', 'other', 'late, and listening'])
})

test('[H6] stopping twice takes nobody else’s place', () => {
  const { signal } = new AbortController()
  let listeners = 0
  const counted = { addEventListener: signal.addEventListener.bind(signal) }
  signal.addEventListener = (...args: Parameters<typeof counted.addEventListener>) => {
    listeners += 1
    counted.addEventListener(...args)
  }
  const stopFirst = onAbort(signal, () => undefined)
  stopFirst()
  onAbort(signal, () => undefined)
  stopFirst()
  onAbort(signal, () => undefined)
  expect(listeners).toBe(2)
})

test('[H6] one that stops listening inside another’s callback is not called', () => {
  const stopping = new AbortController()
  const told: string[] = []
  onAbort(stopping.signal, () => stopSecond())
  const stopSecond = onAbort(stopping.signal, () => told.push('second'))
  stopping.abort()
  expect(told).toEqual([])
})

test('[H6] a promise and an abort: the first of them counts', async () => {
  const stopping = new AbortController()
  expect(await orAbort(Promise.resolve(7), () => reason, stopping.signal)).toBe(7)
  await expect(orAbort(Promise.reject(new Error('no')), () => reason, stopping.signal)).rejects.toThrow('no')
  const waiting = orAbort(new Promise(() => undefined), () => reason, new AbortController().signal, stopping.signal)
  stopping.abort()
  await expect(waiting).rejects.toBe(reason)
  await expect(orAbort(Promise.resolve(7), () => reason, stopping.signal)).rejects.toBe(reason)
})

test('[H6] a wait that ends by itself, one way or the other, leaves no listener on the signal', async () => {
  const { signal } = new AbortController()
  const work = Promise.withResolvers<string>()
  const waiting = orNullIfAborted(work.promise, signal)
  const failing = orNullIfAborted(Promise.reject(reason), signal)
  expect(getEventListeners(signal, 'abort')).not.toEqual([])
  work.resolve('done')
  expect(await waiting).toBe('done')
  await expect(failing).rejects.toBe(reason)
  expect(getEventListeners(signal, 'abort')).toEqual([])
})

test('[H6] an abort ends such a wait with null, at once where it came before', async () => {
  const stopping = new AbortController()
  const endless = new Promise<string>(() => undefined)
  const waiting = orNullIfAborted(endless, stopping.signal)
  stopping.abort()
  expect(await waiting).toBe(null)
  expect(await orNullIfAborted(endless, stopping.signal)).toBe(null)
})
