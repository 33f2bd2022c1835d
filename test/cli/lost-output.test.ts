// Guarantee: output that nobody reads ends no work and fails no verb; any other failure of the output ends the process as ever.
import { afterEach, expect, test } from 'vitest'
import { watchOutput } from '../../src/cli/lost-output.ts'
import { alwaysAnswer, openLoopbackServer } from '../loopback-server.ts'
import { launchVerb } from './verb.ts'

const streams = [process.stdout, process.stderr].map(stream => ({ stream, before: stream.listeners('error') }))
afterEach(() => {
  for (const { stream, before } of streams)
    for (const listener of stream.listeners('error'))
      if (!before.includes(listener)) stream.off('error', listener as (...args: unknown[]) => void)
})

const failure = (code: string) => Object.assign(new Error(`write ${code}`), { code })

test.each(['EIO', 'EPIPE'])('[H6] %s is told to whoever wants to stop then', code => {
  const gone = watchOutput()
  expect(gone.aborted).toBe(false)
  process.stderr.emit('error', failure(code))
  expect(gone.aborted).toBe(true)
})

test('[H6] a full disk under the output is thrown as ever', () => {
  const gone = watchOutput()
  expect(() => process.stderr.emit('error', failure('ENOSPC'))).toThrow('write ENOSPC')
  expect(gone.aborted).toBe(false)
})

test('[H6] a verb whose reader has gone, as head goes after its lines, ends like one that was read', async () => {
  const { url } = await openLoopbackServer(alwaysAnswer(200, JSON.stringify({ data: [], nextCursor: null })))
  const verb = launchVerb(['webhooks', 'list'], { ZAPLOG_URL: url, ADMIN_API_KEY: 'a-key-of-the-test' })
  verb.loseOutput()
  expect(await verb.ended).toBe(0)
})
