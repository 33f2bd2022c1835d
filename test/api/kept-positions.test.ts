// A position that the log has forgotten is gone for who waits for it, and a log that is away keeps nobody from reading.
import { afterAll, beforeAll, expect, test } from 'vitest'
import { LogError } from '../../src/log/log.ts'
import { openTestApi, type TestApi } from '../ground/api/open-test-api.ts'
import { appendEvents, projectEvents } from '../ground/api/project-events.ts'
import { anEvent } from '../ground/events.ts'
import { collectLogLines } from '../ground/log-lines.ts'

const logger = collectLogLines()
let isAway = false
let api: TestApi
let projection: { close(): Promise<void> }
beforeAll(async () => {
  api = await openTestApi('api-kept-positions', logger, {
    log: log => ({
      ...log,
      lag: (of, signal) => (isAway ? Promise.reject(new LogError('unavailable', 'reading the lag: away')) : log.lag(of, signal)),
    }),
  })
  projection = await projectEvents(api, logger)
})
afterAll(async () => {
  await projection.close()
  await api.close()
})

/** As retention does: what is before the position and the record after it goes. */
const forget = (position: string) => {
  const [topic, [partition, offset]] = JSON.parse(Buffer.from(position, 'base64url').toString())
  return api.database.query('update log_partitions set first_offset = $3 where topic = $1 and partition = $2', [
    api.testLog.topic(topic),
    partition,
    String(BigInt(offset) + 1n),
  ])
}
const read = async (path: string, position: string) => (await api.call('GET', `/v1/instances${path}?waitFor=${position}`)).json

test('[D4] [L] a position that is older than what the log keeps is 410 wherever it is waited for, a later one is read', async () => {
  await api.call('POST', '/v1/instances', { body: { id: 'shop', name: 'Shop' } })
  const state = (state: string) => appendEvents(api, [anEvent('instance.state-changed', { instanceId: 'shop', state })])
  const old = await state('connecting')
  await state('qr')
  const last = await state('open')
  expect(await read('/shop', old)).toMatchObject({ id: 'shop' })
  await forget(old)
  api.clock.nowAt += 60_000
  for (const path of ['', '/shop', '/shop/chats', '/shop/messages', '/shop/messages/X', '/shop/contacts', '/shop/media'])
    expect([path, await read(path, old)]).toMatchObject([path, { type: 'urn:zaplog:problem:position-expired', status: 410 }])
  expect(await read('/shop', last)).toMatchObject({ id: 'shop', state: 'open' })
})

test('[D4] while the log is away nobody waits for it: what is known of its beginning counts', async () => {
  const last = await appendEvents(api, [anEvent('instance.state-changed', { instanceId: 'shop', state: 'closed' })])
  isAway = true
  api.clock.nowAt += 60_000
  expect(await read('/shop', last)).toMatchObject({ id: 'shop', state: 'closed' })
})
