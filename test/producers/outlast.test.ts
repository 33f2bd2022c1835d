// What a stanza waits for is tried until it succeeds, and given up only once its socket can send no more.
import { expect, test } from 'vitest'
import { outlast } from '../../src/producers/outlast.ts'
import { createSocketLife } from '../../src/producers/socket-life.ts'
import { collectLogLines } from '../ground/log-lines.ts'

const away = new Error('away')
function open() {
  const life = createSocketLife()
  const logger = collectLogLines()
  const line = { event: 'auth.retrying', instanceId: 'first', epoch: 7 }
  const isForGood = (error: unknown) => error !== away
  return { life, logger, of: { life, isForGood, line, random: () => 0, logger } }
}

test('[B2] a failure is tried again, told once with whose it is, and known to the socket', async () => {
  const { life, logger, of } = open()
  let tries = 0
  const work = async () => {
    tries += 1
    if (tries === 1) throw away
    return 'done'
  }
  expect(await outlast('reading keys', work, of)).toBe('done')
  expect(life.lastFailure()).toBe(away)
  expect(logger.lines).toMatchObject([
    { event: 'auth.retrying', fields: { instanceId: 'first', epoch: 7, doing: 'reading keys', attempt: 1 } },
  ])
})

test('[B2] what no waiting mends is tried once, and is no failure of the socket', async () => {
  const { life, of } = open()
  const forGood = new Error('refused')
  await expect(outlast('appending', () => Promise.reject(forGood), of)).rejects.toBe(forGood)
  expect(life.lastFailure()).toBeNull()
})

test('[B2] it rejects with the end of the socket, also while it runs, and begins nothing after that', async () => {
  const { life, of } = open()
  const pending = outlast('reading keys', () => new Promise(() => undefined), of)
  life.terminate('log-unavailable')
  await expect(pending).rejects.toThrow('the socket has ended: log-unavailable')
  let begun = 0
  const late = outlast('reading keys', async () => void begun++, of)
  await expect(late).rejects.toThrow('log-unavailable')
  expect(begun).toBe(0)
})
