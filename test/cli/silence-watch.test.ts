// Guarantee: a connection on which nothing comes any more is ended, and one on which anything comes is not.
import { expect, test } from 'vitest'
import { createSilenceWatch } from '../../src/cli/silence-watch.ts'
import { tailUntilStopped } from '../../src/cli/tail-events.ts'
import { openLoopbackServer } from '../ground/loopback-server.ts'
import { until } from '../ground/until.ts'

const AT_MOST_MS = 400

test('[H7] [J1] what is silent for too long is ended, with why, and signs of life put that off', async () => {
  const { url } = await openLoopbackServer((_request, response) => {
    let signs = 0
    const timer = setInterval(() => {
      response.write(': nothing new\n\n')
      signs += 1
      if (signs === 10) clearInterval(timer)
    }, AT_MOST_MS / 4)
    response.once('close', () => clearInterval(timer))
  })
  const silence = createSilenceWatch(AT_MOST_MS)
  const response = await fetch(url, { signal: silence.signal })
  let came = ''
  const read = async () => {
    for await (const text of silence.watch(response.body ?? new ReadableStream()).pipeThrough(new TextDecoderStream()))
      came += text
  }
  await expect(read()).rejects.toThrow('nothing came for 0.4 s')
  // Ten signs, each after a quarter of what it bears, are longer than it bears altogether.
  expect(came.match(/nothing new/g)).toHaveLength(10)
})

test('[H7] a watch that is stopped ends nothing', async () => {
  const stopped = createSilenceWatch(20)
  stopped.stop()
  const other = createSilenceWatch(60)
  await until('the other is silent', () => other.signal.aborted)
  expect(stopped.signal.aborted).toBe(false)
})

test('[H7] [J1] events tail gives up a connection that is silent, and goes on behind the last id that arrived', async () => {
  const asked: unknown[] = []
  const { url } = await openLoopbackServer((request, response) => {
    asked.push(request.headers['last-event-id'])
    response.writeHead(200, { 'content-type': 'text/event-stream; charset=utf-8' })
    response.write(`: from here on\nid: of-${asked.length}\n\n`)
  })
  const stopping = new AbortController()
  const api = { base: url, key: 'key', keyFrom: 'the test', zaplog: 'zaplog' }
  const tailing = tailUntilStopped(api, { path: '/v1/stream', id: null, events: 0, silenceMs: 200 }, stopping.signal)
  await until('it asked again', () => asked.length >= 3)
  stopping.abort()
  await tailing
  expect(asked.slice(0, 3)).toEqual([undefined, 'of-1', 'of-2'])
})
