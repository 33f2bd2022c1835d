// One subscription is of a person, under whichever address, is listed once, and there are no more than may be.
import { afterAll, beforeAll, expect, test } from 'vitest'
import { maxSubscriptions } from '../../src/instances/presence-subscriptions.ts'
import { ask, at, type ChatsAsked, chatId, openChatsAsked, taken } from '../ground/api/chats-asked.ts'
import { tellApi } from '../ground/api/project-events.ts'
import { anEvent, somebody, us } from '../ground/events.ts'
import { collectLogLines } from '../ground/log-lines.ts'

const logger = collectLogLines()
let asking: ChatsAsked
beforeAll(async () => {
  asking = await openChatsAsked('api-presence-subscriptions', logger)
})
afterAll(() => asking.close())

test('[F1] one subscription is of a person, by whichever address: it is removed by another than it was made by', async () => {
  const listed = async () => (await asking.api.call('GET', '/v1/instances/shop/presence/subscriptions')).json.data
  const person = { pn: '5511900000078@s.whatsapp.net', lid: '100000000000078@lid' }
  await taken(asking, 'PUT', 'presence/5511900000078/subscription')
  expect(await listed()).toMatchObject([{ chatId: person.pn }])
  const of = { chatId: person.lid, chatPn: person.pn, senderId: person.lid, senderPn: person.pn }
  await tellApi(asking.api, [anEvent('message.received', { ...of, messageId: 'P1', occurredAt: at })])
  await taken(asking, 'PUT', 'presence/5511900000078/subscription')
  expect(await listed()).toHaveLength(1)
  await taken(asking, 'DELETE', `presence/${person.lid}/subscription`)
  expect(await listed()).toEqual([])
})

test('[F1] subscriptions are listed, each once, and no more than there may be', async () => {
  const listed = async () => (await asking.api.call('GET', '/v1/instances/shop/presence/subscriptions')).json.data
  const subscribedAt = new Date(asking.api.clock.nowAt).toISOString()
  for (const who of ['ANA', somebody.lid]) await taken(asking, 'PUT', `presence/${who}/subscription`)
  expect(await listed()).toEqual([{ chatId, subscribedAt }])
  await asking.api.database.query(
    `insert into presence_subscriptions select 'shop', 'other-' || n, now() from generate_series(2, $1) n`,
    [maxSubscriptions],
  )
  expect(await ask(asking, 'PUT', `presence/${us.lid}/subscription`)).toMatchObject({
    status: 409,
    json: { type: 'urn:zaplog:problem:too-many-subscriptions' },
  })
  await taken(asking, 'PUT', 'presence/ANA/subscription')
  await taken(asking, 'DELETE', 'presence/ANA/subscription')
  expect(await listed()).toHaveLength(maxSubscriptions - 1)
})
