// Guarantee: a connection on which nothing comes any more is ended, and one on which anything comes is not.
import { expect, test } from 'vitest'
import { createSilenceWatch } from '../../src/cli/silence-watch.ts'
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
