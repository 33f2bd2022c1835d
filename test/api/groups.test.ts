// Groups, calls and labels over HTTP: what was told of them, under every spelling of a group's id.
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { chatForms } from '../../src/events/chat-address.ts'
import { openTestApi, type TestApi } from '../ground/api/open-test-api.ts'
import { appendEvents, projectEvents } from '../ground/api/project-events.ts'
import { aChannel, aGroup, anEvent, somebody, somebodyElse, us } from '../ground/events.ts'
import { collectLogLines } from '../ground/log-lines.ts'

const logger = collectLogLines()
let api: TestApi
let projection: { close(): Promise<void> }
let position: string
const people = [
  { id: somebody.lid, pn: somebody.pn, role: 'admin' },
  { id: us.lid, pn: us.pn },
]
const older = '551190000001-1400000001@g.us'
const madeOlder = anEvent('group.updated', { groupId: older, chatId: older, subject: 'Older' })
const made = anEvent('group.updated', { subject: 'Team', participants: people, announce: true })
const joined = anEvent('group.participants-changed', { participants: [{ id: somebodyElse.lid, pn: somebodyElse.pn }] })

beforeAll(async () => {
  api = await openTestApi('api-groups', logger)
  projection = await projectEvents(api, logger)
  await api.call('POST', '/v1/instances', { body: { id: 'shop', name: 'Shop' } })
  await api.call('POST', '/v1/instances', { body: { id: 'empty', name: 'Empty' } })
  position = await appendEvents(api, [
    anEvent('instance.paired'),
    anEvent('contact.updated'),
    madeOlder,
    made,
    joined,
    anEvent('call.updated', { callId: 'FIRST', status: 'offer' }),
    anEvent('call.updated', { callId: 'FIRST', status: 'missed' }),
    anEvent('call.updated', { callId: 'SECOND', status: 'offer' }),
    anEvent('label.changed', { labelId: '7', name: 'Pago', color: 3 }),
    anEvent('label.changed', { labelId: '7', name: null, color: null, chatId: somebody.lid, on: true }),
    anEvent('label.changed', { labelId: '8', deleted: true }),
    anEvent('newsletter.updated', { name: 'News' }),
    anEvent('blocklist.updated', { contactId: somebody.lid, contactPn: somebody.pn, on: true }),
    anEvent('message.received'),
    anEvent('message.received', { chatId: aChannel, chatPn: null, senderId: null, senderPn: null }),
  ])
  await api.call('GET', `/v1/instances?waitFor=${position}`)
})
afterAll(async () => {
  await projection.close()
  await api.close()
})

const list = async (path: string) => {
  const { status, json } = await api.call('GET', `/v1/instances/shop/${path}`)
  expect(status, JSON.stringify(json)).toBe(200)
  return json.data as Record<string, unknown>[]
}
const group = (jid: string, id = 'shop') => api.call('GET', `/v1/instances/${id}/groups/${encodeURIComponent(jid)}`)

describe('groups', () => {
  test('[D4] the last changed comes first, with how many are in it', async () => {
    const updatedAt = new Date(joined.occurredAt).toISOString()
    expect(await list('groups')).toMatchObject([
      { instanceId: 'shop', groupId: aGroup, subject: 'Team', announce: true, participantCount: 3, left: false, updatedAt },
      { groupId: older, subject: 'Older', participantCount: 0 },
    ])
    expect((await list('groups'))[0]).not.toHaveProperty('participants')
  })

  test('[D4] one is read with everybody in it, under every spelling of its id', async () => {
    const { status, json } = await group(aGroup)
    expect(status).toBe(200)
    expect(json).toMatchObject({
      groupId: aGroup,
      participants: [
        { id: somebody.lid, pn: somebody.pn, role: 'admin', name: 'Somebody' },
        { id: somebodyElse.lid, pn: somebodyElse.pn, role: 'member', name: null },
        { id: us.lid, pn: us.pn, role: 'member' },
      ],
    })
    const digits = aGroup.replace('@g.us', '')
    for (const spelled of [digits, `${digits}-group`, `${digits}@G.US`]) expect((await group(spelled)).json).toEqual(json)
    expect((await group(older.replace('@g.us', ''))).json).toMatchObject({ groupId: older, subject: 'Older' })
  })

  test('[I3] one that nothing was told of is 404, what is no address is 422 with the forms', async () => {
    for (const [jid, id] of [
      ['120363000000000009@g.us', 'shop'],
      [aGroup, 'empty'],
      [somebody.lid, 'shop'],
    ] as const)
      expect((await group(jid, id)).json).toMatchObject({ type: 'urn:zaplog:problem:group-not-found', status: 404 })
    expect((await group('somebody')).json).toMatchObject({ status: 422, errors: [{ expected: chatForms, received: 'somebody' }] })
    expect((await group(aGroup, 'nobody')).json.type).toBe('urn:zaplog:problem:instance-not-found')
  })
})

describe('calls, labels and what chats and contacts say of them', () => {
  test('[D4] calls are newest first, and found by their status', async () => {
    expect(await list('calls')).toMatchObject([
      { callId: 'SECOND', status: 'offer', endedAt: null },
      { callId: 'FIRST', status: 'missed', chatId: somebody.lid, chatPn: somebody.pn, fromMe: false },
    ])
    expect(await list('calls?status=missed')).toMatchObject([{ callId: 'FIRST' }])
    const { status, json } = await api.call('GET', '/v1/instances/shop/calls?status=lost')
    expect([status, json.errors]).toMatchObject([422, [{ parameter: 'status', received: 'lost' }]])
  })

  test('[D4] labels say which chats have them, chats which labels they have; a deleted one is not there', async () => {
    expect(await list('labels')).toEqual([
      { instanceId: 'shop', labelId: '7', name: 'Pago', color: 3, chats: [somebody.lid], messages: 0 },
    ])
    expect(await list('chats')).toMatchObject([
      { chatId: aChannel, name: 'News', labels: [] },
      { chatId: somebody.lid, labels: ['7'] },
    ])
  })

  test('[D4] a contact says that it is blocked', async () => {
    expect(await list('contacts')).toMatchObject([{ contactId: somebody.lid, blocked: true }])
  })

  test.each(['groups', 'calls', 'labels'])(
    '[I3] %s of an unknown instance are 404, with a wrong cursor, limit or field 422; waitFor is waited for',
    async kind => {
      expect((await api.call('GET', `/v1/instances/nobody/${kind}`)).json.type).toBe('urn:zaplog:problem:instance-not-found')
      expect((await api.call('GET', `/v1/instances/empty/${kind}`)).json).toEqual({ data: [], nextCursor: null })
      for (const query of ['cursor=nonsense', 'cursor=W10', 'limit=0', 'limit=201', 'colour=red', 'after=x', 'waitFor=soon'])
        expect([query, (await api.call('GET', `/v1/instances/shop/${kind}?${query}`)).status]).toEqual([query, 422])
      expect((await api.call('GET', `/v1/instances/shop/${kind}?waitFor=${position}`)).status).toBe(200)
    },
  )
})
