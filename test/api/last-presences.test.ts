// What was last heard of a person, as contacts have it: from the topic of presence, also of before the process was there.
import { afterEach, beforeEach, expect, test } from 'vitest'
import { z } from 'zod'
import { openTestApi, type TestApi } from '../ground/api/open-test-api.ts'
import { appendEvents, projectEvents } from '../ground/api/project-events.ts'
import { aGroup, anEvent, somebody, somebodyElse, testStartAt } from '../ground/events.ts'
import { collectLogLines } from '../ground/log-lines.ts'

const logger = collectLogLines()
let api: TestApi
let projection: { close(): Promise<void> }
beforeEach(async () => {
  api = await openTestApi('api-last-presences', logger)
  projection = await projectEvents(api, logger)
  await api.call('POST', '/v1/instances', { body: { id: 'shop', name: 'Shop' } })
})
afterEach(async () => {
  await projection.close()
  await api.close()
})

const presence = (state: string, given: Parameters<typeof anEvent<'presence.updated'>>[1] = {}) =>
  anEvent('presence.updated', { chatId: somebody.lid, senderId: somebody.lid, state, ...given })

async function presencesOf(): Promise<Readonly<Record<string, unknown>>> {
  const { json } = await api.call('GET', '/v1/instances/shop/contacts')
  const { data } = z.object({ data: z.array(z.object({ contactId: z.string(), presence: z.unknown() })) }).parse(json)
  return Object.fromEntries(data.map(one => [one.contactId, one.presence]))
}

test('[D1] a contact has the last that was heard of it, by whichever of its addresses, and nothing of groups', async () => {
  const other = { contactId: somebodyElse.lid, contactPn: somebodyElse.pn, contactLid: somebodyElse.lid }
  await appendEvents(api, [anEvent('contact.updated'), anEvent('contact.updated', other)])
  await appendEvents(api, [
    presence('available'),
    presence('unavailable', { occurredAt: testStartAt, lastSeenAt: testStartAt - 1000 }),
    presence('composing', { chatId: aGroup, senderId: somebodyElse.lid, isGroup: true }),
    presence('recording', { instanceId: 'another', occurredAt: testStartAt + 1000 }),
  ])
  const said = { state: 'unavailable', lastSeenAt: '2026-01-05T11:59:59.000Z', at: '2026-01-05T12:00:00.000Z' }
  const expected = { [somebody.lid]: said, [somebodyElse.lid]: null }
  await expect.poll(() => presencesOf()).toEqual(expected)
  await appendEvents(api, [
    presence('available', { chatId: somebodyElse.pn, senderId: somebodyElse.pn, occurredAt: testStartAt }),
  ])
  await expect.poll(async () => (await presencesOf())[somebodyElse.lid]).toMatchObject({ state: 'available' })
  api.clock.nowAt += 86_400_001
  await expect.poll(() => presencesOf()).toEqual({ [somebody.lid]: null, [somebodyElse.lid]: null })
})
